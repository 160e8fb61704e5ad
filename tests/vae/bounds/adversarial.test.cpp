#include "vae/bounds/adversarial.hpp"

#include <cmath>
#include <numbers>

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("passed_for_real: log D, with a slope where the critic is sure", "[vae]") {
  const DTypeScope f64(DType::f64);
  CHECK(vae::passed_for_real(tensor({0.0})).item() == Approx(-std::numbers::ln2));
  CHECK(vae::passed_for_real(tensor({-800.0})).item() == Approx(-800));  // log(sigmoid) is -inf
  Parameter logit("logit", tensor({-30.0, 0.0, 30.0}));
  Tape tape;
  tape.backward(sum(vae::passed_for_real(recorded(logit))));
  const std::vector<double> slope = logit.grad().to_vector();
  CHECK(slope[0] == Approx(1));
  CHECK(slope[1] == Approx(0.5));
  CHECK(slope[2] == Approx(std::exp(-30.0)));
}

TEST_CASE("critic_accuracy: N(0, 1) and N(1, 1) by the best critic, and ties", "[vae]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor x = rng.normal({200000}), y = rng.normal({200000}) + 1.0;
  // Phi(1/2) by both; 5 standard errors of 400,000 answers
  CHECK(std::fabs(vae::critic_accuracy(0.5 - x, 0.5 - y) - 0.6914624613) < 0.0037);
  CHECK(vae::critic_accuracy(tensor({1.0, 2.0}), tensor({3.0, -1.0})) == 0.75);
  CHECK(vae::critic_accuracy(zeros({3}), zeros({5})) == 0.5);
  CHECK(vae::critic_accuracy(tensor({1.0}), tensor({-1.0, -2.0, -3.0, 4.0})) == 0.875);
}
