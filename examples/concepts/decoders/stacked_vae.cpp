// stacked_vae: a model of classes and styles, learned from codes, is a prior of these codes
// C151, Kingma, Rezende, Mohamed and Welling 2014, section 2.1 and table 1
//
//     log p(x) >= E_q(z1|x)[ log p(x|z1) + U(z1) - log q(z1|x) ]
//     U(z1)     = sum_y q(y|z1) (L(z1, y) - log q(y|z1)) <= log p(z1)
//
// M1 learns codes z1 with the prior N(0, I), and M2 learns p(z1), in which a code has a class y and a style z2. The bound is
// M1's, with U(z1) where log N(z1; 0, I) stood.
#include "concepts/decoders/stacked_vae.hpp"

#include "concepts/decoders/stacked_measures.hpp"
#include "concepts/decoders/stacked_runs.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

StackSteps means_as_codes() {
  StackSteps steps;
  steps.code = [](const prob::Normal& q, Rng&) { return q.loc; };
  return steps;
}

// --- claims

/// Four pixels, a code of one number, three classes: p(x) by quadrature over the code.
void claims_of_bound(Concept& c, const StackSteps& steps) {
  SmallStack small(c.rng("small"));
  const StackedVae both{small.m1, small.m2, steps};
  const SmallStack::Known known = small.known();
  c.exact("p(x) by quadrature, sum over all 16 images", sum(exp(known.log_p)).item(), 1, 1e-9);
  const std::int64_t n = c.choose(200000, 20000);
  Rng rng = c.rng("draws");
  const Tensor bound = small.bounds(both, n, rng);  // [n, 16]
  c.monte_carlo("any q(y|z1): log p(x) - bound, mean over images",
                prob::estimate(mean(known.log_p - bound, -1)), mean(known.gap).item(), 0.02);
  small.m2.sum_of = [](const Tensor& L, const Tensor&) { return logsumexp(L, -1); };
  const Tensor best = small.bounds(both, n, rng);
  c.monte_carlo("best q(y|z1): sum of e^bound over all 16 images",
                prob::estimate(sum(exp(best), -1)), 1, 0.02);
  c.monte_carlo("... log p(x) - bound = KL(q(z1|x) || p(z1|x))",
                prob::estimate(mean(known.log_p - best, -1)), mean(known.kl).item(), 0.02);
}

void measure(const Concept& c, const nn::ImageDataset& data, const StackSteps& steps, Record& r) {
  const LabelTraining of_m1{.hidden = {c.choose(500, 60)},
                            .latent = c.choose(50, 8),
                            .batch = c.choose(100, 20),
                            .rate = 1e-3,
                            .seed = c.seed()};
  LabelTraining of_m2 = of_m1;
  of_m2.hidden = {c.choose(400, 60)}, of_m2.latent = c.choose(20, 8),
  of_m2.rate = c.choose(2e-3, 3e-3);
  const Classes classes{data};
  const Plan plan{.alpha = c.choose(10.0, 5.0), .epochs = c.choose(60, 25)};
  const auto m1 = train_m1(data, c.choose(20, 10), of_m1);
  r.numbers["M1, -ELBO"] = test_bound(*m1, vae::bound_of(*m1), data);
  std::vector<std::int64_t> counts{50};
  if (!c.quick()) counts = {100, 3000};
  for (const std::int64_t count : counts) {
    const double at = static_cast<double>(count);
    const Labelled l = choose_labelled(data, count, c.rng("labelled"));
    r.add("labels alone", at, labels_alone(classes, l, of_m1));
    r.add("M1", at, by_codes(*m1, classes, l, of_m1));
    const auto m2 = train_on_codes({classes, l, of_m2, plan}, *m1, steps);
    const StackedVae both{*m1, *m2, steps};
    r.add("M1+M2", at, found(both, classes));
    r.add("M1+M2, -ELBO", at, test_bound(*m1, bound_of(both), data));
    c.keep(r, fmt::format("{} labels: {:.4f}", count, r.curve("M1+M2").last()));
    if (count != counts.back()) continue;
    Rng rng = c.rng("styles");
    const Tensor drawn = both.under_all_labels(rng.normal({6, of_m2.latent}));
    support::keep_grey_images(r, "styles", reshape(drawn, {60, 784}));
  }
}

void claims_of_training(Concept& c, const Record& r) {
  const auto first = [&](const std::string& name) { return r.curve(name).y.front(); };
  c.within("fewest labels: accuracy of M1+M2", first("M1+M2"), c.choose(0.94, 0.4),
           c.choose(0.98, 1.0));
  c.at_least("... more than of M1", first("M1+M2") - first("M1"), c.choose(0.1, -0.2));
  c.within("test -ELBO: M1 - M1+M2, nats", r.number("M1, -ELBO") - first("M1+M2, -ELBO"),
           c.choose(3.0, 1.5), c.choose(4.5, 20.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("accuracy on test images", "images with a label", "accuracy");
  for (const std::string name : {"M1+M2", "M1", "labels alone"}) {
    const auto& of = r.curve(name);
    plot.line(name, of.x, of.y).same_colour().points("", of.x, of.y);
  }
  plot.dashed("M1+M2, published", {100, 600, 1000, 3000}, {0.9667, 0.9741, 0.976, 0.9782});
  return {plot.log_x().x_range(80, 4000).y_range(0.7, 1).key("bottom right"),
          Plot("M1+M2: a style a row, under each label", "", "")
              .images(support::kept_grey_images(r, "styles", 28), 10)};
}

// --- program

void program(Concept& c) {
  StackSteps steps = c.broken("means_as_codes") ? means_as_codes() : StackSteps{};
  if (c.broken("code_for_nothing")) steps.price = 0;
  if (c.broken("both_priors")) steps.old = 1;
  claims_of_bound(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 600, 300);
    nn::keep_first(data, c.choose(50000, 600), c.choose(10000, 300));
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    measure(c, data, steps, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C151",
                         .title = "M1 and M2 stacked",
                         .source = "Kingma, Rezende, Mohamed and Welling 2014, section 2.1",
                         .mutants = {{"code_for_nothing", "log q(z1|x) is left out of the bound"},
                                     {"means_as_codes", "M2 learns from the means of q(z1|x)"},
                                     {"both_priors", "M1's log N(z1; 0, I) is counted as well"}}},
                        program);
}
