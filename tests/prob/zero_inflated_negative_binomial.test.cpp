// Counts with losses: their moments against numbers, their limits, and their digits at a large theta.

#include "prob/zero_inflated_negative_binomial.hpp"

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/poisson.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using prob::ZeroInflatedNegativeBinomial;

TEST_CASE("zero-inflated negative binomial: mean and variance", "[prob]") {
  const DTypeScope f64(DType::f64);
  const ZeroInflatedNegativeBinomial d(3.0, 2.0, -1.0);
  CHECK(d.mean().item() == Approx(2.1931757358900146).epsilon(1e-14));  // mpmath
  CHECK(d.variance().item() == Approx(7.2524467388983733).epsilon(1e-14));
  // The sums of x p(x) and x^2 p(x) are the same.
  const Tensor x = arange(400), p = exp(d.log_prob(x));
  CHECK(sum(x * p).item() == Approx(d.mean().item()).epsilon(1e-12));
  CHECK(sum(square(x - d.mean()) * p).item() == Approx(d.variance().item()).epsilon(1e-12));
  // Of three shapes that broadcast.
  const ZeroInflatedNegativeBinomial wide(ones({4, 1}), ones({3}), zeros({4, 3}), 1);
  CHECK(wide.mean().shape() == Shape{4, 3});
  CHECK(wide.variance().shape() == Shape{4, 3});
  CHECK(wide.log_prob(zeros({4, 3})).shape() == Shape{4});
}

TEST_CASE("zero-inflated negative binomial: without losses and with a large theta it is a Poisson",
          "[prob]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = arange(30);
  const Tensor log_p = ZeroInflatedNegativeBinomial(6.5, 1e9, -60.0).log_prob(x);
  CHECK(max(abs(log_p - prob::Poisson(tensor(6.5)).log_prob(x))).item() < 1e-6);
}

TEST_CASE("zero-inflated negative binomial: digits are kept at a large theta", "[prob][large]") {
  const double rows[][5] = {// mu, theta, zero_logits, x, log p(x) by mpmath
                            {1000.0, 1e4, -2.0, 1000.0, -4.5474833645471886356},
                            {40.0, 1e6, -3.0, 35.0, -3.0739870614488859344},
                            {40.0, 1e6, -3.0, 0.0, -3.0485873515737419734}};
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    for (const auto& r : rows) {
      CAPTURE(r[0], r[3], name(dtype));
      const double log_p = ZeroInflatedNegativeBinomial(r[0], r[1], r[2]).log_prob(r[3]).item();
      CHECK(std::abs(log_p - r[4]) < (dtype == DType::f32 ? 2e-3 : 1e-9));
    }
  }
}
