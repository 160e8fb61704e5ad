// model_families: who can evaluate p(x)
// C134, UDL section 17.1 and notes
//
//     mixture, autoregressive, flow: log p(x)       VAE: a bound of it       GAN: samples, and nothing else
//
// Five models learn the curve F3 from the same points. What each can be asked is not typed into a table: the compiler is
// asked whether m.log_prob(x), log_weights(m, x) and m.sample(n) exist. Where there is a density, it is checked to be one.
#include "concepts/adversarial/capabilities.hpp"
#include "concepts/adversarial/fit_families.hpp"
#include "concepts/adversarial/model_families_faults.hpp"
#include "concepts/adversarial/plane_measures.hpp"

using namespace tapestry;
using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- claims

/// What a model can be asked, and the answers: x are test data. Returns what its log p(x), if it has one, is short of the
/// truth, in nats.
template <class M>
double claims(Concept& c, const std::string& name, M& model, const Tensor& x) {
  c.identity(name + ": has log_prob", Evaluates<M>, name != "VAE" && name != "GAN");
  const auto behind = [&](const Tensor& log_p, const std::string& what) {
    const auto e = prob::estimate(truth(slice(x, 0, 0, log_p.dim(0))) - log_p.to(DType::f64));
    c.within(fmt::format("{}: nats that {} is short of the truth", name, what), e.mean.item(),
             -4 * e.standard_error.item(), c.choose(0.15, 0.4));
    return e.mean.item();
  };
  if constexpr (Evaluates<M>) {
    const auto log_p = [&](const Tensor& points) { return model.log_prob(points); };
    c.exact(name + ": integral of exp(log_prob)", integral(log_p, 250), 1, 1e-3);
    return behind(log_p(x), "log p");
  } else if constexpr (Bounds<M>) {
    Rng rng = c.rng("weights");
    const auto elbo = [&](const Tensor& points) {
      return mean(vae::log_weights(model, points, rng, 20), 0);
    };
    c.within(name + ": integral of exp(ELBO)", integral(elbo, c.choose(150, 75)), 0.5, 0.99);
    const Tensor log_w = vae::log_weights(model, slice(x, 0, 0, c.choose(1000, 200)), rng, 500);
    const Tensor log_p = prob::log_mean_exp(log_w, 0);
    c.at_least(name + ": L_500 - ELBO, nats", mean(log_p - mean(log_w, 0)).item(), 0.005);
    return behind(log_p, "L_500");
  }
  return NAN;
}

template <class Flow, class Vae, class Gan>
void claims_of_families(Concept& c, Families<Flow, Vae, Gan>& models) {
  const DTypeScope f64(DType::f64);
  const Tensor test = data(c.rng("test"), c.choose(2000, 500));
  const prob::MultivariateNormal normal = best_normal();
  Rng rng = c.rng("samples");
  const Quality of_normal = quality(normal.sample(rng, {test.dim(0)}), test);
  c.monte_carlo("E log p(x) of the truth, nats", prob::estimate(truth(test)), -1.480331, 0.04);
  c.exact("E log p(x) of the best normal, nats", -normal.entropy().item(), -1.747624, 1e-6);
  const DTypeScope f32(DType::f32);
  const auto yes = [](bool has) { return has ? "yes" : "no"; };
  fmt::print("{:<16}{:<10}{:<7}{:<8}{:>10}{:>9}{:>11}{:>10}\n", "", "log_prob", "bound", "sample",
             "nats short", "MMD^2", "precision", "coverage");
  models.each([&](const std::string& name, auto& model) {
    using M = std::remove_reference_t<decltype(model)>;
    const double nats = claims(c, name, model, test.to(DType::f32));
    const Quality q = quality(model.sample(rng, test.dim(0)).to(DType::f64), test);
    fmt::print("{:<16}{:<10}{:<7}{:<8}{:>10}{:>9.4f}{:>11.3f}{:>10.3f}\n", name, yes(Evaluates<M>),
               yes(Bounds<M>), yes(Draws<M>), std::isnan(nats) ? "" : fmt::format("{:.3f}", nats),
               q.mmd, q.precision, q.coverage);
    if (name != "GAN") return;
    c.within("GAN: MMD^2 of its samples / of the best normal's", q.mmd / of_normal.mmd, -0.2,
             c.choose(0.3, 0.7));
    c.within("GAN: precision", q.precision, c.choose(0.93, 0.85), 1);
    c.within("GAN: coverage", q.coverage, c.choose(0.8, 0.6), 1);
  });
}

// --- picture

Plot panel(const std::string& title) {
  return Plot(title, "x_1", "x_2").x_range(-0.8, 2.4).y_range(-2, 2);
}
Plot density(const std::string& title, const auto& log_density) {
  const vae::exact::Grid across(-0.8, 2.4, 60), up(-2, 2, 75);
  return panel(title).heat(across.points.to_vector(), up.points.to_vector(),
                           exp(log_density(plane(across, up))).to_vector());
}
template <class M>
Plot panel_of(const std::string& name, M& model, Rng rng) {
  if constexpr (Evaluates<M>) {
    return density(name + ": p(x)", [&](const Tensor& x) { return model.log_prob(x); });
  } else if constexpr (Bounds<M>) {
    return density(name + ": exp of the bound",
                   [&](const Tensor& x) { return mean(vae::log_weights(model, x, rng, 50), 0); });
  } else {
    const Tensor x = model.sample(rng, 1500);
    return panel(name + ": samples only")
        .dots("", slice(x, 1, 0, 1).to_vector(), slice(x, 1, 1, 2).to_vector());
  }
}

std::vector<Plot> picture(auto& models, const Rng& rng) {
  std::vector<Plot> panels{
      density("the truth", [](const Tensor& x) { return truth(x).to(DType::f32); })};
  models.each(
      [&](const std::string& name, auto& model) { panels.push_back(panel_of(name, model, rng)); });
  return panels;
}

// --- program

template <class Flow, class Vae, class Gan>
void run(Concept& c);

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const auto run_it = c.broken("log_det_sign")            ? run<WrongSign, PlaneVae, Generator>
                      : c.broken("bound_called_log_prob") ? run<Coupling, BoundAsDensity, Generator>
                      : c.broken("gan_density_by_kernel") ? run<Coupling, PlaneVae, KernelDensity>
                                                          : run<Coupling, PlaneVae, Generator>;
  run_it(c);
}

template <class Flow, class Vae, class Gan>
void run(Concept& c) {
  Families<Flow, Vae, Gan> models;
  const Tensor x = data(c.rng("data"), c.choose(5000, 2000));
  models.each([&](const auto&, auto& model) { fit(c, model, x, 40); });
  const NoGrad no_grad;
  claims_of_families(c, models);
  c.draw(picture(models, c.rng("picture")));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C134",
       .title = "Model families: who can evaluate p(x)",
       .source = "UDL section 17.1, notes; model F3",
       .mutants = {{"log_det_sign", "the flow's log |det| with the other sign"},
                   {"bound_called_log_prob", "the VAE's bound under the name log_prob"},
                   {"gan_density_by_kernel",
                    "a smoothed histogram of the GAN's samples as its p(x)"}}},
      program);
}
