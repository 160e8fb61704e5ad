// info_vae: an objective that pays for information in z, where the ELBO charges for it
// C120, UDL notes; Zhao, Song and Ermon 2017, equation 6
//
//     E_q[log p(x|z)] - (1 - alpha) KL(q(z|x) || p(z)) - (alpha + lambda - 1) D(q(z), p(z))
//
// If D is the KL, this is E_q[log p(x|z)] - (1 - alpha) I(x; z) - lambda KL(q(z) || p(z)): the weight of the information is a
// choice of its own. alpha = 0 and lambda = 1 give the ELBO, alpha = 1 the MMD-VAE.
#include "concepts/collapse/few_digits.hpp"
#include "concepts/collapse/info_vae_faults.hpp"
#include "nn/init.hpp"
#include "support/concept/train_images.hpp"
#include "support/numerics/gradient_row.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::Info, concepts::InfoVae;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr double kLambda = 10;

// --- claims

/// With the weights of the ELBO: the largest difference of a gradient from the ELBO's.
void claim_of_elbo(Concept& c, const Info& info) {
  const Tensor x = c.rng("x").uniform({10, 16});
  const auto slopes = [&](bool elbo) {
    InfoVae model({.side = 4, .latents = 3, .hidden = 8}, {});
    nn::init::torch_default(model, c.rng("small"));
    model.info = info;
    Rng rng = c.rng("noise");
    return support::gradient_row(model, [&] {
      return elbo ? vae::elbo(model, x, rng).loss() : model.objective(x, rng).loss();
    });
  };
  c.identity("alpha 0, lambda 1: largest difference of the gradient from the ELBO's",
             max(abs(slopes(true) - slopes(false))).item(), 0, 0);
}

/// D = KL(q(z) || p(z)) of 16 codes in the plane, by quadrature.
void claim_of_split(Concept& c, const Info& info) {
  Rng rng = c.rng("codes");
  const std::int64_t n = c.choose(64, 16);
  const prob::Normal q(rng.normal({n, 2}), exp(0.3 * rng.normal({n, 2}) - 0.7), 1);
  const vae::KlSplit split = vae::exact_kl_split(q);
  const vae::ElboTerms terms{.log_lik = -10.0 * rng.uniform({n}),
                             .kl = prob::kl(q, prob::StandardNormal({2}, 1))};
  const double d = (split.total_correlation + split.dimension_wise).item(), alpha = 0.7, lambda = 3;
  const double left = -info(terms, tensor(d), {alpha, lambda}).loss().item();
  c.identity("objective with D = KL(q(z) || p(z)) - its split by I(x; z)",
             left - mean(terms.log_lik).item() + (1 - alpha) * split.mutual_information.item() +
                 lambda * d,
             0, 1e-9);
  c.identity("alpha = 1.5 is refused, alpha = 1 is not",
             concepts::refuses(info, 1.5) && !concepts::refuses(info, 1), 1);
}

/// I(x; z) and MMD^2 of some test images and their codes, and log p(x) of a few.
void measure(const Concept& c, InfoVae& model, const nn::ImageDataset& data, double alpha,
             Record& r) {
  const NoGrad no_grad;
  Rng rng = c.rng("measure");
  const std::int64_t n = c.choose(1000, 100), few = c.choose(50, 10);
  const Tensor x = data.range(nn::Part::test, 0, n, Rng(1)).images;
  const prob::Normal q = model.encode(x);
  const Tensor z = q.rsample(rng), codes = model.prior().sample(rng, {n});
  r.add("I", alpha, mean(vae::split_kl(q, z, vae::all_rows(n)).mutual_information).item());
  r.add("MMD", alpha, vae::mmd_squared(z, codes, model.scales()).item());
  const double log_px = concepts::mean_log_px(model, slice(x, 0, 0, few), c.choose(100, 5), rng);
  r.add("-log p", alpha, -log_px);
}

void train(const Concept& c, const nn::ImageDataset& data, double alpha, const Info& info,
           Record& r) {
  InfoVae model({.hidden = c.choose(200, 50)}, {alpha, alpha > 0 ? kLambda : 1});
  model.info = info;
  const auto play = [&](const nn::Batch& b, Rng& rng) { return model.objective(b.images, rng); };
  const std::string name = fmt::format("alpha {}", alpha);
  support::train_images(c, name, model, play, data,
                        {.epochs = c.choose(5, 3), .batch = c.choose(25, 20), .lr = 5e-3}, r);
  r.add("-ELBO", alpha, r.curve(name + ", -ELBO").last());
  measure(c, model, data, alpha, r);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto& i = r.curve("I").y;
  const auto& nats = r.curve("-log p").y;
  c.within("VAE: I(x; z), nats", i[0], 0, c.choose(1.8, 10.0));
  c.within("alpha 0.5: I(x; z), nats", i[2], c.choose(4.8, 0.0), c.choose(5.6, 10.0));
  c.within("-log p(x), alpha 0.5 / VAE", nats[2] / nats[0], c.choose(0.96, 0.5),
           c.choose(0.99, 2.0));
  c.within("alpha 0.5: MMD^2 of q(z) and p(z)", r.curve("MMD").y[2], c.choose(0.003, -1.0),
           c.choose(0.0047, 1.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const auto& i = r.curve("I");
  return {Plot("what z says of x", "alpha", "I(x; z), nats")
              .line("", i.x, i.y)
              .points("", i.x, i.y)
              .key("off"),
          Plot("test digits", "alpha", "nats")
              .y_range(37.5, 41.5)
              .line("-ELBO", i.x, r.curve("-ELBO").y)
              .line("-log p(x), 100 samples", i.x, r.curve("-log p").y)};
}

// --- program

void program(Concept& c) {
  const Info info = c.broken("lambda_forgotten_minus_one") ? Info(concepts::one_forgotten)
                    : c.broken("mmd_times_batch")          ? Info(concepts::times_batch)
                    : c.broken("kl_negative_weight")       ? Info(concepts::unchecked)
                                                           : Info(vae::info_objective);
  claim_of_elbo(c, info);
  claim_of_split(c, info);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::few_digits(c, measured);
    for (const double alpha : {0.0, 0.25, 0.5}) train(c, data, alpha, info, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C120",
       .title = "InfoVAE: the information in z has a weight of its own",
       .source = "UDL notes; Zhao, Song and Ermon 2017, equation 6",
       .mutants = {{"lambda_forgotten_minus_one", "the divergence weighs alpha + lambda"},
                   {"mmd_times_batch", "the divergence counts for each image of the batch"},
                   {"kl_negative_weight", "an alpha above 1 is taken"}}},
      program);
}
