#include "prob/special/sphere_angle.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/custom_op.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

constexpr double kNode[] = {0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863,
                            0.6178762444026437484, 0.7554044083550030339, 0.8656312023878317439,
                            0.9445750230732325761, 0.9894009349916499326};
constexpr double kWeight[] = {0.1894506104550684963, 0.1826034150449235888, 0.1691565193950025382,
                              0.1495959888165767321, 0.1246289712555338720, 0.0951585116824927848,
                              0.0622535239386478929, 0.0271524594117540949};

}  // namespace

SphereAngle::SphereAngle(double m, double kappa) : power_(m - 2), kappa_(kappa) {
  // Where -kappa sin^2 + power cos = 0; the width there is that of a normal with the same curvature.
  const double cosine = 2 * kappa / (power_ + std::sqrt(power_ * power_ + 4 * kappa * kappa));
  mode_ = power_ > 0 ? std::acos(std::min(cosine, 1.0)) : 0;
  if (power_ > 0 && cosine > 0.9) {  // near 1 an arc cosine loses digits: sin^2 = power cos / kappa
    mode_ = std::asin(std::sqrt(power_ * cosine / kappa));
  }
  const double sine = std::sin(mode_);
  const double curvature = kappa * std::cos(mode_) + (power_ > 0 ? power_ / (sine * sine) : 0);
  const double sigma = 1 / std::sqrt(curvature);
  low_ = std::max(0.0, mode_ - 12 * sigma);
  width_ = (std::min(std::numbers::pi, mode_ + 14 * sigma) - low_) / kPanels;
  cumulative_[0] = 0;
  for (int i = 0; i < kPanels; ++i)
    cumulative_[i + 1] = cumulative_[i] + between(edge(i), edge(i + 1)).of_1;
}

double SphereAngle::density(double theta) const {
  const double away = -2 * std::sin((theta + mode_) / 2) * std::sin((theta - mode_) / 2);
  const double of_sine = power_ > 0 ? power_ * std::log(std::sin(theta) / std::sin(mode_)) : 0;
  return std::exp(kappa_ * away + of_sine);
}

SphereAngle::Mass SphereAngle::between(double low, double high) const {
  const double middle = (low + high) / 2, half = (high - low) / 2;
  Mass sum{0, 0};
  for (int i = 0; i < 8; ++i)
    for (const double side : {-1.0, 1.0}) {
      const double theta = middle + side * half * kNode[i], part = kWeight[i] * density(theta);
      sum.of_1 += half * part;
      sum.of_cos += half * part * std::cos(theta);
    }
  return sum;
}

SphereAngle::Mass SphereAngle::below(double theta) const {
  Mass sum{0, 0};
  for (int i = 0; i < kPanels && edge(i) < theta; ++i) {
    const Mass part = between(edge(i), std::min(edge(i + 1), theta));
    sum.of_1 += part.of_1;
    sum.of_cos += part.of_cos;
  }
  return sum;
}

double SphereAngle::quantile(double p) const {
  const double wanted = p * cumulative_[kPanels];
  int panel = 0;
  while (panel + 1 < kPanels && cumulative_[panel + 1] < wanted) ++panel;
  double low = edge(panel), high = edge(panel + 1), theta = (low + high) / 2;
  for (int i = 0; i < 60; ++i) {  // Newton's method, which may not leave the bracket
    const double off = cumulative_[panel] + between(edge(panel), theta).of_1 - wanted;
    (off > 0 ? high : low) = theta;
    double next = theta - off / density(theta);
    if (!(low < next && next < high)) next = (low + high) / 2;
    const bool done = std::abs(next - theta) <= 1e-15 * (theta + 1e-3);
    theta = next;
    if (done) break;
  }
  return theta;
}

double SphereAngle::by_p(double theta) const { return cumulative_[kPanels] / density(theta); }

double SphereAngle::by_kappa(double theta) const {
  const Mass all = below(edge(kPanels)), part = below(theta);
  return -(part.of_cos - all.of_cos / all.of_1 * part.of_1) / density(theta);
}

namespace {

Tensor forward_sphere_angle(Inputs in, const Attrs& a) {
  const double m = a.f[0];
  return map([m]<class T>(T k, T p) { return static_cast<T>(SphereAngle(m, k).quantile(p)); },
             in[0], in[1]);
}
void back_sphere_angle(BackwardCtx& c) {
  const double m = c.attrs().f[0];
  const auto dk = [m]<class T>(T k, T theta, T d) {
    return static_cast<T>(d * SphereAngle(m, k).by_kappa(theta));
  };
  const auto dp = [m]<class T>(T k, T theta, T d) {
    return static_cast<T>(d * SphereAngle(m, k).by_p(theta));
  };
  if (c.wants(0)) c.accumulate(0, map(dk, c.in(0), c.out(), c.dout()));
  if (c.wants(1)) c.accumulate(1, map(dp, c.in(0), c.out(), c.dout()));
}

std::vector<TestInput> test_inputs_sphere_angle() {
  const DTypeScope f64(DType::f64);
  const Tensor kappa = tensor({0.05, 0.6, 3.0, 20.0, 300.0});
  const Tensor p = tensor({0.3, 0.9, 0.5, 0.02, 0.7});
  return {{{kappa, p}, {.f = {2.0}}},
          {{kappa, p}, {.f = {3.0}}},
          {{kappa, p}, {.f = {11.0}}},
          {{zeros({0}), zeros({0})}, {.f = {3.0}}}};
}

}  // namespace

extern const OpInfo kSphereAngle{
    .name = "sphere_angle",
    .args = "kappa, p",
    .formula = "theta with P(kappa, theta) = p",
    .gradient = "dkappa -= dtheta * (dP/dkappa) / (dP/dtheta); dp += dtheta / (dP/dtheta)",
    .forward = forward_sphere_angle,
    .backward = back_sphere_angle,
    .saves = kSaveIn0 | kSaveOutput,
    .test_inputs = test_inputs_sphere_angle,
    .attributes = "m:f0",
};

Tensor sphere_angle(std::int64_t m, Arg kappa, Arg p) {
  return apply(kSphereAngle, {kappa, p}, {.f = {static_cast<double>(m)}});
}

}  // namespace tapestry::prob
