#include "nn/data/png.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "nn/data/byte_source.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr const char* kExportAgain = "the file was cut off or damaged; export the picture again";
constexpr std::uint32_t kMaxSide = 1 << 15;

/// What the first chunk says.
struct Size {
  std::uint32_t cols = 0, rows = 0;
  int bits = 0, type = 0;
  std::size_t channels() const { return type == PNG_COLOR_TYPE_RGB ? 3 : 1; }
};

const char* kind_of_file(std::span<const std::uint8_t> bytes) {
  if (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0xd8)
    return "it is a JPEG under another name: Image.open(f).save('NAME.png')";
  if (bytes.size() >= 3 && std::memcmp(bytes.data(), "GIF", 3) == 0)
    return "it is a GIF under another name: Image.open(f).convert('RGB').save('NAME.png')";
  return "only PNG pictures are read";
}

Size read_size(std::span<const std::uint8_t> bytes, const fs::path& name) {
  const std::size_t known = std::min(bytes.size(), kSignature.size());
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(known),
                  kSignature.begin()))
    throw_bad_file(name,
                   fmt::format("not a PNG file: found the first bytes {:02x}, expected {:02x}",
                               fmt::join(bytes.first(known), " "), fmt::join(kSignature, " ")),
                   kind_of_file(bytes));
  constexpr std::size_t kHeader = 33;  // the signature and the chunk IHDR
  if (bytes.size() < kHeader)
    throw_bad_file(
        name, fmt::format("truncated header: found {} bytes, expected {}", bytes.size(), kHeader),
        kExportAgain);
  if (std::memcmp(bytes.data() + 12, "IHDR", 4) != 0)
    throw_bad_file(name, "damaged: its first chunk is not IHDR", kExportAgain);
  const auto number = [&](std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
           std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
  };
  return {number(16), number(20), bytes[24], bytes[25]};
}

void check_size(const Size& s, std::size_t file, const fs::path& name) {
  if (s.cols == 0 || s.rows == 0 || s.cols > kMaxSide || s.rows > kMaxSide)
    throw_bad_file(
        name,
        fmt::format("found {} x {} pixels, expected 1 to {} a side", s.rows, s.cols, kMaxSide),
        kExportAgain);
  if (s.type == PNG_COLOR_TYPE_PALETTE)
    throw_bad_file(name, "found a palette, expected grey or RGB",
                   "Image.open(f).convert('RGB') or .convert('L')");
  if (s.type == PNG_COLOR_TYPE_GRAY_ALPHA || s.type == PNG_COLOR_TYPE_RGB_ALPHA)
    throw_bad_file(name, "found an alpha channel (transparency), expected grey or RGB",
                   s.type == PNG_COLOR_TYPE_RGB_ALPHA ? "Image.open(f).convert('RGB') drops it"
                                                      : "Image.open(f).convert('L') drops it");
  if (s.type != PNG_COLOR_TYPE_GRAY && s.type != PNG_COLOR_TYPE_RGB)
    throw_bad_file(name, fmt::format("damaged: colour type {} does not exist", s.type),
                   kExportAgain);
  if (s.bits == 16)
    throw_bad_file(name, "found 16 bits a pixel, expected 8",
                   "scale it: Image.fromarray((np.array(im) // 257).astype(np.uint8))");
  const bool known_bits =
      s.bits == 8 || (s.type == PNG_COLOR_TYPE_GRAY && (s.bits == 1 || s.bits == 2 || s.bits == 4));
  if (!known_bits)
    throw_bad_file(name, fmt::format("damaged: {} bits a value do not exist", s.bits),
                   kExportAgain);
  // Before compression, a row is its values and the number of its filter.
  const std::size_t row =
      1 + (std::size_t{s.cols} * s.channels() * static_cast<std::size_t>(s.bits) + 7) / 8;
  if (row * s.rows > file * kDeflateFactor)
    throw_bad_file(name,
                   fmt::format("damaged: {} x {} pixels are more than {} bytes can hold", s.rows,
                               s.cols, file),
                   kExportAgain);
}

/// What the functions that libpng calls work with.
struct Source {
  std::span<const std::uint8_t> rest;
  std::array<char, 96> fault{};
};

void give_bytes(png_structp png, png_bytep to, std::size_t size) {
  Source& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (size > source.rest.size()) png_error(png, "the file ends too early");
  std::memcpy(to, source.rest.data(), size);
  source.rest = source.rest.subspan(size);
}

[[noreturn]] void note_fault(png_structp png, png_const_charp text) {
  Source& source = *static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source.fault.data(), text, source.fault.size() - 1);
  png_longjmp(png, 1);
}

/// False after a fault. Owns nothing: libpng leaves it by longjmp.
bool read_rows(png_structp png, png_infop info, png_bytepp rows, std::size_t row_bytes) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_info(png, info);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "its rows have another size");
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

/// Rows of pixels to planes of one channel each, as models and pictures have them.
std::vector<std::uint8_t> planes(std::vector<std::uint8_t> pixels, std::size_t channels) {
  if (channels == 1) return pixels;
  const std::size_t size = pixels.size() / channels;
  std::vector<std::uint8_t> out(pixels.size());
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t c = 0; c < channels; ++c) out[c * size + i] = pixels[i * channels + c];
  return out;
}

}  // namespace

ByteImages parse_png(std::span<const std::uint8_t> bytes, const fs::path& name) {
  const Size size = read_size(bytes, name);
  check_size(size, bytes.size(), name);
  const std::size_t row_bytes = size.cols * size.channels();
  std::vector<std::uint8_t> pixels(row_bytes * size.rows);
  std::vector<png_bytep> rows(size.rows);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = pixels.data() + y * row_bytes;

  Source source{bytes};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, note_fault,
                                           [](png_structp, png_const_charp) {});
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    throw std::bad_alloc();
  }
  png_set_read_fn(png, &source, give_bytes);
  png_set_user_limits(png, kMaxSide, kMaxSide);
  png_set_chunk_malloc_max(png, 1 << 20);  // texts and profiles are not used
  png_set_chunk_cache_max(png, 16);
  const bool good = read_rows(png, info, rows.data(), row_bytes);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!good)
    throw_bad_file(name, fmt::format("damaged: {} (libpng)", source.fault.data()), kExportAgain);
  if (!source.rest.empty())
    throw_bad_file(name,
                   fmt::format("trailing bytes: the file goes on for {} bytes after its end",
                               source.rest.size()),
                   kExportAgain);
  return {.count = 1,
          .rows = size.rows,
          .cols = size.cols,
          .pixels = planes(std::move(pixels), size.channels()),
          .channels = static_cast<std::int64_t>(size.channels())};
}

}  // namespace tapestry::nn
