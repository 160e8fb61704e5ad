#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace tapestry::nn {

/// Images as bytes: one for a grey pixel, 0 = black, 255 = white; row major. A colour image is three such planes, red,
/// green and blue.
struct ByteImages {
  std::int64_t count = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<std::uint8_t> pixels;  ///< count x channels x rows x cols
  std::int64_t channels = 1;         ///< 1 or 3

  std::int64_t image_size() const { return channels * rows * cols; }
  /// The pixels of image `index`, which must be in 0..count-1.
  std::span<const std::uint8_t> image(std::int64_t index) const;
};

/// The images and classes that a labels file has to match.
struct LabelRule {
  std::int64_t count = 0;  ///< the images that the labels belong to
  int classes = 10;        ///< labels are 0..classes-1
};

// The IDX format of the MNIST files: two zero bytes, the element type (8 = unsigned byte), the
// rank, one big-endian 32-bit size per axis, the elements. Files may be plain or gzip'd; the first
// bytes decide, not the name. Every fault (missing, no regular file, empty, truncated, corrupt,
// another type or rank, sizes of zero or beyond the file, trailing bytes, labels that do not fit)
// is a DataError that names the file, what was found and what was expected. The sizes in the header
// are checked against the number of bytes in the file.

/// Reads an images file: rank 3, [count, rows, cols]. Throws DataError.
ByteImages read_idx_images(const std::filesystem::path& path);

/// Reads a labels file: rank 1, [count]. Throws DataError, also when `rule` does not hold.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path, const LabelRule& rule);

/// The same for the bytes of a file, which errors call `name`. What they allocate is bounded by the
/// number of bytes, times 1032 if they are compressed, whatever the header says.
ByteImages parse_idx_images(std::span<const std::uint8_t> file, const std::string& name);
std::vector<std::uint8_t> parse_idx_labels(std::span<const std::uint8_t> file,
                                           const std::string& name, const LabelRule& rule);

/// Write files for the two readers above; gzip'd when the name ends in .gz. The file is written
/// completely or not at all. Throws DataError.
void write_idx_images(const std::filesystem::path& path, const ByteImages& images);
void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels);

}  // namespace tapestry::nn
