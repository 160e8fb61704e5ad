#pragma once

#include <algorithm>
#include <limits>

#include "concepts/hierarchies/canvas.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"

// What is measured of a canvas.

namespace concepts {

/// A canvas of one step is a VAE: its three functions.
template <class Brush>
struct OneStep {
  Canvas<Brush>& of;

  Normal encode(const Tensor& x) const {
    const Tensor h = of.decoder.start(x.dim(0));
    const Tensor read = of.brush.read(x, x - 0.5, h);
    return of.head(of.encoder(concat({read, h}, -1), of.encoder.start(x.dim(0))));
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({of.sizes.latents}, 1); }
  prob::Bernoulli decode(const Tensor& z) const {
    return prob::Bernoulli(of.brush.write(of.decoder(z, of.decoder.start(z.dim(0)))), 1);
  }
};

/// The KL of all levels from N(0, I), [B], as the sum that every textbook has.
inline Tensor closed_kl(const std::vector<Level>& levels) {
  Tensor kl = tensor(0.0);
  for (const Level& at : levels) {
    const Tensor v = square(at.q.scale);
    kl = kl + 0.5 * sum(square(at.q.loc) + v - log(v) - 1.0, -1);
  }
  return kl;
}
/// The noise that a draw was made of.
inline Tensor noise(const Level& at) { return (at.z - at.q.loc) / at.q.scale; }

/// Nats that are kept of an image on average, and the squared error of what is painted with them.
struct Kept {
  std::vector<double> nats, error;
};

/// z_1 .. z_t of the posterior, the other steps from the prior: t = 0 .. T.
template <class Brush>
Kept keep_steps(Canvas<Brush>& model, const Tensor& x, const Rng& noise) {
  const NoGrad no_grad;
  Kept kept{.nats = {0}, .error = {}};
  for (std::int64_t t = 0; t <= model.sizes.steps; ++t) {
    Rng rng = noise;
    const auto drawing = model.draw(x, rng, t);
    kept.error.push_back(mean(sum(square(sigmoid(drawing.canvas.back()) - x), -1)).item());
    if (t == model.sizes.steps)
      for (const Level& at : drawing.levels)
        kept.nats.push_back(kept.nats.back() + mean(prob::kl(at.q, at.p)).item());
  }
  return kept;
}

/// The same of a VAE: the k latents with the largest KL of the posterior, the others from the prior, k = 0 .. Z.
template <class Model>
Kept keep_latents(Model&& model, const Tensor& x, Rng rng) {
  const NoGrad no_grad;
  const Normal q = model.encode(x);
  const Tensor each = mean(prob::kl(Normal(q.loc, q.scale), Normal(0.0, 1.0)), 0);  // [Z]
  const Tensor z = q.sample(rng), other = model.prior().sample(rng, {x.dim(0)});
  std::vector<double> nats = each.to_vector();
  std::sort(nats.rbegin(), nats.rend());
  Kept kept;
  double sum_of = 0;
  for (std::size_t k = 0; k <= nats.size(); ++k) {
    const double least = k == 0 ? std::numeric_limits<double>::infinity() : nats[k - 1];
    const Tensor mixed = where(greater_equal(each, least), z, other);
    kept.error.push_back(mean(sum(square(model.decode(mixed).mean() - x), -1)).item());
    kept.nats.push_back(sum_of);
    if (k < nats.size()) sum_of += nats[k];
  }
  return kept;
}

}  // namespace concepts
