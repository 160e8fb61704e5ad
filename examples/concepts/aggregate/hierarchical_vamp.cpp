// hierarchical_vamp: above two levels of latents, a mixture of posteriors keeps the upper level in use
// C138; Tomczak and Welling 2018, section 4
//
//     log p(x) >= E[ log p(x|z_1, z_2) - KL(q(z_1|x, z_2) || p(z_1|z_2)) - log q(z_2|x) + log p(z_2) ]
//     p(z_2)    = (1/K) sum_k q(z_2|u_k)
//
// On a small model both latents are one number each, and log p(x) less the bound is the KL of both on a grid.
#include "concepts/aggregate/hierarchical_vamp.hpp"

#include "concepts/aggregate/hierarchical_vamp_measures.hpp"
#include "support/numerics/every_image.hpp"

using namespace tapestry;
using concepts::HierarchicalVamp, concepts::LevelSteps;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

LevelSteps log_k_forgotten() {
  return {.mix = [](const Tensor& log_q) { return logsumexp(log_q, -1); }};
}
/// p(z_1|z_2) sees another draw of q(z_2|x) than the decoder and q(z_1|x, z_2).
LevelSteps another_draw() {
  return {.above = [](const Tensor&, const prob::Normal& q, Rng& rng) { return q.rsample(rng); }};
}

// --- claims

void claims_of_bound(Concept& c, const LevelSteps& steps) {
  const Tensor x = support::every_image(4);
  const concepts::Known known =
      on_grid(*concepts::small_levels({.mix = steps.mix}, Rng(102).stream("small")), x);
  c.exact("sum of p(x) over all 16 images", sum(exp(known.log_p)).item(), 1, 1e-6);
  const std::int64_t n = c.choose(100000, 20000);
  const NoGrad no_grad;
  Rng rng = c.rng("draws");
  const auto model = concepts::small_levels(steps, Rng(102).stream("small"));
  const Tensor each =
      reshape(model->elbo(reshape(broadcast_to(x, {n, 16, 4}), {-1, 4}), rng).elbo(), {n, 16});
  c.monte_carlo("mean bound by draws - on the grid, nats",
                prob::estimate(mean(each - known.bound, -1)), 0, 0.01);
  c.within("gap to log p(x) on the grid, nats", mean(known.log_p - known.bound).item(), 1e-4, 3);
}

void claims_of_digits(Concept& c, const Record& r) {
  for (const std::string name : {"N(0, I)", "VampPrior"})
    fmt::print("{:9}: test -ELBO {:.2f} nats; KL of z_1 {:.2f}, of z_2 {:.2f}\n", name,
               r.number(name + ", -ELBO"), r.number(name + ", KL of z_1"),
               r.number(name + ", KL of z_2"));
  c.within("test -ELBO: N(0, I) - VampPrior, nats",
           r.number("N(0, I), -ELBO") - r.number("VampPrior, -ELBO"), c.choose(1.2, -10.0),
           c.choose(3.5, 20.0));
  const auto share = [&](const std::string& name) {
    const double upper = r.number(name + ", KL of z_2");
    return upper / (upper + r.number(name + ", KL of z_1"));
  };
  c.within("share of z_2 in the KL: VampPrior - N(0, I)", share("VampPrior") - share("N(0, I)"),
           c.choose(0.1, -0.5), c.choose(0.3, 0.7));
  c.within("test -ELBO with the VampPrior, nats", r.number("VampPrior, -ELBO"),
           c.choose(101.0, 20.0), c.choose(108.0, 250.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const auto of_both = [&](const std::string& what) {
    return std::vector{r.number("N(0, I), " + what), r.number("VampPrior, " + what)};
  };
  return {Plot("what each level pays", "", "nats")
              .bars("KL of z_1", of_both("KL of z_1"))
              .bars("KL of z_2", of_both("KL of z_2"))
              .names({"N(0, I)", "VampPrior"})
              .stacked()
              .y_range(0, 40)
              .key("top right"),
          Plot("drawn with N(0, I)", "", "").images(support::kept_grey_images(r, "N(0, I)", 28), 5),
          Plot("drawn with the VampPrior", "", "")
              .images(support::kept_grey_images(r, "VampPrior", 28), 5)};
}

// --- program

void program(Concept& c) {
  LevelSteps steps = c.broken("log_k_forgotten") ? log_k_forgotten()
                     : c.broken("another_draw")  ? another_draw()
                                                 : LevelSteps{};
  if (c.broken("top_for_nothing")) steps.price = 0;
  claims_of_bound(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
    data.binarize = nn::Binarize::dynamic;
    measured.data_rule = c.choose("MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    concepts::LevelSizes sizes{.pseudo = 0};
    if (c.quick()) sizes.hidden = 60, sizes.z1 = 6, sizes.z2 = 6;
    HierarchicalVamp normal(sizes);
    sizes.pseudo = c.choose(200, 50);
    HierarchicalVamp vamp(sizes);
    train_levels(c, data, "N(0, I)", normal, measured);
    train_levels(c, data, "VampPrior", vamp, measured);
  });
  claims_of_digits(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C138",
                         .title = "VampPrior above two levels",
                         .source = "Tomczak and Welling 2018, section 4",
                         .mutants = {{"log_k_forgotten", "log K is left out of log p(z_2)"},
                                     {"another_draw", "p(z_1|z_2) sees another draw of z_2"},
                                     {"top_for_nothing", "log q(z_2|x) - log p(z_2) is left out"}}},
                        program);
}
