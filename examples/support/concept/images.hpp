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

}  // namespace support
