// sequential_vae: a chain of VAEs, each of which mends the blur that the one before it leaves
// C118, UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 5
//
//     L_t = E_q[log N(x; f_t(x^(t-1), z_t), sigma^2 I)] - KL(q_t(z_t|x) || p(z_t)),   x^t = f_t(x^(t-1), z_t)
//
// A blurred x^1 is what one z can say of x. The next VAE sees it, and says with a z of its own what is missing. sigma is
// held fixed: a learned one would grow until blur is cheap, and the next z would not be used.
#include "concepts/decoders/sequential_vae.hpp"

#include "concepts/aggregate/train.hpp"
#include "concepts/decoders/sequential_steps.hpp"
#include "prob/mixture.hpp"
#include "support/concept/images.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/bounds/mmd.hpp"
#include "vae/exact/curve.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::Curve, vae::exact::Grid;
using Density = prob::Mixture<prob::Normal>;

namespace {

// --- wrong versions

Tensor nothing_before(const Tensor& x) { return 0.0 * x; }

// --- claims

/// MMD^2 between p(x) and the data's density. p(x) is a mixture over all z: two samples of it, less what these differ by.
double mmd(const Tensor& x, const Tensor& others, double sigma, const Density& data) {
  const vae::Bandwidths h{0.1, 0.3, 1};
  const Density a(zeros({x.dim(0)}), {x, sigma, 1}), b(zeros({x.dim(0)}), {others, sigma, 1});
  const Tensor twice = vae::mmd_squared(a, data, h) + vae::mmd_squared(b, data, h);
  return (twice - vae::mmd_squared(a, b, h)).item() / 2;
}

/// Returns draws of the chain, with their noise, after each step.
std::vector<Tensor> claims_on_curve(Concept& c, const ChainParts& parts) {
  const Curve truth = Curve::example();
  SequentialVae<CurveStep> model(c.choose(4, 2), 0.2, parts, c.rng("init"));
  Rng rng = c.rng("training");
  const vae::Play play = model.play();
  support::ascend(model.parameters(),
                  [&] { return mean(play({truth.sample(rng, 200).x}, rng).value); },
                  {.steps = c.choose(3000, 500), .rate = 6e-3, .shrink = 0.05});
  const NoGrad no_grad;
  const Grid line(-4, 4, 200);
  const Density data(line.log_mass(truth.prior({200}).log_prob(line.points)),
                     truth.likelihood(line.points));
  const std::int64_t n = c.choose(1000, 500);
  std::vector<Tensor> x = model.draws(n, rng);
  const std::vector<Tensor> others = model.draws(n, rng);
  const auto links = model.links(truth.sample(rng, 8000).x, rng);
  std::vector<double> far, bound;
  for (std::size_t t = 0; t < x.size(); ++t) {
    far.push_back(mmd(x[t], others[t], model.sigma, data));
    bound.push_back(mean(links[t].so_far.elbo()).item());
    x[t] += model.sigma * rng.normal(x[t].shape());
  }
  // 0.00584 is that of one VAE with a learned sigma, see sample_quality.cpp.
  c.within("one step: MMD^2 / that of a VAE that learns sigma", far[0] / 0.00584, 1.5, 4);
  c.within("two steps: the same", far[1] / 0.00584, 0, c.choose(0.5, 1.0));
  c.within("MMD^2: last step / first", far.back() / far[0], 0, c.choose(0.3, 0.5));
  c.at_least("bound of log p(x), nats: two steps - one", bound[1] - bound[0], 0.2);
  c.at_most("bound of all steps - E log p(x), nats", bound.back() + 1.480331, 0);
  return x;
}

/// Returns test images x, and x^t after each step.
std::vector<Tensor> claims_on_digits(Concept& c, const ChainParts& parts) {
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
  nn::keep_first(data, c.choose(20000, 1000), c.choose(2000, 200));
  SequentialVae<ImageStep> model(c.choose(4, 2), std::sqrt(1.0 / 32), parts, c.rng("init"));
  train(model, model.play(nn::schedule::ramp(0, 1, c.choose(600, 160))), data,
        {c.choose(10, 8), c.choose(100, 25), c.choose(2e-3, 4e-3), c.seed(), true});
  const NoGrad no_grad;
  Rng rng = c.rng("test");
  const Tensor x = data.range(nn::Part::test, 0, data.size(nn::Part::test), Rng(1)).images;
  const auto sharpness = [&](const Tensor& images) {
    return mean(vae::laplacian_energy(data.as_images(images))).item();
  };
  std::vector<Tensor> shown{x};
  std::vector<double> sharp, error, bound;
  for (const auto& link : model.links(x, rng)) {
    sharp.push_back(sharpness(link.x) / sharpness(x));
    error.push_back(mean(sum(square(link.x - x), -1)).item());
    bound.push_back(mean(link.so_far.elbo()).item());
    shown.push_back(link.x);
  }
  for (std::size_t t = 0; t < sharp.size(); ++t)
    c.within(fmt::format("digits, x^{}: Laplacian energy / that of x", t + 1), sharp[t], 0, 1);
  c.at_least("last - first", sharp.back() - sharp[0], c.choose(0.05, -0.05));
  c.within("squared error: last / first", error.back() / error[0], 0, c.choose(0.9, 1.05));
  c.within("test bound of log p(x), one step", bound[0], c.choose(0, -100), c.choose(700, 300));
  c.at_least("all steps - one, nats", bound.back() - bound[0], c.choose(20, -10));
  return shown;
}

// --- picture

Plot points(const std::string& title, const Tensor& x) {
  const auto column = [](const Tensor& t, std::int64_t k) {
    return slice(t, -1, k, k + 1).to_vector();
  };
  const Tensor curve = Curve::example().decode(Grid(-2.5, 2.5, 300).points);
  return Plot(title, "x_1", "x_2")
      .dots("draws", column(x, 0), column(x, 1))
      .line("curve of the data", column(curve, 0), column(curve, 1))
      .x_range(-0.5, 2.2)
      .y_range(-1.8, 2.9);
}

std::vector<Plot> picture(const std::vector<Tensor>& on_curve, const std::vector<Tensor>& digits) {
  std::vector<Tensor> rows;
  std::string label;
  for (std::size_t t = 0; t < digits.size(); ++t) {
    rows.push_back(slice(digits[t], 0, 0, 7));
    label = (t == 0 ? "x" : fmt::format("x^{}", t)) + (t == 0 ? "" : "     ") + label;
  }
  const auto n = static_cast<std::int64_t>(rows.size()) * 7;
  return {points("draws, one step", on_curve.front()),
          points(fmt::format("draws, {} steps", on_curve.size()), on_curve.back()),
          Plot("test digits", "", label).images(concat(rows, 0).with_shape({n, 28, 28}), 7)};
}

// --- program

void program(Concept& c) {
  ChainParts parts;
  if (c.broken("step_ignores_x_before")) parts.before = nothing_before;
  if (c.broken("last_step_only_trained")) parts.all_trained = false;
  if (c.broken("kl_of_last_step_only")) parts.all_kl = false;
  const std::vector<Tensor> on_curve = claims_on_curve(c, parts);
  const DTypeScope f32(DType::f32);
  c.draw(picture(on_curve, claims_on_digits(c, parts)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C118",
       .title = "A chain of VAEs against blur",
       .source = "UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 5; model F3",
       .mutants = {{"step_ignores_x_before", "each step begins at 0"},
                   {"last_step_only_trained", "L_T in the place of L_1 + ... + L_T"},
                   {"kl_of_last_step_only", "L_T called a bound of log p(x)"}}},
      program);
}
