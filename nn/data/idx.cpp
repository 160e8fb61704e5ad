#include "nn/data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>

#include "autograd/error.hpp"
#include "nn/data/byte_source.hpp"
#include "nn/file.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::size_t kMaxRank = 3;

/// The sizes of an IDX file's axes.
struct Sizes {
  std::array<std::uint32_t, kMaxRank> axis{};
  std::size_t rank = 0;

  std::string text() const {
    return fmt::format("{}", fmt::join(axis.begin(), axis.begin() + rank, " x "));
  }
};

const char* type_name(std::uint8_t code) {
  switch (code) {
    case 0x08:
      return "unsigned byte";
    case 0x09:
      return "signed byte";
    case 0x0b:
      return "16-bit integer";
    case 0x0c:
      return "32-bit integer";
    case 0x0d:
      return "32-bit float";
    case 0x0e:
      return "64-bit float";
    default:
      return "unknown";
  }
}

/// The header's first four bytes: magic, element type and rank.
void check_magic(const fs::path& path, std::span<const std::uint8_t> magic, std::size_t rank) {
  if (magic[0] != 0 || magic[1] != 0) {
    throw_bad_file(
        path,
        fmt::format("not an IDX file: found the first bytes {:02x}, expected 00 00 08 0{}",
                    fmt::join(magic, " "), rank),
        "a web page saved under this name, or another format?");
  }
  if (magic[2] != kUnsignedByte) {
    throw_bad_file(path,
                   fmt::format("found element type 0x{:02x} ({}), expected 0x08 (unsigned byte)",
                               magic[2], type_name(magic[2])),
                   "images and labels are stored as bytes");
  }
  if (magic[3] != rank) {
    throw_bad_file(path, fmt::format("found rank {}, expected {}", magic[3], rank),
                   rank == 3 ? "images have rank 3 (count, rows, columns); is this a labels file?"
                             : "labels have rank 1 (count); is this an images file?");
  }
}

Sizes read_header(const fs::path& path, ByteSource& source, std::size_t rank) {
  std::array<std::uint8_t, 4 + 4 * kMaxRank> header{};
  const std::size_t expected = 4 + 4 * rank;
  const std::size_t found = source.read(std::span(header).first(expected));
  // Check the magic first: it is the better diagnosis.
  if (found >= 4) check_magic(path, std::span(header).first(4), rank);
  if (found < expected) {
    throw_bad_file(path,
                   fmt::format("truncated header: found {} bytes, expected {}", found, expected),
                   "fetch the file again");
  }
  Sizes sizes{.rank = rank};
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::uint8_t* at = header.data() + 4 + 4 * axis;
    sizes.axis[axis] = std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 |
                       std::uint32_t{at[2]} << 8 | std::uint32_t{at[3]};
  }
  return sizes;
}

/// The number of elements, once the file is known to be large enough to hold them.
std::size_t checked_count(const fs::path& path, const ByteSource& source, const Sizes& sizes) {
  std::size_t count = 1;
  bool overflow = false;
  for (std::size_t axis = 0; axis < sizes.rank; ++axis) {
    if (sizes.axis[axis] == 0) {
      throw_bad_file(path, fmt::format("found sizes {}, expected none to be zero", sizes.text()),
                     "a data set needs at least one image");
    }
    overflow |= __builtin_mul_overflow(count, std::size_t{sizes.axis[axis]}, &count);
  }
  const std::size_t header = 4 + 4 * sizes.rank;
  if (overflow ||
      count > source.most_bytes() - std::min<std::uintmax_t>(source.most_bytes(), header)) {
    throw_bad_file(path,
                   fmt::format("truncated, or wrong sizes in the header: {} elements are more than "
                               "{}a file of {} bytes can hold",
                               sizes.text(), source.compressed() ? "the gzip data in " : "",
                               source.file_size()),
                   "fetch the file again");
  }
  return count;
}

/// Reads an IDX file of unsigned bytes with the given rank.
std::vector<std::uint8_t> read_idx(const fs::path& path, ByteSource& source, std::size_t rank,
                                   Sizes& sizes) {
  sizes = read_header(path, source, rank);
  const std::size_t count = checked_count(path, source, sizes);
  // Grows as bytes arrive, so a false header cannot allocate.
  constexpr std::size_t kPiece = std::size_t{1} << 24;
  std::vector<std::uint8_t> bytes;
  std::size_t found = 0;
  while (found == bytes.size() && found < count) {
    bytes.resize(std::min(count, found + kPiece));
    found += source.read(std::span(bytes).subspan(found));
  }
  if (found < count) {
    throw_bad_file(path,
                   fmt::format("truncated: found {} bytes after the header, expected {} = {}",
                               found, sizes.text(), count),
                   "fetch the file again");
  }
  std::uint8_t beyond = 0;
  if (source.read(std::span(&beyond, 1)) != 0) {
    throw_bad_file(path,
                   fmt::format("trailing bytes: found more than the {} = {} bytes that the header "
                               "announces",
                               sizes.text(), count),
                   "fetch the file again");
  }
  return bytes;
}

ByteImages images_from(const fs::path& path, ByteSource& source) {
  Sizes sizes;
  ByteImages images;
  images.pixels = read_idx(path, source, 3, sizes);
  images.count = sizes.axis[0];
  images.rows = sizes.axis[1];
  images.cols = sizes.axis[2];
  return images;
}

std::vector<std::uint8_t> labels_from(const fs::path& path, ByteSource& source,
                                      const LabelRule& rule) {
  Sizes sizes;
  std::vector<std::uint8_t> labels = read_idx(path, source, 1, sizes);
  if (sizes.axis[0] != rule.count) {
    throw_bad_file(
        path,
        fmt::format("found {} labels, expected {}, one for each image", sizes.axis[0], rule.count),
        "do images and labels come from the same data set?");
  }
  const auto bad = std::find_if(labels.begin(), labels.end(),
                                [&](std::uint8_t label) { return label >= rule.classes; });
  if (bad != labels.end()) {
    throw_bad_file(path,
                   fmt::format("found label {} at position {}, expected 0 to {}", *bad,
                               bad - labels.begin(), rule.classes - 1),
                   "the file is damaged, or belongs to a data set with more classes");
  }
  return labels;
}

std::string idx_header(const fs::path& path, std::initializer_list<std::int64_t> sizes) {
  std::string header = {0, 0, kUnsignedByte, static_cast<char>(sizes.size())};
  for (const std::int64_t size : sizes) {
    if (size < 1 || size > 0xffffffff) {
      throw_bad_file(path, fmt::format("cannot write size {}, expected 1 to 2^32-1", size), "");
    }
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift);
  }
  return header;
}

void write_idx(const fs::path& path, std::string header, std::span<const std::uint8_t> bytes) {
  std::string contents = std::move(header);
  contents.append(bytes.begin(), bytes.end());
  write_file_atomically(path, path.extension() == ".gz" ? gzip(contents) : contents);
}

}  // namespace

std::span<const std::uint8_t> ByteImages::image(std::int64_t index) const {
  return std::span(pixels).subspan(static_cast<std::size_t>(index * image_size()),
                                   static_cast<std::size_t>(image_size()));
}

ByteImages read_idx_images(const fs::path& path) {
  ByteSource source(path);
  return images_from(path, source);
}

ByteImages parse_idx_images(std::span<const std::uint8_t> file, const std::string& name) {
  ByteSource source(file, name);
  return images_from(name, source);
}

std::vector<std::uint8_t> read_idx_labels(const fs::path& path, const LabelRule& rule) {
  ByteSource source(path);
  return labels_from(path, source, rule);
}

std::vector<std::uint8_t> parse_idx_labels(std::span<const std::uint8_t> file,
                                           const std::string& name, const LabelRule& rule) {
  ByteSource source(file, name);
  return labels_from(name, source, rule);
}

void write_idx_images(const fs::path& path, const ByteImages& images) {
  if (images.channels != 1)
    throw_bad_file(path, fmt::format("IDX holds grey images, not {} channels", images.channels),
                   "");
  if (images.pixels.size() != static_cast<std::size_t>(images.count * images.rows * images.cols)) {
    throw_bad_file(path,
                   fmt::format("cannot write {} x {} x {} images: found {} bytes of pixels",
                               images.count, images.rows, images.cols, images.pixels.size()),
                   "");
  }
  write_idx(path, idx_header(path, {images.count, images.rows, images.cols}), images.pixels);
}

void write_idx_labels(const fs::path& path, std::span<const std::uint8_t> labels) {
  write_idx(path, idx_header(path, {static_cast<std::int64_t>(labels.size())}), labels);
}

}  // namespace tapestry::nn
