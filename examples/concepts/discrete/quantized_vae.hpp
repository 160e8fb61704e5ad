#pragma once

#include <memory>
#include <string>

#include "concepts/discrete/quantizers.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/analysis/codebook_usage.hpp"

// A VQ-VAE with another quantiser, and its training.

namespace concepts {

struct QuantizedVae : nn::Module {
  using Quantize = std::function<Quantized(QuantizedVae&, const Tensor& e)>;

  /// 64 codes, however they are made; `books` are the sizes of codebooks, if any.
  QuantizedVae(std::int64_t channels, std::int64_t width, const std::vector<std::int64_t>& books,
               Quantize how)
      : net(*this, "net", vae::VqSizes{.channels = channels, .codes = 1, .code_width = width}),
        quantize(std::move(how)) {
    net.codebook.weight.set_trainable(false);  // not used
    for (const std::int64_t codes : books) codebooks.add(codes, width);
  }

  Quantized codes_of(const Tensor& x) { return quantize(*this, net.encode(x)); }

  vae::Objective objective(const Tensor& x) {
    const Quantized q = codes_of(x);
    const Tensor log_lik = net.decode(q.z).log_prob(x);
    return {.value = log_lik - q.cost,
            .bound = log_lik - log_codes(net.positions(), 64),
            .parts = {{"log_lik", log_lik}}};
  }
  /// Codes that no vector of the minibatch chose start again.
  void restart(const Tensor& x, Rng& rng) {
    Tensor rest = net.encode(x).detach();
    for (std::size_t s = 0; s < codebooks.size(); ++s) {
      nn::restart_unused(codebooks[s], rest, rng);
      rest = subtracted(rest, codebooks[s].nearest(rest).z);
    }
  }

  nn::Child<vae::VqVae> net;
  nn::ChildList<nn::Codebook> codebooks{*this, "codebooks"};
  Quantize quantize;
};

/// Until three quarters of the training, unused codes start again if `restart`.
inline void train(QuantizedVae& model, const nn::ImageDataset& data, bool restart,
                  const support::Training& how) {
  nn::init::torch_default(model, Rng(how.seed).stream("init"));
  const std::int64_t steps = how.epochs * (data.size(nn::Part::train) / how.batch);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    if (restart && model.training() && b.step % 20 == 0 && 4 * b.step < 3 * steps)
      model.restart(b.images, rng);
    return model.objective(b.images);
  };
  support::train(model, play, data, how);
}

/// Test images: their -log p(x|z), which codes they use, and what the first ten become.
inline void measure(QuantizedVae& model, const nn::ImageDataset& data, const std::string& name,
                    support::Record& r) {
  const NoGrad no_grad;
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const Quantized q = model.codes_of(x);
  const auto p = model.net.decode(q.z);
  const Tensor shares = vae::code_shares(q.code, 64);
  r.numbers[name + ", -log p(x|z)"] = -mean(p.log_prob(x)).item();
  r.numbers[name + ", perplexity"] = vae::perplexity(shares);
  for (int k = 0; k < 64; ++k) r.add(name + ", share", k, shares.at({k}));
  support::keep_grey_images(r, name, slice(p.mean(), 0, 0, 10));
}

/// The quantisers that are compared.
struct Kind {
  std::string name;
  std::int64_t width;
  std::vector<std::int64_t> books;
  QuantizedVae::Quantize quantize;
  bool restart = true;
};
inline std::vector<Kind> kinds() {
  const auto by_books = [](QuantizedVae& m, const Tensor& e) {
    return residual(e, m.codebooks, m.codebooks.size());
  };
  const auto scalar = [](QuantizedVae&, const Tensor& e) { return finite_scalar(e, {4, 4, 4}); };
  const auto signs = [](QuantizedVae&, const Tensor& e) { return lookup_free(e); };
  return {{"codebook", 16, {64}, by_books},
          {"codebook, no restarts", 16, {64}, by_books, false},
          {"residual", 16, {8, 8}, by_books},
          {"finite scalar", 3, {}, scalar},
          {"lookup-free", 6, {}, signs}};
}

}  // namespace concepts
