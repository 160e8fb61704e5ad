// regularized_bound: what can be added to -ELBO, for each posterior or for all of them together
// C78, UDL equation 17.29
//
//     L_new = -ELBO + lambda_1 E_x[ r_1(q(z|x)) ] + lambda_2 r_2( q(z) ),     q(z) = 1/I sum_i q(z|x_i)
//
// The beta-VAE is r_1 = KL(q || p(z)) with lambda_1 = beta - 1. An r_2 sees the aggregated posterior: here
// it wants its mean where the prior has it, at 0. It is no mean over x: computed from a minibatch, q(z) has
// too few parts, and r_2 is too large by the variance of a mean of M parts.
#include "concepts/applications/regularized_bound.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;

namespace {

// --- claims

/// The gradient with respect to A of the scalar that `loss` computes.
Tensor gradient(Encoder& encoder, const auto& loss) {
  encoder.weight.zero_grad();
  Tape tape;
  tape.backward(loss());
  return encoder.weight.grad();
}

double difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

/// Without weights it is the VAE, to the last bit. With r_1 = KL it is the beta-VAE, whose KL has the
/// weight 1 in the ELBO already.
void claims_of_r1(Concept& c, const Ppca& model, Encoder& encoder, const Tensor& x, double beta,
                  double lambda_1) {
  const Tensor plain = gradient(encoder, [&] { return -mean(model.elbo(x, encoder(x))); });
  const Tensor weightless = gradient(encoder, [&] { return regularized(model, encoder, x, 0, 0); });
  c.at_least("lambda = 0: largest gradient with respect to A", max(abs(plain)).item(), 0.1);
  c.identity("lambda = 0: largest difference of the gradient", difference(plain, weightless), 0, 0);

  const auto of_beta = [&] { return beta_vae(model, encoder, x, beta); };
  const auto r1 = [&] { return regularized(model, encoder, x, lambda_1, 0); };
  c.identity("lambda_1 = beta - 1: objective - that of the beta-VAE",
             r1().item() - of_beta().item(), 0, 1e-11);
  c.identity("lambda_1 = beta - 1: largest difference of the gradient",
             difference(gradient(encoder, r1), gradient(encoder, of_beta)), 0, 1e-11);
}

/// r_2 sees q(z) of all examples, of which `seen` are the first.
void claims_of_r2(Concept& c, const Ppca& model, Encoder& encoder, const Tensor& x,
                  std::int64_t seen) {
  const Tensor loc = encoder(x).loc, centre = mean(loc, 0);
  const auto r2_of = [&](const Tensor& data) {
    const auto loss = [&](double lambda_2) {
      return regularized(model, encoder, data, 0, lambda_2).item();
    };
    return loss(1) - loss(0);
  };
  const double r2 = sum(square(centre)).item();
  c.identity("r_2 of the data set", r2_of(slice(x, 0, 0, seen)), r2, 1e-11);
  // The mean of r_2 over minibatches of 10 is larger, by a tenth of the variance of the means.
  double of_batches = 0;
  for (std::int64_t first = 0; first < kExamples; first += 10)
    of_batches += r2_of(slice(x, 0, first, first + 10)) * 10 / kExamples;
  const double excess = sum(mean(square(loc - centre), 0)).item() / 10;
  c.within("r_2 over minibatches minus r_2 of all, measured / expected", (of_batches - r2) / excess,
           0.6, 1.4);
}

// --- program

void program(Concept& c) {
  const double beta = 4, lambda_1 = c.broken("beta_for_lambda") ? beta : beta - 1;
  const std::int64_t seen = c.broken("minibatch") ? 10 : kExamples;
  Rng rng = c.rng("model");
  const Ppca model = Ppca::random(10, kLatents, 1.0, rng);
  const Tensor x = model.sample(rng, kExamples).x;
  Encoder encoder(c.rng("encoder"));
  claims_of_r1(c, model, encoder, x, beta, lambda_1);
  claims_of_r2(c, model, encoder, x, seen);
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
