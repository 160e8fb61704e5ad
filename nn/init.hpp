#pragma once

#include <functional>

#include "nn/module.hpp"

/// Initial values. A module is built without numbers and then given them:
///
///     Rng rng(1);
///     nn::init::torch_default(model, rng.stream("init"));
///     nn::init::zeros(model.head.weight);                    // exceptions come after
///
/// Every parameter draws from a stream of its own, named by its path below the module, so adding a
/// layer leaves the numbers of the others alone, and seeds the module's dropout streams alike.
/// The `Start` of a parameter holds how many numbers an output sums over (fan in) and how many
/// outputs an input reaches (fan out); constants (gains 1, shifts 0) are set back to their value by
/// every rule.
namespace tapestry::nn::init {

/// PyTorch's defaults. Linear and convolutions: weight and bias from U(-b, b), b = 1/sqrt(fan_in),
/// which is He's uniform rule with slope sqrt(5). Embedding: N(0, 1).
void torch_default(Module& module, const Rng& rng);
/// Glorot and Bengio 2010: weights from U(-b, b), b = sqrt(6 / (fan_in + fan_out)); biases 0.
void xavier_uniform(Module& module, const Rng& rng);
/// The same variance 2 / (fan_in + fan_out) from a normal.
void xavier_normal(Module& module, const Rng& rng);
/// He et al. 2015, for relu: weights from U(-b, b), b = sqrt(6 / fan_in); biases 0.
void he_uniform(Module& module, const Rng& rng);
/// The same variance 2 / fan_in from a normal.
void he_normal(Module& module, const Rng& rng);
/// Kingma and Welling 2014 (AEVB): everything, biases too, from N(0, 0.01). We read 0.01 as the
/// standard deviation: only then are superfluous latents harmless, as the paper reports
/// (docs/concepts/experiments.md).
void aevb(Module& module, const Rng& rng);

// One parameter: what the rules above are made of.
void uniform(Param& param, Rng& rng, double low, double high);
void normal(Param& param, Rng& rng, double mean, double std);
void constant(Param& param, double value);
inline void zeros(Param& param) { constant(param, 0.0); }

/// Applies a rule of yours to a whole module: calls `rule(param, rng)` with the parameter's own
/// stream, except for constants.
void apply(Module& module, const Rng& rng, const std::function<void(Param&, Rng&)>& rule);

}  // namespace tapestry::nn::init
