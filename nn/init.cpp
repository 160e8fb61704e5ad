#include "nn/init.hpp"

#include <cmath>

#include "autograd/ops.hpp"

namespace tapestry::nn::init {

namespace {

using Role = Start::Role;

/// Weights and tables by `weight_rule`, biases zero.
template <class Rule>
void weights(Module& module, const Rng& rng, Rule weight_rule) {
  apply(module, rng, [&](Param& p, Rng& stream) {
    if (p.start().role == Role::bias) return zeros(p);
    weight_rule(p, stream);
  });
}

void symmetric_uniform(Param& p, Rng& rng, double bound) { uniform(p, rng, -bound, bound); }

double fans(const Param& p) { return static_cast<double>(p.start().fan_in + p.start().fan_out); }
double fan_in(const Param& p) { return static_cast<double>(p.start().fan_in); }

}  // namespace

void torch_default(Module& module, const Rng& rng) {
  apply(module, rng, [](Param& p, Rng& stream) {
    if (p.start().role == Role::table) return normal(p, stream, 0.0, 1.0);
    symmetric_uniform(p, stream, 1.0 / std::sqrt(fan_in(p)));
  });
}

void xavier_uniform(Module& module, const Rng& rng) {
  weights(module, rng,
          [](Param& p, Rng& stream) { symmetric_uniform(p, stream, std::sqrt(6.0 / fans(p))); });
}

void xavier_normal(Module& module, const Rng& rng) {
  weights(module, rng,
          [](Param& p, Rng& stream) { normal(p, stream, 0.0, std::sqrt(2.0 / fans(p))); });
}

void he_uniform(Module& module, const Rng& rng) {
  weights(module, rng,
          [](Param& p, Rng& stream) { symmetric_uniform(p, stream, std::sqrt(6.0 / fan_in(p))); });
}

void he_normal(Module& module, const Rng& rng) {
  weights(module, rng,
          [](Param& p, Rng& stream) { normal(p, stream, 0.0, std::sqrt(2.0 / fan_in(p))); });
}

void aevb(Module& module, const Rng& rng) {
  apply(module, rng, [](Param& p, Rng& stream) { normal(p, stream, 0.0, 0.01); });
}

void uniform(Param& param, Rng& rng, double low, double high) {
  const Tensor u = rng.uniform(param.shape(), param.value().dtype());
  param.set_value(u * (high - low) + low);
}

void normal(Param& param, Rng& rng, double mean, double std) {
  const Tensor z = rng.normal(param.shape(), param.value().dtype());
  param.set_value(z * std + mean);
}

void constant(Param& param, double value) {
  param.set_value(full(param.shape(), value, param.value().dtype()));
}

void apply(Module& module, const Rng& rng, const std::function<void(Param&, Rng&)>& rule) {
  for (const auto& [name, param] : module.named_parameters()) {
    if (param->start().role == Role::constant) {
      constant(*param, param->start().value);
      continue;
    }
    Rng stream = rng.stream(name);
    rule(*param, stream);
  }
  module.seed(rng);
}

}  // namespace tapestry::nn::init
