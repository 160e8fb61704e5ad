#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct z_stream_s;  // zlib's state of a decompression

namespace tapestry::nn {

/// The bytes that a compressed byte may unpack to. Deflate's best case is 258 bytes for two bits (zlib, doc/algorithm.txt).
inline constexpr std::size_t kDeflateFactor = 1032;

/// Throws the DataError of a bad data file: the path, what is wrong, what may help.
[[noreturn]] void throw_bad_file(const std::filesystem::path& path, std::string message,
                                 std::string hint);

/// `bytes` as the contents of a gzip file; level 1 is fast, 9 is small.
std::string gzip(std::string_view bytes, int level = 6);

/// The bytes of a plain or gzip'd file, from front to back. Private to nn/data/*.cpp.
///
/// Calls inflate itself instead of zlib's gzread, which ignores bytes after the compressed data and
/// reads a file with damaged first bytes as plain text.
class ByteSource {
 public:
  /// Throws DataError when the path is missing, no regular file, unreadable or empty.
  explicit ByteSource(const std::filesystem::path& path);
  /// The bytes of a file that is in memory, and the name that errors give it.
  ByteSource(std::span<const std::uint8_t> file, std::filesystem::path name);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fills `out` as far as there are bytes; fewer than asked only at the end. Throws DataError when
  /// the compressed data are truncated or corrupt, or when bytes follow them.
  std::size_t read(std::span<std::uint8_t> out);

  bool compressed() const { return stream_ != nullptr; }
  std::uintmax_t file_size() const { return file_size_; }
  /// Upper limit of the bytes that `read` returns: the file's size, times 1032 if compressed.
  std::uintmax_t most_bytes() const;

 private:
  void begin();
  void refill();
  std::size_t copy_into(std::span<std::uint8_t> room);
  std::size_t inflate_into(std::span<std::uint8_t> room);

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;  ///< null for bytes in memory
  std::uintmax_t file_size_ = 0;
  bool ended_ = false;                  ///< the compressed stream reached its checked end
  std::unique_ptr<z_stream_s> stream_;  ///< set for compressed files
  std::array<std::uint8_t, 1 << 16> input_;
  std::span<const std::uint8_t> waiting_;  ///< bytes not yet used, of `input_` or in memory
};

}  // namespace tapestry::nn
