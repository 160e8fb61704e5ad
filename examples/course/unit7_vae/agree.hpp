#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "checks.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/optim/sgd.hpp"
#include "vae.hpp"

// What the open and the hidden checks of the unit share: models to ask about, and what only the judge knows.

using tiny::Tensor;

inline constexpr tiny::Sizes kSmall{.side = 4, .hidden = 5, .latent = 3};

inline tapestry::Rng drawn_rng(course::Draw& draw) {
  return tapestry::Rng(static_cast<std::uint64_t>(draw.below(1 << 30)));
}
inline Tensor draw_tensor(course::Draw& draw, const tapestry::Shape& shape, double low = -1,
                          double high = 1) {
  return low + (high - low) * drawn_rng(draw).uniform(shape);
}
/// Pixels that are 0 or 1.
inline Tensor draw_images(course::Draw& draw, std::int64_t count, const tiny::Sizes& sizes) {
  return where(less(draw_tensor(draw, {count, sizes.pixels()}, 0, 1), 0.4), 1.0, 0.0);
}

inline std::vector<double> numbers(const Tensor& t) { return t.to_vector(); }
inline std::vector<double> joined(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Tensor rows(const std::vector<double>& values, std::int64_t columns) {
  return tapestry::tensor(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}

/// Parameters by name: the order in which a model declares them does not matter to any check.
inline std::map<std::string, tapestry::nn::Param*> named(const tapestry::nn::Module& module) {
  std::map<std::string, tapestry::nn::Param*> all;
  for (const tapestry::nn::NamedParameter& p : module.named_parameters()) all[p.name] = p.parameter;
  return all;
}
/// "loc.bias [3], loc.weight [3,5], ..."
inline std::string names_and_shapes(const tapestry::nn::Module& module) {
  std::string text;
  for (const auto& [name, p] : named(module))
    text += (text.empty() ? "" : ", ") + name + " " + to_string(p->shape());
  return text;
}
/// Gives each parameter numbers that follow from its name; weights reach further if asked.
inline void fill(tapestry::nn::Module& module, std::uint64_t seed, double reach = 1) {
  for (const auto& [name, p] : named(module)) {
    const double far = p->shape().rank() > 1 ? reach : 1;
    p->set_value(far * (tapestry::Rng(seed).stream(name).uniform(p->shape()) - 0.4));
  }
}
/// Values of all parameters, and back.
inline std::vector<double> flat(const tapestry::nn::Module& module) {
  std::vector<double> all;
  for (const auto& [name, p] : named(module)) all = joined(std::move(all), numbers(p->value()));
  return all;
}
/// Gradients of all parameters; zeros where none arrived.
inline std::vector<double> gradients(const tapestry::nn::Module& module) {
  std::vector<double> all;
  for (const auto& [name, p] : named(module)) {
    const Tensor g = p->grad().defined() ? p->grad() : zeros_like(p->value());
    all = joined(std::move(all), numbers(g));
  }
  return all;
}

/// An encoder and a decoder that are simple enough to be known: q is the same for each image in the place of x
/// and has parameters of its own; p(x|z) = N(z weight, 1).
struct KnownEncoder final : tiny::Encoder {
  KnownEncoder(const Tensor& l, const Tensor& s)
      : loc(*this, "loc", l.shape(), 0.0), log_scale(*this, "log_scale", s.shape(), 0.0) {
    loc.set_value(l);
    log_scale.set_value(s);
  }
  tapestry::prob::Normal encode(const Tensor&) override {
    return {tapestry::recorded(loc), exp(log_scale), 1};
  }
  tapestry::nn::Param loc, log_scale;
};
struct KnownDecoder final : tiny::Decoder {
  explicit KnownDecoder(const Tensor& w) : weight(*this, "weight", w.shape(), 0.0) {
    weight.set_value(w);
  }
  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    return tapestry::prob::Normal(picture(z), 1.0, 1).log_prob(x);
  }
  Tensor picture(const Tensor& z) override { return matmul(z, weight); }
  tapestry::nn::Param weight;
};

/// The handed-in run of strokes.toml or sprites.toml.
inline tiny::Run handed_in_run(const std::string& name) {
  return tiny::run_of([&](const std::string& key) { return course::handed_in(name + "." + key); });
}
/// Why it is not run; empty if it is.
inline std::string refusal(const tiny::Run& run) try {
  if (run.data != "strokes" && run.data != "sprites") return "data is \"strokes\" or \"sprites\"";
  refuse_beyond_limits(run);
  return "";
} catch (const std::invalid_argument& error) {
  return error.what();
}
inline tiny::Sizes sizes_of(const tiny::Run& run) {
  return {.side = run.data == "sprites" ? 16 : 28, .hidden = run.hidden, .latent = run.latent};
}
/// What the student's code makes of a run.
inline std::vector<std::vector<double>> trained(tiny::Vae& vae, const tiny::Run& run) {
  return train(vae, data_of(run), run);
}

// --- The judge --------------------------------------------------------------------------------------

/// A right answer and wrong ones with their hints.
struct Known {
  std::vector<double> right;
  std::vector<course::Mistake> wrong;
};
Known known_encoding(const tiny::Sizes& sizes, std::uint64_t seed, const Tensor& x);
std::unique_ptr<tiny::Encoder> true_encoder(const tiny::Sizes& sizes);
tiny::Vae true_vae(const tiny::Sizes& sizes);

/// How a run is done; each with its opposite is a mistake.
struct Habits {
  bool zero = true;             ///< gradients are set to zero before each step
  bool shuffle = true;          ///< a new order each epoch
  bool noise_goes_on = true;    ///< one stream of noise for the whole run
  bool last = true;             ///< the last minibatch counts, also when it is not full
  bool before_the_step = true;  ///< the loss of a minibatch is taken before its step
  bool uphill = false;          ///< the loss is made larger
  double rate_factor = 1;       ///< of the optimizer's rate
};
Tensor true_loss(tiny::Encoder& encoder, tiny::Decoder& decoder, const Tensor& x,
                 tapestry::Rng& noise);
std::vector<double> true_epoch(const tiny::Loss& loss, tapestry::nn::Optimizer& optimizer,
                               tapestry::nn::Batcher& batches, tapestry::Rng& noise,
                               const Habits& habits = {});
std::vector<double> true_run(const tiny::Run& run, const Habits& habits = {});

/// -ELBO of the test images by the right model with these parameters, in the order of `flat`; nats an image. Infinity
/// when they are no parameters of it.
double held_out(const tiny::Run& run, const std::vector<double>& parameters);

/// KL(N(loc, scale^2) || N(0, 1)) of each element.
Tensor true_kl(const Tensor& loc, const Tensor& scale);
