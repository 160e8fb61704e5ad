#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "concepts/adversarial/style_conversion.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/data/strokes.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "vae/analysis/image_measures.hpp"

// Digits in two styles, 0 the source and 1 the target, of which none is drawn in both.

namespace concepts {

struct Styles {
  Tensor rows, digits;  ///< to learn from: those of the source, then those of the target
  Tensor source, source_digits, target;  ///< test images [n, 784]

  nn::TensorDataset data() const {
    return nn::TensorDataset({rows, labels(rows.dim(0) / 2)},
                             {concat({source, target}, 0), labels(source.dim(0))});
  }
  static Tensor labels(std::int64_t n) {
    return concat({StyleVae::of_style(0, n), StyleVae::of_style(1, n)}, 0);
  }
};

inline Tensor digits_of(const std::vector<std::uint8_t>& labels) {
  return index_tensor(std::vector<std::int32_t>(labels.begin(), labels.end()),
                      {std::ssize(labels)});
}

/// Drawn by an upright thin pen, and by a slanted thick one: n of each to learn from.
inline Styles two_pens(std::int64_t n, std::int64_t tested) {
  const nn::PenStyle upright{.slant = 0, .slant_reach = 0.2f, .thin = 0.8f, .thick = 1.1f},
      slanted{.slant = 0.5f, .slant_reach = 0.2f, .thin = 1.4f, .thick = 1.7f};
  const auto draw = [](std::int64_t first, std::int64_t count, const nn::PenStyle& style) {
    const nn::ByteImages images = nn::draw_strokes(1, first, count, style);
    return nn::image_tensor(images, 0, count, nn::Binarize::none, Rng(1));
  };
  return {.rows = concat({draw(0, n, upright), draw(n, n, slanted)}, 0),
          .digits = digits_of(nn::stroke_labels(0, 2 * n)),
          .source = draw(2 * n, tested, upright),
          .source_digits = digits_of(nn::stroke_labels(2 * n, tested)),
          .target = draw(2 * n + tested, tested, slanted)};
}

/// Of the images of `data`, those that lean least and those that lean most to the right.
inline Styles by_slant(const nn::ImageDataset& data, std::int64_t n, std::int64_t tested) {
  const auto sorted = [&](nn::Part part, std::int64_t count) {
    const nn::Batch all = data.range(part, 0, 5 * count, Rng(1));
    const std::vector<double> slant =
        vae::measure_pen(data.as_images(all.images)).slant.to_vector();
    std::vector<std::int32_t> order(slant.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {},
                      [&](std::int32_t i) { return slant[static_cast<std::size_t>(i)]; });
    const auto least = order.begin() + count, most = order.end() - count;
    std::vector<std::int32_t> chosen(order.begin(), least);
    chosen.insert(chosen.end(), most, order.end());
    std::vector<std::int32_t> digits;
    const std::vector<double> label = all.labels.to_vector();
    for (const std::int32_t i : chosen)
      digits.push_back(static_cast<std::int32_t>(label[static_cast<std::size_t>(i)]));
    return std::pair(take_rows(all.images, index_tensor(chosen, {2 * count})), digits);
  };
  const auto [rows, digits] = sorted(nn::Part::train, n);
  const auto [test, of_test] = sorted(nn::Part::test, tested);
  return {.rows = rows,
          .digits = index_tensor(digits, {2 * n}),
          .source = slice(test, 0, 0, tested),
          .source_digits = index_tensor({of_test.begin(), of_test.begin() + tested}, {tested}),
          .target = slice(test, 0, tested, 2 * tested)};
}

/// Means over pictures [n, 784].
struct StyleOf {
  double slant, thickness, energy;
};
inline Tensor as_pictures(const Tensor& x) { return reshape(x, {x.dim(0), 28, 28}); }
inline StyleOf style_of(const Tensor& x) {
  const vae::PenMeasures pen = vae::measure_pen(as_pictures(x));
  return {mean(pen.slant).item(), mean(pen.thickness).item(),
          mean(vae::laplacian_energy(as_pictures(x))).item()};
}

}  // namespace concepts
