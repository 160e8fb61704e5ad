#pragma once

#include <fmt/format.h>

#include <functional>
#include <vector>

#include "concepts/hierarchies/deep_group.hpp"
#include "vae/bounds/elbo.hpp"

// A deep hierarchy of feature maps, NVAE in small (Vahdat and Kautz 2020): groups of latents from the top down, the first
// half at 7 x 7 and the others at 14 x 14, and a posterior that says what it changes of the prior.

namespace concepts {

struct DeepHierarchy : nn::Module {
  /// `maps` of each group from the top; the first half of the groups is at 7 x 7.
  explicit DeepHierarchy(std::int64_t channels = 16,
                         const std::vector<std::int64_t>& maps = {4, 4, 2, 2})
      : top(*this, "top", {channels, 7, 7}, 0.0),
        seen_14(*this, "seen_14", 1, channels, 4, kTwice),
        seen_7(*this, "seen_7", channels, channels, 4, kTwice),
        larger(*this, "larger", channels, channels, 4, kTwice),
        pixels(*this, "pixels", channels, 1, 4, kTwice) {
    for (const std::int64_t each : maps) groups.add(channels, each);
    for (int side = 0; side < 2; ++side) add_cell(up, channels);
  }

  bool at_7(std::size_t l) const { return l < groups.size() / 2; }

  /// The way down: z_of(l, p, h) chooses z_l, given p(z_l|z_1 .. z_{l-1}) and the features h.
  template <class Choose>
  prob::Bernoulli decode(std::int64_t n, const Choose& z_of) {
    Tensor h = broadcast_to(top, {n, top.shape()[0], 7, 7});
    for (std::size_t l = 0; l < groups.size(); ++l) {
      if (l > 0 && at_7(l - 1) && !at_7(l)) h = larger(h);
      h = groups[l].below(h, z_of(l, groups[l].p(h), h));
    }
    return prob::Bernoulli(reshape(pixels(silu(h)), {n, 784}), 1);
  }

  struct Drawn {
    prob::Bernoulli x;
    vae::KlGroups kl;
    Tensor log_ratio;  ///< log p(z) - log q(z|x) [B]
  };
  /// z of the first `keep` groups from the posterior of x [B, 784], the others from the prior.
  Drawn draw(const Tensor& x, Rng& rng, std::size_t keep = 100) {
    const Tensor fine = up[0](seen_14(reshape(x, {-1, 1, 28, 28}))), coarse = up[1](seen_7(fine));
    vae::KlGroups kl;
    Tensor log_ratio = zeros({x.dim(0)});
    const auto z_of = [&](std::size_t l, const Normal& p, const Tensor& h) {
      if (l >= keep) return p.rsample(rng);
      const ResidualNormal r = groups[l].q(p, h, at_7(l) ? coarse : fine);
      const Normal q = q_of(r);
      const Tensor z = q.rsample(rng);
      kl += {{fmt::format("z{}", l + 1), kl_of(r)}};
      log_ratio = log_ratio + p.log_prob(z) - q.log_prob(z);
      return z;
    };
    const prob::Bernoulli of_x = decode(x.dim(0), z_of);
    return {of_x, kl, log_ratio};
  }

  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const Drawn drawn = draw(x, rng);
    return {.log_lik = drawn.x.log_prob(x), .kl = drawn.kl};
  }

  /// Pixels [n, 784], with the scale of each prior times `temperature`.
  Tensor generate(std::int64_t n, double temperature, Rng& rng) {
    return decode(n,
                  [&](std::size_t, const Normal& p, const Tensor&) {
                    return Normal(p.loc, temperature * p.scale, 3).sample(rng);
                  })
        .mean();
  }

  nn::Param top;
  nn::Child<nn::Conv2d> seen_14, seen_7;
  nn::Child<nn::ConvTranspose2d> larger, pixels;
  nn::ChildList<nn::Residual> up{*this, "up"};
  nn::ChildList<Group> groups{*this, "groups"};
  // The steps that a wrong version replaces.
  std::function<Normal(const ResidualNormal&)> q_of = &ResidualNormal::q;
  std::function<Tensor(const ResidualNormal&)> kl_of = &ResidualNormal::kl;
};

/// In the warm-up, while `beta` < 1, each group's KL is weighted by its share of the KL, so that a group which says little
/// is let alone (section 3.2 and appendix A).
inline vae::Objective warmed(const vae::ElboTerms& terms, double beta) {
  vae::Objective objective = terms;
  if (beta >= 1) return objective;
  Tensor weighted = zeros_like(terms.log_lik), all = mean(terms.kl.total()).detach();
  for (const auto& [name, kl] : terms.kl.groups()) weighted = weighted + mean(kl).detach() * kl;
  const auto count = static_cast<double>(terms.kl.groups().size());
  objective.value = terms.log_lik - beta * count * weighted / all;
  return objective;
}

}  // namespace concepts
