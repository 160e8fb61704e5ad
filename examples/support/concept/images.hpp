#pragma once

#include <cstdint>
#include <string>

#include "nn/data/image_dataset.hpp"
#include "support/concept/concept.hpp"

namespace support {

/// The images that a program learns from: "mnist" or "freyfaces". With --quick no file is read: the
/// images are digits drawn by code (nn/data/strokes.hpp), so many of them. Ends the program with
/// status 77 when the files are not found.
tapestry::nn::ImageDataset load_images(const Concept& c, const std::string& name,
                                       std::int64_t quick_train, std::int64_t quick_test);

/// All rows of a part.
inline tapestry::nn::Batch rows_of(const tapestry::nn::Dataset& data, tapestry::nn::Part part,
                                   const tapestry::Rng& rng = tapestry::Rng(1)) {
  return data.range(part, 0, data.size(part), rng);
}

/// Keeps images [n, D] of black and white pixels in a record: the x of the curve "NAME, image K" are the numbers of
/// the lit pixels.
void keep_images(Record& record, const std::string& name, const tapestry::Tensor& images);
/// Takes them back, [n, side, side].
tapestry::Tensor kept_images(const Record& record, const std::string& name, std::int64_t n,
                             std::int64_t side);

/// Keeps grey images [n, D] to two digits: "NAME, image K" has the pixels that are not black, and "NAME, images" their
/// number.
void keep_grey_images(Record& record, const std::string& name, const tapestry::Tensor& images);
/// Takes them back, [n, side, side].
tapestry::Tensor kept_grey_images(const Record& record, const std::string& name, std::int64_t side);

}  // namespace support
