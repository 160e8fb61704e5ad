#include <cmath>
#include <functional>
#include <vector>

#include "autograd/gradcheck/gradcheck.hpp"
#include "prob/prob.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

/// log |det dz'/dz| of a step in the plane, at each z [n, 2], from the tape's own slopes.
Tensor tape_log_det(const auto& flow, const Tensor& z) {
  Parameter at("z", z);
  std::vector<Tensor> rows;
  for (int i = 0; i < 2; ++i) {
    at.zero_grad();
    Tape tape;
    tape.backward(sum(slice(flow.forward(recorded(at)).z, -1, i, i + 1)));
    rows.push_back(at.grad() + zeros({}));  // a copy
  }
  const auto d = [&](std::size_t i, int j) { return reshape(slice(rows[i], -1, j, j + 1), {-1}); };
  return log(abs(d(0, 0) * d(1, 1) - d(0, 1) * d(1, 0)));
}

/// shift_2 and log_scale_2 are functions of z_1: autoregressive.
ShiftAndScale second_by_first(const Tensor& z) {
  const Tensor first = slice(z, -1, 0, 1), none = zeros_like(first);
  return {concat({none + 0.3, sin(2.0 * first)}, -1), concat({none - 0.2, 0.5 * tanh(first)}, -1)};
}
ShiftAndScale first_by_second(const Tensor& z) {
  const Tensor second = slice(z, -1, 1, 2), none = zeros_like(second);
  return {concat({2.0 * sin(second), none - 0.1}, -1), concat({0.4 * cos(second), none}, -1)};
}

Tensor random(std::uint64_t seed, const Shape& shape) { return Rng(seed).normal(shape); }
PlanarFlow planar(std::uint64_t seed) {
  return {random(seed, {2}), 2.0 * random(seed + 1, {2}), random(seed + 2, {1})};
}
RadialFlow radial(std::uint64_t seed) {
  return {random(seed, {2}), exp(random(seed + 1, {1})), 2.0 * random(seed + 2, {1})};
}

/// The mass of q on [-12, 12]^2 from its logarithm at the middles of small cells.
double mass(const Tensor& log_q) { return sum(exp(log_q)).item() * 0.05 * 0.05; }
Tensor cells() {
  std::vector<double> points;
  for (int i = 0; i < 480; ++i)
    for (int j = 0; j < 480; ++j)
      points.insert(points.end(), {-12 + 0.05 * (i + 0.5), -12 + 0.05 * (j + 0.5)});
  return tensor(points, {480 * 480, 2}, DType::f64);
}

}  // namespace

TEST_CASE("flows: log |det| is that of the tape's Jacobian", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Tensor z = random(9, {40, 2});
  for (std::uint64_t seed = 10; seed < 60; seed += 5) {
    const PlanarFlow p = planar(seed);
    CHECK(max(abs(p.forward(z).log_det - tape_log_det(p, z))).item() < 1e-10);
    const RadialFlow r = radial(seed);
    CHECK(max(abs(r.forward(z).log_det - tape_log_det(r, z))).item() < 1e-10);
  }
  const AutoregressiveFlow a{second_by_first};
  CHECK(max(abs(a.forward(z).log_det - tape_log_det(a, z))).item() < 1e-10);
  const CouplingFlow c{tensor({0.0, 1.0}), first_by_second};
  CHECK(max(abs(c.forward(z).log_det - tape_log_det(c, z))).item() < 1e-10);
}

TEST_CASE("flows: planar and radial steps keep their order along every line they bend", "[prob]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const PlanarFlow p(rng.normal({1000, 3}), 5.0 * rng.normal({1000, 3}), rng.normal({1000, 1}));
  const Tensor w_u = sum(p.w * p.allowed_u(), -1), raw = sum(p.w * p.u, -1);
  CHECK(max(-w_u).item() < 1 + 1e-12);
  CHECK(max(abs(w_u - (softplus(raw) - 1.0))).item() < 1e-10);
  CHECK(max(-raw).item() > 1);  // u itself would not do
  const RadialFlow r(zeros({3}), exp(rng.normal({1000, 1})), 5.0 * rng.normal({1000, 1}));
  CHECK(max(-r.beta() - r.alpha).item() <= 0);
}

TEST_CASE("flows: what can be undone is undone", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Tensor z = random(9, {40, 2});
  const auto undone = [&](const auto& flow) {
    const Flowed there = flow.forward(z), back = flow.inverse(there.z);
    return max(abs(back.z - z)).item() + max(abs(back.log_det + there.log_det)).item();
  };
  CHECK(undone(AutoregressiveFlow{second_by_first}) < 1e-12);
  CHECK(undone(AutoregressiveFlow{first_by_second}) < 1e-12);
  CHECK(undone(CouplingFlow{tensor({1.0, 0.0}), second_by_first}) < 1e-12);
  const CouplingFlow kept{tensor({1.0, 0.0}), second_by_first};
  CHECK(max(abs(slice(kept.forward(z).z, -1, 0, 1) - slice(z, -1, 0, 1))).item() == 0);
}

TEST_CASE("Transformed: densities integrate to 1", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Normal base(tensor({0.5, -0.3}), tensor({0.8, 1.2}), 1);
  const Tensor points = cells();
  const Transformed autoregressive(
      base, std::vector{AutoregressiveFlow{second_by_first}, AutoregressiveFlow{first_by_second}});
  CHECK(mass(autoregressive.log_prob(points)) == Approx(1).margin(1e-6));
  const Transformed coupling(base, std::vector{CouplingFlow{tensor({1.0, 0.0}), second_by_first},
                                               CouplingFlow{tensor({0.0, 1.0}), first_by_second}});
  CHECK(mass(coupling.log_prob(points)) == Approx(1).margin(1e-6));
}

TEST_CASE("Transformed: samples and their density agree with log_prob, and with moments",
          "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  const Normal base(zeros({2}), ones({2}), 1);
  const Transformed q(
      base, std::vector{AutoregressiveFlow{second_by_first}, AutoregressiveFlow{first_by_second}});
  Rng rng(1), again(1);
  const auto [z, log_q] = q.rsample_and_log_prob(rng, {20000});
  CHECK(max(abs(q.log_prob(z) - log_q)).item() < 1e-10);
  CHECK(max(abs(q.sample(again, {20000}) - z)).item() == 0);
  // E_q[p/q] = 1 for any density p: for steps without an inverse, too.
  const Normal p(zeros({2}), 0.7, 1);
  const auto mean_ratio = [&](const auto& steps) {
    const auto [at, log_at] = Transformed(base, steps).rsample_and_log_prob(rng, {40000});
    const Estimate e = estimate(exp(p.log_prob(at) - log_at));
    CHECK(std::abs(e.mean.item() - 1) < 4 * e.standard_error.item());
    CHECK(e.standard_error.item() < 0.03);
  };
  std::vector<PlanarFlow> planars;
  std::vector<RadialFlow> radials;
  for (const double sign : {1.0, -1.0, 1.0}) {  // away from the origin, and back
    planars.emplace_back(tensor({1.0, 0.5}), sign * tensor({0.6, -0.3}), tensor({0.2}));
    radials.emplace_back(tensor({0.3, -0.4}), tensor({0.8}), tensor({0.2 + sign}));
  }
  mean_ratio(planars);
  mean_ratio(radials);
}

TEST_CASE("flows: gradients by parameters and by z", "[prob]") {
  const DTypeScope f64(DType::f64);
  const auto both = [](const Flowed& f) {
    return sum(square(f.z)) + sum(f.log_det * linspace(1, 2, 3));
  };
  const std::vector<Tensor> in{random(1, {3, 2}), random(2, {3, 2}), random(3, {3, 2}),
                               exp(random(4, {3, 1}))};
  test::expect_grad([&](auto t) { return both(PlanarFlow(t[0], t[1], t[3]).forward(t[2])); }, in);
  test::expect_grad([&](auto t) { return both(RadialFlow(t[0], t[3], -t[3]).forward(t[2])); }, in);
  test::expect_grad([&](auto t) { return both(AutoregressiveFlow{second_by_first}.forward(t[0])); },
                    in);
  test::expect_grad([&](auto t) { return both(AutoregressiveFlow{second_by_first}.inverse(t[0])); },
                    in);
}

TEST_CASE("flows: parameters of each image serve all its samples; errors", "[prob]") {
  const DTypeScope f64(DType::f64);
  const PlanarFlow each(random(1, {5, 2}), random(2, {5, 2}), random(3, {5, 1}));
  const Flowed out = each.forward(random(4, {7, 5, 2}));
  CHECK((out.z.shape() == Shape{7, 5, 2} && out.log_det.shape() == Shape{7, 5}));
  CHECK(test::throws_with<ShapeError>([] { PlanarFlow(zeros({3}), zeros({3}), zeros({3})); },
                                      "expected [..., Z], [..., Z], [..., 1]"));
  CHECK(test::throws_with<ShapeError>([] { RadialFlow(zeros({3}), ones({3}), zeros({1})); },
                                      "RadialFlow"));
  CHECK(test::throws_with<DomainError>([] { RadialFlow(zeros({3}), zeros({1}), zeros({1})); },
                                       "alpha"));
  CHECK(test::throws_with<ShapeError>(
      [] { Transformed(Normal(zeros({2}), 1.0), std::vector{planar(1)}); }, "event_dims 0"));
}
