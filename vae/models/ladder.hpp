#pragma once

#include <functional>
#include <vector>

#include "autograd/tape.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/batch_norm.hpp"
#include "nn/layers/sequential.hpp"
#include "prob/product.hpp"
#include "vae/bounds/levels.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/models/heads.hpp"

namespace tapestry::vae {

struct HierarchySizes {
  std::int64_t pixels = 784;
  /// Of the layers, from the image up.
  std::vector<std::int64_t> widths{512, 256, 128, 64, 32}, latents{64, 32, 16, 8, 4};
  bool ladder = true, normed = true;  ///< no ladder: q(z_1|x) q(z_2|z_1) ..., bottom-up
};

/// The ladder VAE (Sonderby, Raiko, Maaloe, Sonderby and Winther 2016), and the plain hierarchy that it is
/// compared with. Numbers below are the paper's equations.
class LadderVae : public nn::Module {
 public:
  using Normal = prob::Normal;

  /// ConfigError unless there is a width and a number of latents for each layer, and one layer at least.
  explicit LadderVae(const HierarchySizes& s)
      : sizes(checked(s)), pixels(*this, "pixels", s.widths[0], s.pixels) {
    for (std::size_t l = 0; l < s.widths.size(); ++l) {
      const std::int64_t in = l == 0 ? s.pixels : s.ladder ? s.widths[l - 1] : s.latents[l - 1];
      add_step(up, in, s.widths[l], s.normed);
      up_head.add(s.widths[l], s.latents[l]);
      add_step(down, s.latents[l], s.widths[l == 0 ? 0 : l - 1], s.normed);
      if (l > 0) down_head.add(s.widths[l - 1], s.latents[l - 1]);
    }
  }

  std::vector<Level> ladder(const Tensor& x, Rng& rng) {
    std::vector<Normal> says;
    Tensor d = x;
    for (std::size_t l = 0; l < up.size(); ++l) {
      d = up[l](d);                   // (8), (9)
      says.push_back(up_head[l](d));  // (10), (11)
    }
    std::vector<Level> levels{{says.back(), top(), says.back().rsample(rng)}};
    for (std::size_t l = up.size() - 1; l-- > 0;)  // (4), (12) to (14)
      levels.insert(levels.begin(), merge(says[l], below(levels.front().z, l), rng));
    return levels;
  }

  std::vector<Level> bottom_up(const Tensor& x, Rng& rng) {
    std::vector<Level> levels;
    Tensor h = x;
    for (std::size_t l = 0; l < up.size(); ++l) {
      const Normal q = up_head[l](up[l](h));  // (5) to (7)
      h = q.rsample(rng);
      levels.push_back({q, top(), h});
      if (l > 0) levels[l - 1].p = below(h, l - 1);
    }
    return levels;
  }

  std::vector<Level> draw(const Tensor& x, Rng& rng) {
    return sizes.ladder ? ladder(x, rng) : bottom_up(x, rng);
  }
  ElboTerms elbo(const Tensor& x, Rng& rng) {
    const std::vector<Level> levels = draw(x, rng);
    const Tensor log_lik = decode(levels[0].z).log_prob(x);
    return sizes.ladder ? vae::elbo(levels, log_lik) : elbo_at_draws(levels, log_lik);
  }
  Tensor log_weights(const Tensor& x, Rng& rng, int samples) {
    check<ConfigError>(samples >= 1, "importance sampling needs at least 1 sample, not {}",
                       samples);
    std::vector<Tensor> all;
    for (int k = 0; k < samples; ++k) {
      const std::vector<Level> levels = draw(x, rng);
      all.push_back(log_weight(levels, decode(levels[0].z).log_prob(x)));
    }
    return stack(all, 0);
  }

  /// Pictures [n, D]: p(z_L) p(z_L-1|z_L) ... p(x|z_1). The upper `shared` layers have one draw for all n.
  /// Not recorded.
  Tensor generate(std::int64_t n, Rng& rng, std::size_t shared = 0) {
    const NoGrad no_grad;
    Tensor z = top().sample(rng, {n});
    for (std::size_t l = up.size(); l-- > 0;) {
      if (l + 1 < up.size()) z = below(z, l).sample(rng);
      if (l + shared >= up.size()) z = broadcast_to(slice(z, 0, 0, 1), z.shape());
    }
    return decode(z).mean();
  }
  /// At draws of q. Not recorded.
  Tensor reconstruct(const Tensor& x, Rng& rng) {
    const NoGrad no_grad;
    return decode(draw(x, rng)[0].z).mean();
  }
  /// "layers": from the prior, in each row with one layer more, from the top, that all share with the first.
  std::vector<Sheet> sheets(const nn::Batch&, Rng& rng) {
    std::vector<Tensor> rows;
    for (std::size_t shared = 0; shared < up.size(); ++shared) {
      Rng same = rng;
      rows.push_back(generate(kInRow, same, shared));
    }
    return {{"layers", concat(rows, 0), kInRow}};
  }

  Normal top() const { return {zeros({sizes.latents.back()}), 1.0, 1}; }
  Normal below(const Tensor& z, std::size_t l) { return down_head[l](down[l + 1](z)); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(down[0](z)), 1); }

  /// What the way up says times what the way down expects, and a draw.
  std::function<Level(const Normal&, const Normal&, Rng&)> merge = [](auto& says, auto& p, Rng& r) {
    const Normal q = prob::product(says, p);
    return Level{q, p, q.rsample(r)};
  };
  static constexpr int kInRow = 12;
  const HierarchySizes sizes;
  nn::ChildList<nn::Sequential> up{*this, "up"}, down{*this, "down"};
  nn::ChildList<VarianceHead> up_head{*this, "up_head"}, down_head{*this, "down_head"};
  nn::Child<nn::Linear> pixels;

 private:
  static const HierarchySizes& checked(const HierarchySizes& s) {
    check<ConfigError>(!s.widths.empty() && s.widths.size() == s.latents.size(),
                       "LadderVae: {} widths and {} numbers of latents, expected one of both for "
                       "each layer",
                       s.widths.size(), s.latents.size());
    return s;
  }
  using Steps = nn::ChildList<nn::Sequential>;
  /// leaky_relu(batch_norm(W x + b)); without the norm in a plain network.
  static void add_step(Steps& steps, std::int64_t in, std::int64_t out, bool normed) {
    nn::Sequential& step = steps.add();
    step.add<nn::Linear>(in, out);
    if (normed) step.add<nn::BatchNorm>(out);
    step.add<nn::LeakyRelu>();
  }
};

}  // namespace tapestry::vae
