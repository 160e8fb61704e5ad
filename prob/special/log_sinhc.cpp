// log(sinh(y)/y) and its first two derivatives. Each closed form loses digits near 0, where the
// power series takes over; the series of all of them have the same coefficients.

#include <array>
#include <cmath>

#include "autograd/custom_op.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

constexpr double kSeriesBelow = 0.5;  // radius of convergence pi: 11 terms give 17 digits
// coth(y) - 1/y = sum over n of c_n y^(2n-1) with c_n = 4^n B_2n / (2n)!
constexpr std::array kC{1.0 / 3,
                        -1.0 / 45,
                        2.0 / 945,
                        -1.0 / 4725,
                        2.1377799155576933355e-5,
                        -2.1644042808063972085e-6,
                        2.1925947851873777800e-7,
                        -2.2214608789979679076e-8,
                        2.2507846516808992854e-9,
                        -2.2805151204592182866e-10,
                        2.3106432599002624097e-11};

/// The coefficients weight(2n) c_n of a derivative.
template <class T, class Weight>
constexpr auto weighted(Weight weight) {
  std::array<T, kC.size()> c{};
  for (std::size_t i = 0; i < c.size(); ++i)
    c[i] = static_cast<T>(weight(2 * static_cast<double>(i) + 2) * kC[i]);
  return c;
}

/// sum of weight(2n) c_n y^(2n-2)
template <class T, class Weight>
T series(T y, Weight weight) {
  constexpr auto c = weighted<T>(weight);
  const T y2 = y * y;
  T sum = 0;
#pragma GCC unroll 16
  for (int i = static_cast<int>(c.size()) - 1; i >= 0; --i)
    sum = sum * y2 + c[static_cast<std::size_t>(i)];
  return sum;
}

template <class T>
bool near_0(T y) {
  return std::abs(y) < static_cast<T>(kSeriesBelow);
}

// Both branches are computed and one is selected, so that the float loops become vector code.

constexpr auto value = []<class T>(T y) {
  const T a = std::abs(y);
  const T near = y * y * series(y, [](double k) { return 1 / k; });
  const T far = a + math::log((1 - math::exp(-2 * a)) / (2 * a));
  return near_0(y) ? near : far;
};

constexpr auto first = []<class T>(T y) {
  const T near = y * series(y, [](double) { return 1.0; });
  const T far = 1 / math::tanh(y) - 1 / y;
  return near_0(y) ? near : far;
};

/// 1 / sinh(y) for |y| away from 0, without overflow.
template <class T>
T inverse_sinh(T y) {
  const T e = math::exp(-std::abs(y));
  return std::copysign(2 * e / (1 - e * e), y);
}

constexpr auto second = []<class T>(T y) {
  const T near = series(y, [](double k) { return k - 1; }), s = inverse_sinh(y);
  const T far = 1 / (y * y) - s * s;
  return near_0(y) ? near : far;
};

constexpr auto third = []<class T>(T y) {
  const T near = series(y, [](double k) { return (k - 1) * (k - 2); }) / y, s = inverse_sinh(y);
  const T far = 2 * s * s / math::tanh(y) - 2 / (y * y * y);
  const T slope = near_0(y) ? near : far;
  return y == 0 ? T(0) : slope;
};

template <const auto& fn>
Tensor forward_derivative(Inputs in) {
  return map(fn, in[0]);
}

template <const auto& derivative>
void chain(BackwardCtx& c) {
  c.accumulate(0, map([](auto y, auto dout) { return dout * derivative(y); }, c.in(0), c.dout()));
}

void back_log_sinhc(BackwardCtx& c) { chain<first>(c); }
void back_langevin(BackwardCtx& c) { chain<second>(c); }
void back_langevin_slope(BackwardCtx& c) { chain<third>(c); }

std::vector<TestInput> test_inputs_log_sinhc() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({-20.0, -3.0, -0.51, -0.2, 1e-3, 0.0, 0.3, 0.49, 0.7, 5.0})}},
          {{zeros({0, 2})}},
          {{tensor({{0.1, 1.0}, {2.0, -0.4}})}}};
}

}  // namespace

extern const OpInfo kLogSinhc{
    .name = "log_sinhc",
    .args = "y",
    .formula = "s = log(sinh(y) / y)",
    .gradient = "dy += ds * langevin(y)",
    .forward = forward_derivative<value>,
    .backward = back_log_sinhc,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_log_sinhc,
};
extern const OpInfo kLangevin{
    .name = "langevin",
    .args = "y",
    .formula = "m = coth(y) - 1/y",
    .gradient = "dy += dm * (1/y^2 - 1/sinh(y)^2)",
    .forward = forward_derivative<first>,
    .backward = back_langevin,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_log_sinhc,
};
extern const OpInfo kLangevinSlope{
    .name = "langevin_slope",
    .args = "y",
    .formula = "v = 1/y^2 - 1/sinh(y)^2",
    .gradient = "dy += dv * (2 coth(y)/sinh(y)^2 - 2/y^3)",
    .forward = forward_derivative<second>,
    .backward = back_langevin_slope,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_log_sinhc,
};

Tensor log_sinhc(Arg y) { return apply(kLogSinhc, {y}); }
Tensor langevin(Arg y) { return apply(kLangevin, {y}); }
Tensor langevin_slope(Arg y) { return apply(kLangevinSlope, {y}); }

}  // namespace tapestry::prob
