#pragma once

#include "nn/data/image_dataset.hpp"
#include "support/concept/concept.hpp"

namespace concepts {

/// The first 5,000 digits of MNIST to learn from and 1,000 to test on, at half their size and with dynamic pixels: a
/// training takes seconds. With --quick 400 and 100 drawn ones. The record gets the rule.
tapestry::nn::ImageDataset few_digits(const support::Concept& c, support::Record& record);

}  // namespace concepts
