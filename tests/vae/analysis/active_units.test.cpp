#include "vae/analysis/active_units.hpp"

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("active units: the activity is the variance of the means over the data",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // A latent that tells the data apart, one that hardly does, one that stands still far from 0.
  const Tensor means = tensor({{1.0, 0.05, 5.0}, {-1.0, -0.05, 5.0}});
  const std::vector<double> activity = vae::latent_activity(means).to_vector();
  CHECK(activity[0] == Approx(1));
  CHECK(activity[1] == Approx(0.0025));
  CHECK(activity[2] == 0);
  CHECK(vae::active_units(means) == 1);
  CHECK(vae::active_units(means, 0.001) == 2);
  CHECK(vae::active_units(means.to(DType::f32), 0.001) == 2);
}

TEST_CASE("active units: of an upper layer the draws below are averaged first", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // Two draws for each of two data. Latent 1 follows the draw alone, latent 2 the datum alone.
  const std::vector<double> numbers{3, 1, 3, -1, -3, 1, -3, -1};
  const Tensor means = tensor(numbers, {2, 2, 2});
  CHECK(vae::latent_activity(means).to_vector() == std::vector<double>{0, 1});
}

TEST_CASE("active units: the report has the parts of each latent's KL", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const prob::Normal q(rng.normal({50, 3}), exp(0.5 * rng.normal({50, 3})), 1);
  const vae::CollapseReport r = vae::collapse_report(q);
  const Tensor kl = mean(prob::kl(q, prob::StandardNormal({50, 3}, 1)));
  CHECK(sum(r.kl).item() == Approx(kl.item()).epsilon(1e-12));
  CHECK(r.active() == 3);
  CHECK(r.coding() == 3);
  // A q that is the prior for every datum, and one that differs from it by the same for all.
  const prob::Normal collapsed(tensor({0.0, 1.0}), tensor(1.0), 1);
  const prob::Normal still(prob::expanded(collapsed.loc, {4, 2}), 1.0, 1);
  const vae::CollapseReport none = vae::collapse_report(still);
  CHECK(none.active() == 0);
  CHECK(none.coding() == 1);
  CHECK(none.mean_variance.to_vector() == std::vector<double>{1, 1});
}

TEST_CASE("active units: shapes that are no rows of latents are refused", "[vae][analysis]") {
  CHECK(test::throws_with<ShapeError>([] { vae::latent_activity(zeros({5})); }, "[5]"));
  CHECK(test::throws_with<ShapeError>([] { vae::latent_activity(zeros({1, 5})); }, "[1,5]"));
  CHECK(test::throws_with<ShapeError>(
      [] { vae::collapse_report(prob::Normal(zeros({5}), 1.0, 1)); }, "[5]"));
}
