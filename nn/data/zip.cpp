#include "nn/data/zip.hpp"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <new>

#include "nn/data/byte_source.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::uint8_t>;

constexpr const char* kWriteAgain = "the file was cut off or damaged; write it again with np.savez";
constexpr std::uint32_t kEnd = 0x06054b50, kCentral = 0x02014b50, kLocal = 0x04034b50;
constexpr std::size_t kEndSize = 22, kCentralSize = 46, kLocalSize = 30;
constexpr std::uint32_t kIn64 = 0xffffffff;  // the number stands in a zip64 field

std::uint32_t u16(Bytes bytes, std::size_t at) {
  return bytes[at] | std::uint32_t{bytes[at + 1]} << 8;
}
std::uint32_t u32(Bytes bytes, std::size_t at) { return u16(bytes, at) | u16(bytes, at + 2) << 16; }

[[noreturn]] void throw_damaged(const fs::path& name, const char* what) {
  throw_bad_file(name, fmt::format("damaged zip archive: {}", what), kWriteAgain);
}

/// The record at the end of an archive, which may be followed by a comment of up to 64 KB.
std::size_t find_end(Bytes bytes, const fs::path& name) {
  const std::size_t deepest = kEndSize + 0xffff;
  for (std::size_t back = kEndSize; back <= std::min(bytes.size(), deepest); ++back) {
    const std::size_t at = bytes.size() - back;
    if (u32(bytes, at) == kEnd && kEndSize + u16(bytes, at + 20) == back) return at;
  }
  throw_damaged(name, "the list of files at its end is missing");
}

/// The packed bytes of the file whose record in the list is at `at`.
Bytes packed_bytes(Bytes bytes, std::size_t at, const fs::path& name) {
  const std::size_t size = u32(bytes, at + 20), local = u32(bytes, at + 42);
  if (local + kLocalSize > bytes.size() || u32(bytes, local) != kLocal)
    throw_damaged(name, "a file of the list is not where the list has it");
  const std::size_t begin = local + kLocalSize + u16(bytes, local + 26) + u16(bytes, local + 28);
  if (begin + size > bytes.size()) throw_damaged(name, "a file goes on after the archive's end");
  return bytes.subspan(begin, size);
}

}  // namespace

std::vector<ZipEntry> parse_zip(Bytes bytes, const fs::path& name) {
  if (bytes.size() < 4 || u16(bytes, 0) != 0x4b50)
    throw_bad_file(name, "not a zip archive, as np.savez writes it",
                   "an array of np.save is named .npy");
  const std::size_t end = find_end(bytes, name);
  if (u16(bytes, end + 4) != 0 || u16(bytes, end + 6) != 0)
    throw_damaged(name, "it is one of several parts");
  const std::size_t count = u16(bytes, end + 10);
  std::size_t at = u32(bytes, end + 16);
  constexpr const char* kUseNpy = "write the arrays into .npy files, which have no limit";
  if (at == kIn64 || count == 0xffff)
    throw_bad_file(name, "the archive has 4 GB or more, or 65,535 files or more", kUseNpy);
  std::vector<ZipEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    if (at + kCentralSize > end || u32(bytes, at) != kCentral)
      throw_damaged(name, "the list of files is cut off");
    const std::size_t name_size = u16(bytes, at + 28);
    const std::size_t next =
        at + kCentralSize + name_size + u16(bytes, at + 30) + u16(bytes, at + 32);
    if (next > end) throw_damaged(name, "the list of files is cut off");
    ZipEntry entry{
        .name = {bytes.begin() + static_cast<std::ptrdiff_t>(at + kCentralSize),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + kCentralSize + name_size)},
        .packed = {},
        .crc = u32(bytes, at + 16),
        .size = u32(bytes, at + 24)};
    if (u16(bytes, at + 8) & 1)
      throw_bad_file(name, fmt::format("{} is encrypted", entry.name), "np.savez writes it openly");
    const std::uint32_t method = u16(bytes, at + 10);
    if (method != 0 && method != 8)
      throw_bad_file(name,
                     fmt::format("{} is packed by method {}, expected 0 (stored) or 8 (deflate)",
                                 entry.name, method),
                     "np.savez and np.savez_compressed write these");
    if (entry.size == kIn64 || u32(bytes, at + 20) == kIn64)
      throw_bad_file(name, fmt::format("{} has 4 GB or more", entry.name), kUseNpy);
    entry.deflated = method == 8;
    entry.packed = packed_bytes(bytes, at, name);
    entries.push_back(std::move(entry));
    at = next;
  }
  return entries;
}

std::vector<std::uint8_t> unpack(const ZipEntry& entry, const fs::path& name) {
  std::vector<std::uint8_t> out;
  if (entry.deflated) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    stream.next_in = const_cast<Bytef*>(entry.packed.data());
    stream.avail_in = static_cast<uInt>(entry.packed.size());
    int code = Z_OK;
    // Grows as bytes arrive, by no more than they can unpack to, so that a false size cannot allocate.
    const std::size_t most =
        std::min<std::size_t>(std::size_t{1} << 24, kDeflateFactor * entry.packed.size() + 1024);
    while (code == Z_OK && out.size() <= entry.size) {
      const std::size_t had = out.size();
      const std::size_t piece = std::min<std::size_t>(most, entry.size - had + 1);
      out.resize(had + piece);
      stream.next_out = out.data() + had;
      stream.avail_out = static_cast<uInt>(piece);
      code = inflate(&stream, Z_NO_FLUSH);
      out.resize(had + piece - stream.avail_out);
      if (code == Z_OK && out.size() == had) code = Z_BUF_ERROR;  // wants more than there is
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END && out.size() <= entry.size)
      throw_damaged(name, "its compressed data end early or are corrupt");
  } else {
    out.assign(entry.packed.begin(), entry.packed.end());
  }
  if (out.size() != entry.size) throw_damaged(name, "a file has another size than the list says");
  if (crc32_z(0, out.data(), out.size()) != entry.crc)
    throw_damaged(name, "the checksum of a file is another");
  return out;
}

}  // namespace tapestry::nn
