// deep_hierarchy: groups of feature maps from coarse to fine, and a posterior that says what it changes
// C108, Vahdat and Kautz 2020, equations 1 to 3; UDL, notes of chapter 17 (figure 17.12d)
//
//     p(z) = prod_l p(z_l|z_<l),    p(z_l|z_<l) = N(mu_p, sigma_p^2),    q(z_l|z_<l, x) = N(mu_p + delta, (sigma_p r)^2)
//     KL(q || p) = (delta^2 / sigma_p^2 + r^2 - log r^2 - 1) / 2
//
// When the prior of a group moves, its posterior moves along: only what x adds has to be learned. The model is in
// deep_hierarchy.hpp, the networks of a group in deep_group.hpp.
#include "concepts/hierarchies/deep_hierarchy.hpp"

#include "concepts/hierarchies/deep_hierarchy_faults.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/vae.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

using Plant = void (*)(DeepHierarchy&);

// --- claims

/// The KL of a group against that of the two normals, and the bound of a small model against its own draws.
void claims_of_kl(Concept& c, Plant plant) {
  DeepHierarchy model(4, {2, 2, 1, 1});
  plant(model);
  nn::init::torch_default(model, c.rng("small"));
  Rng rng = c.rng("groups");
  const NoGrad no_grad;
  const auto map = [&] { return rng.normal({5, 2, 3, 3}); };
  const ResidualNormal r{Normal(map(), exp(map()), 3), map(), map()};
  c.identity("KL of a group - KL of two normals, largest",
             max(abs(model.kl_of(r) - prob::kl(model.q_of(r), r.p))).item(), 0, 1e-12);
  const Tensor x = rng.uniform({300, 784});
  const DeepHierarchy::Drawn drawn = model.draw(x, rng);
  c.monte_carlo("KL + log p(z) - log q(z|x) of the same draws, mean",
                prob::estimate(drawn.kl.total() + drawn.log_ratio), 0, 4);
}

nn::ImageDataset images(const Concept& c) {
  nn::ImageDataset data = support::load_images(c, "mnist", 400, 200);
  for (const auto& [part, most] : {std::pair(&data.train, 10000), std::pair(&data.test, 2000)}) {
    part->count = std::min<std::int64_t>(part->count, most);
    part->pixels.resize(static_cast<std::size_t>(part->count * part->image_size()));
  }
  data.train_labels.clear(), data.test_labels.clear(), data.classes = 0;
  data.binarize = nn::Binarize::dynamic;
  return data;
}

/// Mean over the pixels of the variance between samples.
double spread(DeepHierarchy& model, double temperature, Rng rng) {
  const Tensor x = model.generate(200, temperature, rng);
  return mean(square(x - mean(x, 0))).item();
}

void claims_of_training(Concept& c, const Record& r) {
  const auto at_end = [&](const std::string& curve) { return r.curve(curve).last(); };
  for (int l = 1; l <= 4; ++l)
    c.at_least(fmt::format("KL of z_{}, nats", l), at_end(fmt::format("deep, kl.z{}", l)),
               c.choose(1.0, 0.02));
  c.within("-ELBO, nats", at_end("deep, -ELBO"), c.choose(95, 100), c.choose(112, 400));
  c.at_least("-ELBO, one group of 32 latents - deep",
             at_end("plain, -ELBO") - at_end("deep, -ELBO"), c.choose(3.0, -150.0));
  c.within("spread of samples, temperature 0.7 / 1",
           r.number("spread, 0.7") / r.number("spread, 1"), 0.3, 0.98);
}

void train(const Concept& c, const nn::ImageDataset& data, DeepHierarchy& model, Record& r) {
  support::TrainImages how{.epochs = c.choose(8, 6), .batch = c.choose(100, 40), .lr = 3e-3};
  const std::int64_t warm_up = data.train.count / how.batch * how.epochs / 3;
  const nn::Schedule beta = nn::schedule::warm_up(warm_up, nn::schedule::constant(1));
  const auto play = [&](const nn::Batch& batch, Rng& rng) {
    return warmed(model.elbo(batch.images, rng), model.training() ? beta(batch.step) : 1);
  };
  support::train_images(c, "deep", model, play, data, how, r);
  vae::ConvVae plain({.rows = 28, .cols = 28, .hidden = {256}, .latent = 32});
  how.lr = 1e-3;  // with 3e-3, and no batch norm, it forgets its latents
  support::train_images(c, "plain", plain, vae::bound_of(plain, {}, beta), data, how, r);
}

// --- picture

/// Images, and pictures that keep the first 4, 3, 2, 1, 0 groups of their posterior; and samples.
std::vector<Plot> draw_sheets(DeepHierarchy& model, const Tensor& x, Rng rng) {
  std::vector<Tensor> columns{x};
  for (std::size_t keep = 5; keep-- > 0;) columns.push_back(model.draw(x, rng, keep).x.mean());
  const Tensor samples = model.generate(30, 0.7, rng);
  return {Plot("an image; 4, 3, 2, 1, 0 of its groups kept", "", "")
              .images(reshape(stack(columns, 1), {-1, 28, 28}), 6),
          Plot("samples, temperature 0.7", "", "").images(reshape(samples, {-1, 28, 28}), 6)};
}

std::vector<Plot> picture(const Record& r, const std::vector<Plot>& sheets) {
  Plot groups("nats in each group", "epoch", "KL, nats");
  for (int l = 1; l <= 4; ++l) {
    const auto& kl = r.curve(fmt::format("deep, kl.z{}", l));
    groups.line(fmt::format("z_{}, {}", l, l < 3 ? "7 x 7" : "14 x 14"), kl.x, kl.y);
  }
  std::vector<Plot> panels{groups.y_range(0, 36)};
  panels.insert(panels.end(), sheets.begin(), sheets.end());
  return panels;
}

// --- program

void program(Concept& c) {
  Plant plant = [](DeepHierarchy&) {};
  if (c.broken("ratio_not_scaled")) plant = [](DeepHierarchy& m) { m.q_of = ratio_as_scale; };
  if (c.broken("kl_summed_over_batch")) plant = [](DeepHierarchy& m) { m.kl_of = kl_of_batch; };
  if (c.broken("kl_per_pixel_mean")) plant = [](DeepHierarchy& m) { m.kl_of = kl_of_a_pixel; };
  claims_of_kl(c, plant);
  const DTypeScope f32(DType::f32);
  std::vector<Plot> sheets;
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = images(c);
    measured.data_rule =
        c.choose("10,000 of MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    DeepHierarchy model(c.choose(12, 8));
    train(c, data, model, measured);
    model.eval();
    const NoGrad no_grad;
    for (const double t : {0.7, 1.0})
      measured.numbers[fmt::format("spread, {}", t)] = spread(model, t, c.rng("samples"));
    const Tensor x = data.range(nn::Part::test, 0, 5, c.rng("pixels")).images;
    sheets = draw_sheets(model, x, c.rng("sheets"));
  });
  claims_of_training(c, r);
  c.draw(picture(r, sheets));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C108",
       .title = "A deep hierarchy with residual normals",
       .source = "Vahdat and Kautz 2020, equations 1 to 3; UDL 17",
       .mutants = {{"ratio_not_scaled", "the ratio of scales is taken for the scale of q"},
                   {"kl_summed_over_batch", "the sum of the KL loses the axis of the images"},
                   {"kl_per_pixel_mean", "the mean over a map in the place of the sum"}}},
      program);
}
