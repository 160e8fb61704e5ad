#include "nn/data/strokes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;
using namespace tapestry::nn;

TEST_CASE("strokes: the same bytes for one thread and for two", "[nn][data][threads]") {
  const test::KeepThreads keep;
  set_threads(1);
  const ByteImages one = draw_strokes(1, 0, 500);
  set_threads(2);
  const ByteImages two = draw_strokes(1, 0, 500);
  CHECK(one.pixels == two.pixels);
}

TEST_CASE("strokes: an image depends on the seed and its number alone", "[nn][data]") {
  const ByteImages all = draw_strokes(3, 0, 40);
  const ByteImages some = draw_strokes(3, 25, 10);
  CHECK(std::equal(some.pixels.begin(), some.pixels.end(), all.image(25).begin()));
  CHECK(draw_strokes(4, 0, 40).pixels != all.pixels);
}

TEST_CASE("strokes: the digits take turns, and no two images are equal", "[nn][data]") {
  CHECK(stroke_labels(8, 5) == std::vector<std::uint8_t>{8, 9, 0, 1, 2});
  const ByteImages images = draw_strokes(1, 0, 200);
  std::vector<std::string> seen;
  for (std::int64_t i = 0; i < images.count; ++i) {
    const auto image = images.image(i);
    seen.emplace_back(image.begin(), image.end());
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("strokes: every image has ink, and none at the border", "[nn][data]") {
  const ByteImages images = draw_strokes(1, 0, 2000);
  for (std::int64_t i = 0; i < images.count; ++i) {
    const auto image = images.image(i);
    int full = 0, border = 0;
    for (int row = 0; row < 28; ++row) {
      for (int col = 0; col < 28; ++col) {
        const int ink = image[static_cast<std::size_t>(row * 28 + col)];
        full += ink > 127;
        if (row == 0 || col == 0 || row == 27 || col == 27) border += ink;
      }
    }
    INFO("image " << i);
    CHECK(full >= 12);
    CHECK(full < 350);
    CHECK(border == 0);
  }
}

TEST_CASE("strokes: classes differ from each other more than a class within itself", "[nn][data]") {
  // The nearest class mean names most of the digits it has not seen: chance would be 10 percent.
  const ByteImages train = draw_strokes(1, 0, 2000), test = draw_strokes(1, 60000, 500);
  std::vector<std::vector<double>> mean(10, std::vector<double>(784));
  for (std::int64_t i = 0; i < train.count; ++i) {
    for (std::size_t p = 0; p < 784; ++p) {
      mean[static_cast<std::size_t>(i % 10)][p] += train.image(i)[p] / 200.0;
    }
  }
  int right = 0;
  for (std::int64_t i = 0; i < test.count; ++i) {
    std::vector<double> distance(10);
    for (std::size_t c = 0; c < 10; ++c) {
      for (std::size_t p = 0; p < 784; ++p) {
        distance[c] += std::pow(mean[c][p] - test.image(i)[p], 2);
      }
    }
    right += std::min_element(distance.begin(), distance.end()) - distance.begin() == i % 10;
  }
  CHECK(right > 300);
}

TEST_CASE("strokes: the data set has 60,000 + 10,000 images without a file", "[nn][data]") {
  const ImageDataset data = load_dataset("strokes");
  CHECK(data.origin == "built in");
  CHECK(data.train.count == 60000);
  CHECK(data.test.count == 10000);
  CHECK(data.classes == 10);
  CHECK(data.train_labels.size() == 60000);
  CHECK(data.test_labels.size() == 10000);
  CHECK(std::count(data.test_labels.begin(), data.test_labels.end(), 7) == 1000);
}

TEST_CASE("strokes: the moves of the pen lead over the ink of the image", "[nn][data]") {
  const std::int64_t n = 300;
  const ByteImages images = draw_strokes(1, 0, n);
  const Tensor moves = draw_stroke_paths(1, 0, n);
  REQUIRE(moves.shape() == Shape{n, kStrokeMoves, 3});
  double off = 0;  // stops without ink
  for (std::int64_t i = 0; i < n; ++i) {
    double x = 14, y = 14, longest = 0, drawn = 0;
    int strokes = 0;
    for (std::int64_t t = 0; t < kStrokeMoves; ++t) {
      const double dx = moves.at({i, t, 0}), dy = moves.at({i, t, 1});
      x += dx;
      y += dy;
      const bool lifted = moves.at({i, t, 2}) == 1;
      strokes += lifted;
      if (!lifted) {
        drawn += std::hypot(dx, dy) / kStrokeMoves;
        longest = std::max(longest, std::hypot(dx, dy));
      }
      const auto at = static_cast<std::size_t>(y) * 28 + static_cast<std::size_t>(x);
      if (images.image(i)[at] < 100) off += 1.0 / static_cast<double>(n * kStrokeMoves);
    }
    INFO("image " << i);
    CHECK(moves.at({i, 0, 2}) == 1);
    CHECK((strokes >= 1 && strokes <= 3));
    CHECK(longest < 2 * drawn + 0.8);  // evenly spaced, but for the shaking
  }
  CHECK(off < 0.02);
}

TEST_CASE("strokes: moves depend on the seed and the number of the image alone", "[nn][data]") {
  const Tensor all = draw_stroke_paths(3, 0, 40), some = draw_stroke_paths(3, 25, 10);
  CHECK(some.to_vector() == slice(all, 0, 25, 35).to_vector());
  CHECK(draw_stroke_paths(4, 0, 40).to_vector() != all.to_vector());
  CHECK_THROWS_AS(draw_stroke_paths(1, -1, 5), ConfigError);
}

TEST_CASE("strokes: a pen style moves slant and ink and keeps the digit", "[nn][data]") {
  // Mean slant (right for each pixel up) and ink of 500 images.
  const auto look = [](const PenStyle& style) {
    const ByteImages images = draw_strokes(5, 0, 500, style);
    double slant = 0, ink = 0;
    for (std::int64_t i = 0; i < images.count; ++i) {
      const auto image = images.image(i);
      double mass = 0, x = 0, y = 0, xy = 0, yy = 0;
      for (int row = 0; row < 28; ++row) {
        for (int col = 0; col < 28; ++col) {
          const double m = image[static_cast<std::size_t>(row * 28 + col)] / 255.0;
          mass += m, x += m * col, y += m * row, xy += m * col * row, yy += m * row * row;
        }
      }
      slant -= (xy - x * y / mass) / (yy - y * y / mass) / 500;
      ink += mass / 500;
    }
    return std::pair(slant, ink);
  };
  const auto [upright, little] = look({.slant = 0, .slant_reach = .1f, .thin = .8f, .thick = .9f});
  const auto [slanted, much] =
      look({.slant = .6f, .slant_reach = .1f, .thin = 1.6f, .thick = 1.7f});
  CHECK(slanted - upright > 0.35);
  CHECK(slanted - upright < 0.75);
  CHECK(much > 1.5 * little);
  CHECK(draw_strokes(5, 0, 20, {}).pixels == draw_strokes(5, 0, 20).pixels);
}

TEST_CASE("strokes: a negative number or no images are refused", "[nn][data]") {
  CHECK_THROWS_AS(draw_strokes(1, -1, 5), ConfigError);
  CHECK_THROWS_AS(draw_strokes(1, 0, 0), ConfigError);
  CHECK_THROWS_AS(draw_strokes(1, 0, 1, {.thin = 0}), ConfigError);
  CHECK_THROWS_AS(draw_strokes(1, 0, 1, {.thin = 2, .thick = 1}), ConfigError);
}

TEST_CASE("strokes: every digit is in the middle of its paper, in x and in y", "[nn][data]") {
  // The points of the pen's way are in the middle; they are not spread evenly over the ink, which is up to 1 off.
  constexpr std::int64_t n = 500;
  const ByteImages images = draw_strokes(1, 0, n);
  for (std::int64_t digit = 0; digit < kStrokeClasses; ++digit) {
    double ink = 0, x = 0, y = 0;
    for (std::int64_t i = digit; i < n; i += kStrokeClasses)
      for (std::size_t at = 0; at < 784; ++at) {
        const double mass = images.image(i)[at];
        ink += mass;
        x += mass * (static_cast<double>(at % 28) + .5);
        y += mass * (static_cast<double>(at / 28) + .5);
      }
    INFO("digit " << digit << " x " << x / ink << " y " << y / ink);
    CHECK(std::abs(x / ink - 14) < 0.8);
    CHECK(std::abs(y / ink - 14) < 1.25);
  }
}

TEST_CASE("strokes: the digits are those of every version before", "[nn][data]") {
  // Ink, its middle, and its second moments: whoever changes a drawing changes every result on drawn digits, and says so.
  // Compilers differ by 0.001 of ink.
  constexpr std::int64_t n = 500;
  const std::array<std::array<double, 6>, kStrokeClasses> known{{
      //  ink      x       y      xx      xy     yy
      {{118.531, -0.237, 0.262, 21.63, -4.05, 38.88}},
      {{55.440, -0.020, 0.340, 3.97, -6.41, 35.59}},
      {{119.656, 0.524, -0.239, 18.13, -6.88, 46.29}},
      {{116.193, -0.395, 0.171, 16.21, -2.04, 43.90}},
      {{109.311, 0.434, 0.118, 15.96, -1.22, 25.05}},
      {{110.972, 0.170, -0.194, 15.95, -6.61, 47.13}},
      {{98.967, 0.031, -0.871, 10.70, -2.41, 26.44}},
      {{76.036, 0.017, 0.983, 11.76, -4.01, 26.31}},
      {{130.794, -0.337, 0.757, 13.20, -5.78, 37.10}},
      {{108.143, -0.118, 0.450, 12.59, 0.15, 29.57}},
  }};
  const ByteImages images = draw_strokes(1, 0, n);
  for (std::size_t digit = 0; digit < kStrokeClasses; ++digit) {
    std::array<double, 6> sum{};
    for (auto i = static_cast<std::int64_t>(digit); i < n; i += kStrokeClasses)
      for (std::size_t at = 0; at < 784; ++at) {
        const double ink = images.image(i)[at] / 255.0 / (n / kStrokeClasses);
        const double x = static_cast<double>(at % 28) - 13.5,
                     y = static_cast<double>(at / 28) - 13.5;
        const double powers[] = {1, x, y, x * x, x * y, y * y};
        for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += ink * powers[k];
      }
    for (std::size_t k = 0; k < sum.size(); ++k) {
      CAPTURE(digit, k);
      CHECK(std::abs((k == 0 ? sum[0] : sum[k] / sum[0]) - known[digit][k]) < 0.01);
    }
  }
}
