// wasserstein_autoencoder: only the codes of all data together have to look like the prior
// C112, UDL notes; Tolstikhin, Bousquet, Gelly and Schoelkopf 2018
//
//     E |x - G(e(x))|^2 + lambda D(q(z), p(z))         D = MMD^2, or what a critic can tell
//
// The KL of a VAE pulls q(z|x) of every image towards the prior, so that they overlap. Here a code can be a point, and is
// pulled nowhere: D compares the cloud of all codes with the prior, from samples alone.
#include "concepts/adversarial/wasserstein_autoencoder.hpp"

#include "concepts/adversarial/wae_runs.hpp"
#include "concepts/adversarial/wasserstein_autoencoder_faults.hpp"
#include "concepts/collapse/few_digits.hpp"
#include "prob/prob.hpp"
#include "support/concept/images.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using concepts::Divergence, concepts::InverseMultiquadratic, concepts::WaeResult;
using support::Concept, support::Plot;

namespace {

// Theirs is 10, with the sum of seven kernels in the place of their mean.
constexpr double kLambda = 70;
using KernelOf = InverseMultiquadratic (*)(std::int64_t D, double variance);

// --- claims

/// MMD^2 of N(0, s^2) and N(s/2, s^2) with the one kernel C = 2 s^2: the differences of two draws are N(m, 2 s^2).
double by_quadrature(double s, KernelOf kernel_of) {
  const double C = kernel_of(1, s * s).scales[3];
  const vae::exact::Grid line(-40 * s, 40 * s, 8000);
  const auto mean_kernel = [&](double m) {
    const prob::Normal difference(m, std::sqrt(2.0) * s);
    return exp(line.log_integral(difference.log_prob(line.points) +
                                 log(C / (C + square(line.points)))))
        .item();
  };
  return 2 * mean_kernel(0) - 2 * mean_kernel(s / 2);
}

void claims_of_kernel(Concept& c, const Divergence& mmd, KernelOf kernel_of) {
  c.exact("MMD^2 of N(0, 1) and N(1/2, 1), C = 2", by_quadrature(1, kernel_of), 0.0382047216, 1e-9);
  c.exact("the same with all lengths times 3", by_quadrature(3, kernel_of), 0.0382047216, 1e-9);
  Rng rng = c.rng("draws");
  std::vector<double> equal;
  for (int i = 0; i < 64; ++i)
    equal.push_back(mmd(rng.normal({100, 8}), rng.normal({100, 8})).item());
  c.monte_carlo("two samples of N(0, I_8): MMD^2, 64 repeats", prob::estimate(tensor(equal, {64})),
                0, 5e-4);
  c.at_most("the smallest of them", *std::ranges::min_element(equal), -1e-4);
}

void claims_of_training(Concept& c, const WaeResult& plain, const WaeResult& wae,
                        const WaeResult& of_critic, const WaeResult& vae) {
  for (const WaeResult& t : {plain, wae, of_critic, vae})
    fmt::print("{:<12} |x - G(e(x))|^2 {:.2f}, MMD^2 {:.5f}, to the nearest sample {:.3f}\n",
               t.name, t.cost, t.mmd, t.nearest);
  c.within("MMD^2 of codes and prior: WAE / autoencoder", wae.mmd / plain.mmd, -0.1, 0.2);
  c.within("the same: critic / autoencoder", of_critic.mmd / plain.mmd, -0.1, c.choose(0.2, 1.2));
  if (!c.quick()) c.within("the same: critic / WAE", of_critic.mmd / wae.mmd, 0.3, 2);
  c.within("error of test images: WAE / VAE", wae.cost / vae.cost, 0.6, 0.95);
  c.within("test image to the nearest sample: WAE / autoencoder", wae.nearest / plain.nearest, 0.69,
           0.93);
  c.within("test image to the nearest sample: WAE / VAE", wae.nearest / vae.nearest, 0.85, 1.05);
}

// --- picture

std::vector<Plot> picture(const WaeResult& plain, const WaeResult& wae, const WaeResult& vae,
                          const nn::ImageDataset& data, Rng rng) {
  const auto axis = [](const Tensor& z, int k) { return slice(z, 1, k, k + 1).to_vector(); };
  const Tensor prior = rng.normal({500, 2});
  const auto codes = [&](const WaeResult& t) {
    return Plot(fmt::format("{}: MMD^2 = {:.4f}", t.name, t.mmd), "z_1", "z_2")
        .dots("codes", axis(t.codes, 0), axis(t.codes, 1))
        .dots("N(0, I)", axis(prior, 0), axis(prior, 1))
        .x_range(-6, 6)
        .y_range(-6, 6)
        .square()
        .key("below");
  };
  const auto sheet = [&](const WaeResult& t) {
    return Plot(t.name + ": draws of the prior, decoded", "", "")
        .images(data.as_images(slice(t.made, 0, 0, 25)), 5);
  };
  return {codes(plain), codes(wae), codes(vae), sheet(plain), sheet(wae), sheet(vae)};
}

// --- program

void program(Concept& c) {
  const KernelOf kernel_of =
      c.broken("sigma_for_sigma_squared") ? concepts::of_sigma : &InverseMultiquadratic::of_normal;
  const auto kernel = kernel_of(8, 1);
  const Divergence mmd = c.broken("diagonal_included") ? concepts::diagonal_included(kernel)
                         : c.broken("clipped_at_zero") ? concepts::clipped_at_zero(kernel)
                                                       : concepts::mmd(kernel);
  claims_of_kernel(c, mmd, kernel_of);
  const DTypeScope f32(DType::f32);
  support::Record record;
  nn::ImageDataset data = concepts::few_digits(c, record);
  data.binarize = nn::Binarize::none;
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const concepts::WaeRuns run{
      c, data, x, {.pixels = data.image_size(), .hidden = c.choose(200, 100)}};
  const WaeResult plain = run.wae("autoencoder", 0, mmd), wae = run.wae("WAE", kLambda, mmd),
                  of_critic = run.critic_wae(1), vae = run.vae();
  claims_of_training(c, plain, wae, of_critic, vae);
  c.draw(picture(plain, wae, vae, data, c.rng("picture")));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C112",
       .title = "Wasserstein autoencoder: the codes of all data against the prior",
       .source = "UDL notes; Tolstikhin, Bousquet, Gelly and Schoelkopf 2018",
       .mutants = {{"diagonal_included", "MMD^2 counts the pairs of a draw with itself"},
                   {"clipped_at_zero", "an MMD^2 below 0 is taken for 0"},
                   {"sigma_for_sigma_squared", "the kernel's scale is a length, not its square"}}},
      program);
}
