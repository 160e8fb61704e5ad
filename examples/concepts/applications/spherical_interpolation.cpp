// spherical_interpolation: the straight line between two latents leaves the prior, the arc does not
// C75, UDL section 17.8.3 and problem 17.6
//
//     lerp(t) = (1 - t) a + t b
//     slerp(t) = (sin((1 - t) w) a + sin(t w) b) / sin w,      w: the angle between a and b
//
// In d dimensions all draws of N(0, I) have nearly the same norm, sqrt(d): they live on a thin shell.
// Half way along a straight line the variance is 1/4 + 1/4, so the norm is sqrt(2) too short: a
// decoder is asked for a z that no draw comes near. Slerp turns along the shell.
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "prob/standard_normal.hpp"
#include "support/concept.hpp"
#include "vae/analysis/slerp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kLatents = 100;

Tensor norm(const Tensor& z) { return sqrt(sum(square(z), -1)); }

/// E |z| of z ~ N(0, I_d): sqrt(2) Gamma((d + 1) / 2) / Gamma(d / 2).
double mean_norm(double d) {
  return std::numbers::sqrt2 * std::exp(std::lgamma((d + 1) / 2) - std::lgamma(d / 2));
}

/// Shoemake's formula as it stands above, for unit vectors a and b [n, d].
Tensor shoemake(const Concept& c, const Tensor& a, const Tensor& b, double t) {
  const Tensor cosine = sum(a * b, -1, true);
  std::vector<double> angle = cosine.to_vector();
  for (double& w : angle) w = std::acos(w);
  const Tensor w = tensor(angle, cosine.shape());
  const Tensor arc = sin((1 - t) * w) * a + sin(t * w) * b;
  return c.broken("not_normalized") ? arc : arc / sin(w);
}

void program(Concept& c) {
  const std::int64_t n = c.choose(20000, 4000);
  Rng rng = c.rng("ends");
  const Tensor a = rng.normal({n, kLatents}), b = rng.normal({n, kLatents});
  const auto slerp = [&](double t) {
    return c.broken("straight") ? vae::lerp(a, b, t) : vae::slerp(a, b, t);
  };

  // Norms, with their exact means.
  const double shell = mean_norm(kLatents);
  c.exact("E |z| for d = 100, closed form", shell, 9.975032);
  c.monte_carlo("|z| of draws", prob::estimate(norm(a)), shell, 0.02);
  c.monte_carlo("|z| half way, lerp", prob::estimate(norm(vae::lerp(a, b, 0.5))), 7.053413, 0.02);
  c.monte_carlo("|z| half way, slerp", prob::estimate(norm(slerp(0.5))), shell, 0.02);

  // How rare that is, in standard deviations of one draw: 4.14 of the norm, and sqrt(d / 8) of the
  // log density, for |z|^2 is 100 +- sqrt(200) at a draw and 50 on average half way.
  const double deviation = std::sqrt(kLatents - shell * shell);
  const double short_by = shell - mean(norm(vae::lerp(a, b, 0.5))).item();
  c.within("lerp's middle: too short by, deviations of |z|", short_by / deviation, 4, 4.3);
  const prob::StandardNormal prior({kLatents}, 1);
  const Tensor excess = prior.log_prob(vae::lerp(a, b, 0.5)) + prior.entropy();
  const double of_log_density = std::sqrt(kLatents / 2.0);
  c.monte_carlo("lerp's middle: log p(z) too high by, deviations",
                prob::estimate(excess / of_log_density), std::sqrt(kLatents / 8.0), 0.05);

  // The formula, and its ends and limits.
  const Tensor unit_a = a / reshape(norm(a), {n, 1}), unit_b = b / reshape(norm(b), {n, 1});
  c.identity("Shoemake's formula against the library, t = 0.3",
             max(abs(shoemake(c, unit_a, unit_b, 0.3) - vae::slerp(unit_a, unit_b, 0.3))).item(), 0,
             1e-12);
  c.identity("at t = 0: a", max(abs(slerp(0) - a)).item(), 0, 0);
  c.identity("at t = 1: b", max(abs(slerp(1) - b)).item(), 0, 0);
  c.identity("from a to a: a", max(abs(vae::slerp(a, a, 0.4) - a)).item(), 0, 1e-12);
  const Tensor opposite = norm(vae::slerp(a, -a, 0.5)) - norm(a);
  c.identity("from a to -a: the norm stays", max(abs(opposite)).item(), 0, 1e-12);

  std::vector<double> straight, arc;
  const std::vector<double> t = support::grid(0, 1, 21);
  for (const double at : t) {
    straight.push_back(mean(norm(vae::lerp(a, b, at))).item());
    arc.push_back(mean(norm(vae::slerp(a, b, at))).item());
  }
  // The chi density of |z|; half way along the line |z| is the same variable, divided by sqrt(2).
  const auto chi = [](double r) {
    return std::exp((1 - kLatents / 2.0) * std::numbers::ln2 + (kLatents - 1) * std::log(r) -
                    r * r / 2 - std::lgamma(kLatents / 2.0));
  };
  const std::vector<double> r = support::grid(4, 14, 300);
  c.draw({Plot("the mean norm on the way from a to b, d = 100", "t", "|z|")
              .line("slerp", t, arc)
              .line("lerp", t, straight)
              .y_range(0, 12)
              .key("bottom right"),
          Plot("no draw of the prior comes near the middle", "|z|", "density")
              .line("draws of N(0, I)", r, support::each(r, chi))
              .line("half way, lerp", r, support::each(r, [&](double v) {
                      return std::numbers::sqrt2 * chi(std::numbers::sqrt2 * v);
                    }))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C75",
                         .title = "Spherical against linear interpolation of latents",
                         .source = "UDL section 17.8.3, problem 17.6",
                         .mutants = {{"straight", "lerp in place of slerp"},
                                     {"not_normalized", "slerp without the division by sin w"}}},
                        program);
}
