// elbo_surgery: the KL of a VAE is what z tells of the datum's number, and how far q(z) is from the prior
// C125, UDL notes; Hoffman and Johnson 2016
//
//     (1/N) sum_n KL(q(z|x_n) || p(z)) = I(n; z) + KL(q(z) || p(z)),      I(n; z) <= log N
//
// A VAE names each of 60,000 digits: I is at its ceiling. A better prior can win some of the rest, and no more.
#include "concepts/aggregate/elbo_surgery.hpp"

#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::Aggregate, concepts::MixturePrior, concepts::Surgery;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

/// The mixture without the row that z is from.
Tensor of_other_rows(const prob::Normal& q, const Tensor& z) {
  const double n = static_cast<double>(q.shape()[0]);
  const Tensor all = vae::aggregate_log_prob(q, z) + std::log(n);
  return all + log(1.0 - exp(minimum(q.log_prob(z) - all, -1e-12))) - std::log(n - 1);
}

/// The weight 1/N is added to the density of each latent, not to their sum.
Tensor weight_for_each_latent(const prob::Normal& q, const Tensor& z) {
  const double n = static_cast<double>(q.shape()[0]);
  return vae::aggregate_log_prob(q, z) - static_cast<double>(q.shape()[1] - 1) * std::log(n);
}

// --- claims

void claims_of_parts(Concept& c, Aggregate aggregate) {
  Rng rng = c.rng("rows");
  const auto rows = [&](std::int64_t n, double log_scale) -> prob::Normal {
    return {rng.normal({n, 2}), exp(0.05 * rng.normal({n, 2}) + log_scale), 1};
  };
  const prob::Normal q = rows(64, -0.7);
  const Surgery parts = concepts::quadrature(q, aggregate);
  const vae::KlSplit finer = vae::exact_kl_split(q);
  c.exact("I(n; z), nats", parts.information.item(), finer.mutual_information.item(), 1e-9);
  c.exact("KL(q(z) || p(z)) = total correlation + KL of each latent", parts.marginal_kl.item(),
          (finer.total_correlation + finer.dimension_wise).item(), 1e-9);
  c.exact("their sum = mean KL", (parts.information + parts.marginal_kl).item(),
          mean(prob::kl(q, prob::StandardNormal({64, 2}, 1))).item(), 1e-9);
  std::vector<double> shares;  // I / log N
  for (double log_scale = -5; log_scale < 1; log_scale += c.choose(0.05, 0.3))
    shares.push_back(concepts::quadrature(rows(8, log_scale), aggregate).information.item() /
                     std::log(8));
  c.within("any q: largest I / log N", std::ranges::max(shares), 0.9, 1 + 1e-9);
}

/// 784-400-20, with both parts after each epoch.
void train(const Concept& c, vae::MlpVae& model, const nn::ImageDataset& data, Record& r) {
  nn::init::torch_default(model, c.rng("init"));
  const auto note = [&](const vae::EpochReport& e) {
    Rng rng = c.rng("surgery");
    const prob::Normal q = concepts::encode_all(model, data, nn::Part::train);
    const vae::KlSurgery parts = vae::kl_surgery(q, c.choose(500, 200), rng);
    r.add("I(n; z)", e.epoch, parts.information.mean.item());
    r.add("KL(q(z) || p(z))", e.epoch, parts.marginal_kl.mean.item());
    r.numbers["test -ELBO"] = e.test.neg_elbo();
  };
  support::train(model, vae::bound_of(model), data,
                 {15, c.choose(128, 50), c.choose(1e-3, 3e-3), c.seed(), support::kConstantRate},
                 note);
}

/// Of the trained model. `rows` of the training images are taken for all data.
void measure(const Concept& c, const nn::ImageDataset& data, std::int64_t rows, Record& r) {
  vae::MlpVae model({.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 6)});
  train(c, model, data, r);
  const prob::Normal all = concepts::encode_all(model, data, nn::Part::train);
  Rng rng = c.rng("draws");
  const vae::KlSurgery parts =
      vae::kl_surgery({slice(all.loc, 0, 0, rows), slice(all.scale, 0, 0, rows), 1}, 2000, rng);
  r.numbers["log N"] = std::log(static_cast<double>(all.shape()[0]));
  r.numbers["I(n; z)"] = parts.information.mean.item();
  r.numbers["standard error"] = parts.information.standard_error.item();
  r.numbers["KL(q(z) || p(z))"] = parts.marginal_kl.mean.item();
  MixturePrior mixture(slice(all.loc, 0, 0, c.choose(500, 100)));
  concepts::fit(mixture, all, c.choose(2000, 200), rng);
  const NoGrad no_grad;
  for (const nn::Part part : {nn::Part::train, nn::Part::test}) {  // won over N(0, I), nats
    const Tensor z = vae::aggregate_sample(concepts::encode_all(model, data, part), 2000, rng).z;
    const Tensor normal = prob::StandardNormal(z.shape(), 1).log_prob(z);
    const std::string name = part == nn::Part::train ? "training images" : "test images";
    r.add(name, 1,
          mean(mixture.distribution().log_prob(z.to(DType::f32)) - normal.to(DType::f32)).item());
    r.add(name, 2, mean(vae::aggregate_log_prob(all, z) - normal).item());
  }
}

void claims_of_digits(Concept& c, const Record& r) {
  const double information = r.number("I(n; z)"), kl = r.number("KL(q(z) || p(z))");
  fmt::print("test -ELBO {:.2f} nats; KL {:.2f} = {:.3f} + {:.3f}\n", r.number("test -ELBO"),
             information + kl, information, kl);
  c.at_most("standard error of both, nats", r.number("standard error"), 0.05);
  c.within("log N - I(n; z), nats", r.number("log N") - information, 0, c.choose(0.2, 1.0));
  const std::vector<double>&train = r.curve("training images").y, &test = r.curve("test images").y;
  const double least_share = c.choose(0.23, 0.4), most_share = c.choose(0.31, 0.9);
  c.within("won by the mixture / KL(q(z) || p(z))", train[0] / kl, least_share, most_share);
  c.within("won by the mixture on test images, nats", test[0], c.choose(3.4, 1.0), 4.6);
  c.at_most("won by q(z) itself on test images, nats", test[1], c.choose(-5.0, 1.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const Record::Curve &information = r.curve("I(n; z)"), &kl = r.curve("KL(q(z) || p(z))");
  const double log_n = r.number("log N");
  return {Plot("what the KL is made of", "epoch", "nats")
              .line("I(n; z)", information.x, information.y)
              .line("KL(q(z) || p(z))", kl.x, kl.y)
              .dashed("log N", {information.x.front(), information.x.back()}, {log_n, log_n})
              .y_range(0, 20)
              .key("bottom right"),
          Plot("won by another prior than N(0, I)", "", "nats")
              .bars("training images", r.curve("training images").y)
              .bars("test images", r.curve("test images").y)
              .names({"mixture of 500", "q(z) itself"})
              .y_range(-12, 20)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const Aggregate aggregate = c.broken("own_row_left_out")         ? of_other_rows
                              : c.broken("weight_for_each_latent") ? weight_for_each_latent
                                                                   : concepts::of_all_rows;
  const bool minibatch = c.broken("minibatch_as_data");
  claims_of_parts(c, aggregate);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
    data.binarize = nn::Binarize::dynamic;
    measured.data_rule = c.choose("MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    measure(c, data, minibatch ? 100 : data.train.count, measured);
  });
  claims_of_digits(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C125",
                         .title = "ELBO surgery",
                         .source = "UDL notes; Hoffman and Johnson 2016",
                         .mutants = {{"own_row_left_out", "q(z) without the datum that z is from"},
                                     {"weight_for_each_latent", "1/N counts once for each latent"},
                                     {"minibatch_as_data", "a hundred images are taken for all"}}},
                        program);
}
