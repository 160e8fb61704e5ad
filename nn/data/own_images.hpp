#pragma once

#include <cstdint>
#include <filesystem>

#include "nn/data/image_dataset.hpp"

namespace tapestry::nn {

struct OwnOptions {
  /// Share of the images that is held out to test on, in (0, 1), where the data have no test part of their own.
  double holdout = 0.1;
  std::uint64_t seed = 1;  ///< of the draw of these images
  /// Every picture is brought to this size by averaging; 0 x 0: all have one size already.
  std::int64_t rows = 0, cols = 0;
};

/// True for a path that `load_own_images` is for: a name that ends in .npy, .npz or .png, or a folder that has pictures
/// or folders in it and no IDX files.
bool is_own_images(const std::filesystem::path& path);

/// Images of one's own.
///
///     faces.npy    an array [N, rows, cols], or in colour [N, rows, cols, 3] or [N, 3, rows, cols]; labels in
///                  faces.labels.npy, whole numbers [N] from 0, if that file is there
///     faces.npz    the same arrays: `images` and `labels`, or `x` and `y`; with a test part of their own x_train, y_train,
///                  x_test, y_test or train_images, train_labels, test_images, test_labels
///     faces/       PNG pictures, grey or RGB, of one size; in folders their folder is their class, by the order of
///                  names; folders named train and test are the two parts
///
/// Values are uint8 (or other whole numbers from 0 to 255), bool, or floats in [0, 1], which are kept in steps of 1/255;
/// C or Fortran order, little or big endian. Everything else is a DataError of one line: the file, what was found and
/// expected, what may help. An image has its channels one after the other, [channels, rows, cols].
///
/// Images without a test part are split: `options.holdout` of them, drawn by `options.seed`, are the test part. Both parts
/// keep the order of the file. ConfigError for options out of range.
ImageDataset load_own_images(const std::filesystem::path& path, const OwnOptions& options = {});

/// The images averaged over the area that each new pixel covers. ConfigError for a size below 1.
ByteImages resized(const ByteImages& images, std::int64_t rows, std::int64_t cols);

}  // namespace tapestry::nn
