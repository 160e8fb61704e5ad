#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "autograd/arg.hpp"
#include "autograd/random.hpp"
#include "nn/data/dataset.hpp"
#include "nn/data/idx.hpp"
#include "nn/data/pixels.hpp"

namespace tapestry::nn {

/// Images to learn from and images to test on, as bytes, with their labels if there are any. A batch
/// has them as [B, channels * rows * cols] of the default dtype, by the rule `binarize`, and i32 labels [B].
struct ImageDataset : Dataset {
  std::string name;    ///< "mnist", or the folder's name
  std::string origin;  ///< the folder that the files came from, or "built in"
  ByteImages train;
  ByteImages test;
  int classes = 0;                         ///< 0: the data set has no labels
  std::vector<std::uint8_t> train_labels;  ///< one per image, 0..classes-1; empty without labels
  std::vector<std::uint8_t> test_labels;
  std::vector<std::string> class_names = {};  ///< of images in folders; else empty
  std::string note =
      {};  ///< on images of one's own: their values, and where the test part comes from
  Binarize binarize = Binarize::none;  ///< how the bytes become pixels of a batch

  std::int64_t size(Part part) const override;
  Batch batch(Part part, std::span<const std::int32_t> index, const Rng& rng,
              std::int64_t epoch) const override;
  std::uint64_t fingerprint() const override;

  std::int64_t rows() const { return train.rows; }
  std::int64_t cols() const { return train.cols; }
  std::int64_t channels() const { return train.channels; }
  std::int64_t image_size() const { return train.image_size(); }
  /// Pixels [..., D] as images [n, rows, cols], in colour [n, 3, rows, cols], for measures and pictures. ShapeError.
  Tensor as_images(Arg flat) const;
};

/// Loads a data set by name, or from a folder; images of one's own as own_images.hpp does by default.
///
///     name       images                                       files
///     mnist      60,000 + 10,000 digits, 28x28, 10 classes    train-images-idx3-ubyte,
///                                                             train-labels-idx1-ubyte, t10k-...
///     fashion    60,000 + 10,000 clothes, 28x28, 10 classes   the same four
///     freyfaces  1,965 frames of one face, 28x20, no labels   frey-images-idx3-ubyte
///     strokes    60,000 + 10,000 drawn digits, 28x28          none: see strokes.hpp
///
/// Each file may be plain or end in .gz. A name is searched in $TAPESTRY_DATA/NAME, in data/NAME of
/// the current folder and of the project around it, and in the system's folder (Debian's
/// dataset-fashion-mnist). A folder is used as it is and may hold either set of files.
///
/// The Frey faces come as one file of consecutive video frames: the last 165 are the test set, so
/// that most test images have no near twin among the 1,800 to learn from.
///
/// Label files are always read and checked, even if unused. Throws DataError.
ImageDataset load_dataset(const std::string& name_or_folder);

/// Drawn digits with their labels, the data set "strokes" in any size: the test images are those
/// that follow the training images. ConfigError for a part below 1.
ImageDataset drawn_digits(std::int64_t train, std::int64_t test, std::uint64_t seed = 1);

/// The folder where `load_dataset(name)` would find the files; nothing if they are in no known
/// place.
std::optional<std::filesystem::path> find_dataset(const std::string& name);

/// Keeps only the first images of both parts, for quick runs.
void keep_first(ImageDataset& data, std::int64_t train, std::int64_t test);

/// Splits anew: all images with their labels in random order, each part as large as before.
void split_anew(ImageDataset& data, Rng rng);

}  // namespace tapestry::nn
