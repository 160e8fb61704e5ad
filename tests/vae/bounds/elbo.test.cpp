#include "vae/bounds/elbo.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/means.hpp"

using namespace tapestry;
using test::throws_with;
using vae::ElboTerms;
using vae::Objective;

namespace {
const std::vector<double> kLik{-3, -1}, kOne{0.5, 0.25}, kTwo{1, 2};
ElboTerms two_groups(double beta = 1) {
  return {
      .log_lik = tensor(kLik), .kl = {{"z1", tensor(kOne)}, {"z2", tensor(kTwo)}}, .beta = beta};
}
}  // namespace

TEST_CASE("elbo: the groups of a KL add up to the KL", "[vae]") {
  const DTypeScope f64(DType::f64);
  const ElboTerms terms = two_groups();
  CHECK(terms.kl.total().to_vector() == std::vector<double>{1.5, 2.25});
  CHECK(terms.elbo().to_vector() == std::vector<double>{-4.5, -3.25});
  CHECK(ElboTerms{.log_lik = tensor(kLik), .kl = tensor({1.5, 2.25})}.elbo().to_vector() ==
        terms.elbo().to_vector());
  CHECK(throws_with<DomainError>([] { ElboTerms{.log_lik = zeros({2})}.elbo(); }, "have no KL"));
  CHECK(throws_with<ShapeError>(
      [] {
        ElboTerms{.log_lik = zeros({2}), .kl = {{"a", zeros({2})}, {"b", zeros({2, 3})}}}.elbo();
      },
      "kl.b has shape [2,3]"));
}

TEST_CASE("elbo: terms become an objective whose bound is without beta", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Objective o = two_groups(2);
  CHECK(o.value.to_vector() == std::vector<double>{-6, -5.5});
  CHECK(o.bound.to_vector() == std::vector<double>{-4.5, -3.25});
  CHECK(o.loss().item() == 5.75);
  vae::Means means;
  means.add(o);
  CHECK(means.neg_elbo() == 3.875);
  CHECK(means.neg_log_lik() + means.kl() == 3.875);
  CHECK(means.part("kl.z1") + means.part("kl.z2") == means.kl());
  CHECK(throws_with<ConfigError>([&] { means.part("kl.z3"); }, "log_lik, kl, kl.z1, kl.z2"));
  CHECK(throws_with<ConfigError>([&] { means.add({.value = zeros({2})}); }, "other parts"));
}

TEST_CASE("elbo: the terms of a sequence add up step by step, group by group", "[vae]") {
  const DTypeScope f64(DType::f64);
  ElboTerms sum;
  for (int t = 0; t < 3; ++t) sum += two_groups();
  CHECK(sum.log_lik.to_vector() == std::vector<double>{-9, -3});
  CHECK(sum.kl.groups().size() == 2);
  CHECK(sum.kl.total().to_vector() == std::vector<double>{4.5, 6.75});
  CHECK(throws_with<ConfigError>([&] { sum += two_groups(2); }, "beta 1 and 2"));
}

TEST_CASE("means: batches of different sizes weigh by their images", "[vae]") {
  const DTypeScope f64(DType::f64);
  vae::Means means;
  means.add({.value = tensor({1, 2, 3}), .bound = tensor({4, 5, 6})});
  means.add({.value = tensor({10}), .bound = tensor({-5})});
  CHECK(means.images == 4);
  CHECK(means.value == 4);
  CHECK(means.bound == 2.5);
  vae::Means without;
  without.add({.value = tensor({1})});
  CHECK(!without.has_bound());
}

TEST_CASE(
    "the bound of a data set counts the images of the minibatch where one part is a single number",
    "[vae]") {
  const DTypeScope f64(DType::f64);
  const ElboTerms terms{.log_lik = tensor(-2.0), .kl = tensor({1, 2, 3})};
  CHECK(terms.data_set_elbo(300).item() == Approx(300 * -4));
}
