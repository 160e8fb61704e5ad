#include "vae/analysis/codebook_usage.hpp"

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("code_shares: how often each code occurs", "[vae][analysis]") {
  const std::vector<std::int32_t> code{0, 3, 3, 1, 3, 0, 3, 3};
  CHECK(vae::code_shares(index_tensor(code, {2, 4}), 5).to_vector() ==
        std::vector<double>{0.25, 0.125, 0, 0.625, 0});
  CHECK(test::throws_with<DomainError>([&] { vae::code_shares(index_tensor(code, {8}), 3); },
                                       "code 3, expected 0..2"));
}

TEST_CASE("perplexity: the number of equally likely codes", "[vae][analysis]") {
  CHECK(vae::perplexity(full({7}, 1.0 / 7, DType::f64)) == Approx(7));
  CHECK(vae::perplexity(tensor({0.0, 1.0, 0.0})) == Approx(1));
  // exp of 0.5 log 2 + 2 * 0.25 log 4
  CHECK(vae::perplexity(tensor({0.5, 0.0, 0.25, 0.25})) == Approx(2.8284271247));
  CHECK(test::throws_with<DomainError>(
      [] {
        vae::perplexity(tensor({0.5, 0.25}));
      },
      "sum to 0.75"));
}
