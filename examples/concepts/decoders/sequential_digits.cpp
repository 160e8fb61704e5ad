// sequential_digits: each step of a chain of VAEs makes digits a little sharper
// C118, UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 5
//
//     L_t = E_q[log N(x; f_t(x^(t-1), z_t), I / 32)] - KL(q_t(z_t|x) || p(z_t)),   x^t = f_t(x^(t-1), z_t)
//
// The model of sequential_vae.hpp on images, with four latents a step. The weight of the KL grows from 0 to 1 at first.
#include "concepts/decoders/sequential_digits.hpp"

#include "concepts/decoders/sequential_vae.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/analysis/image_measures.hpp"

using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

Tensor nothing_before(const Tensor& x) { return 0.0 * x; }

// --- claims

/// Returns test images x, and x^t after each step.
std::vector<Tensor> claims_on_digits(Concept& c, const ChainParts& parts) {
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
  nn::keep_first(data, c.choose(20000, 1000), c.choose(2000, 200));
  SequentialVae<ImageStep> model(c.choose(4, 2), std::sqrt(1.0 / 32), parts, c.rng("init"));
  support::train(model, model.play(nn::schedule::ramp(0, 1, c.choose(600, 160))), data,
                 {c.choose(10, 8), c.choose(100, 25), c.choose(2e-3, 4e-3), c.seed()});
  const NoGrad no_grad;
  Rng rng = c.rng("test");
  const Tensor x = support::rows_of(data, nn::Part::test).images;
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
  const Tensor z = rng.normal({8, ImageStep::kLatents}), before = slice(shown[1], 0, 0, 8);
  const auto second = [&](const Tensor& x_1) { return model.chain[1].f(parts.before(x_1), z); };
  c.at_least("x^2 from x^1 and from 0.5 x^1, the same z: largest difference",
             max(abs(second(before) - second(0.5 * before))).item(), 0.01);
  for (std::size_t t = 0; t < sharp.size(); ++t)
    c.within(fmt::format("digits, x^{}: Laplacian energy / that of x", t + 1), sharp[t], 0, 1);
  c.at_least("last - first", sharp.back() - sharp[0], c.choose(0.05, -0.05));
  c.within("squared error: last / first", error.back() / error[0], 0, c.choose(0.9, 1.05));
  c.within("test bound of log p(x), one step", bound[0], c.choose(0, -100), c.choose(700, 300));
  c.at_least("all steps - one, nats", bound.back() - bound[0], c.choose(20, -10));
  return shown;
}

// --- picture

Plot picture(const std::vector<Tensor>& digits) {
  std::vector<Tensor> rows;
  std::string label;
  for (std::size_t t = 0; t < digits.size(); ++t) {
    rows.push_back(slice(digits[t], 0, 0, 7));
    label = (t == 0 ? "x" : fmt::format("x^{}", t)) + (t == 0 ? "" : "     ") + label;
  }
  const auto n = static_cast<std::int64_t>(rows.size()) * 7;
  return Plot("test digits", "", label).images(concat(rows, 0).with_shape({n, 28, 28}), 7);
}

// --- program

void program(Concept& c) {
  ChainParts parts;
  if (c.broken("step_ignores_x_before")) parts.before = nothing_before;
  if (c.broken("last_step_only_trained")) parts.all_trained = false;
  const DTypeScope f32(DType::f32);
  c.draw({picture(claims_on_digits(c, parts))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C118",
       .title = "A chain of VAEs on digits",
       .source = "UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 5",
       .mutants = {{"step_ignores_x_before", "each step begins at 0"},
                   {"last_step_only_trained", "L_T in the place of L_1 + ... + L_T"}}},
      program);
}
