#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/operands.hpp"
#include "autograd/ops.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/ops/test_inputs.hpp"

// y = f(a, b) with broadcasting. A gradient has y's shape at first; where an operand was repeated,
// its contributions are summed: sum_to is the adjoint of broadcasting.

namespace tapestry {
namespace {

Tensor forward_add(Inputs in) {
  return map_broadcast([](auto a, auto b) { return a + b; }, in[0], in[1]);
}
void back_add(BackwardCtx& c) {
  if (c.wants(0)) c.accumulate(0, sum_to(c.dout(), c.in(0).shape()));
  if (c.wants(1)) c.accumulate(1, sum_to(c.dout(), c.in(1).shape()));
}
constexpr OpInfo kAdd{
    .name = "add",
    .args = "left, right",
    .formula = "y = a + b",
    .gradient = "da += dy, db += dy",
    .forward = forward_add,
    .backward = back_add,
    .saves = kSaveNothing,
    .test_inputs = test_inputs::real_pairs,
};

Tensor forward_sub(Inputs in) {
  return map_broadcast([](auto a, auto b) { return a - b; }, in[0], in[1]);
}
void back_sub(BackwardCtx& c) {
  if (c.wants(0)) c.accumulate(0, sum_to(c.dout(), c.in(0).shape()));
  if (c.wants(1))
    c.accumulate(1, map([](auto d) { return -d; }, sum_to(c.dout(), c.in(1).shape())));
}
constexpr OpInfo kSub{
    .name = "sub",
    .args = "left, right",
    .formula = "y = a - b",
    .gradient = "da += dy, db += -dy",
    .forward = forward_sub,
    .backward = back_sub,
    .saves = kSaveNothing,
    .test_inputs = test_inputs::real_pairs,
};

Tensor product(const Tensor& a, const Tensor& b) {
  return map_broadcast([](auto x, auto y) { return x * y; }, a, b);
}
Tensor forward_mul(Inputs in) { return product(in[0], in[1]); }
void back_mul(BackwardCtx& c) {
  if (c.wants(0)) c.accumulate(0, sum_to(product(c.dout(), c.in(1)), c.in(0).shape()));
  if (c.wants(1)) c.accumulate(1, sum_to(product(c.dout(), c.in(0)), c.in(1).shape()));
}
constexpr OpInfo kMul{
    .name = "mul",
    .args = "left, right",
    .formula = "y = a * b",
    .gradient = "da += dy * b, db += dy * a",
    .forward = forward_mul,
    .backward = back_mul,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs::real_pairs,
};

Tensor quotient(const Tensor& a, const Tensor& b) {
  return map_broadcast([](auto x, auto y) { return x / y; }, a, b);
}
Tensor forward_div(Inputs in) { return quotient(in[0], in[1]); }
void back_div(BackwardCtx& c) {
  const Tensor da = quotient(c.dout(), c.in(1));
  if (c.wants(0)) c.accumulate(0, sum_to(da, c.in(0).shape()));
  if (c.wants(1)) {
    // 0 / b is 0 for the smallest b, too, where dy / b overflows: inf * 0 would be NaN.
    const auto slope = [](auto d, auto y) { return y == 0 && d == d ? y : -d * y; };
    c.accumulate(1, sum_to(map(slope, da, c.out()), c.in(1).shape()));
  }
}
constexpr OpInfo kDiv{
    .name = "div",
    .args = "left, right",
    .formula = "y = a / b",
    .gradient = "da += dy / b, db += -dy * y / b",
    .forward = forward_div,
    .backward = back_div,
    .saves = kSaveIn1 | kSaveOutput,
    .test_inputs = test_inputs::positive_pairs,
    .hint =
        "a / 0 is infinite and 0 / 0 is NaN: keep the divisor away from 0, for example with b + "
        "eps",
};

// The share of dy that goes to the larger (or smaller) operand: all, half at a tie, nothing; NaN where
// either is.
template <class Better>
void back_choice(BackwardCtx& c, Better better) {
  for (int i = 0; i < 2; ++i) {
    if (!c.wants(i)) continue;
    const Tensor share = map_broadcast(
        [=]<class T>(T x, T other) {
          return better(x, other)   ? T(1)
                 : better(other, x) ? T(0)
                 : x == other       ? T(0.5)
                                    : x + other;
        },
        c.in(i), c.in(1 - i));
    c.accumulate(
        i, sum_to(map([](auto d, auto s) { return d * s; }, c.dout(), share), c.in(i).shape()));
  }
}

Tensor forward_maximum(Inputs in) {
  return map_broadcast([](auto a, auto b) { return a > b || a != a ? a : b; }, in[0], in[1]);
}
void back_maximum(BackwardCtx& c) {
  back_choice(c, [](auto a, auto b) { return a > b; });
}
constexpr OpInfo kMaximum{
    .name = "maximum",
    .args = "left, right",
    .formula = "y = max(a, b)",
    .gradient = "da += dy where a > b, half at ties",
    .forward = forward_maximum,
    .backward = back_maximum,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs::real_pairs,
};

Tensor forward_minimum(Inputs in) {
  return map_broadcast([](auto a, auto b) { return a < b || a != a ? a : b; }, in[0], in[1]);
}
void back_minimum(BackwardCtx& c) {
  back_choice(c, [](auto a, auto b) { return a < b; });
}
constexpr OpInfo kMinimum{
    .name = "minimum",
    .args = "left, right",
    .formula = "y = min(a, b)",
    .gradient = "da += dy where a < b, half at ties",
    .forward = forward_minimum,
    .backward = back_minimum,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs::real_pairs,
};

Tensor forward_pow(Inputs in) {
  return map_broadcast([](auto a, auto b) { return math::pow(a, b); }, in[0], in[1]);
}
void back_pow(BackwardCtx& c) {
  if (c.wants(0)) {
    // b = 0 gives 0 also where a^(b-1) is infinite.
    const Tensor slope =
        map_broadcast([]<class T>(T a, T b) { return b == 0 ? T(0) : b * math::pow(a, b - 1); },
                      c.in(0), c.in(1));
    c.accumulate(0, sum_to(product(c.dout(), slope), c.in(0).shape()));
  }
  if (c.wants(1)) {
    // 0^b has slope 0 in b: y ln a would be 0 * -inf.
    const Tensor slope = map_broadcast(
        []<class T>(T a, T b) { return a == 0 && b >= 0 ? T(0) : math::pow(a, b) * math::log(a); },
        c.in(0), c.in(1));
    c.accumulate(1, sum_to(product(c.dout(), slope), c.in(1).shape()));
  }
}
constexpr OpInfo kPow{
    .name = "pow",
    .args = "left, right",
    .formula = "y = a^b",
    .gradient = "da += dy * b a^(b-1), db += dy * y ln a",
    .forward = forward_pow,
    .backward = back_pow,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs::positive_pairs,
    .hint =
        "a^b needs a > 0 unless b is whole, and its slope at a = 0 is infinite for b < 1: clamp a",
};

// inputs: condition (i32), yes, no
Tensor choose(const Tensor& condition, const Tensor& yes, const Tensor& no) {
  Tensor y = Tensor::empty(yes.shape(), yes.dtype());
  dispatch(y.dtype(), [&]<class T>(T) {
    const std::int32_t* __restrict c = condition.view<std::int32_t>().data();
    const T* __restrict a = yes.view<T>().data();
    const T* __restrict b = no.view<T>().data();
    T* __restrict out = y.mutate<T>().data();
    for (std::int64_t i = 0; i < y.size(); ++i) out[i] = c[i] ? a[i] : b[i];
  });
  return y;
}
// The condition as i32 in a larger shape; broadcasting itself works on floating tensors, and f64 holds every i32.
Tensor expand_condition(const Tensor& condition, const Shape& shape) {
  return condition.shape() == shape ? condition
                                    : expand(condition.to(DType::f64), shape).to(DType::i32);
}
Tensor forward_where(Inputs in) {
  const Shape shape = broadcast(in[0].shape(), broadcast(in[1].shape(), in[2].shape()));
  return choose(expand_condition(in[0], shape), expand(in[1], shape), expand(in[2], shape));
}
void back_where(BackwardCtx& c) {
  const Tensor condition = expand_condition(c.in(0), c.dout().shape());
  const Tensor zero = zeros_like(c.dout());
  if (c.wants(1)) c.accumulate(1, sum_to(choose(condition, c.dout(), zero), c.in(1).shape()));
  if (c.wants(2)) c.accumulate(2, sum_to(choose(condition, zero, c.dout()), c.in(2).shape()));
}
std::vector<TestInput> test_inputs_where() {
  std::vector<TestInput> inputs = test_inputs::real_pairs();
  for (TestInput& s : inputs) {
    const Tensor pattern = test_inputs::values(s.inputs[0].shape(), -2, 2, 3).to(DType::i32);
    s.inputs.insert(s.inputs.begin(), pattern);
  }
  return inputs;
}
constexpr OpInfo kWhere{
    .name = "where",
    .args = "condition, yes, no",
    .formula = "y = a where c, else b",
    .gradient = "da += dy where c, db += dy elsewhere",
    .forward = forward_where,
    .backward = back_where,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_where,
};

// Comparisons are not differentiable anywhere: they never reach a tape. Their rows are for messages alone.
template <class Compare>
Tensor compare(const char* name, const Arg& left, const Arg& right, Compare holds) {
  const OpInfo op{.name = name, .args = "left, right"};
  const std::array<Arg, 2> args{left, right};
  return in_context(op, args, [&] {
    const Operands operands(args);
    return map_broadcast<std::int32_t>([=](auto a, auto b) { return holds(a, b) ? 1 : 0; },
                                       operands.inputs()[0], operands.inputs()[1]);
  });
}

}  // namespace

Tensor add(Arg left, Arg right) { return apply(kAdd, {left, right}); }
Tensor sub(Arg left, Arg right) { return apply(kSub, {left, right}); }
Tensor mul(Arg left, Arg right) { return apply(kMul, {left, right}); }
Tensor div(Arg left, Arg right) { return apply(kDiv, {left, right}); }
Tensor operator+(Arg left, Arg right) { return apply(kAdd, {left, right}); }
Tensor operator-(Arg left, Arg right) { return apply(kSub, {left, right}); }
Tensor operator*(Arg left, Arg right) { return apply(kMul, {left, right}); }
Tensor operator/(Arg left, Arg right) { return apply(kDiv, {left, right}); }
Tensor maximum(Arg left, Arg right) { return apply(kMaximum, {left, right}); }
Tensor minimum(Arg left, Arg right) { return apply(kMinimum, {left, right}); }
Tensor pow(Arg left, Arg right) { return apply(kPow, {left, right}); }
Tensor where(const Tensor& condition, Arg yes, Arg no) {
  const std::array<Arg, 3> args{Arg(condition, yes.loc), yes, no};
  if (condition.dtype() != DType::i32) [[unlikely]] {
    in_context(kWhere, args, [&] {
      throw DTypeError(fmt::format("the condition is {}, not i32", name(condition.dtype())),
                       "less, greater and equal give conditions, as in where(less(x, 0.0), a, b)");
    });
  }
  return apply(kWhere, args);
}
Tensor less(Arg a, Arg b) {
  return compare("less", a, b, [](auto x, auto y) { return x < y; });
}
Tensor less_equal(Arg a, Arg b) {
  return compare("less_equal", a, b, [](auto x, auto y) { return x <= y; });
}
Tensor greater(Arg a, Arg b) {
  return compare("greater", a, b, [](auto x, auto y) { return x > y; });
}
Tensor greater_equal(Arg a, Arg b) {
  return compare("greater_equal", a, b, [](auto x, auto y) { return x >= y; });
}
Tensor equal(Arg a, Arg b) {
  return compare("equal", a, b, [](auto x, auto y) { return x == y; });
}

OpFamily binary_ops() {
  static constexpr const OpInfo* kTable[] = {&kAdd,     &kSub,     &kMul, &kDiv,
                                             &kMaximum, &kMinimum, &kPow, &kWhere};
  return kTable;
}

}  // namespace tapestry
