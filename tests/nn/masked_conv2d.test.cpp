#include "nn/layers/masked_conv2d.hpp"

#include <vector>

#include "nn/init.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

TEST_CASE("masked conv2d: the masks of PixelCNN") {
  const MaskedConv2d first(1, 1, 3, Center::hidden), later(1, 1, 3, Center::seen);
  CHECK(first.mask.value().to_vector() == std::vector<double>{1, 1, 1, 1, 0, 0, 0, 0, 0});
  CHECK(later.mask.value().to_vector() == std::vector<double>{1, 1, 1, 1, 1, 0, 0, 0, 0});
  CHECK(MaskedConv2d(2, 3, 5, Center::seen, Activation::relu).describe() ==
        "MaskedConv2d 2 -> 3, kernel 5, relu");
  CHECK(test::throws_with<ConfigError>([] { MaskedConv2d(1, 1, 4, Center::seen); }, "odd"));
}

TEST_CASE("masked conv2d: a pixel depends on pixels before it alone, and on its neighbours there") {
  const DTypeScope f64(DType::f64);
  MaskedConv2d first(1, 4, 3, Center::hidden, Activation::tanh), last(4, 1, 3, Center::seen);
  init::torch_default(first, Rng(1));
  init::torch_default(last, Rng(2));
  constexpr std::int64_t kSide = 5;
  const Tensor x = Rng(3).normal({kSide * kSide});
  const auto run = [&](const Tensor& at) {
    return last(first(at.with_shape({1, 1, kSide, kSide}))).to_vector();
  };
  const auto before = run(x);
  REQUIRE(before.size() == kSide * kSide);
  for (std::size_t j = 0; j < kSide * kSide; ++j) {
    std::vector<double> moved = x.to_vector();
    moved[j] += 0.5;
    const auto after = run(tensor(moved));
    for (std::size_t i = 0; i < kSide * kSide; ++i) {
      CAPTURE(i, j);
      if (i <= j) CHECK(after[i] == before[i]);
      if (i == j + kSide) CHECK(after[i] != before[i]);                // the pixel above
      if (i == j + 1 && i % kSide != 0) CHECK(after[i] != before[i]);  // the pixel to the left
    }
  }
}
