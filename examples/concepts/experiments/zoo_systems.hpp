#pragma once

#include <memory>
#include <string>
#include <vector>

#include "concepts/hierarchies/canvas.hpp"
#include "concepts/hierarchies/deep_hierarchy.hpp"
#include "concepts/posteriors/auxiliary_vae.hpp"
#include "concepts/posteriors/iaf_vae.hpp"
#include "concepts/posteriors/planar_flow_vae.hpp"
#include "support/concept/concept.hpp"
#include "vae/vae.hpp"

// The systems that can be asked for log p(x) of binary pixels, each as its own program has it, in one list.

namespace concepts {

using namespace tapestry;

struct System {
  std::string name, row, what;  ///< "ladder", "C93", one line
  vae::AnyVae vae;              ///< its objective is the bound
  vae::Play play;               ///< what is climbed
};

/// Sizes and the length of the training, of which a warm-up takes its part.
struct ZooSizes {
  std::int64_t hidden, latents, channels, steps;
};

/// log w [K, B] of a system that draws one z at a time.
template <class M, class Draw>
vae::AnyVae with_log_weights(std::shared_ptr<M> model, Draw draw) {
  vae::AnyVae any = vae::any_vae(model);
  any.log_weights = [model, draw](const nn::Batch& b, Rng& rng, int samples) {
    std::vector<Tensor> all;
    for (int k = 0; k < samples; ++k) all.push_back(draw(*model, b.images, rng));
    return stack(all, 0);
  };
  return any;
}

/// Maximises `climb` of log w [K, B], a bound of log p(x).
inline vae::Play of_weights(const vae::AnyVae& any, int draws, Tensor (*climb)(const Tensor&)) {
  return [=](const nn::Batch& b, Rng& rng) -> vae::Objective {
    const Tensor bound = climb(any.log_weights(b, rng, draws));
    return {.value = bound, .bound = bound};
  };
}

inline std::vector<System> zoo_systems(const ZooSizes& s) {
  const std::int64_t h = s.hidden, z = s.latents;
  const auto warm = nn::schedule::warm_up(s.steps / 3, nn::schedule::constant(1));
  const auto mlp = [&] {
    return vae::any_vae(std::make_shared<vae::MlpVae>(vae::VaeConfig{.hidden = {h}, .latent = z}));
  };
  std::vector<System> all;
  const auto add = [&](const char* name, const char* row, const char* what, vae::AnyVae any,
                       vae::Play play = {}) {
    if (!play) play = vae::bound_of(any);
    all.push_back({name, row, what, std::move(any), std::move(play)});
  };
  add("vae", "C57", "one hidden layer each way", mlp());
  const vae::AnyVae iwae = mlp(), renyi = mlp(), annealed = mlp();
  add("iwae", "C127", "the same network, climbs the bound of 5 samples", iwae,
      of_weights(iwae, 5, vae::iwae_bound));
  add("renyi", "C128", "the same network, alpha = 1/2, 5 samples", renyi,
      of_weights(renyi, 5, [](const Tensor& w) { return vae::renyi_bound(w, 0.5); }));
  add("annealed", "C116", "the same network, the KL warmed up", annealed,
      vae::bound_of(annealed, {}, warm));
  add("planar flow", "C98", "10 planar steps after the normal",
      vae::any_vae(std::make_shared<FlowVae>(FlowSizes{.hidden = h, .latents = z}, planar)));
  add("iaf", "C99", "2 autoregressive steps after the normal",
      vae::any_vae(std::make_shared<IafVae>(IafSizes{.hidden = h, .latents = z, .width = h})));
  add("auxiliary", "C100", "10 auxiliary variables in q",
      vae::any_vae(std::make_shared<AuxiliaryVae>(AuxiliarySizes{.hidden = h, .latents = z})));
  vae::HierarchySizes levels{.widths = {h, h / 2, h / 4}, .latents = {2 * z, z, z / 2}};
  const auto ladder = vae::any_vae(std::make_shared<vae::LadderVae>(levels));
  add("ladder", "C93", "three layers of latents, corrected from the top", ladder,
      vae::bound_of(ladder, {}, warm));
  levels.ladder = levels.normed = false;
  add("bottom-up", "C93", "three layers of latents, each told by the one below",
      vae::any_vae(std::make_shared<vae::LadderVae>(levels)));
  const auto canvas = std::make_shared<Canvas<WholeImage>>(
      CanvasSizes{.state = h / 2, .latents = std::max<std::int64_t>(z / 2, 2)});
  add("draw", "C103", "8 steps on a canvas",
      with_log_weights(canvas, [](auto& m, auto& x, Rng& r) { return m.log_weights(x, r); }));
  add("conv", "C57", "convolutions each way",
      vae::any_vae(std::make_shared<vae::ConvVae>(
          vae::VaeConfig{.kind = vae::VaeConfig::Kind::conv, .hidden = {h}, .latent = z})));
  const auto deep = std::make_shared<DeepHierarchy>(s.channels);
  const auto draw_deep = [](DeepHierarchy& m, const Tensor& x, Rng& r) {
    const auto drawn = m.draw(x, r);
    return drawn.x.log_prob(x) + drawn.log_ratio;
  };
  const auto deep_play = [=](const nn::Batch& b, Rng& rng) {
    return warmed(deep->elbo(b.images, rng), deep->training() ? warm(b.step) : 1);
  };
  add("deep", "C108", "four groups of maps, residual normals", with_log_weights(deep, draw_deep),
      deep_play);
  add("pixel", "C94", "p(x|z) reads the pixels before",
      vae::any_vae(std::make_shared<vae::PixelVae>(
          vae::PixelSizes{.latents = z, .hidden = h, .channels = s.channels})));
  return all;
}

}  // namespace concepts
