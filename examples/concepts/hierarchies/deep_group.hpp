#pragma once

#include "nn/nn.hpp"
#include "prob/prob.hpp"

// One group of latents of a deep hierarchy (Vahdat and Kautz 2020): the distributions of its maps, and its networks.

namespace concepts {

using namespace tapestry;
using prob::Normal;

/// 5 tanh(x / 5): log scales that cannot run away.
inline Tensor soft(const Tensor& x) { return 5.0 * tanh(x / 5.0); }

/// q = N(mu_p + delta, (sigma_p ratio)^2), relative to p = N(mu_p, sigma_p^2): equations 2 and 3.
struct ResidualNormal {
  Normal p;  ///< of maps [B, C, H, W]
  Tensor delta, log_ratio;

  Normal q() const { return Normal(p.loc + delta, p.scale * exp(log_ratio), 3); }
  Tensor kl() const {
    const Tensor r2 = exp(2.0 * log_ratio);
    return sum(0.5 * (square(delta / p.scale) + r2 - 2.0 * log_ratio - 1.0), {1, 2, 3});
  }
};

inline const ConvOptions kTwice{.stride = 2, .padding = 1}, kSame{.padding = 1};

inline void add_cell(nn::ChildList<nn::Residual>& cells, std::int64_t channels) {
  nn::Residual& cell = cells.add(0.1);
  for (int twice = 0; twice < 2; ++twice)
    cell.add<nn::BatchNorm>(channels).add<nn::Silu>().add<nn::Conv2d>(channels, channels, 3, kSame);
}

/// The networks of one group of latents, on features h and on what the encoder saw at this size.
struct Group : nn::Module {
  Group(std::int64_t channels, std::int64_t maps)
      : prior(*this, "prior", channels, 2 * maps, 1),
        change(*this, "change", 2 * channels, 2 * maps, 3, kSame),
        from_z(*this, "from_z", maps, channels, 1) {
    add_cell(cell, channels);
  }

  Normal p(const Tensor& h) {
    const Tensor both = prior(h);
    const std::int64_t maps = both.dim(1) / 2;
    return Normal(slice(both, 1, 0, maps), exp(soft(slice(both, 1, maps, 2 * maps))), 3);
  }
  ResidualNormal q(const Normal& p, const Tensor& h, const Tensor& seen) {
    const Tensor both = change(concat({h, seen}, 1));
    const std::int64_t maps = both.dim(1) / 2;
    return {p, slice(both, 1, 0, maps), soft(slice(both, 1, maps, 2 * maps))};
  }
  Tensor below(const Tensor& h, const Tensor& z) { return cell[0](h + from_z(z)); }

  nn::Child<nn::Conv2d> prior, change, from_z;
  nn::ChildList<nn::Residual> cell{*this, "cell"};
};

}  // namespace concepts
