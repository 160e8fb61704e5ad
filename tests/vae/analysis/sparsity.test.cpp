#include "vae/analysis/sparsity.hpp"

#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("hoyer_sparsity: 0 for equal sizes, 1 for one number, whatever the units",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // Both latents have the same deviation; one row uses both, the others one.
  const Tensor codes = tensor({{1.0, -1.0}, {2.0, 0.0}, {0.0, 2.0}, {-1.0, 1.0}});
  const Tensor sparsity = vae::hoyer_sparsity(codes);
  CHECK(sparsity.to_vector()[0] == Approx(0).margin(1e-12));
  CHECK(sparsity.to_vector()[1] == Approx(1));
  CHECK(sparsity.to_vector()[2] == Approx(1));
  const Tensor in_other_units = codes * tensor({1000.0, 0.01});
  CHECK(max(abs(vae::hoyer_sparsity(in_other_units) - sparsity)).item() < 1e-12);
}

TEST_CASE("hoyer_sparsity: a latent that stands still is a 0", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor codes = tensor({{1.0, 7.0}, {-1.0, 7.0}});
  CHECK(vae::hoyer_sparsity(codes).to_vector() == std::vector<double>{1, 1});
  CHECK_THROWS_AS(vae::hoyer_sparsity(zeros({3, 2})), DomainError);
  CHECK(test::throws_with<ShapeError>([] { vae::hoyer_sparsity(zeros({1, 4})); }, "[1,4]"));
}
