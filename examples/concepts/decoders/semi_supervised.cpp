// semi_supervised: a missing label is one more latent, summed over or drawn
// C146, Kingma, Rezende, Mohamed and Welling 2014, equations 6 to 9
//
//     log p(x, y) >= L(x, y) = E_q(z|x,y)[log p(x|y, z)] - KL(q(z|x, y) || p(z)) - log C
//     log p(x)    >= U(x)    = sum_y q(y|x) (L(x, y) - log q(y|x))
//
// For given L the best q(y|x) is the softmax of L over y, and U is then logsumexp L: the classifier is taught by the model of
// the images. Nothing in L and U lets it hear of the labels directly; that is what alpha log q(y|x) is for.
#include "concepts/decoders/semi_supervised.hpp"

#include "concepts/decoders/semi_supervised_faults.hpp"
#include "concepts/decoders/semi_supervised_measures.hpp"
#include "concepts/decoders/semi_supervised_table.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_bound(Concept& c, const LabelSteps& steps) {
  const Tensor L = known_bounds(steps.prior, c.rng("small"));
  const AtLogits best = at_logits(L, [&](const Tensor& log_q) { return steps.sum_of(L, log_q); });
  c.identity("q(y|x) = softmax of L: logsumexp L - U, largest",
             max(abs(logsumexp(L, -1) - best.U)).item(), 0, 1e-12);
  c.identity("slope of U by the logits of q(y|x) there, largest", max(abs(best.slope)).item(), 0,
             1e-12);
  c.identity("sum of e^U over all 16 images", sum(exp(best.U)).item(), 1, 1e-12);
  const Tensor guess = log_softmax(c.rng("guesses").normal({1000, 16, 3}), -1);
  c.at_most("1,000 other q(y|x): largest U - log p(x), nats",
            max(steps.sum_of(L, guess) - logsumexp(L, -1)).item(), 0);
}

void claims_of_drawing(Concept& c, const LabelSteps& steps) {
  const std::int64_t n = c.choose(200000, 50000);
  const ByDrawing by = by_drawing(n, steps.sum_of, steps.draw_of, c.rng("draws"));
  c.monte_carlo("one drawn label: mean estimate of U", by.U, by.exact_U, 0.05);
  c.monte_carlo("its slope by the first logit", by.slope, by.exact_slope, 0.3);
  const double sd = by.slope.standard_error.item() * std::sqrt(static_cast<double>(n));
  c.at_least("its standard deviation / the slope from all labels", sd / std::abs(by.exact_slope),
             5);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto at = [&](const std::string& name, bool last) {
    return last ? r.curve(name).last() : r.curve(name).y.front();
  };
  const std::string term = "M2, with the term";
  c.within("fewest labels: accuracy of M2 with the term", at(term, false), c.choose(0.85, 0.5), 1);
  c.at_least("... more than of the labels alone", at(term, false) - at("labels alone", false),
             c.choose(0.08, -0.1));
  c.at_least("... more than of M2 without the term", at(term, false) - at("M2, all labels", false),
             c.choose(0.1, 0.05));
  const Record::Curve& by_pass = r.curve(term + ": by pass");
  c.at_least("... more than after a fifth of the passes",
             by_pass.last() - by_pass.y.at(by_pass.y.size() / 5), c.choose(0.02, -0.3));
  c.within("most labels: accuracy of M2 with the term", at(term, true), c.choose(0.93, 0.5), 1);
  c.within("M2, a drawn label and no term: accuracy", at("M2, a drawn label", true), 0,
           c.choose(0.15, 0.8));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("accuracy on test images", "images with a label", "accuracy");
  for (const std::string name :
       {"M2, with the term", "M1", "labels alone", "M2, all labels", "M2, a drawn label"}) {
    const auto& of = r.curve(name);
    plot.line(name, of.x, of.y).same_colour().points("", of.x, of.y);
  }
  plot.dashed("the term, published", {100, 600, 1000, 3000}, {0.932, 0.944, 0.949, 0.958});
  Plot passes(fmt::format("accuracy from {} labels", r.curve("labels alone").x.front()),
              "passes over the images", "");
  const Record::Curve& by_pass = r.curve("M2, with the term: by pass");
  passes.line("M2, with the term", by_pass.x, by_pass.y);
  passes.dashed("labels alone", {1, by_pass.x.back()},
                {r.curve("labels alone").y.front(), r.curve("labels alone").y.front()});
  return {plot.log_x().x_range(80, 4000).y_range(0, 1).key("center left samplen 1.5 spacing 0.85"),
          passes.key("bottom right"),
          Plot("M2: a style a row, under each label", "", "")
              .images(support::kept_grey_images(r, "styles", 28), 10)};
}

// --- program

void program(Concept& c) {
  LabelSteps steps;
  if (c.broken("no_entropy")) steps.sum_of = without_entropy;
  if (c.broken("no_score")) steps.draw_of = without_score;
  if (c.broken("no_prior")) steps.prior = false;
  claims_of_bound(c, steps);
  claims_of_drawing(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 600, 300);
    nn::keep_first(data, c.choose(50000, 600), c.choose(10000, 300));
    const LabelTraining how{.hidden = {c.choose(500, 60)},
                            .latent = c.choose(50, 8),
                            .batch = c.choose(100, 20),
                            .rate = c.choose(2e-3, 3e-3),
                            .seed = c.seed()};
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    std::vector<std::int64_t> counts{50};
    if (!c.quick()) counts = {100, 600, 1000, 3000};
    Table{c, measured, {data}, how}.fill(counts);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C146",
       .title = "Semi-supervised VAEs: M1 and M2",
       .source = "Kingma, Rezende, Mohamed and Welling 2014, equations 6 to 9",
       .mutants = {{"no_entropy", "the entropy of q(y|x) is left out"},
                   {"no_score", "the gradient of the choice of a label is forgotten"},
                   {"no_prior", "log p(y) is left out"}}},
      program);
}
