#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// The log densities inside an ELBO, each fused with the sum over an image's last `event_dims` axes
// (an attribute), in nats.

namespace tapestry {
namespace {

constexpr double kHalfLog2Pi = 0.9189385332046727;

int event_dims(const Attrs& a) { return static_cast<int>(a.i[0]); }

std::uint32_t event_mask(int rank, const Attrs& a) {
  const int events = event_dims(a);
  check<ShapeError>(events >= 0 && events <= rank, "event_dims = {} of a tensor with {} axes",
                    events, rank);
  return ((1u << events) - 1) << (rank - events);
}
Tensor sum_events(const Tensor& x, const Attrs& a) {
  return sum_axes(x, event_mask(x.rank(), a), false);
}
// dy, which has no event axes, in the shape `full` of the elements.
Tensor expand_events(const Tensor& dy, const Shape& full, const Attrs& a) {
  return expand(dy.with_shape(reduced_shape(full, event_mask(full.rank(), a), true)), full);
}

// Bernoulli ---------------------------------------------------------------------------------------
// logits [R, D]; aux [R, D] = x - sigmoid(logits); x has the same shape, or fewer
// rows that repeat (several samples z for one image).

struct Rows {
  Rows(const Shape& logits, const Shape& x, int events)
      : width(logits.size(logits.rank() - events, logits.rank())),
        count(logits.size(0, logits.rank() - events)),
        in_x(x.size(0, x.rank() - events)) {}
  std::int64_t width, count, in_x;
};

// Sum over j of ln p = x l - softplus(l): no probability is ever formed, so no logarithm of 0. The
// gradient x - sigmoid(l) needs the same exponential, so a recorded call leaves it in `slope`.
template <bool kWithSlope, class T>
T bernoulli_row(std::int64_t width, const T* __restrict l, const T* __restrict x,
                T* __restrict slope) {
  T total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t j = 0; j < width; ++j) {
    total += x[j] * l[j] - math::softplus(l[j]);
    if constexpr (kWithSlope) slope[j] = x[j] - math::sigmoid(l[j]);
  }
  return total;
}
Tensor forward_bernoulli_log_prob(Inputs in, const Attrs& a, Tensor* aux) {
  const Tensor &logits = in[0], &x = in[1];
  event_mask(logits.rank(), a);
  check<ShapeError>(x.rank() <= logits.rank() &&
                        logits.shape().sub(logits.rank() - x.rank(), logits.rank()) == x.shape(),
                    "logits {} and x {} must agree in the last axes", logits.shape(), x.shape());
  const int events = event_dims(a);
  check<ShapeError>(x.rank() >= events, "x {} has fewer axes than event_dims = {}", x.shape(),
                    events);
  if (events == 0) {
    if (aux) *aux = map_broadcast([](auto l, auto v) { return v - math::sigmoid(l); }, logits, x);
    return map_broadcast([](auto l, auto v) { return v * l - math::softplus(l); }, logits, x);
  }
  const Rows rows(logits.shape(), x.shape(), events);
  Tensor y = Tensor::empty(logits.shape().sub(0, logits.rank() - events), logits.dtype());
  if (aux) *aux = Tensor::empty(logits.shape(), logits.dtype());
  dispatch(logits.dtype(), [&]<class T>(T) {
    const T* pl = logits.view<T>().data();
    const T* px = x.view<T>().data();
    T* out = y.mutate<T>().data();
    T* slopes = aux ? aux->mutate<T>().data() : nullptr;
    // An exponential costs as much as four of the operations that a piece of a loop is measured in.
    parallel_rows(rows.count, 4 * rows.width, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const T *l = pl + r * rows.width, *v = px + r % rows.in_x * rows.width;
        out[r] = slopes ? bernoulli_row<true>(rows.width, l, v, slopes + r * rows.width)
                        : bernoulli_row<false>(rows.width, l, v, slopes);
      }
    });
  });
  return y;
}
// y with each of its rows multiplied by its number of `by`, in the memory of y. Rows of one number are the loop of `map`.
Tensor scaled_rows(Tensor y, const Tensor& by) {
  if (y.size() == 0) return y;
  if (y.size() == by.size())
    return map([](auto v, auto f) { return v * f; }, y, by.with_shape(y.shape()));
  const std::int64_t rows = by.size(), width = y.size() / rows;
  dispatch(y.dtype(), [&]<class T>(T) {
    T* py = y.mutate<T>().data();
    const T* each = by.view<T>().data();
    parallel_rows(rows, width, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const T factor = each[r];
#pragma omp simd
        for (std::int64_t j = r * width; j < (r + 1) * width; ++j) py[j] *= factor;
      }
    });
  });
  return y;
}
void back_bernoulli_log_prob(BackwardCtx& c) {
  const Tensor& dy = c.dout();
  if (c.wants(0)) c.accumulate(0, scaled_rows(c.take_aux(), dy));
  if (!c.wants(1)) return;
  const Shape& full = c.in(0).shape();
  // dy repeated along the event: [..., 1] against [..., D]
  const Tensor each = dy.with_shape(reduced_shape(full, event_mask(full.rank(), c.attrs()), true));
  c.accumulate(1, sum_to(map_broadcast([](auto l, auto by) { return l * by; }, c.in(0), each),
                         c.in(1).shape()));
}
std::vector<TestInput> test_inputs_bernoulli() {
  const auto x = [](const Shape& logits, const Shape& v, Attrs a) {
    return TestInput{{test_inputs::values(logits, -3, 3, 1), test_inputs::values(v, 0, 1, 2)}, a};
  };
  return {x({3, 4}, {3, 4}, {.i = {1}}),
          x({3, 4}, {3, 4}, {}),
          x({2, 3, 4}, {3, 4}, {.i = {1}}),
          x({2, 3, 4}, {3, 4}, {.i = {2}}),
          x({2, 3, 4}, {4}, {}),
          x({5}, {5}, {.i = {1}}),
          x({}, {}, {}),
          x({0, 3}, {0, 3}, {.i = {1}}),
          x({2, 0}, {2, 0}, {.i = {1}})};
}
constexpr OpInfo kBernoulli{
    .name = "bernoulli_log_prob",
    .args = "logits, x",
    .formula = "y = sum of x l - softplus(l)",
    .gradient = "dl += dy (x - sigmoid(l)), dx += dy l",
    .forward = forward_bernoulli_log_prob,
    .backward = back_bernoulli_log_prob,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_bernoulli,
    .hint = "the logits have grown too large; is the learning rate too high?",
    .attributes = "event_dims:i0",
};

// Normal ------------------------------------------------------------------------------------------

// The three operands in their common shape.
struct NormalArgs {
  NormalArgs(const Tensor& x_in, const Tensor& loc_in, const Tensor& scale_in)
      : shape(broadcast(x_in.shape(), broadcast(loc_in.shape(), scale_in.shape()))),
        x(expand(x_in, shape)),
        loc(expand(loc_in, shape)),
        scale(expand(scale_in, shape)) {}
  Shape shape;
  Tensor x, loc, scale;
};

Tensor forward_normal_log_prob(Inputs in, const Attrs& a) {
  const NormalArgs n(in[0], in[1], in[2]);
  const Tensor each = map(
      []<class T>(T x, T m, T s) {
        const T z = (x - m) / s;
        return T(-0.5) * z * z - math::log(s) - T(kHalfLog2Pi);
      },
      n.x, n.loc, n.scale);
  return sum_events(each, a);
}
void back_normal_log_prob(BackwardCtx& c) {
  const NormalArgs n(c.in(0), c.in(1), c.in(2));
  const Tensor dy = expand_events(c.dout(), n.shape, c.attrs());
  const Tensor dloc = map([](auto d, auto x, auto m) { return d * (x - m); }, dy, n.x, n.loc);
  const Tensor pull = map([](auto d, auto s) { return d / (s * s); }, dloc, n.scale);
  if (c.wants(0)) c.accumulate(0, sum_to(map([](auto p) { return -p; }, pull), c.in(0).shape()));
  if (c.wants(1)) c.accumulate(1, sum_to(pull, c.in(1).shape()));
  if (c.wants(2)) {
    const Tensor z2 = map([](auto x, auto m, auto s) { return (x - m) / s * ((x - m) / s); }, n.x,
                          n.loc, n.scale);
    c.accumulate(
        2, sum_to(map([](auto d, auto q, auto s) { return d * (q - 1) / s; }, dy, z2, n.scale),
                  c.in(2).shape()));
  }
}
std::vector<TestInput> test_inputs_normal() {
  const auto x = [](const Shape& v, const Shape& loc, const Shape& scale, Attrs a) {
    return TestInput{{test_inputs::values(v, -2, 2, 1), test_inputs::values(loc, -1, 1, 2),
                      test_inputs::values(scale, 0.4, 2, 3)},
                     a};
  };
  return {x({3, 4}, {3, 4}, {3, 4}, {.i = {1}}), x({3, 4}, {3, 4}, {}, {.i = {1}}),
          x({2, 3, 4}, {3, 4}, {4}, {.i = {1}}), x({3}, {}, {}, {}),
          x({}, {2, 3}, {3}, {.i = {2}}),        x({0, 2}, {0, 2}, {2}, {.i = {1}})};
}
constexpr OpInfo kNormal{
    .name = "normal_log_prob",
    .args = "x, loc, scale",
    .formula = "y = sum of -z^2/2 - ln s - ln(2 pi)/2, z = (x - m)/s",
    .gradient = "dm += dy z/s, dx += -dy z/s, ds += dy (z^2 - 1)/s",
    .forward = forward_normal_log_prob,
    .backward = back_normal_log_prob,
    .saves = kSaveInputs,
    .test_inputs = test_inputs_normal,
    .hint = "a scale of 0 divides by 0, and a tiny one overflows: keep scale above a small number",
    .attributes = "event_dims:i0",
};

// KL(N(m, s^2) || N(0, 1)) = (m^2 + s^2 - 1)/2 - ln s
Tensor forward_normal_kl_standard(Inputs in, const Attrs& a) {
  return sum_events(
      map_broadcast([]<class T>(T m, T s) { return T(0.5) * (m * m + s * s - 1) - math::log(s); },
                    in[0], in[1]),
      a);
}
void back_normal_kl_standard(BackwardCtx& c) {
  const Shape full = broadcast(c.in(0).shape(), c.in(1).shape());
  const Tensor dy = expand_events(c.dout(), full, c.attrs());
  if (c.wants(0))
    c.accumulate(0, sum_to(map_broadcast([](auto d, auto m) { return d * m; }, dy, c.in(0)),
                           c.in(0).shape()));
  if (c.wants(1))
    c.accumulate(1,
                 sum_to(map_broadcast([](auto d, auto s) { return d * (s - 1 / s); }, dy, c.in(1)),
                        c.in(1).shape()));
}
std::vector<TestInput> test_inputs_normal_kl() {
  const auto x = [](const Shape& loc, const Shape& scale, Attrs a) {
    return TestInput{{test_inputs::values(loc, -1, 1, 2), test_inputs::values(scale, 0.4, 2, 3)},
                     a};
  };
  return {x({3, 4}, {3, 4}, {.i = {1}}), x({3, 4}, {4}, {.i = {2}}), x({}, {}, {}), x({3}, {}, {}),
          x({0, 2}, {0, 2}, {.i = {1}})};
}
constexpr OpInfo kNormalKl{
    .name = "normal_kl_standard",
    .args = "loc, scale",
    .formula = "y = sum of (m^2 + s^2 - 1)/2 - ln s",
    .gradient = "dm += dy m, ds += dy (s - 1/s)",
    .forward = forward_normal_kl_standard,
    .backward = back_normal_kl_standard,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_normal_kl,
    .hint = "a scale near 0 has an infinite slope, a large one overflows: clamp the log variance",
    .attributes = "event_dims:i0",
};

}  // namespace

Tensor bernoulli_log_prob(Arg logits, const Tensor& x, int event_dims) {
  return apply(kBernoulli, {logits, Arg(x, logits.loc)}, {.i = {event_dims}});
}
Tensor normal_log_prob(Arg x, Arg loc, Arg scale, int event_dims) {
  return apply(kNormal, {x, loc, scale}, {.i = {event_dims}});
}
Tensor normal_kl_standard(Arg loc, Arg scale, int event_dims) {
  return apply(kNormalKl, {loc, scale}, {.i = {event_dims}});
}

OpFamily likelihood_ops() {
  static constexpr const OpInfo* kTable[] = {&kBernoulli, &kNormal, &kNormalKl};
  return kTable;
}

}  // namespace tapestry
