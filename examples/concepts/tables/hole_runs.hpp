#pragma once

#include <string>

#include "concepts/tables/holes.hpp"
#include "concepts/tables/incomplete_rows.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/exact/factor_analysis.hpp"

// What MIWAE makes of tables with holes.

namespace concepts {

using Holes = decltype(&seen_at_random);

/// Ten columns of a linear normal model, half of them missing: the exact answer for each row is known.
inline void measure_table(const support::Concept& c, const HoleSteps& steps, Holes holes,
                          support::Record& r) {
  Rng fixed(4), rng = c.rng("table");
  const vae::exact::FactorAnalysis truth{fixed.normal({10, 3}), fixed.normal({10}),
                                         full({10}, 0.25)};
  const std::int64_t train = c.choose(20000, 2000), test = c.choose(5000, 1000);
  const Tensor x = truth.sample(rng, train).x, y = truth.sample(rng, test).x;
  const nn::TensorPart known = with_holes(x, seen_at_random(x, rng));
  const Tensor seen = seen_at_random(y, rng), biased = holes(y, rng);
  Miwae<LinearColumns> model({.columns = 10, .hidden = 64, .latent = 3}, steps);
  support::train_images(c, "table", model, model.play(c.choose(20, 5)),
                        nn::TensorDataset(known, with_holes(y, seen)),
                        {.epochs = c.choose(20, 60), .batch = c.choose(100, 50), .lr = 1e-2}, r);
  const NoGrad no_grad;
  const int draws = c.choose(500, 200);
  const Tensor zeroed = y * seen, log_w = vae::log_weights(model.given(seen), zeroed, rng, draws);
  const auto exact = [&](const Tensor& of) { return truth.likelihood(truth.posterior(y, of).loc); };
  r.numbers["log p, MIWAE - exact"] =
      mean(vae::log_px(log_w).log_px - truth.log_px(y, seen)).item();
  r.numbers["exact"] = error_in_holes(exact(seen).loc, y, seen);
  r.numbers["MIWAE"] = error_in_holes(model.impute(zeroed, seen, rng, draws), y, seen);
  r.numbers["column mean"] = error_in_holes(column_means(known), y, seen);
  const auto off = prob::estimate(sum((1.0 - biased) * (exact(biased).loc - y), -1));
  r.numbers["bias"] = off.mean.item(), r.numbers["bias, s.e."] = off.standard_error.item();
}

/// Digits of which half of the pixels are missing in training: as they are, with holes, with zeros for holes.
inline void measure_digits(const support::Concept& c, const HoleSteps& steps, support::Record& r) {
  nn::ImageDataset data = support::load_images(c, "mnist", 800, 200);
  data.binarize = nn::Binarize::threshold;
  const Tensor x = data.range(nn::Part::train, 0, c.choose(10000, 800), c.rng("x")).images;
  const Tensor y = data.range(nn::Part::test, 0, c.choose(1000, 200), c.rng("y")).images;
  Rng rng = c.rng("holes");
  const Tensor mask = seen_at_random(x, rng), seen = seen_at_random(y, rng);
  const auto run = [&](const std::string& name, const nn::TensorPart& train,
                       const nn::TensorPart& test) {
    Miwae<CoinColumns> model({784, c.choose(200, 50), c.choose(20, 8)}, steps);
    support::train_images(
        c, name, model, model.play(c.choose(5, 2)), nn::TensorDataset(train, test),
        {.epochs = c.choose(10, 12), .batch = c.choose(100, 20), .lr = c.choose(2e-3, 3e-3)}, r);
    const NoGrad no_grad;
    const int draws = c.choose(100, 20);
    const Tensor log_w = vae::log_weights(model.given(ones_like(y)), y, rng, draws);
    r.numbers[name + ", log p"] = mean(vae::log_px(log_w).log_px).item();
    const Tensor filled = model.expected(test.rows, test.labels, rng, draws);
    r.numbers[name + ", error"] = error_in_holes(filled, y, seen);
    return slice(filled, 0, 0, 8);
  };
  run("complete", {x, ones_like(x)}, {y, ones_like(y)});
  run("zeros", {x * mask, ones_like(x)}, {y * seen, ones_like(y)});
  const Tensor by_model = run("holes", with_holes(x, mask), with_holes(y, seen));
  const Tensor means = column_means(with_holes(x, mask)), eight = slice(y, 0, 0, 8);
  r.numbers["mean, error"] = error_in_holes(means, y, seen);
  const Tensor is = slice(seen, 0, 0, 8);
  const auto filled = [&](Arg by) { return is * eight + (1.0 - is) * by; };
  support::keep_grey_images(r, "digits",
                            concat({filled(0.5), filled(means), filled(by_model), eight}, 0));
}

}  // namespace concepts
