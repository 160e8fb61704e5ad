#include "concepts/collapse/few_digits.hpp"

#include "support/concept/images.hpp"

namespace concepts {

using namespace tapestry;

namespace {

/// Each pixel is the mean of 2 x 2.
nn::ByteImages half_size(const nn::ByteImages& from) {
  nn::ByteImages half;
  half.count = from.count, half.rows = from.rows / 2, half.cols = from.cols / 2;
  for (std::int64_t n = 0; n < from.count; ++n) {
    const auto image = from.image(n);
    const auto at = [&](std::int64_t row, std::int64_t col) {
      return int{image[static_cast<std::size_t>(row * from.cols + col)]};
    };
    for (std::int64_t r = 0; r < from.rows; r += 2)
      for (std::int64_t c = 0; c < from.cols; c += 2)
        half.pixels.push_back(static_cast<std::uint8_t>(
            (at(r, c) + at(r, c + 1) + at(r + 1, c) + at(r + 1, c + 1)) / 4));
  }
  return half;
}

}  // namespace

nn::ImageDataset few_digits(const support::Concept& c, support::Record& record) {
  nn::ImageDataset data = support::load_images(c, "mnist", 400, 100);
  nn::keep_first(data, 5000, 1000);
  data.train = half_size(data.train);
  data.test = half_size(data.test);
  data.binarize = nn::Binarize::dynamic;
  record.data_rule = c.choose("5,000 digits of MNIST at 14 x 14, dynamic pixels",
                              "drawn digits at 14 x 14, dynamic pixels");
  return data;
}

}  // namespace concepts
