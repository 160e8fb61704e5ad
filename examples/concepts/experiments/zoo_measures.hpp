#pragma once

#include <fmt/format.h>

#include <ctime>

#include "concepts/experiments/zoo_systems.hpp"
#include "support/concept/train_images.hpp"

// What is measured of a system, and the table of all of them.

namespace concepts {

using support::Concept, support::Record;

inline constexpr int kZooPixels = 784;

/// Trains a system and measures it.
inline void measure(const Concept& c, const System& s, const nn::ImageDataset& data,
                    const support::TrainImages& budget, int samples, Record& r) {
  const std::clock_t began = std::clock();
  support::train_images(c, s.name, *s.vae.module, s.play, data, budget, r);
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  const Rng rng = c.rng("measure");
  const auto note = [&](const char* what, double x) { r.numbers[s.name + ", " + what] = x; };
  const vae::Means bound = vae::evaluate(s.vae, data, rng);
  note("test -ELBO", bound.neg_elbo());
  note("KL", bound.kl());
  const auto of_weights = [&](int draws) {
    return vae::evaluate_log_px(*s.vae.module, s.vae.log_weights, data, nn::Part::test,
                                c.choose(1000, 50), rng, draws);
  };
  const vae::LogPxReport one = of_weights(1), many = of_weights(samples);
  note("log p(x)", many.log_px);
  note("bound of the same images", one.log_px);
  note("s.e.", many.se);
  note("effective samples", many.ess);
  note("parameters", static_cast<double>(s.vae.module->parameter_count()));
  note("processor seconds", seconds);
  note("images a second", static_cast<double>(data.train.count) * budget.epochs / seconds);
  if (s.vae.posterior)
    note("active units", static_cast<double>(vae::evaluate_active_units(
                             *s.vae.module, s.vae.code, data, nn::Part::test, rng)));
  c.keep(r, fmt::format("{}: log p(x) {:.2f}", s.name, many.log_px));
}

/// Nats an image, but for bits a pixel; active: latents whose mean moves with x; seconds: of the processor, the epochs' tests
/// included, so that other programs do not count.
inline void print_table(const std::vector<System>& zoo, const Record& r) {
  fmt::print("{:<12} {:<5}{:>9}{:>10}{:>7}{:>8}{:>8}{:>7}{:>12}{:>9}{:>10}  {}\n", "system", "row",
             "-ELBO", "-log p(x)", "s.e.", "bits", "KL", "active", "parameters", "seconds",
             "images/s", "what");
  for (const System& s : zoo) {
    const auto of = [&](const char* what) { return r.number(s.name + ", " + what); };
    const auto active = r.numbers.find(s.name + ", active units");
    fmt::print(
        "{:<12} {:<5}{:>9.2f}{:>10.2f}{:>7.2f}{:>8.4f}{:>8.2f}{:>7}{:>12}{:>9.1f}{:>10.0f}  {}\n",
        s.name, s.row, of("test -ELBO"), -of("log p(x)"), of("s.e."),
        -of("log p(x)") / kZooPixels / std::log(2.0), of("KL"),
        active == r.numbers.end() ? "-" : fmt::format("{:.0f}", active->second), of("parameters"),
        of("processor seconds"), of("images a second"), s.what);
  }
}

}  // namespace concepts
