// How the five programs are run. The checks, the judge and play.cpp share it.

#include <numeric>
#include <stdexcept>

#include "nn/init.hpp"
#include "programs.hpp"

namespace programs {

namespace {

/// One pass: the loss and what arrives at the parameters.
template <class Loss>
Result pass(std::vector<Parameter*> parameters, Loss loss_of) {
  Tape tape;
  const Tensor loss = loss_of();
  tape.backward(loss);
  Result result{loss.item(), {}};
  for (Parameter* p : parameters) {
    const Tensor grad = p->grad().defined() ? p->grad() : zeros(p->shape());
    for (const double g : grad.to_vector()) result.gradients.push_back(g);
  }
  return result;
}

Tensor bits(Rng& rng, const Shape& shape) {
  return greater(rng.uniform(shape), 0.5).to(DType::f64);
}

}  // namespace

Result run(const std::string& name, const Sizes& s, std::uint64_t seed) {
  const DTypeScope f64(DType::f64);
  Rng rng(seed);
  if (name == "gain") {
    Parameter x("x", rng.normal({s.batch, s.data})), g("g", rng.uniform({s.data}) + 0.5);
    const Tensor target = rng.normal({s.batch, s.data});
    return pass({&x, &g}, [&] { return sum(square(gain(x, g) - target)); });
  }
  if (name == "fit") {
    const Tensor x = rng.normal({s.batch, s.data});
    const Tensor y = sum(x, {-1}) + 0.1 * rng.normal({s.batch});
    Parameter w("w", rng.normal({s.data, 1}));
    fit(w, x, y, 0.1, 4);
    const std::vector<double> values = w.value().to_vector();
    return {std::accumulate(values.begin(), values.end(), 0.0), values};
  }
  if (name == "divergence") {
    Parameter loc("loc", rng.normal({s.latent})),
        log_sigma("log_sigma", 0.3 * rng.normal({s.latent}));
    const Tensor target = rng.normal({s.latent}), noise = rng.normal({s.batch, s.latent});
    return pass({&loc, &log_sigma},
                [&] { return divergence(loc, log_sigma, target, 0.25, noise); });
  }
  if (name == "mixture") {
    const Tensor closed = greater(rng.uniform({s.batch, s.width}), 0.8).to(DType::f64);
    Tensor start = where(greater(closed, 0.5), -1000.0, rng.normal({s.batch, s.width}));
    // The first stencil is open everywhere, and the last one closed in the first picture.
    std::vector<double> scores = start.to_vector();
    for (int b = 0; b < s.batch; ++b) scores[static_cast<std::size_t>(b * s.width)] = 0.3 * b;
    scores[static_cast<std::size_t>(s.width - 1)] = -1000;
    Parameter score("scores", tensor(scores, {s.batch, s.width}, DType::f64));
    Parameter stencils("stencils", 2.0 * rng.normal({s.width, s.data}));
    const Tensor x = bits(rng, {s.batch, s.data});
    return pass({&score, &stencils}, [&] { return mixture(score, stencils, x); });
  }
  if (name == "vae") {
    Vae vae(s.data, s.width, s.latent);
    nn::init::torch_default(vae, rng.stream("init"));
    for (Parameter* p : vae.parameters()) p->convert(DType::f64);
    const Tensor x = bits(rng, {s.batch, s.data}), noise = rng.normal({s.batch, s.latent});
    return pass(vae.parameters(), [&] { return vae_loss(vae, x, noise); });
  }
  throw std::invalid_argument("there is no program " + name +
                              "; there are gain, fit, divergence, mixture and vae");
}

}  // namespace programs
