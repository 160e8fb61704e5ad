// diffusion_digits: a variational diffusion of digits, and where the bits of an image are
// C133, S2, UDL 17; Kingma, Salimans, Poole and Ho 2021; Ho, Jain and Abbeel 2020
//
//     -log p(x) <= KL(q(z_1|x) || N(0, I)) + E_t gamma'(t) |eps - eps-hat(z_t, t)|^2 / 2 - E log p(x|z_0)
//
// Endlessly many layers of latents, all as large as the image, and one network that tells the noise in them.
#include <optional>

#include "concepts/hierarchies/diffusion_digits_faults.hpp"
#include "concepts/hierarchies/diffusion_record.hpp"
#include "concepts/hierarchies/train_diffusion.hpp"
#include "support/concept/images.hpp"

using namespace tapestry;
using concepts::Diffusion, concepts::DiffusionRun, concepts::NoiseLevel;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr double kLzma = 1.3922;  // bits per dimension that xz -9e needs for the test images

// --- claims

void claims_of_terms(Concept& c, const concepts::PathTerm& path, const concepts::Levels& levels,
                     const concepts::Bits& bits) {
  const NoGrad no_grad;
  DiffusionRun run(nn::drawn_digits(40, 1), 4, c.rng("small"));
  Rng rng = c.rng("terms");
  const Tensor x =
      concepts::levels(nn::drawn_digits(20, 1).range(nn::Part::train, 0, 20, rng).images);
  const Tensor eps = rng.normal(x.shape());
  nn::init::torch_default(run, c.rng("small"));
  double largest = 0;
  for (const int k : {0, 3, 9}) {  // of ten steps
    const NoiseLevel s = Diffusion::level(k / 10.0), t = Diffusion::level((k + 1) / 10.0);
    const Tensor zt = t.alpha * x + t.sigma * eps;
    const Tensor hat = run.model.guess(zt, broadcast_to(t.gamma, {20, 1}));
    const Tensor kl = prob::kl(Diffusion::back(s, t, zt, eps), Diffusion::back(s, t, zt, hat));
    const Tensor term = path(run.model, x, full({20, 1}, (k + 0.5) / 10), eps, 10) / 10.0;
    largest = std::max(largest, max(abs(term / kl - 1.0)).item());
  }
  c.identity("T = 10: term / KL(q(z_s|z_t, x) || p(z_s|z_t)) - 1, largest", largest, 0, 1e-10);

  const Tensor of_bytes = levels(reshape(tensor(support::grid(0, 1, 256)), {256, 1}));
  double not_one = 0;
  for (const double z0 : {-1.0005, -0.4003, 0.0, 0.3337, 0.9951}) {
    const Tensor z = full({256, 1}, z0);
    const Tensor p = exp(concepts::log_prob_of_levels(of_bytes, z, Diffusion::level(0.0)));
    not_one = std::max(not_one, std::abs(sum(p).item() - 1));
  }
  c.identity("sum of p(x|z_0) over 256 levels - 1, largest", not_one, 0, 1e-10);
  c.exact("E[eps|z] of 256 levels, series - sum, largest", concepts::series_off(rng), 0, 1e-3);

  run.model.guess = [](auto& z, auto&) { return zeros_like(z); };
  const Tensor many = rng.uniform({c.choose(4000, 1000), 784});
  const prob::Estimate e = prob::estimate(run.model.path(
      many, Diffusion::times(many.dim(0), rng), rng.normal(many.shape()), concepts::kManySteps));
  c.monte_carlo("eps-hat = 0: bits per dimension, D (gamma_1 - gamma_0) / 2",
                bits(e.mean.item(), 784), bits(e.standard_error.item(), 784) - bits(0, 784),
                9.15 / std::numbers::ln2, 0.03);
}

void claims_of_test(Concept& c, const Record& r) {
  const double bits = r.number("bits");
  c.identity("parameters after the test by averages - before", r.number("left in"), 0);
  c.within("bits per dimension of test images", bits, c.choose(1.10, 1.2), c.choose(1.15, 1.6));
  c.at_most("their standard error", r.number("bits, standard error"), c.choose(0.005, 0.2));
  if (!c.quick()) c.at_least("lzma - diffusion, bits", kLzma - bits, 0);
  c.at_least("independent pixels - diffusion, bits", r.number("bits, independent pixels") - bits,
             c.choose(0.55, 0.2));
  c.at_least("pixels in another order - diffusion, bits", r.number("bits, shuffled") - bits, 0.3);
  const auto& of = r.curve("bits of T steps");
  for (std::size_t k = 1; k < of.x.size(); ++k)
    c.at_least(
        fmt::format("bits of {} steps - of {}", of.x[k - 1],
                    of.x[k] < concepts::kManySteps ? fmt::format("{}", of.x[k]) : "endlessly many"),
        of.y[k - 1] - of.y[k], 0);
  c.within("share of samples that a classifier is sure of", r.number("sure"), c.choose(0.6, 0.0),
           1);
  c.at_least("digits among the samples", r.number("digits"), c.choose(10.0, 1.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot levels("where the bits are", "gamma = -log SNR", "bits per dimension and unit of gamma");
  for (const std::string name : {"independent pixels", "diffusion"})
    levels.line(name, r.curve(name).x, r.curve(name).y);
  return {Plot("samples", "", "").images(support::kept_grey_images(r, "sample", 28), 8),
          Plot("four chains: z, and what x is taken for", "", "")
              .images(support::kept_grey_images(r, "chain", 28), 8),
          levels.y_range(0, 0.2)};
}

// --- program

void program(Concept& c) {
  const bool left_in = c.broken("average_left_in");
  const auto path = c.broken("snr_weight_missing") ? concepts::error_alone : concepts::path_term;
  const auto levels = c.broken("cells_of_255") ? concepts::levels_to_the_ends : concepts::levels;
  const auto bits =
      c.broken("offset_seven") ? concepts::offset_seven : concepts::bits_per_dimension;
  claims_of_terms(c, path, levels, bits);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
    measured.data_rule = c.choose("MNIST, 256 grey levels", "drawn digits, 256 grey levels");
    DiffusionRun run(data, c.choose<std::int64_t>(24, 6), c.rng("init"));
    train_diffusion(
        c, data, run,
        c.quick() ? concepts::DiffusionTraining{.epochs = 3, .fall = 3, .batch = 20, .rate = 5e-3}
                  : concepts::DiffusionTraining{.folder = c.out("training")},
        measured);
    const Tensor last = run.model.denoise.net.in.weight.value();
    std::optional<nn::Average::Use> averaged(std::in_place, run.model.average);
    concepts::record_test(c, data, run.model, measured);
    concepts::record_samples(c, data, run.model, measured);
    if (!left_in) averaged.reset();
    measured.numbers["left in"] = max(abs(run.model.denoise.net.in.weight.value() - last)).item();
  });
  claims_of_test(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C133",
       .title = "A variational diffusion of digits",
       .source = "S2, UDL 17; Kingma et al. 2021; Ho et al. 2020",
       .mutants = {{"snr_weight_missing", "the error of the noise without its weight"},
                   {"cells_of_255", "levels 2/255 apart, cells 2/256 wide"},
                   {"offset_seven", "bits of another scale of the pixels"},
                   {"average_left_in", "the averages stay in the network after the test"}}},
      program);
}
