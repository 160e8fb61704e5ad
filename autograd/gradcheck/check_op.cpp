#include "autograd/gradcheck/check_op.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/backward.hpp"
#include "autograd/gradcheck/evidence.hpp"
#include "autograd/gradcheck/slope.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/reduce.hpp"
#include "autograd/random.hpp"
#include "autograd/recorder.hpp"

namespace tapestry {

std::string_view name(GradFault fault) {
  switch (fault) {
    case GradFault::none:
      return "none";
    case GradFault::unexplained:
      return "unexplained";
    case GradFault::sign:
      return "wrong sign";
    case GradFault::factor:
      return "constant factor";
    case GradFault::zero:
      return "zero";
    case GradFault::formula:
      return "wrong formula";
    case GradFault::wrong_value:
      return "wrong value";
    case GradFault::missing_term:
      return "missing term";
    case GradFault::missing_broadcast_sum:
      return "missing broadcast sum";
    case GradFault::summed_over_axis:
      return "summed over an axis";
    case GradFault::wrong_axis:
      return "wrong axis";
    case GradFault::transpose:
      return "transposed";
    case GradFault::misplaced:
      return "misplaced";
    case GradFault::inverted_mask:
      return "inverted mask";
    case GradFault::some_elements:
      return "wrong in some elements";
    case GradFault::forgot_dout:
      return "forgot dout";
    case GradFault::not_linear:
      return "not linear in dout";
    case GradFault::assigned:
      return "assigned instead of added";
    case GradFault::not_overwritten:
      return "added to a fresh target";
    case GradFault::stale:
      return "stale value";
    case GradFault::not_finite:
      return "not finite";
    case GradFault::not_saved:
      return "value not saved";
    case GradFault::wrong_shape:
      return "wrong shape";
    case GradFault::throws:
      return "throws";
    case GradFault::not_repeatable:
      return "not repeatable";
    case GradFault::cut_path:
      return "cut path";
  }
  return "";
}

namespace checking {

double dot(const Tensor& a, const Tensor& b) {
  const auto x = a.view<double>(), y = b.view<double>();
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

namespace {

// More slopes than this are not measured for a guess.
constexpr std::int64_t kMaxOutputs = 1024, kMaxSlopes = 1 << 18;

Tensor scaled(const Tensor& x, double by) {
  return map([by]<class T>(T v) { return v * T(by); }, x);
}

Tensor nudged(const Tensor& x, std::int64_t element, double by) {
  Tensor y = x.clone();
  y.mutate<double>()[static_cast<std::size_t>(element)] += by;
  return y;
}

// Infinite if a value is NaN or infinite.
double largest(const Tensor& x) {
  double most = 0;
  for (const double v : x.view<double>()) {
    if (!std::isfinite(v)) return std::numeric_limits<double>::infinity();
    most = std::max(most, std::fabs(v));
  }
  return most;
}

// The contents of a fresh target are undefined. Memory that was NaN just now is likely to be taken
// next, and shows a gradient that is added to them.
void poison(const Shape& shape) {
  const Tensor blocks[] = {full(shape, NAN, DType::f64), full(shape, NAN, DType::f64),
                           full(shape, NAN, DType::f64)};
}

// Equal but for rounding; NaN is never equal.
bool same(const Tensor& a, const Tensor& b) {
  const auto x = a.view<double>(), y = b.view<double>();
  const double rounding = 1e-9 * std::max(1.0, largest(b));
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [=](double u, double v) { return std::fabs(u - v) <= rounding; });
}

// All elements, or a random choice of `most` of them.
std::vector<std::int64_t> chosen_elements(std::int64_t size, std::int64_t most, Rng& rng) {
  std::vector<std::int64_t> elements(static_cast<std::size_t>(size));
  std::iota(elements.begin(), elements.end(), 0);
  if (most <= 0 || size <= most) return elements;
  const auto order = rng.permutation(size);
  elements.assign(order.begin(), order.begin() + most);
  std::sort(elements.begin(), elements.end());
  return elements;
}

// The axes of `to` along which a tensor of shape `from` is repeated.
std::vector<int> repeated_axes(const Shape& from, const Shape& to) {
  std::vector<int> axes;
  for (int axis = 0; axis < to.rank(); ++axis) {
    const int own = axis - to.rank() + from.rank();
    if (own < 0 || (from[own] == 1 && to[axis] != 1)) axes.push_back(axis);
  }
  return axes;
}

class OpCheck {
 public:
  OpCheck(const OpInfo& op, const Sample& sample, const std::vector<bool>& wanted,
          const GradCheckOptions& options)
      : op_(op), wanted_(wanted), options_(options), rng_(options.seed), attrs_(sample.attrs) {
    for (const Tensor& x : sample.inputs) {
      inputs_.push_back((x.dtype() == DType::i32 ? x : x.to(DType::f64)).detach());
    }
    y_ = value(inputs_);
    dout_ = rng_.normal(y_.shape(), DType::f64);
  }

  GradReport run() {
    try {
      measure();
    } catch (const GradientShapeError& error) {
      report_shape(error);
    } catch (const Error& error) {
      report_throw(error);
    }
    if (report_.ok) {
      report_.text = fmt::format("back_{}: {} elements agree", op_.name, report_.checked);
      if (report_.kinks) report_.text += fmt::format(", {} at kinks left out", report_.kinks);
    }
    return report_;
  }

 private:
  using Tensors = std::vector<Tensor>;

  void measure() {
    // A call with other operands first: if backward uses what an earlier call left behind, it will
    // now be wrong.
    other_call();
    gradients_ = gradients(inputs_, dout_);
    for (std::size_t i = 0; i < inputs_.size() && report_.ok; ++i) {
      if (wanted_[i]) check_input(i);
    }
    for (std::size_t i = 0; i < inputs_.size() && report_.ok; ++i) {
      if (!wanted_[i]) continue;
      if (const auto found = depends_on_calls(i))
        fail(i, *found);
      else if (const auto other = depends_on_dout(i))
        fail(i, *other);
    }
    if (report_.ok) check_accumulation();
    if (report_.ok) check_aliases();
  }

  // Values and gradients ---------------------------------------------------------------------------

  Tensor value(const Tensors& inputs) const {
    std::vector<const Tensor*> pointers;
    for (const Tensor& x : inputs) pointers.push_back(&x);
    return op_.forward({pointers.data(), static_cast<int>(pointers.size())}, attrs_, nullptr);
  }

  // What the op's own backward adds to `before` (undefined: to nothing); zeros where it adds nothing.
  // The tape keeps only what the row's `saves` asks for, so a value that is missing there is found.
  Tensors gradients(const Tensors& inputs, const Tensor& dout, Tensors before = {}) const {
    Tape tape;
    Tensors watched;
    std::vector<Arg> args;
    watched.reserve(inputs.size());  // an Arg points at its tensor
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      watched.push_back(wanted_[i] ? tape.watch(inputs[i]) : inputs[i]);
      args.emplace_back(watched.back());
    }
    const Tensor y = apply(op_, std::span<const Arg>(args), attrs_);
    if (!y.tracked()) return watched;  // nothing is wanted
    for (const Tensor& x : inputs) poison(x.shape());
    Tensors parts = Recorder::contributions(tape, y.node().index, dout, std::move(before));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (wanted_[i] && !parts[i].defined()) parts[i] = zeros_like(inputs[i]);
    }
    return parts;
  }

  void other_call() {
    elsewhere_.clear();
    for (const Tensor& x : inputs_) {
      elsewhere_.push_back(
          x.dtype() == DType::i32 ? x : map([]<class T>(T v) { return v * T(0.97) + T(0.01); }, x));
    }
    try {
      gradients(elsewhere_, dout_);
    } catch (const Error&) {
      elsewhere_.clear();  // not in the op's domain; or its error comes again, where it is reported
    }
  }

  // sum of dout (y - y_), difference first: elements that did not change then add no rounding.
  double weighted_change(const Tensor& y, double& changed) const {
    const auto s = dout_.view<double>(), a = y.view<double>(), b = y_.view<double>();
    double total = 0, squares = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      total += s[i] * (a[i] - b[i]);
      if (a[i] != b[i]) squares += s[i] * b[i] * (s[i] * b[i]);
    }
    changed = std::max(changed, std::sqrt(squares));
    return total;
  }

  struct Numeric {
    Slope slope;
    double rounding;  // of the outputs, over the step: nothing smaller can be seen
  };
  Numeric numeric(const Tensors& at, std::size_t input, std::int64_t element) const {
    Tensors moved = at;
    const double h = step(at[input], element);
    double changed = 0;
    const Slope found = slope(h, [&](double by) {
      moved[input] = nudged(at[input], element, by);
      return weighted_change(value(moved), changed);
    });
    return {found, 8 * 4e-16 * changed / h};
  }
  static double step(const Tensor& x, std::int64_t element) {
    return kStep * std::max(1.0, std::fabs(x.view<double>()[static_cast<std::size_t>(element)]));
  }

  // Element by element -----------------------------------------------------------------------------

  void check_input(std::size_t i) {
    const Tensor& gradient = gradients_[i];
    Evidence e{op_, static_cast<int>(i), inputs_, y_, dout_, {}, {}, {}, {}, {}};
    std::int64_t failed = 0;
    double worst = report_.element < 0 ? -1 : worst_;
    for (const std::int64_t at : chosen_elements(gradient.size(), options_.max_elements, rng_)) {
      const Numeric n = numeric(inputs_, i, at);
      if (n.slope.kink) {
        ++report_.kinks;
        continue;
      }
      const double a = gradient.view<double>()[static_cast<std::size_t>(at)];
      // In units of what is allowed; written so that NaN is the worst.
      const double allowed =
          options_.absolute + options_.relative * std::fabs(n.slope.value) + n.rounding;
      const double error = std::fabs(a - n.slope.value) / allowed;
      const bool wrong = !(error <= 1);
      e.elements.push_back(at);
      e.analytic.push_back(a);
      e.numeric.push_back(n.slope.value);
      e.wrong.push_back(wrong);
      failed += wrong;
      if (!(error <= worst)) {
        worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
        note(i, at, a, n.slope.value);
      }
    }
    worst_ = worst;
    report_.checked += static_cast<std::int64_t>(e.elements.size());
    if (failed) describe(e, failed);
  }

  // The place and the numbers that the report shows.
  void note(std::size_t i, std::int64_t element, double analytic, double expected) {
    report_.input = static_cast<int>(i);
    report_.element = element;
    report_.analytic = analytic;
    report_.numeric = expected;
    const double floor = options_.relative > 0 ? options_.absolute / options_.relative : 0;
    report_.relative_error = std::fabs(analytic - expected) / std::max(std::fabs(expected), floor);
  }

  void describe(Evidence& e, std::int64_t failed) {
    const auto i = static_cast<std::size_t>(e.input);
    report_.failed = failed;
    report_.shared = where_wrong(e);
    std::optional<Guess> found = depends_on_calls(i);
    if (!found) found = depends_on_dout(i);
    if (!found) found = added_to_fresh(e);
    if (!found) measure_slopes(e);
    if (!found) found = belongs_elsewhere(e);
    if (!found) found = guess_fault(e);
    const std::string shared = report_.shared.empty() ? "" : ", all of them " + report_.shared;
    finish(i, *found,
           fmt::format("{} of {} elements fail{}; worst {}: analytic {:.9g}, numeric {:.9g}, "
                       "relative error {:.3g}",
                       failed, e.elements.size(), shared, index_text(e.shape(), report_.element),
                       report_.analytic, report_.numeric, report_.relative_error));
  }

  // A fault that shows without central differences.
  void fail(std::size_t i, const Guess& guess) { finish(i, guess, ""); }

  void finish(std::size_t i, const Guess& guess, const std::string& facts) {
    const int input = static_cast<int>(i);
    report_.ok = false;
    report_.op = op_.name;
    report_.input = input;
    report_.fault = guess.fault;
    report_.guess = guess.text;
    report_.text = fmt::format("back_{}: wrong gradient of {} (operand {}), {}", op_.name,
                               operand_name(op_, input), input, inputs_[i].shape());
    for (const std::string& line : {facts, guess.text}) {
      if (!line.empty()) report_.text += "\n    " + line;
    }
    report_.text += fmt::format("\n    {}   {}", op_.formula, op_.gradient);
  }

  // Other runs of backward -------------------------------------------------------------------------

  std::optional<Guess> depends_on_calls(std::size_t i) const {
    if (!std::isfinite(largest(gradients_[i]))) return {};
    if (same(gradients(inputs_, dout_)[i], gradients_[i])) return {};
    return Guess{
        GradFault::stale,
        "a second run gives another gradient: it is made of something that an earlier call "
        "left behind"};
  }

  std::optional<Guess> depends_on_dout(std::size_t i) const {
    const Tensor& once = gradients_[i];
    const Tensor none = gradients(inputs_, zeros_like(dout_))[i];
    const double most = largest(once);
    if (!std::isfinite(most)) return {};
    if (largest(none) > 0 && same(none, once))
      return Guess{GradFault::forgot_dout,
                   "it does not change with the gradient of the output: multiply by dout"};
    if (largest(none) > 0)
      return Guess{GradFault::forgot_dout,
                   "it is not zero when the gradient of the output is: every term is multiplied by "
                   "dout"};
    if (!same(scaled(gradients(inputs_, scaled(dout_, -1000))[i], -1e-3), once))
      return Guess{
          GradFault::not_linear,
          "it is not proportional to the gradient of the output: dout may enter once, as a "
          "factor"};
    return {};
  }

  // Made of values of an earlier call: right for its operands, or the same for all operands.
  std::optional<Guess> belongs_elsewhere(const Evidence& e) const {
    if (elsewhere_.empty()) return {};
    const auto i = static_cast<std::size_t>(e.input);
    bool fits = true, moves = false;
    for (std::size_t k = 0; k < e.elements.size(); ++k) {
      const double there = numeric_there(i, e.elements[k]);
      fits = fits && close(e.analytic[k], there);
      moves = moves || !close(there, e.numeric[k]);
    }
    if (!moves) return {};
    if (fits) {
      return Guess{
          GradFault::stale,
          "it is right for the operands of an earlier call: something is kept from one call "
          "to the next"};
    }
    if (!irregular(e.jacobian) || !same(gradients(elsewhere_, dout_)[i], gradients_[i])) return {};
    return Guess{GradFault::stale,
                 "it stays the same when the operands change, though the slope does not: something "
                 "is kept from one call to the next"};
  }
  // Whether the slopes are made of some values, and not the same number everywhere.
  static bool irregular(const Jacobian& J) {
    double first = 0;
    for (const double v : J.analytic) {
      if (v == 0) continue;
      if (first == 0) first = v;
      if (!close(v, first)) return true;
    }
    return false;
  }
  double numeric_there(std::size_t i, std::int64_t element) const {
    const Tensor there = value(elsewhere_);
    Tensors moved = elsewhere_;
    return slope(step(elsewhere_[i], element),
                 [&](double by) {
                   moved[i] = nudged(elsewhere_[i], element, by);
                   const Tensor y = value(moved);
                   return dot(dout_, map([](auto a, auto b) { return a - b; }, y, there));
                 })
        .value;
  }

  // Gradients in front of which something else stands already.
  Tensors occupied() {
    Tensors before(inputs_.size());
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (wanted_[i]) before[i] = rng_.normal(inputs_[i].shape(), DType::f64);
    }
    return before;
  }

  std::optional<Guess> added_to_fresh(const Evidence& e) {
    const Tensors before = occupied();
    const auto i = static_cast<std::size_t>(e.input);
    const Tensor after = gradients(inputs_, dout_, copies(before))[i];
    const auto a = after.view<double>(), b = before[i].view<double>();
    for (std::size_t k = 0; k < e.elements.size(); ++k) {
      const auto at = static_cast<std::size_t>(e.elements[k]);
      if (!close(a[at] - b[at], e.numeric[k])) return {};
    }
    return Guess{
        GradFault::not_overwritten,
        "it is right when something was there before: overwrite a target that is fresh, its "
        "contents are undefined"};
  }

  void check_accumulation() {
    const Tensors before = occupied();
    const Tensors after = gradients(inputs_, dout_, copies(before));
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!wanted_[i]) continue;
      const Tensor sum = map([](auto a, auto b) { return a + b; }, before[i], gradients_[i]);
      if (same(after[i], sum)) continue;
      compare(i, after[i], sum);
      fail(i, {GradFault::assigned,
               "it overwrites what another use of this operand has sent: assigned instead of added "
               "(use accumulate, or add to a target that is not fresh)"});
      return;
    }
  }

  // op(x, x): both gradients go to the same place.
  void check_aliases() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for (std::size_t j = i + 1; j < inputs_.size(); ++j) {
        if (!wanted_[i] || !wanted_[j] || inputs_[i].shape() != inputs_[j].shape()) continue;
        if (report_.ok) check_alias(i, j);
      }
    }
  }
  void check_alias(std::size_t i, std::size_t j) {
    Tensors both = inputs_;
    both[i] = both[j];  // the later operand has the narrower domain: a scale, a divisor
    Tensor expected, found;
    try {
      const Tensors apart = gradients(both, dout_);
      expected = map([](auto a, auto b) { return a + b; }, apart[i], apart[j]);
      found = aliased_gradient(both, i, j);
    } catch (const Error&) {
      return;  // not in the op's domain
    }
    if (!std::isfinite(largest(expected)) || same(found, expected)) return;
    compare(i, found, expected);
    fail(i, {GradFault::assigned,
             fmt::format("when {} and {} are the same tensor, their gradients are not added: "
                         "assigned instead of added",
                         operand_name(op_, static_cast<int>(i)),
                         operand_name(op_, static_cast<int>(j)))});
  }
  Tensor aliased_gradient(const Tensors& inputs, std::size_t i, std::size_t j) const {
    Tape tape;
    const Tensor x = tape.watch(inputs[i]);
    std::vector<Arg> args;
    for (std::size_t k = 0; k < inputs.size(); ++k)
      args.emplace_back(k == i || k == j ? x : inputs[k]);
    const Tensor y = apply(op_, std::span<const Arg>(args), attrs_);
    tape.backward(y, dout_);
    return tape.grad(x);
  }

  static Tensors copies(const Tensors& tensors) {
    Tensors out;
    for (const Tensor& t : tensors) out.push_back(t.defined() ? t.clone() : t);
    return out;
  }

  // The worst element of a gradient that should be another one.
  void compare(std::size_t i, const Tensor& found, const Tensor& expected) {
    const auto a = found.view<double>(), b = expected.view<double>();
    std::size_t worst = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      if (!(std::fabs(a[k] - b[k]) <= std::fabs(a[worst] - b[worst]))) worst = k;
      report_.failed += !close(a[k], b[k]);
    }
    note(i, static_cast<std::int64_t>(worst), a[worst], b[worst]);
  }

  // Every slope of every output by the elements that were compared.
  void measure_slopes(Evidence& e) const {
    const std::int64_t outputs = y_.size(), elements = static_cast<std::int64_t>(e.elements.size());
    if (outputs > kMaxOutputs || outputs * elements > kMaxSlopes) return;
    const auto i = static_cast<std::size_t>(e.input);
    Jacobian& J = e.jacobian;
    J.outputs = static_cast<std::size_t>(outputs);
    J.analytic.resize(J.outputs * e.elements.size());
    J.numeric.resize(J.analytic.size());
    for (std::size_t j = 0; j < J.outputs; ++j) {
      const Tensor one = nudged(zeros_like(dout_), static_cast<std::int64_t>(j), 1);
      const Tensor row = gradients(inputs_, one)[i];
      for (std::size_t k = 0; k < e.elements.size(); ++k)
        J.analytic[J.at(k, j)] = row.view<double>()[static_cast<std::size_t>(e.elements[k])];
    }
    Tensors moved = inputs_;
    for (std::size_t k = 0; k < e.elements.size(); ++k) {
      const double h = step(inputs_[i], e.elements[k]);
      Tensor y[4];
      for (std::size_t s = 0; const double by : {h, -h, h / 2, -h / 2}) {
        moved[i] = nudged(inputs_[i], e.elements[k], by);
        y[s++] = value(moved);
      }
      for (std::size_t j = 0; j < J.outputs; ++j) {
        const auto at = [&](int s) { return y[s].view<double>()[j]; };
        J.numeric[J.at(k, j)] = extrapolated((at(0) - at(1)) / (2 * h), (at(2) - at(3)) / h);
      }
    }
  }

  // Backward throws --------------------------------------------------------------------------------

  void report_throw(const Error& error) {
    const bool missing = dynamic_cast<const TapeError*>(&error) != nullptr;
    report_.ok = false;
    report_.op = op_.name;
    report_.fault = missing ? GradFault::not_saved : GradFault::throws;
    report_.text = fmt::format("back_{} throws: {}", op_.name, error.message);
    if (missing) {
      report_.guess = "the row's `saves` must name every value that the gradient reads";
      report_.text += "\n    " + report_.guess;
    }
  }

  // The contribution came along, so it can be said what it would have been right for.
  void report_shape(const GradientShapeError& error) {
    const auto i = static_cast<std::size_t>(error.input);
    const Shape &own = inputs_[i].shape(), &got = error.contribution.shape();
    Guess guess{GradFault::wrong_shape, "give it the shape of the operand"};
    const std::vector<int> axes = repeated_axes(own, got);
    if (own.rank() <= got.rank() && expand_fits(own, got)) {
      guess = {
          GradFault::missing_broadcast_sum,
          fmt::format("{} was repeated along {} {} to the shape {}: its gradient must be summed "
                      "there",
                      operand_name(op_, error.input), axes.size() == 1 ? "axis" : "axes",
                      fmt::join(axes, ", "), got)};
    } else if (own.rank() == 2 && got == Shape{own[1], own[0]}) {
      guess = {GradFault::transpose, "it is the transpose of what the operand needs"};
    }
    report_.failed = own.size();
    finish(i, guess, fmt::format("back_{} throws: {}", op_.name, error.message));
  }
  static bool expand_fits(const Shape& from, const Shape& to) {
    for (int axis = 1; axis <= from.rank(); ++axis) {
      if (from[-axis] != to[-axis] && from[-axis] != 1) return false;
    }
    return true;
  }

  const OpInfo& op_;
  const std::vector<bool>& wanted_;
  const GradCheckOptions& options_;
  Rng rng_;
  Attrs attrs_;
  Tensors inputs_, elsewhere_, gradients_;
  Tensor y_, dout_;
  double worst_ = -1;
  GradReport report_;
};

}  // namespace

GradReport check_operands(const OpInfo& op, const Sample& sample, const std::vector<bool>& wanted,
                          const GradCheckOptions& options) {
  const NoGrad pause;  // a check inside a training step leaves that step's tape alone
  return OpCheck(op, sample, wanted, options).run();
}

}  // namespace checking

GradReport check_op(const OpInfo& op, const Sample& sample, const GradCheckOptions& options) {
  std::vector<bool> wanted;
  for (const Tensor& x : sample.inputs) wanted.push_back(x.dtype() != DType::i32);
  return checking::check_operands(op, sample, wanted, options);
}

}  // namespace tapestry
