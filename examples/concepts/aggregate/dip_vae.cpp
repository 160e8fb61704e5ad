// dip_vae: codes whose covariance is the identity, of their means (I) or of q(z) itself (II)
// C123, UDL notes; Kumar, Sattigeri and Balakrishnan 2018, equations 6 and 7
//
//     objective = ELBO - lambda_od sum_{i != j} C_ij^2 - lambda_d sum_i (C_ii - 1)^2
//     I: C = Cov[mu(x)]       II: C = Cov[mu(x)] + E[Sigma(x)] = Cov of q(z)
//
// With I the means alone are spread like the prior, so that q(z) is wider than it; with II q(z) itself is like the prior in
// its second moments.
#include "concepts/aggregate/dip_vae.hpp"

#include "nn/nn.hpp"
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::DipSettings, concepts::DipVae, concepts::MomentsOf;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

/// About 0, not about their mean.
vae::AggregateMoments mean_not_removed(const prob::Normal& q) {
  vae::AggregateMoments m = vae::aggregate_moments(q);
  const Tensor row = reshape(m.mean, {1, -1});
  m.of_means = m.of_means + matmul(row, row, {.transpose_left = true});
  return m;
}

/// In Cov[mu], and once more in the sum.
vae::AggregateMoments variance_added_twice(const prob::Normal& q) {
  vae::AggregateMoments m = vae::aggregate_moments(q);
  m.mean_variance = 2.0 * m.mean_variance;
  return m;
}

// --- claims

double off_diagonal(const Tensor& c) { return max(abs(c - c * eye(c.dim(0), c.dtype()))).item(); }

/// q(z|x) of two latents, replaced by the four points mu +- sigma: the same mean and covariance, by counting.
void claims_of_moments(Concept& c, MomentsOf moments) {
  Rng rng = c.rng("moments");
  const prob::Normal q(1.0 + rng.normal({50, 2}), exp(0.3 * rng.normal({50, 2})), 1);
  const Tensor sign = tensor({{1.0, 1.0}, {1.0, -1.0}, {-1.0, 1.0}, {-1.0, -1.0}});
  const Tensor z = reshape(q.loc + reshape(sign, {4, 1, 2}) * q.scale, {200, 2});
  const Tensor away = z - mean(z, 0);
  const Tensor counted = matmul(away, away, {.transpose_left = true}) / 200.0;
  c.identity("law of total covariance: largest difference",
             max(abs(counted - moments(q).covariance())).item(), 0);
  const Tensor means_away = q.loc - mean(q.loc, 0);
  const Tensor of_means = matmul(means_away, means_away, {.transpose_left = true}) / 50.0;
  c.identity("covariance of the means: largest difference",
             max(abs(of_means - moments(q).of_means)).item(), 0);
}

struct Trained {
  Tensor of_means, covariance;  // of the test images' codes, f64
  double neg_elbo;
};

Trained train(const Concept& c, const nn::ImageDataset& data, const DipSettings& how,
              MomentsOf moments) {
  const vae::VaeConfig sizes{.hidden = {c.choose(400, 100)}, .latent = c.choose(10, 5)};
  DipVae dip(sizes, how, moments, c.rng("init"));
  const auto play = [&](const nn::Batch& batch, Rng& rng) { return dip.play(batch, rng); };
  const vae::Means trained =
      support::train(dip.model, play, data,
                     {c.choose(10, 15), c.choose(256, 100), c.choose(2e-3, 3e-3), c.seed()});
  const NoGrad no_grad;
  const auto test = support::rows_of(data, nn::Part::test, c.rng("pixels"));
  const prob::Normal q = dip.model.encode(test.images);
  const auto m = vae::aggregate_moments({q.loc.to(DType::f64), q.scale.to(DType::f64), 1});
  const Trained result{m.of_means, m.covariance(), trained.neg_elbo()};
  fmt::print("{:>9}: test -ELBO {:.2f}; off the diagonal Cov[mu] {:.3f}, Cov of q(z) {:.3f}\n",
             how.kind == 0   ? "VAE"
             : how.kind == 1 ? "DIP-VAE-I"
                             : "DIP-VAE-II",
             result.neg_elbo, off_diagonal(result.of_means), off_diagonal(result.covariance));
  return result;
}

void claims_of_training(Concept& c, const Trained& plain, const Trained& one, const Trained& two) {
  const auto diagonal = [](const Tensor& t) { return sum(t * eye(t.dim(0), t.dtype()), 0); };
  const auto from_1 = [&](const Tensor& t) { return max(abs(diagonal(t) - 1.0)).item(); };
  c.at_most("I: Cov[mu] off the diagonal, largest", off_diagonal(one.of_means), c.choose(0.1, 0.2));
  c.at_most("I: variance of a mean - 1, largest", from_1(one.of_means), c.choose(0.12, 0.3));
  c.at_least("I: variance of q(z) - of the means, mean",
             mean(diagonal(one.covariance) - diagonal(one.of_means)).item(), 0.005);
  c.at_most("II: Cov of q(z) off the diagonal, largest", off_diagonal(two.covariance),
            c.choose(0.1, 0.2));
  c.at_most("II: variance of q(z) - 1, largest", from_1(two.covariance), c.choose(0.12, 0.3));
  c.at_least("VAE: Cov of q(z) off the diagonal, largest", off_diagonal(plain.covariance), 0.15);
  c.at_most("test -ELBO, I - VAE, nats", one.neg_elbo - plain.neg_elbo, c.choose(3.0, 20.0));
  c.at_most("test -ELBO, II - VAE, nats", two.neg_elbo - plain.neg_elbo, c.choose(3.0, 20.0));
}

// --- picture

Plot matrix(const std::string& title, const Tensor& covariance) {
  const std::int64_t k = covariance.dim(0);
  return Plot(title, "latent", "latent")
      .images(clamp(abs(covariance), 0, 1).with_shape({1, k, k}), 1);
}

// --- program

void program(Concept& c) {
  const MomentsOf moments = c.broken("mean_not_removed")       ? mean_not_removed
                            : c.broken("variance_added_twice") ? variance_added_twice
                                                               : vae::aggregate_moments;
  const double scale = c.broken("scaled_by_batch") ? 1.0 / 256 : 1;
  claims_of_moments(c, moments);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1500, 500);
  data.binarize = nn::Binarize::dynamic;
  const Trained plain = train(c, data, {}, moments);
  const Trained one = train(c, data, {1, 10 * scale, 10 * scale}, moments);
  const Trained two = train(c, data, {2, 10 * scale, 5 * scale}, moments);
  claims_of_training(c, plain, one, two);
  c.draw({matrix("VAE: Cov of q(z)", plain.covariance), matrix("I: Cov[mu]", one.of_means),
          matrix("II: Cov of q(z)", two.covariance)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C123",
       .title = "DIP-VAE: the covariance of codes",
       .source = "UDL notes; Kumar, Sattigeri and Balakrishnan 2018, equations 6 and 7",
       .mutants = {{"mean_not_removed", "second moments about 0"},
                   {"variance_added_twice", "E[Sigma] counts twice"},
                   {"scaled_by_batch", "the penalty is divided by the size of a minibatch"}}},
      program);
}
