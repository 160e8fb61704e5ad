#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// How images are laid out on a sheet.
struct GridOptions {
  int columns = 0;     ///< images in a row of the grid; 0: as square as it gets
  int scale = 2;       ///< each image pixel becomes scale x scale pixels
  int padding = 2;     ///< pixels between images and around the sheet
  double paper = 0.2;  ///< grey value of the padding, 0 = black, 1 = white
};

/// A picture, row major: one byte a pixel, 0 = black, or in colour three, red, green and blue.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
  int channels = 1;  ///< 1 or 3
};

/// Lays out images [n, rows, cols], or in colour [n, 3, rows, cols], with values in [0, 1], row by row, on one sheet. Values a little
/// outside are clamped. Throws ShapeError for another rank or no images, DomainError for NaN,
/// ConfigError for options out of range.
Picture image_grid(const Tensor& images, const GridOptions& options = {});

/// Alternates rows of two equally shaped sets of images, [n, ...] each: a row of `top`,
/// below it the same images of `bottom`. For originals and their reconstructions. Throws
/// ShapeError.
Tensor interleave_rows(const Tensor& top, const Tensor& bottom, int columns);

/// Writes a picture as PNG, or a grey one as PGM when the name ends in .pgm, completely or not at
/// all. Throws ConfigError for another ending or PGM in colour, DataError when it cannot be written.
void write_picture(const std::filesystem::path& path, const Picture& picture);

/// `write_picture` of `image_grid`.
void write_image_grid(const std::filesystem::path& path, const Tensor& images,
                      const GridOptions& options = {});

}  // namespace tapestry::vae
