#pragma once

#include "concepts/bounds/gradient_variants.hpp"
#include "vae/bounds/miwae.hpp"

// More draws make the bound tighter and the decoder's gradient better, but that of the encoder worse. So M K draws are shared
// out (Rainforth, Kosiorek, Le, Maddison, Igl, Wood and Teh, Tighter Variational Bounds are Not Necessarily Better, 2018):
//
//     IWAE     L_MK = log (1/MK) sum_mk w_mk
//     MIWAE    (1/M) sum_m log (1/K) sum_k w_mk
//     CIWAE    beta (1/MK) sum_mk log w_mk + (1 - beta) L_MK
//     PIWAE    the encoder climbs MIWAE, the decoder L_MK

namespace concepts {

/// The bound [B] that is climbed, of log w [M, K, B].
using OfGroups = std::function<Tensor(const Tensor& log_w)>;

/// A system: what the encoder climbs, and what the decoder climbs; of one bound both climb it together.
struct Climbs {
  OfGroups encoder, decoder = {};
};

/// All draws of an image as one group: [M, K, B] -> [M K, B].
inline Tensor one_group(const Tensor& log_w) { return reshape(log_w, {-1, log_w.dim(2)}); }
inline Tensor iwae(const Tensor& log_w) { return vae::iwae_bound(one_group(log_w)); }

/// Each net climbs the bound whose gradient serves it.
inline Climbs piwae() { return {vae::miwae_bound, iwae}; }

/// The steps that a wrong version replaces.
struct MultiplySteps {
  decltype(&vae::miwae_bound) miwae = vae::miwae_bound;
  decltype(&vae::ciwae_bound) mixed = vae::ciwae_bound;
  decltype(&concepts::piwae) piwae = concepts::piwae;

  OfGroups ciwae(double beta) const {
    return [bound = mixed, beta](const Tensor& log_w) { return bound(one_group(log_w), beta); };
  }
};

/// M groups of K draws.
struct Groups {
  int M, K;
};

/// The optimizers of a VAE: of both nets together, and of each.
struct NetOptimizers {
  explicit NetOptimizers(vae::MlpVae& model)
      : both(model.parameters()),
        encoder(model.encoder->parameters()),
        decoder(model.decoder->parameters()) {}
  nn::Adam both, encoder, decoder;
};

/// The players of a system: one for both nets, or where they climb different bounds one for each.
inline std::vector<vae::Player> players(vae::MlpVae& model, const Climbs& by, Groups of,
                                        NetOptimizers& move, const nn::Schedule& rate = {}) {
  const auto climb = [&model, of](const OfGroups& bound) -> vae::Play {
    return [&model, of, bound](const nn::Batch& batch, Rng& rng) -> vae::Objective {
      const Tensor log_w = vae::log_weights(model, batch.images, rng, of.M * of.K);
      const Tensor L = bound(reshape(log_w, {of.M, of.K, -1}));
      return {.value = L, .bound = L};
    };
  };
  if (!by.decoder) return {{"vae", model, move.both, climb(by.encoder), rate}};
  return {{"encoder", model.encoder, move.encoder, climb(by.encoder), rate},
          {"decoder", model.decoder, move.decoder, climb(by.decoder), rate}};
}

}  // namespace concepts
