#include "vae/models/heads.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

NormalHead::NormalHead(std::int64_t in, std::int64_t out)
    : loc(*this, "loc", in, out), log_scale(*this, "log_scale", in, out) {}

prob::Normal NormalHead::forward(const Tensor& h) { return {loc(h), exp(log_scale(h)), 1}; }

VarianceHead::VarianceHead(std::int64_t in, std::int64_t out)
    : loc(*this, "loc", in, out), variance(*this, "variance", in, out) {}

prob::Normal VarianceHead::forward(const Tensor& h) {
  return {loc(h), sqrt(softplus(variance(h))), 1};
}

BernoulliHead::BernoulliHead(std::int64_t in, std::int64_t out)
    : logits(*this, "logits", in, out) {}

prob::Bernoulli BernoulliHead::forward(const Tensor& h) { return prob::Bernoulli(logits(h), 1); }

}  // namespace tapestry::vae
