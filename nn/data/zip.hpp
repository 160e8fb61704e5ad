#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

// Zip archives in memory, as np.savez writes them (PKWARE, APPNOTE.TXT, version 6.3). `name` is the archive that a
// message is about.

namespace tapestry::nn {

/// A file in a zip archive.
struct ZipEntry {
  std::string name = {};
  std::span<const std::uint8_t> packed = {};
  std::uint32_t crc = 0;
  std::uint32_t size = 0;  ///< unpacked, as the archive says
  bool deflated = false;
};

/// The files of a zip archive, in its order. DataError for a damaged archive, one of several parts, a file that is
/// encrypted or packed in another way than by deflate, and an archive or a file of 4 GB or more.
std::vector<ZipEntry> parse_zip(std::span<const std::uint8_t> bytes,
                                const std::filesystem::path& name);

/// The bytes of an entry. DataError if they are not what the archive says of them.
std::vector<std::uint8_t> unpack(const ZipEntry& entry, const std::filesystem::path& name);

}  // namespace tapestry::nn
