#include "support/plot/math_text.hpp"

#include "support/catch.hpp"

using support::math_text;

TEST_CASE("math_text: Greek letters, indices and signs as they are typed") {
  CHECK(math_text("KL(q || p) >= 0, sigma^2") == "KL(q ‖ p) ≥ 0, σ^{2}");
  CHECK(math_text("z_1 to z_d -> x^{2n}") == "z_{1} to z_{d} → x^{2n}");
  CHECK(math_text("4·10^27, 10^{-6}") == "4·10^{27}, 10^{-6}");
  CHECK(math_text("P - Q, beta-VAE, E_q") == "P − Q, β-VAE, E_{q}");
}

TEST_CASE("math_text: names of programs and gnuplot's own marks stand for themselves") {
  CHECK(math_text("log_prob of kl_mean") == R"(log\_prob of kl\_mean)");
  CHECK(math_text("a & b, {c} ~ d") == R"(a \& b, \{c\} \~ d)");
  CHECK(math_text("multiple, mug, betas") == "multiple, mug, betas");
}
