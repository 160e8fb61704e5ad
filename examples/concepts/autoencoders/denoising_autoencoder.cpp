// denoising_autoencoder: who learns to take noise away has learned the slope of log p
// C90, UDL chapter 17, notes; Vincent et al. 2008, Vincent 2011
//
//     x~ = x + sigma e,   least E|r(x~) - x|^2     =>     r(x~) = E[x|x~] = x~ + sigma^2 grad log p_sigma(x~)
//
// C81 took noise away with a VAE, by the nearest image that the model can draw. Here a network is trained to do it,
// for one size of noise, and needs no model. Its arrows r(x~) - x~ point uphill on the density of the noisy
// data. The network is in denoising_autoencoder.hpp.
#include "concepts/autoencoders/denoising_autoencoder.hpp"

#include <cmath>

#include "support/concept/images.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/exact/matrices.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr double kCurveNoise = 0.2;

// --- wrong versions

DenoisingSteps noisy_target() {
  DenoisingSteps steps;
  steps.target = [](const Tensor&, const Tensor& corrupted) { return corrupted; };
  return steps;
}

DenoisingSteps divided_by_sigma() {
  DenoisingSteps steps;
  steps.score = [](const Tensor& r, const Tensor& y, double sigma) { return (r - y) / sigma; };
  return steps;
}

// --- claims

/// Normal data: the best r is linear, Sigma (Sigma + sigma^2 I)^-1.
void claims_of_normal_data(Concept& c, const DenoisingSteps& steps) {
  const Tensor L = tensor({{1, 0, 0}, {0.8, 0.5, 0}, {-0.3, 0.4, 0.7}});
  const Tensor S = matmul(L, L, {.transpose_right = true});
  const Tensor best = matmul(S, vae::exact::inverse_of(S + 0.25 * eye(3)));
  c.exact("normal data: learned matrix - S(S + s^2 I)^-1, largest element",
          max(abs(learned_matrix(L, 0.5, steps) - best)).item(), 0, 1e-3);
}

/// A network for points of F3 under the noise.
std::unique_ptr<Denoiser> claims_of_score(Concept& c, const DenoisingSteps& steps) {
  const vae::exact::Curve curve = vae::exact::Curve::example();
  Rng rng = c.rng("points");
  const nn::TensorDataset points({curve.sample(rng, c.choose(40000, 8000)).x});
  auto model =
      std::make_unique<Denoiser>(std::vector<std::int64_t>{2, 64, 64, 2}, Activation::none, steps);
  fit(*model, points, {.epochs = c.choose(40, 15), .batch = 100, .rate = 3e-3, .seed = c.seed()},
      model->error(kCurveNoise));
  const NoGrad no_grad;
  const Tensor y = noisy(curve.sample(rng, 2000).x, kCurveNoise, rng);
  const Tensor found = steps.score(model->restore(y), y, kCurveNoise);
  const Tensor exact = exact_score(curve, kCurveNoise, y);
  const auto dot = [](const Tensor& a, const Tensor& b) { return sum(a * b).item(); };
  const double found2 = dot(found, found), exact2 = dot(exact, exact);
  c.within("curve: cosine between (r(y) - y)/s^2 and the score",
           dot(found, exact) / std::sqrt(found2 * exact2), 0.95, 1);
  c.within("curve: length of the one / of the other", std::sqrt(found2 / exact2), 0.9, 1.1);
  return model;
}

/// Denoisers for s = 0.5 and 0.1, each on test digits with both noises.
std::vector<Tensor> measure(const Concept& c, const nn::TensorDataset& data,
                            const DenoisingSteps& steps, Record& r) {
  const Tensor x = data.range(nn::Part::test, 0, c.choose(1000, 200), Rng(1)).images;
  const std::int64_t D = x.dim(1), wide = c.choose(512, 128), side = c.choose(28, 14);
  const auto decibels = [&, images = Shape{x.dim(0), side, side}](const Tensor& y) {
    return mean(vae::psnr(y.with_shape(images), x.with_shape(images))).item();
  };
  const Tensor e = c.rng("noise").normal(x.shape());
  std::vector<Tensor> shown{x + 0.5 * e};
  for (const double trained : {0.5, 0.1}) {
    Denoiser model({D, wide, wide, D}, Activation::sigmoid, steps);
    fit(model, data, {.epochs = c.choose(6, 20), .batch = c.choose(128, 50), .seed = c.seed()},
        model.error(trained));
    const NoGrad no_grad;
    for (const double s : {0.5, 0.1}) {
      const Tensor y = x + s * e, restored = model.restore(y);
      const std::string name = fmt::format("trained at {}, noise {}", trained, s);
      r.numbers[name] = decibels(restored) - decibels(y);
      if (s == 0.5) shown.push_back(restored);
    }
  }
  shown.push_back(x);
  return shown;
}

void claims_of_digits(Concept& c, const Record& r) {
  const auto gain = [&](const char* trained, const char* noise) {
    return r.number(fmt::format("trained at {}, noise {}", trained, noise));
  };
  c.within("s = 0.5: gain of a network trained at 0.5, dB", gain("0.5", "0.5"), c.choose(12.5, 5.0),
           15);
  c.within("... over the VAE's encoder mean of C81, dB", gain("0.5", "0.5") - 9.2554,
           c.choose(2.0, -5.0), 6);
  c.at_least("s = 0.5: trained at 0.5 over trained at 0.1, dB",
             gain("0.5", "0.5") - gain("0.1", "0.5"), c.choose(1.0, 0.0));
  c.at_least("s = 0.1: trained at 0.1 over trained at 0.5, dB",
             gain("0.1", "0.1") - gain("0.5", "0.1"), 0.5);
}

// --- picture

/// Arrows r(y) - y over the density of the noisy points.
Plot arrows(Denoiser& model) {
  const NoGrad no_grad;
  vae::exact::Curve curve = vae::exact::Curve::example();
  curve.sigma = sqrt(square(curve.sigma) + kCurveNoise * kCurveNoise);
  const vae::exact::Grid x(-0.6, 2.2, 71), y(-1.8, 1.8, 91);
  Plot plot("from y to r(y), over the density of y", "y_1", "y_2");
  plot.heat(x.points.to_vector(), y.points.to_vector(), exp(curve.log_px(plane(x, y))).to_vector());
  const Tensor from = plane(vae::exact::Grid(-0.4, 1.8, 11), vae::exact::Grid(-1.5, 1.5, 13));
  const Tensor to = model.restore(from);
  for (std::int64_t i = 0; i < from.dim(0); ++i) {
    if (i > 0) plot.same_colour();
    plot.line("", {from.at({i, 0}), to.at({i, 0})}, {from.at({i, 1}), to.at({i, 1})});
  }
  return plot.dots("", slice(to, 1, 0, 1).to_vector(), slice(to, 1, 1, 2).to_vector())
      .x_range(-0.6, 2.2)
      .y_range(-1.8, 1.8)
      .square();
}

Plot digits(const std::vector<Tensor>& sets) {
  std::vector<Tensor> rows;
  for (const Tensor& set : sets) rows.push_back(clamp(slice(set, 0, 0, 8), 0, 1));
  const Tensor all = concat(rows, 0);
  const std::int64_t side = std::llround(std::sqrt(all.dim(1)));
  return Plot("rows: noise 0.5; trained at 0.5; at 0.1; clean", "", "")
      .images(all.with_shape({all.dim(0), side, side}), 8);
}

// --- program

void program(Concept& c) {
  const DenoisingSteps steps = c.broken("noisy_target")       ? noisy_target()
                               : c.broken("divided_by_sigma") ? divided_by_sigma()
                               : c.broken("identity")         ? DenoisingSteps{.identity = true}
                                                              : DenoisingSteps{};
  claims_of_normal_data(c, steps);
  std::vector<Plot> panels{arrows(*claims_of_score(c, steps))};
  const Record r = c.record([&](Record& measured) {
    const DTypeScope f32(DType::f32);
    const nn::ImageDataset images = support::load_images(c, "mnist", 2000, 500);
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    panels.push_back(digits(measure(c, row_data(images, c.quick()), steps, measured)));
  });
  claims_of_digits(c, r);
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C90",
       .title = "The denoising autoencoder, and the score",
       .source = "UDL chapter 17, notes; Vincent et al. 2008; Vincent 2011; model F3",
       .mutants = {{"identity", "the noisy image is handed back"},
                   {"noisy_target", "the noisy image is the target, too"},
                   {"divided_by_sigma", "the score is divided by s, not by s^2"}}},
      program);
}
