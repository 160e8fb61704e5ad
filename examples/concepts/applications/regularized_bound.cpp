// regularized_bound: what can be added to -ELBO, for each posterior or for all of them together
// C78, UDL equation 17.29
//
//     L_new = -ELBO + lambda_1 E_x[ r_1(q(z|x)) ] + lambda_2 r_2( q(z) ),     q(z) = 1/I sum_i q(z|x_i)
//
// The beta-VAE is r_1 = KL(q || p(z)) with lambda_1 = beta - 1. An r_2 sees the aggregated posterior: here
// it wants its mean where the prior has it, at 0. It is no mean over x: computed from a minibatch, q(z) has
// too few parts, and r_2 is too large by the variance of a mean of M parts.
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/kl.hpp"
#include "prob/mixture.hpp"
#include "support/concept.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using vae::exact::Ppca;

namespace {

constexpr std::int64_t kLatents = 3, kExamples = 1000;

struct Encoder {
  Parameter weight, log_s;  // z ~ N(x A, s^2)
  explicit Encoder(Rng rng)
      : weight("A", 0.1 * rng.normal({10, kLatents})), log_s("log_s", zeros({kLatents})) {}
  prob::Normal operator()(const Tensor& x) {
    const Tensor loc = matmul(x, weight);
    return {loc, exp(log_s) + zeros(loc.shape()), 1};
  }
};

Tensor kl_to_prior(const prob::Normal& q) {
  return prob::kl(q, prob::StandardNormal(q.shape(), 1));
}

/// r_2: the squared distance between the means of q(z) and of the prior.
Tensor off_centre(const prob::Mixture<prob::Normal>& aggregated) {
  return sum(square(aggregated.mean()));
}

/// Equation 17.29 over the data x [I, D], with r_1 the KL and r_2 as above.
Tensor regularized(const Ppca& model, Encoder& encoder, const Tensor& x, double lambda_1,
                   double lambda_2) {
  const prob::Normal q = encoder(x);
  const prob::Mixture<prob::Normal> aggregated(zeros({x.dim(0)}), q);
  return -mean(model.elbo(x, q)) + lambda_1 * mean(kl_to_prior(q)) +
         lambda_2 * off_centre(aggregated);
}

/// The gradient by A of the scalar that `loss` computes.
template <class Loss>
Tensor gradient(Encoder& encoder, Loss&& loss) {
  encoder.weight.zero_grad();
  Tape tape;
  tape.backward(loss());
  return encoder.weight.grad();
}

void program(Concept& c) {
  Rng rng = c.rng("model");
  const Ppca model = Ppca::random(10, kLatents, 1.0, rng);
  const Tensor x = model.sample(rng, kExamples).x;
  Encoder encoder(c.rng("encoder"));
  const auto difference = [](const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); };

  // Without weights it is the VAE, to the last bit.
  const Tensor plain = gradient(encoder, [&] { return -mean(model.elbo(x, encoder(x))); });
  const Tensor weightless = gradient(encoder, [&] { return regularized(model, encoder, x, 0, 0); });
  c.at_least("lambda = 0: largest gradient by A", max(abs(plain)).item(), 0.1);
  c.identity("lambda = 0: largest difference of the gradient", difference(plain, weightless), 0, 0);

  // r_1 = KL: the beta-VAE, whose KL has the weight 1 in the ELBO already.
  const double beta = 4, lambda_1 = c.broken("beta_for_lambda") ? beta : beta - 1;
  const auto beta_vae = [&] {
    const prob::Normal q = encoder(x);
    const Tensor kl = kl_to_prior(q), log_lik = model.elbo(x, q) + kl;
    return -mean(log_lik - beta * kl);
  };
  const auto r1 = [&] { return regularized(model, encoder, x, lambda_1, 0); };
  c.identity("lambda_1 = beta - 1: objective - that of the beta-VAE",
             r1().item() - beta_vae().item(), 0, 1e-11);
  c.identity("lambda_1 = beta - 1: largest difference of the gradient",
             difference(gradient(encoder, r1), gradient(encoder, beta_vae)), 0, 1e-11);

  // r_2 sees q(z) of all examples.
  const Tensor loc = encoder(x).loc, centre = mean(loc, 0);
  const double r2 = sum(square(centre)).item();
  const Tensor seen = c.broken("minibatch") ? slice(x, 0, 0, 10) : x;
  const auto with_r2 = [&](const Tensor& data, double lambda_2) {
    return regularized(model, encoder, data, 0, lambda_2).item();
  };
  c.identity("r_2 of the data set", with_r2(seen, 1) - with_r2(seen, 0), r2, 1e-11);
  // The mean of r_2 over minibatches of 10 is larger, by a tenth of the variance of the means.
  double of_batches = 0;
  for (std::int64_t first = 0; first < kExamples; first += 10) {
    const Tensor batch = slice(x, 0, first, first + 10);
    of_batches += (with_r2(batch, 1) - with_r2(batch, 0)) * 10 / kExamples;
  }
  const double excess = sum(mean(square(loc - centre), 0)).item() / 10;
  c.within("r_2 over minibatches minus r_2 of all, measured / expected", (of_batches - r2) / excess,
           0.6, 1.4);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C78",
       .title = "Regularised objectives: of each posterior, and of all together",
       .source = "UDL equation 17.29; model F2",
       .mutants = {{"beta_for_lambda", "lambda_1 = beta: the KL is weighted beta + 1 times"},
                   {"minibatch", "the aggregated posterior of a minibatch, not of the data set"}}},
      program);
}
