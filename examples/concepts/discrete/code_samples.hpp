#pragma once

#include "concepts/discrete/code_measures.hpp"
#include "nn/layers/mlp.hpp"

// Images drawn with a two-level VQ-VAE and priors of its codes, and what a classifier makes of them.

namespace concepts {

/// The share of pictures that `judge` gives one class with more than 0.9.
inline double sure(nn::Mlp& judge, const Tensor& pictures) {
  return mean(greater(max(softmax(judge(pictures)), -1), 0.9).to(DType::f64)).item();
}

/// Pictures of uniform codes; of top codes of their prior; of those, and bottom codes of theirs.
struct Samples {
  Tensor uniform, top, both;
};

/// As many as there are images with the codes `own`. The record gets how many of them the judge is sure of, and of how
/// many images it sees the same digit when codes of one level or of both are drawn anew.
inline Samples measure_samples(TwoLevelVq& vq, CodePrior& top, CodePrior& bottom, const Codes& own,
                               nn::Mlp& judge, Rng rng, support::Record& r) {
  const NoGrad no_grad;
  const std::int64_t n = own.top.dim(0);
  const auto any = [&](const CodePriorSizes& of) {
    return (rng.uniform({n, of.map * of.map}) * static_cast<double>(of.codes)).to(DType::i32);
  };
  const Tensor noise = any(bottom.sizes), drawn = top.sample(n, {}, rng);
  const auto picture = [&](const Tensor& t, const Tensor& b) {
    return vq.decode(Codes{t, b}).mean();
  };
  const Samples found{
      .uniform = picture(any(top.sizes), noise),
      .top = picture(drawn, noise),
      .both = picture(drawn, bottom.sample(n, vq.above(drawn), rng)),
  };
  r.numbers["uniform, sure"] = sure(judge, found.uniform);
  r.numbers["top, sure"] = sure(judge, found.top);
  r.numbers["both, sure"] = sure(judge, found.both);
  const auto digit = [&](const Tensor& x) { return argmax(judge(x)).to(DType::f64); };
  const Tensor digits = digit(picture(own.top, own.bottom));
  const auto same = [&](const Tensor& x) {
    return mean(equal(digits, digit(x)).to(DType::f64)).item();
  };
  const Tensor below = bottom.sample(n, vq.above(own.top), rng);
  r.numbers["bottom anew, same digit"] = same(picture(own.top, below));
  r.numbers["top anew, same digit"] = same(picture(drawn, own.bottom));
  r.numbers["both anew, same digit"] = same(found.both);
  return found;
}

}  // namespace concepts
