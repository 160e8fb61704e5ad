#include "vae/pictures/image_grid.hpp"

#include <fmt/core.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "autograd/error.hpp"
#include "nn/file.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kLargestSide = 1 << 16;

std::uint8_t grey(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 1.0) * 255.0));
}

void check_options(const GridOptions& options) {
  check<ConfigError>(options.columns >= 0, "image_grid: columns is {}, expected at least 0",
                     options.columns);
  check<ConfigError>(options.scale >= 1 && options.scale <= 64,
                     "image_grid: scale is {}, expected 1 to 64", options.scale);
  check<ConfigError>(options.padding >= 0 && options.padding <= 1024,
                     "image_grid: padding is {}, expected 0 to 1024", options.padding);
  check<ConfigError>(options.paper >= 0 && options.paper <= 1,
                     "image_grid: paper is {}, expected 0 (black) to 1 (white)", options.paper);
}

/// Copies one plane of an image, enlarged, to the place whose upper left corner is (left, top).
template <class T>
void paste(const T* image, std::int64_t rows, std::int64_t cols, int scale, std::int64_t left,
           std::int64_t top, int channel, Picture& sheet) {
  for (std::int64_t y = 0; y < rows * scale; ++y) {
    const T* from = image + y / scale * cols;
    std::uint8_t* to =
        sheet.pixels.data() + ((top + y) * sheet.width + left) * sheet.channels + channel;
    for (std::int64_t x = 0; x < cols * scale; ++x) {
      const double value = from[x / scale];
      check<DomainError>(!std::isnan(value), "image_grid: NaN at row {}, column {} of an image",
                         y / scale, x / scale);
      to[x * sheet.channels] = grey(value);
    }
  }
}

std::string encode_png(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  const bool ok = png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(),
                                            picture.width * picture.channels, nullptr);
  check<DataError>(ok, "picture: libpng: {}", image.message);
  bytes.resize(size);
  return bytes;
}

std::string encode_pgm(const Picture& picture) {
  std::string bytes = fmt::format("P5\n{} {}\n255\n", picture.width, picture.height);
  bytes.append(picture.pixels.begin(), picture.pixels.end());
  return bytes;
}

}  // namespace

Picture image_grid(const Tensor& images, const GridOptions& options) {
  check_options(options);
  const bool colour = images.defined() && images.rank() == 4 && images.dim(1) == 3;
  check<ShapeError>(images.defined() && (images.rank() == 3 || colour) && images.size() > 0,
                    "image_grid: got {}, expected at least one image, [n, rows, cols] or [n, 3, "
                    "rows, cols]",
                    images.defined() ? to_string(images.shape()) : "an undefined tensor");
  const std::int64_t n = images.dim(0), rows = images.dim(-2), cols = images.dim(-1);
  const auto square = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
  const std::int64_t across = std::min(n, options.columns ? options.columns : square);
  const std::int64_t down = (n + across - 1) / across;
  const std::int64_t pitch_x = cols * options.scale + options.padding;
  const std::int64_t pitch_y = rows * options.scale + options.padding;
  const std::int64_t width = across * pitch_x + options.padding;
  const std::int64_t height = down * pitch_y + options.padding;
  check<ConfigError>(width <= kLargestSide && height <= kLargestSide,
                     "image_grid: the sheet would be {} x {} pixels, expected at most {} a side",
                     width, height, kLargestSide);

  Picture sheet{static_cast<int>(width), static_cast<int>(height), {}, colour ? 3 : 1};
  sheet.pixels.assign(static_cast<std::size_t>(width * height * sheet.channels),
                      grey(options.paper));
  dispatch(images.dtype(), [&]<class T>(T) {
    const T* values = images.view<T>().data();
    for (std::int64_t i = 0; i < n; ++i) {
      for (int c = 0; c < sheet.channels; ++c)
        paste(values + (i * sheet.channels + c) * rows * cols, rows, cols, options.scale,
              options.padding + i % across * pitch_x, options.padding + i / across * pitch_y, c,
              sheet);
    }
  });
  return sheet;
}

Tensor interleave_rows(const Tensor& top, const Tensor& bottom, int columns) {
  check<ShapeError>(top.rank() >= 3 && top.shape() == bottom.shape(),
                    "interleave_rows: got {} and {}, expected the same [n, rows, cols]",
                    top.shape(), bottom.shape());
  check<ShapeError>(columns >= 1 && top.dim(0) % columns == 0,
                    "interleave_rows: {} images do not fill rows of {}", top.dim(0), columns);
  Tensor out = Tensor::empty(top.shape().with(0, 2 * top.dim(0)), top.dtype());
  dispatch(top.dtype(), [&]<class T>(T) {
    const std::int64_t row = columns * top.shape().size(1, top.rank());
    T* to = out.mutate<T>().data();
    for (std::int64_t at = 0; at < top.size(); at += row) {
      to = std::copy_n(top.view<T>().data() + at, row, to);
      to = std::copy_n(bottom.view<T>().data() + at, row, to);
    }
  });
  return out;
}

void write_picture(const std::filesystem::path& path, const Picture& picture) {
  const bool pgm = path.extension() == ".pgm";
  check<ConfigError>(pgm || path.extension() == ".png",
                     "picture: cannot write {}, names end in .png or .pgm", path.string());
  check<ShapeError>(
      picture.width >= 1 && picture.height >= 1 &&
          picture.pixels.size() == std::size_t(picture.width) * std::size_t(picture.height) *
                                       std::size_t(picture.channels),
      "picture: {} x {} with {} pixels", picture.width, picture.height, picture.pixels.size());
  check<ConfigError>(!pgm || picture.channels == 1, "picture: {} is in colour, PGM is grey",
                     path.string());
  nn::write_file_atomically(path, pgm ? encode_pgm(picture) : encode_png(picture));
}

void write_image_grid(const std::filesystem::path& path, const Tensor& images,
                      const GridOptions& options) {
  write_picture(path, image_grid(images, options));
}

}  // namespace tapestry::vae
