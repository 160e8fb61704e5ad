// Distributions: densities, samples, divergences, and gradients through samples.

#include "autograd/autograd.hpp"
#include "prob/prob.hpp"

using namespace tapestry;

int main() {
  // region density
  const Tensor at = tensor({1, 3});
  const prob::Normal p(tensor({1, 3}), tensor({1, 2}));  // means, standard deviations
  fmt::print("log p one by one:   {:.3f} and {:.3f}\n", p.log_prob(at).at({0}),
             p.log_prob(at).at({1}));

  const prob::Normal joint(tensor({1, 3}), tensor({1, 2}), 1);  // the last 1 axis is one event
  fmt::print("log p as one event: {:.3f}\n", joint.log_prob(at).item());
  // end

  // region sample
  Rng rng(1);
  const Tensor x = p.sample(rng, {10000});  // 10,000 draws of 2 numbers
  const Tensor average = mean(x, 0), variance = mean(square(x - average), 0);
  fmt::print("{}: averages {:.1f} and {:.1f}, variances {:.0f} and {:.0f}\n", x.shape(),
             average.at({0}), average.at({1}), variance.at({0}), variance.at({1}));
  // end

  // region kl
  const prob::Normal q(tensor(1.0), tensor(0.5)), prior(tensor(0.0), tensor(1.0));
  const prob::Estimate estimate = prob::kl_monte_carlo(q, prior, 10000, rng);
  fmt::print("KL(q||p) = {:.3f}, from samples {:.2f}, standard error {:.2f}\n",
             prob::kl(q, prior).item(), estimate.mean.item(), estimate.standard_error.item());
  // end

  // region gradient
  Tape tape;
  const Tensor mu = tape.watch(tensor(1.0)), sigma = tape.watch(tensor(0.5));
  const Tensor z = prob::Normal(mu, sigma).rsample(rng, {100000});  // z = mu + sigma e
  tape.backward(mean(square(z)));
  fmt::print("d/dmu {:.1f}, d/dsigma {:.1f}\n", tape.grad(mu).item(), tape.grad(sigma).item());
  // end

  // region error
  try {
    prob::Normal(tensor(0.0), tensor({1, -1}));
  } catch (const DomainError& error) {
    fmt::print("{}\n", error.what());
  }
  // end
}
