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

#include "autograd/ops.hpp"
#include "concepts/applications/spherical_interpolation.hpp"
#include "concepts/applications/train_vae.hpp"
#include "prob/standard_normal.hpp"
#include "support/concept/images.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor without_division(const Tensor& a, const Tensor& b, double t) {
  const Tensor w = angle(a, b);
  return sin((1 - t) * w) * a + sin(t * w) * b;
}

Tensor draws_of_prior(vae::MlpVae& model, const Tensor& x, Rng& rng) {
  return rng.normal({x.dim(0), model.prior().shape()[-1]});
}

// --- claims

/// `way` is the arc.
void claims_of_norms(Concept& c, const Tensor& a, const Tensor& b, const auto& way) {
  const double shell = mean_norm(kLatents);
  c.exact("E |z| for d = 100, closed form", shell, 9.975032);
  c.monte_carlo("|z| of draws", prob::estimate(norm(a)), shell, 0.02);
  c.monte_carlo("|z| half way, lerp", prob::estimate(norm(line(a, b, 0.5))), 7.053413, 0.02);
  c.monte_carlo("|z| half way, slerp", prob::estimate(norm(way(a, b, 0.5))), shell, 0.02);

  // How rare that is, in standard deviations of one draw: 4.14 of the norm, and sqrt(d / 8) of the
  // log density, for |z|^2 is 100 +- sqrt(200) at a draw and 50 on average half way.
  const double deviation = std::sqrt(kLatents - shell * shell);
  const double short_by = shell - mean(norm(line(a, b, 0.5))).item();
  c.within("lerp's middle: too short by, deviations of |z|", short_by / deviation, 4, 4.3);
  const prob::StandardNormal prior({kLatents}, 1);
  const Tensor excess = prior.log_prob(line(a, b, 0.5)) + prior.entropy();
  const double of_log_density = std::sqrt(kLatents / 2.0);
  c.monte_carlo("lerp's middle: log p(z) too high by, deviations",
                prob::estimate(excess / of_log_density), std::sqrt(kLatents / 8.0), 0.05);
}

/// The formula, and its ends and limits.
void claims_of_formula(Concept& c, const Tensor& a, const Tensor& b, const auto& way,
                       const auto& formula) {
  const Tensor unit_a = a / reshape(norm(a), {-1, 1}), unit_b = b / reshape(norm(b), {-1, 1});
  c.identity("Shoemake's formula against the library, t = 0.3",
             max(abs(formula(unit_a, unit_b, 0.3) - vae::slerp(unit_a, unit_b, 0.3))).item(), 0,
             1e-12);
  c.identity("at t = 0: a", max(abs(way(a, b, 0) - a)).item(), 0, 0);
  c.identity("at t = 1: b", max(abs(way(a, b, 1) - b)).item(), 0, 0);
  c.identity("from a to a: a", max(abs(vae::slerp(a, a, 0.4) - a)).item(), 0, 1e-12);
  const Tensor opposite = norm(vae::slerp(a, -a, 0.5)) - norm(a);
  c.identity("from a to -a: the norm stays", max(abs(opposite)).item(), 0, 1e-12);
}

/// Digits by lerp and by slerp, between draws of q(z|x) of two images, many pairs: [9, n, D].
struct Strips {
  Tensor line, arc;
};

Strips claims_of_strips(Concept& c, vae::MlpVae& model, const nn::ImageDataset& data,
                        const auto& ends) {
  const NoGrad no_grad;
  Rng rng = c.rng("strips");
  const Tensor x = nn::image_tensor(data.test, 0, 200, nn::Binarize::dynamic, rng);
  const Tensor z = ends(model, x, rng), t = linspace(0, 1, 9);
  const Tensor a = slice(z, 0, 0, 100), b = slice(z, 0, 100, 200);
  const Strips strips{model.decode(vae::lerp(a, b, t)).mean(),
                      model.decode(vae::slerp(a, b, t)).mean()};
  const auto grey = [](const Tensor& p) { return mean(slice(p * (1.0 - p), 0, 4, 5)).item(); };
  c.within("grey pixels half way: lerp / slerp", grey(strips.line) / grey(strips.arc),
           c.choose(1.15, 1.05), c.choose(1.45, 1.8));
  const auto error = [&](const Tensor& image) { return mean(square(image - x)).item(); };
  c.at_most("ends of the strips: squared error to their images / of the mean image",
            error(model.decode(z).mean()) / error(mean(x, 0)), c.choose(0.45, 0.8));
  return strips;
}

// --- picture

Plot norms(const Tensor& a, const Tensor& b) {
  const Tensor t = linspace(0, 1, 21);
  return Plot("the mean norm on the way from a to b, d = 100", "t", "|z|")
      .line("slerp", t.to_vector(), mean(norm(vae::slerp(a, b, t)), 1).to_vector())
      .line("lerp", t.to_vector(), mean(norm(vae::lerp(a, b, t)), 1).to_vector())
      .y_range(0, 12)
      .key("bottom right");
}

Plot sheet(const Strips& of, const nn::ImageDataset& data) {
  const auto way = [](const Tensor& p, int pair) { return slice(p, 1, pair, pair + 1); };
  const Tensor rows = concat({way(of.line, 0), way(of.arc, 0), way(of.line, 1), way(of.arc, 1)}, 0);
  return Plot("from image to image: above lerp, below slerp", "", "")
      .images(data.as_images(rows), 9);
}

// --- program

void program(Concept& c) {
  const auto way = c.broken("straight") ? line : arc;
  const auto formula = c.broken("not_normalized") ? without_division : shoemake;
  const auto ends = c.broken("strips_of_nothing") ? draws_of_prior : codes;
  const std::int64_t n = c.choose(20000, 4000);
  Rng rng = c.rng("ends");
  const Tensor a = rng.normal({n, kLatents}), b = rng.normal({n, kLatents});
  claims_of_norms(c, a, b, way);
  claims_of_formula(c, a, b, way, formula);
  const Plot left = norms(a, b);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1500, 200);
  data.binarize = nn::Binarize::dynamic;
  const auto model =
      support::train_vae(c, data, support::digits_network(c), support::digits_training(c));
  c.draw({left, sheet(claims_of_strips(c, *model, data, ends), data)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C75",
                         .title = "Spherical against linear interpolation of latents",
                         .source = "UDL section 17.8.3, problem 17.6",
                         .mutants = {{"strips_of_nothing", "strips between draws of the prior"},
                                     {"straight", "lerp in place of slerp"},
                                     {"not_normalized", "slerp without the division by sin w"}}},
                        program);
}
