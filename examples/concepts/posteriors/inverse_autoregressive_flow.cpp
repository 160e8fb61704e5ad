// inverse_autoregressive_flow: every latent is moved as the ones before it say, all in one pass
// C99, UDL notes; Kingma et al. 2016, equations 10 and 11, algorithm 1
//
//     z_t = sigma_t z_t-1 + (1 - sigma_t) m_t         (m_t, sigma_t) = net_t(z_t-1, h(x)), element i from the elements before i
//     log q(z_T|x) = log q_0(z_0|x) - sum_t sum_i log sigma_t,i
//
// The Jacobian of a step is triangular, so its determinant is the product of sigma. A sample needs one pass of each net:
// the density at another point would need one for each latent, and nobody asks for it.
#include <cmath>

#include "concepts/posteriors/iaf_vae.hpp"
#include "concepts/posteriors/inverse_autoregressive_flow_faults.hpp"
#include "concepts/posteriors/targets.hpp"
#include "nn/init.hpp"
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "support/numerics/jacobian.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using concepts::AutoregressiveFlow, concepts::IafSteps, concepts::IafVae, concepts::ShiftAndScale,
    concepts::Slanted;
using support::Concept, support::Plot, vae::exact::Grid;

namespace {

// --- claims

constexpr std::int64_t kLatents = 6;

/// A small network at a random z: dz'_i/dz_j of one step and of two, [Z, Z] each.
std::pair<Tensor, Tensor> claims_of_steps(Concept& c, const IafSteps& steps) {
  IafVae model({.pixels = 9, .hidden = 8, .latents = kLatents, .width = 24}, steps);
  nn::init::torch_default(model, c.rng("small"));
  Rng rng = c.rng("points");
  const Tensor z = rng.normal({1, kLatents}), x = rng.uniform({1, 9}), other = rng.uniform({1, 9});
  const auto step = [&](std::size_t t, const Tensor& of) { return model.step(t, model.trunk(of)); };
  const auto first = [&](const Tensor& at) { return step(0, x).forward(at).z; };
  const auto both = [&](const Tensor& at) { return step(1, x).forward(first(at)).z; };
  const auto slopes = [&](const auto& map) {
    return support::jacobian(map, z).with_shape({kLatents, kLatents});
  };
  const Tensor one = slopes(first), two = slopes(both);
  const Tensor sigma = exp(step(0, x).flow.net(z).log_scale);
  double later = 0, own = 0, before = 1, product = 0;
  for (std::int64_t i = 0; i < kLatents; ++i) {
    for (std::int64_t j = i + 1; j < kLatents; ++j)
      later = std::max(later, std::abs(one.at({i, j})));
    own = std::max(own, std::abs(one.at({i, i}) - sigma.at({0, i})));
    if (i > 0) before = std::min(before, std::abs(one.at({i, i - 1})));
    product += std::log(one.at({i, i}));
  }
  c.identity("slopes of z'_i by later z_j, largest", later, 0);
  c.identity("slope of z'_i by z_i - sigma_i, largest", own, 0, 1e-10);
  c.identity("log |det| - log of the product of these",
             step(0, x).forward(z).log_det.item() - product, 0, 1e-10);
  c.at_least("slopes of z'_i by the z_j before, smallest", before, 1e-6);
  c.at_least("two steps: slopes of all by all, smallest", -max(-abs(two)).item(), 1e-6);
  const Tensor change = step(0, x).forward(z).z - step(0, other).forward(z).z;
  c.at_least("the same z, another x: z' differs by", max(abs(change)).item(), 1e-6);
  model.passes = 0;
  model.encode(x).sample(rng);
  c.identity("passes of the nets for a sample", model.passes, 2);
  return {one, two};
}

/// A linear net, z'_2 = a z_1 + sigma_2 z_2: all normals of two latents.
void claims_of_linear_step(Concept& c) {
  const Slanted target;
  const Tensor e = vae::exact::plane(Grid(-7, 7, 56), Grid(-7, 7, 56));
  const Tensor log_q0 = prob::StandardNormal({2}, 1).log_prob(e);
  const auto gap = [&](const Tensor& a, const Tensor& log_sigma) {
    const AutoregressiveFlow flow{[&](const Tensor& z) {
      const Tensor first = slice(z, -1, 0, 1);
      return ShiftAndScale{concat({0.0 * first, a * first}, -1), log_sigma + 0.0 * z};
    }};
    const auto [z, log_det] = flow.forward(e);
    return sum(softmax(log_q0) * (log_q0 - log_det - target.log_p(z)));
  };
  c.identity("correlation 0.9, Cholesky's numbers: gap",
             gap(tensor(0.9), log(tensor({1.0, std::sqrt(0.19)}))).item(), 0, 1e-12);
  Parameter a("a", zeros({1})), log_sigma("log sigma", zeros({2}));
  support::ascend({&a, &log_sigma}, [&] { return -gap(1.0 * a, 1.0 * log_sigma); }, {.steps = 500});
  c.exact("the same by training", gap(a.value(), log_sigma.value()).item(), 0, 1e-3);
}

/// Two steps in the plane: their density at any point, by undoing them.
void claims_of_density(Concept& c, const IafSteps& steps) {
  IafVae model({.pixels = 9, .hidden = 8, .latents = 2, .width = 24}, steps);
  nn::init::torch_default(model, c.rng("plane"));
  const NoGrad no_grad;
  const auto q = model.encode(c.rng("image").uniform({1, 9}));
  std::vector<AutoregressiveFlow> flow;
  for (const auto& step : q.steps) flow.push_back(step.flow);
  const Grid axis(-8, 8, c.choose(320, 100));
  const Tensor z = reshape(vae::exact::plane(axis, axis), {-1, 1, 2});
  const Tensor density = exp(prob::Transformed(q.base, flow).log_prob(z));
  c.exact("integral of q", sum(density).item() * axis.step() * axis.step(), 1, 1e-6);
}

// --- picture

/// Sizes of slopes, black is large: a root of the fourth order, for those beside the diagonal are small.
Tensor shaded(const Tensor& slopes) {
  return reshape(1.0 - sqrt(sqrt(abs(slopes) / max(abs(slopes)))), {1, kLatents, kLatents});
}
std::vector<Plot> picture(const Tensor& one, const Tensor& two) {
  return {Plot("one step: row i, slopes of z_i by all z_j before", "", "").images(shaded(one)),
          Plot("two steps, the second in the other order", "", "").images(shaded(two))};
}

// --- program

void program(Concept& c) {
  const IafSteps steps = c.broken("same_order_twice")  ? concepts::same_order_twice()
                         : c.broken("slow_direction")  ? concepts::slow_direction()
                         : c.broken("context_dropped") ? concepts::context_dropped()
                         : c.broken("mask_not_strict") ? concepts::mask_not_strict()
                         : c.broken("masks_all_zero")  ? concepts::masks_all_zero()
                                                       : IafSteps{};
  const auto [one, two] = claims_of_steps(c, steps);
  claims_of_linear_step(c);
  claims_of_density(c, steps);
  c.draw(picture(one, two));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C99",
       .title = "Inverse autoregressive flow",
       .source = "UDL notes; Kingma et al. 2016, equations 10 and 11, algorithm 1",
       .mutants = {{"same_order_twice", "both steps go from the first latent to the last"},
                   {"mask_not_strict", "m_i and s_i see z_i too"},
                   {"slow_direction", "a sample takes a pass for each latent"},
                   {"context_dropped", "the steps do not see x"},
                   {"masks_all_zero", "the masks let nothing through"}}},
      program);
}
