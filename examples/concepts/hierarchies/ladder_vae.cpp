// ladder_vae: five layers of latents, used to the top when the posterior knows what the layers above expect
// C93, UDL notes; Sonderby et al. 2016
//
//     q(z_l | z_l+1, x) = N(up_l(x)) N(p(z_l | z_l+1)) / constant        1/sigma^2 = 1/sigma_up^2 + 1/sigma_p^2
//
// A hierarchy whose posterior goes from x upwards, q(z_1|x) q(z_2|z_1) ..., leaves its upper layers unused. The ladder
// goes down with the prior, and corrects it by the data. The model is in vae/models/ladder.hpp.
#include "concepts/hierarchies/ladder_vae_faults.hpp"
#include "nn/nn.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using prob::Normal, vae::HierarchySizes, vae::LadderVae, vae::Level;
using support::Concept, support::Plot, support::Record;
using Merge = decltype(LadderVae::merge);

namespace {

// --- claims

/// z_2 ~ N(0, 1), z_1 ~ N(w z_2, s^2), x ~ N(z_1, 1): the ladder with the true factors is p(z|x).
void claims_of_merge(Concept& c, const Merge& merge) {
  Rng rng = c.rng("merge");
  const auto random = [&] { return Normal(rng.normal({7, 3}), exp(rng.normal({7, 3})), 1); };
  const Normal a = random(), b = random(), q = merge(a, b, rng).q;
  const auto ratio = [&](Arg z) { return q.log_prob(z) - a.log_prob(z) - b.log_prob(z); };
  const Tensor z = rng.normal({7, 3});
  c.identity("log q - log of both factors, at two z: difference",
             max(abs(ratio(z) - ratio(z + 1.0))).item(), 0, 1e-11);
  const double w = 0.8, s = 0.6, x = 1.3, precision = 1 / (w * w / (1 + s * s) + 1);
  const Normal q2(full({1}, precision * w * x / (1 + s * s)), std::sqrt(precision), 1);
  double bound = 0;  // the terms are quadratic: their mean is that of two z, one sigma off
  for (const double e2 : {-1.0, 1.0}) {
    const Tensor z2 = q2.loc + e2 * q2.scale;
    const Level one = merge(Normal(full({1}, x), 1.0, 1), Normal(w * z2, s, 1), rng);
    const double kl = (prob::kl(one.q, one.p) + prob::kl(q2, Normal(zeros({1}), 1.0, 1))).item();
    for (const double e1 : {-1.0, 1.0})
      bound += 0.25 * (Normal(x, 1.0).log_prob(one.q.loc + e1 * one.q.scale).item() - kl);
  }
  const double exact = Normal(0.0, std::sqrt(w * w + s * s + 1)).log_prob(tensor(x)).item();
  c.identity("two linear levels: log p(x) - bound, nats", exact - bound, 0, 1e-10);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto last = [&](const std::string& curve) { return r.curve(curve).last(); };
  const auto upper = [&](const std::string& name) {
    return last(name + " kl.z4") + last(name + " kl.z5");
  };
  c.identity("weight of the KL at the end of the warm-up", r.number("ladder, weight"), 1);
  c.at_least("ladder: KL of z_4 and z_5, nats", upper("ladder"), c.choose(1.0, 0.0));
  c.at_most("plain: KL of z_4 and z_5, nats", upper("plain"), c.choose(0.1, 0.5));
  c.within("-ELBO of the ladder, nats", last("ladder"), c.choose(91.5, 100.), c.choose(94.7, 250.));
  c.at_least("-ELBO, bottom-up - ladder", last("bottom-up") - last("ladder"), 0);
  c.at_least("-ELBO, plain - ladder", last("plain") - last("ladder"), 0);
}

/// The groups of a small hierarchy, ladder or bottom-up, add up to what its own draws say.
void claims_of_groups(Concept& c, const Merge& merge, const std::string& name) {
  LadderVae model({12, {8, 6, 4}, {3, 2, 2}, name == "ladder", /*normed=*/false});
  model.merge = merge;
  nn::init::torch_default(model, c.rng("small"));
  Rng rng = c.rng("groups");
  const NoGrad no_grad;
  const Tensor x = rng.uniform({c.choose(20000, 5000), 12});
  const vae::ElboTerms terms = model.elbo(x, rng);
  const Tensor kl = terms.log_lik - terms.elbo();
  c.identity(name + ": sum of the KL groups - KL", sum(terms.kl.total() - kl).item(), 0, 1e-9);
  const Tensor off = terms.elbo() - reshape(model.log_weights(x, rng, 1), {-1});
  c.monte_carlo(name + ": bound - log weight, mean", prob::estimate(off), 0, 0.05);
}

/// Ten epochs of warm-up for a network with norms, none for a plain one.
void train(const Concept& c, const nn::ImageDataset& data, const HierarchySizes& sizes,
           const std::string& name, double last, Record& r) {
  const std::int64_t warm_up = sizes.normed ? data.train.count / 256 * 10 : 1;
  const auto weight = nn::schedule::warm_up(warm_up, nn::schedule::constant(last));
  const auto model = std::make_shared<LadderVae>(sizes);
  nn::init::torch_default(*model, c.rng("init"));
  const auto note = [&](const vae::EpochReport& e) {
    r.add(name, e.epoch, e.test.neg_elbo());
    for (const auto& [part, nats] : e.test.parts) r.add(name + " " + part, e.epoch, nats);
    c.keep(r, fmt::format("{} epoch {}: -ELBO {:.2f}", name, e.epoch, e.test.neg_elbo()));
  };
  support::train(*model, vae::bound_of(vae::any_vae(model), {}, weight), data,
                 {c.choose(30, 8), c.choose(256, 64), 1e-3, c.seed(), support::kConstantRate},
                 note);
  r.numbers[name + ", weight"] = weight(1 << 30);
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  std::vector<Plot> panels;
  for (const std::string name : {"ladder", "bottom-up", "plain"}) {
    Plot plot(name, "epoch", "KL of a layer, nats");
    for (int l = 1; l <= 5; ++l) {
      const auto& curve = r.curve(fmt::format("{} kl.z{}", name, l));
      std::vector<double> nats = curve.y;
      for (double& y : nats) y = std::max(y, 2e-3);
      plot.line(fmt::format("z_{}", l), curve.x, nats);
    }
    panels.push_back(plot.log_y().y_range(1e-3, 1e6).key("top right"));
  }
  return panels;
}

// --- program

void program(Concept& c) {
  const Merge right = LadderVae({.widths = {2}, .latents = {1}}).merge;
  const Merge merge = c.broken("kl_of_encoder_not_merged") ? Merge(concepts::kl_of_encoder)
                      : c.broken("variances_added")        ? Merge(concepts::add_variances)
                                                           : right;
  const double last_weight = c.broken("warm_up_stops_short") ? 0.2 : 1;
  claims_of_merge(c, merge);
  for (const char* name : {"ladder", "bottom-up"}) claims_of_groups(c, merge, name);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1500, 500);
    measured.data_rule = c.choose("MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    data.binarize = nn::Binarize::dynamic;
    train(c, data, {}, "ladder", last_weight, measured);
    train(c, data, {.ladder = false}, "bottom-up", 1, measured);
    train(c, data, {.ladder = false, .normed = false}, "plain", 1, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C93",
       .title = "The ladder VAE",
       .source = "UDL notes; Sonderby et al. 2016",
       .mutants = {{"kl_of_encoder_not_merged", "the KL of the way up, not of the product"},
                   {"variances_added", "variances in the place of precisions"},
                   {"warm_up_stops_short", "the weight of the KL ends below 1"}}},
      program);
}
