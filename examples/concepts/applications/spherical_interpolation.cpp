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
#include "support/images.hpp"
#include "support/train_vae.hpp"
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

/// Digits by lerp and below them by slerp, between draws of q(z|x) of two images, and of two others.
Plot strips(Concept& c) {
  const DTypeScope f32(DType::f32);
  const NoGrad numbers;
  const nn::ImageDataset data = support::load_images(c, "mnist", 1500, 200);
  const auto model = support::train_vae(c, data, support::digits_network(c),
                                        support::digits_training(c, nn::Binarize::dynamic));
  Rng rng = c.rng("strips");
  const Tensor x = nn::image_tensor(data.test, 0, 200, nn::Binarize::dynamic, rng);
  const Tensor z = model->encode(x).sample(rng), t = linspace(0, 1, 9);
  const Tensor a = slice(z, 0, 0, 100), b = slice(z, 0, 100, 200);
  const Tensor line = model->decode(vae::lerp(a, b, t)).mean();  // [9, 100, D]
  const Tensor arc = model->decode(vae::slerp(a, b, t)).mean();
  const auto grey = [](const Tensor& p) { return mean(slice(p * (1.0 - p), 0, 4, 5)).item(); };
  c.at_least("grey pixels half way: lerp / slerp", grey(line) / grey(arc), c.choose(1.15, 1.05));
  const auto way = [](const Tensor& p, int pair) { return slice(p, 1, pair, pair + 1); };
  return Plot("from image to image: above lerp, below slerp", "", "")
      .images(data.as_images(concat({way(line, 0), way(arc, 0), way(line, 1), way(arc, 1)}, 0)), 9);
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

  const Tensor t = linspace(0, 1, 21);
  c.draw({Plot("the mean norm on the way from a to b, d = 100", "t", "|z|")
              .line("slerp", t.to_vector(), mean(norm(vae::slerp(a, b, t)), 1).to_vector())
              .line("lerp", t.to_vector(), mean(norm(vae::lerp(a, b, t)), 1).to_vector())
              .y_range(0, 12)
              .key("bottom right"),
          strips(c)});
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
