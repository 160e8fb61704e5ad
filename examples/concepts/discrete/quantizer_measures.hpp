#pragma once

#include <algorithm>
#include <set>
#include <vector>

#include "autograd/tape.hpp"
#include "concepts/discrete/quantized_vae.hpp"
#include "support/concept/images.hpp"

// What is measured of the quantisers beside the images.

namespace concepts {

/// A uniform number on (-1, 1), cut into 4,096 cells, and stages of two codes, each fitted by k-means to what is left. The mean
/// squared error after each.
inline std::vector<double> fit_stages(std::size_t stages, const RestOf& rest_of) {
  struct Stages : nn::Module {
    nn::ChildList<nn::Codebook> books{*this, "books"};
  } all;
  std::vector<double> points, error;
  for (int i = 0; i < 4096; ++i) points.push_back((i + 0.5) / 2048 - 1);
  const Tensor e = tensor(points, {1, 4096, 1}, DType::f64);
  Tensor left = e;
  for (std::size_t s = 0; s < stages; ++s) {
    nn::Codebook& book = all.books.add(2, 1);
    book.weight.set_value(reshape(tensor({-0.3, 0.2}), {2, 1}));
    for (int step = 0; step < 120; ++step) book.average(left, book.nearest(left).code, 0.2);
    left = e - residual(e, all.books, s + 1, rest_of).z;
    error.push_back(mean(square(left)).item());
  }
  return error;
}

/// What finite scalar codes of L levels do with vectors e.
struct OfLevels {
  double occur = 0, largest = 0;  ///< codes; the largest number of one
  double half_steps = 0;          ///< |z - tanh e| in half steps, largest
  double slope = 0;               ///< of z - of tanh e, largest
};
template <class Quantize>
OfLevels of_levels(const std::vector<std::int64_t>& levels, Quantize&& quantize, Rng rng) {
  const Tensor e = 6.0 * rng.uniform({1, 20000, 3}) - 3.0, weight = rng.normal(e.shape());
  Parameter p("e", e);
  Tape tape;
  const Quantized q = quantize(1.0 * p);
  tape.backward(sum(weight * q.z));
  const std::vector<double> code = q.code.to(DType::f64).to_vector();
  const std::vector<double> L(levels.begin(), levels.end());
  const Tensor t = tanh(e);
  return {static_cast<double>(std::set<double>(code.begin(), code.end()).size()),
          *std::max_element(code.begin(), code.end()), max(abs(q.z - t) * (tensor(L) - 1.0)).item(),
          max(abs(p.grad() - weight * (1.0 - square(t)))).item()};
}

/// The residual quantiser's error in e after one stage and after two, and its pictures by the first stage alone.
inline void measure_stages(QuantizedVae& model, const nn::ImageDataset& data, support::Record& r) {
  const NoGrad no_grad;
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const Tensor e = model.net.encode(x), one = residual(e, model.codebooks, 1).z;
  r.numbers["left after one stage"] = mean(square(e - one)).item();
  r.numbers["left after two"] = mean(square(e - residual(e, model.codebooks, 2).z)).item();
  support::keep_grey_images(r, "first stage alone", slice(model.net.decode(one).mean(), 0, 0, 10));
  support::keep_grey_images(r, "x", slice(x, 0, 0, 10));
}

}  // namespace concepts
