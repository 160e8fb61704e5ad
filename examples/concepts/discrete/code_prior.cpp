// code_prior: a prior that is learned over the codes of a VQ-VAE makes them cheaper, and gives samples
// C105, UDL notes; VQ-VAE-2: Razavi, van den Oord and Vinyals 2019, section 3
//
//     log p(x) >= log p(top) + log p(bottom|top) + log p(x|top, bottom)        the codes are those of x
//     log p(k)  = sum_i log p(k_i | k_1 .. k_i-1)                              a PixelCNN of each map
//
// Stage 1 trains the codes, with a uniform prior. Stage 2 stores them and learns their probabilities.
#include "concepts/discrete/code_prior_faults.hpp"
#include "concepts/discrete/code_samples.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// Each of 4 x 4 codes changes: which logits move.
void claims_of_order(Concept& c, nn::Center first) {
  CodePrior prior({.map = 4, .codes = 5, .channels = 8, .given = 2, .first = first});
  nn::init::torch_default(prior, c.rng("small"));
  const ByCode moved = change_codes(prior, c.rng("codes"));
  c.identity("a code changes: largest move of its own and earlier logits", moved.before, 0);
  c.at_least("smallest move of the logits to its right", moved.right, 1e-6);
}

/// One top code and four bottom codes of 3 kinds: 243 pairs of maps, all added up.
void claims_of_the_bound(Concept& c, nn::Center first) {
  TwoLevelVq vq({.side = 4, .channels = 4, .top_codes = 3, .bottom_codes = 3, .code_width = 2});
  CodePrior top({.map = 1, .codes = 3, .channels = 4, .first = first});
  CodePrior bottom({.map = 2, .codes = 3, .channels = 4, .given = 2, .first = first});
  nn::init::torch_default(vq, c.rng("vq"));
  nn::init::torch_default(top, c.rng("top"));
  nn::init::torch_default(bottom, c.rng("bottom"));
  const NoGrad no_grad;
  std::vector<std::int32_t> tops, bottoms;
  for (int m = 0; m < 243; ++m) {
    tops.push_back(m % 3);
    for (const int power : {3, 9, 27, 81}) bottoms.push_back(m / power % 3);
  }
  const auto log_p = [&](const Codes& k) {
    return top.log_prob(k.top, {}) + bottom.log_prob(k.bottom, vq.above(k.top));
  };
  const Codes all{index_tensor(tops, {243, 1}), index_tensor(bottoms, {243, 4})};
  const Tensor log_prior = log_p(all);
  c.identity("sum of p(top) p(bottom|top) over all codes", sum(exp(log_prior)).item(), 1, 1e-10);
  const Tensor x = less(c.rng("bits").uniform({50, 16}), 0.5).to(DType::f64);
  const Tensor log_lik = vq.decode(all).log_prob(reshape(x, {50, 1, 16}));  // [50, 243]
  const Tensor log_px = logsumexp(log_prior + log_lik, -1);
  const Codes own = vq.codes(x);
  const Tensor bound = log_p(own) + vq.decode(own).log_prob(x);
  c.at_most("bound - log p(x), largest", max(bound - log_px).item(), 0);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto last = [&](const std::string& name) { return r.curve(name + ", -ELBO").last(); };
  const double top = last("top") / 49, bottom = last("bottom, given top") / 196;
  const double pixels = r.number("-log p(x|codes)"), learned = pixels + last("top") + 196 * bottom;
  const double uniform = pixels + r.number("top, uniform") + r.number("bottom, uniform");
  c.identity("-log p(x|codes), nats: stored codes - the encoder's",
             pixels + r.curve("codes, log_lik").last(), 0, 0.01);
  c.at_least("top: entropy of single codes - nats a code", r.number("top, single") - top, 0.3);
  c.at_least("bottom: entropy of single codes - nats a code", r.number("bottom, single") - bottom,
             c.choose(0.3, 0.1));
  c.at_least("bottom, nats a code: alone - given top", last("bottom alone") / 196 - bottom,
             c.choose(0.1, 0.02));
  c.within("-log p(x), nats: learned / uniform prior", learned / uniform, 0.1, c.choose(0.4, 0.6));
  c.within("-log p(x), learned priors, nats", learned, c.choose(153.0, 80.0),
           c.choose(196.7, 400.0));
  const auto same = [&](const std::string& anew) { return r.number(anew + " anew, same digit"); };
  c.within("bottom drawn anew: same digit", same("bottom"), c.choose(0.8, 0.1), 1);
  c.within("top drawn anew: same digit", same("top"), 0, c.choose(0.4, 1.0));
  c.within("uniform codes: share that a classifier is sure of", r.number("uniform, sure"),
           c.choose(0.2, 0.0), c.choose(0.6, 1.0));
}

// --- picture

Plot sheet(const std::string& title, const Tensor& pictures) {
  return Plot(title, "", "").images(reshape(slice(pictures, 0, 0, 25), {25, 28, 28}), 5);
}

/// -log p(x), by what is paid for.
Plot bill(const Record& r) {
  const double pixels = r.number("-log p(x|codes)");
  return Plot("nats for an image", "prior", "nats")
      .bars("pixels", {pixels, pixels})
      .bars("top codes", {r.number("top, uniform"), r.curve("top, -ELBO").last()})
      .bars("bottom codes",
            {r.number("bottom, uniform"), r.curve("bottom, given top, -ELBO").last()})
      .stacked()
      .names({"uniform", "learned"});
}

// --- program

void program(Concept& c) {
  const nn::Center first = c.broken("prior_sees_itself") ? nn::Center::seen : nn::Center::hidden;
  const Told told = c.broken("condition_only_in_training") ? told_nothing : as_trained;
  const int epochs = 6, stored = c.broken("codes_of_train_mode") ? 1 : epochs;
  claims_of_order(c, first);
  claims_of_the_bound(c, first);
  const DTypeScope f32(DType::f32);
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 300, 100);
    measured.data_rule =
        c.choose("20,000 digits of MNIST, grey pixels", "drawn digits, grey pixels");
    nn::keep_first(data, 20000, 2000);
    TwoLevelSizes sizes;
    if (c.quick()) sizes = {.channels = 8, .top_codes = 16, .bottom_codes = 8, .code_width = 8};
    TwoLevelVq vq(sizes);
    const nn::TensorDataset codes = train_codes(c, vq, data, epochs, stored, measured);
    const auto top = train_prior(c, vq, codes, "top", first, told, measured);
    const auto bottom = train_prior(c, vq, codes, "bottom, given top", first, told, measured);
    train_prior(c, vq, codes, "bottom alone", first, told, measured);
    measure_codes(vq, codes, data, measured);
    const auto judge = support::train_classifier(c, data, c.choose(4, 2));
    const Codes own = as_codes(codes.range(nn::Part::test, 0, c.choose(200, 25), Rng(1)));
    const Samples drawn =
        measure_samples(vq, *top, *bottom, own, *judge, c.rng("samples"), measured);
    panels = {sheet("uniform codes", drawn.uniform), sheet("top codes of their prior", drawn.top),
              sheet("both of their priors", drawn.both)};
  });
  claims_of_training(c, r);
  panels.push_back(bill(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C105",
       .title = "VQ-VAE-2: a learned prior over codes",
       .source = "UDL notes; Razavi, van den Oord and Vinyals 2019, section 3",
       .mutants = {{"prior_sees_itself", "the first layer sees the code that it describes"},
                   {"condition_only_in_training", "the top codes are not shown when it is tested"},
                   {"codes_of_train_mode", "the codes are stored while they still learn"}}},
      program);
}
