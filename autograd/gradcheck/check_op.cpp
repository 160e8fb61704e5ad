#include "autograd/gradcheck/check_op.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/backward.hpp"
#include "autograd/gradcheck/elements.hpp"
#include "autograd/gradcheck/runs.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/random.hpp"

namespace tapestry {
namespace checking {
namespace {

Tensor scaled(const Tensor& x, double by) {
  return map([by]<class T>(T v) { return v * T(by); }, x);
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

class OpCheck {
 public:
  OpCheck(const OpInfo& op, const TestInput& at, const std::vector<bool>& wanted,
          const GradCheckOptions& options)
      : op_(op),
        wanted_(wanted),
        options_(options),
        rng_(options.seed),
        runs_(op, at.attrs, wanted) {
    for (const Tensor& x : at.inputs) {
      inputs_.push_back((x.dtype() == DType::i32 ? x : x.to(DType::f64)).detach());
    }
    y_ = runs_.value(inputs_);
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
  void measure() {
    // A call with other operands first: if backward uses what an earlier call left behind, it will
    // now be wrong.
    other_call();
    gradients_ = runs_.gradients(inputs_, dout_);
    for (std::size_t i = 0; i < inputs_.size() && report_.ok; ++i) {
      if (wanted_[i]) check_input(i);
    }
    for (std::size_t i = 0; i < inputs_.size() && report_.ok; ++i) {
      if (!comparable(i)) continue;
      if (const auto found = depends_on_calls(i))
        fail(i, *found);
      else if (const auto other = depends_on_dout(i))
        fail(i, *other);
    }
    if (report_.ok) check_accumulation();
    if (report_.ok) check_aliases();
  }

  // Whether runs can be compared: NaN is not even equal to itself.
  bool comparable(std::size_t i) const {
    return wanted_[i] && std::isfinite(largest(gradients_[i]));
  }

  void other_call() {
    elsewhere_.clear();
    for (const Tensor& x : inputs_) {
      elsewhere_.push_back(
          x.dtype() == DType::i32 ? x : map([]<class T>(T v) { return v * T(0.97) + T(0.01); }, x));
    }
    try {
      runs_.gradients(elsewhere_, dout_);
    } catch (const Error&) {
      elsewhere_.clear();  // not in the op's domain; or its error comes again, where it is reported
    }
  }

  // Element by element -----------------------------------------------------------------------------

  void check_input(std::size_t i) {
    const Tensor& gradient = gradients_[i];
    Evidence e{op_, static_cast<int>(i), inputs_, y_, dout_, {}, {}, {}, {}, {}};
    const bool y_finite = std::isfinite(largest(y_));
    std::int64_t failed = 0;
    for (const std::int64_t at : chosen_elements(gradient.size(), options_.max_elements, rng_)) {
      const Runs::Numeric n = runs_.numeric(inputs_, i, at, dout_, y_);
      const double a = gradient.view<double>()[static_cast<std::size_t>(at)];
      // Where y is infinite, so may be its gradient.
      if (n.slope.kink || (!y_finite && !std::isfinite(a))) {
        ++report_.kinks;
        continue;
      }
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
      if (!(error <= worst_)) {
        worst_ = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
        note(i, at, a, n.slope.value);
      }
    }
    report_.checked += static_cast<std::int64_t>(e.elements.size());
    if (failed) describe(e, failed);
  }

  // Notes the element and the numbers for the report.
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
    if (!found) e.jacobian = runs_.slopes(inputs_, i, e.elements, y_);
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
    if (!comparable(i) || same(runs_.gradients(inputs_, dout_)[i], gradients_[i])) return {};
    return Guess{
        GradFault::stale,
        "a second run gives another gradient: it is made of something that an earlier call "
        "left behind"};
  }

  std::optional<Guess> depends_on_dout(std::size_t i) const {
    if (!comparable(i)) return {};
    const Tensor& once = gradients_[i];
    const Tensor none = runs_.gradients(inputs_, zeros_like(dout_))[i];
    if (largest(none) > 0 && same(none, once))
      return Guess{GradFault::forgot_dout,
                   "it does not change with the gradient of the output: multiply by dout"};
    if (largest(none) > 0)
      return Guess{GradFault::forgot_dout,
                   "it is not zero when the gradient of the output is: every term is multiplied by "
                   "dout"};
    if (!same(scaled(runs_.gradients(inputs_, scaled(dout_, -1000))[i], -1e-3), once))
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
    const Tensor y_elsewhere = runs_.value(elsewhere_);
    bool fits = true, moves = false;
    for (std::size_t k = 0; k < e.elements.size(); ++k) {
      const double there =
          runs_.numeric(elsewhere_, i, e.elements[k], dout_, y_elsewhere).slope.value;
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
    if (!irregular(e.jacobian) || !same(runs_.gradients(elsewhere_, dout_)[i], gradients_[i]))
      return {};
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

  // Gradients that hold another contribution already.
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
    const Tensor after = runs_.gradients(inputs_, dout_, copies(before))[i];
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
    const Tensors after = runs_.gradients(inputs_, dout_, copies(before));
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!comparable(i)) continue;
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
      const Tensors apart = runs_.gradients(both, dout_);
      expected = map([](auto a, auto b) { return a + b; }, apart[i], apart[j]);
      found = runs_.aliased_gradient(both, i, j, dout_);
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

  // The error carries the contribution; its shape shows the fault.
  void report_shape(const GradientShapeError& error) {
    const auto i = static_cast<std::size_t>(error.input);
    const Shape &own = inputs_[i].shape(), &got = error.contribution.shape();
    Guess guess{GradFault::wrong_shape, "give it the shape of the operand"};
    if (broadcasts(own, got)) {
      guess = {
          GradFault::missing_broadcast_sum,
          fmt::format("{} was repeated along {} to the shape {}: its gradient must be summed there",
                      operand_name(op_, error.input), axes_text(repeated_axes(own, got)), got)};
    } else if (own.rank() == 2 && got == Shape{own[1], own[0]}) {
      guess = {GradFault::transpose, "it is the transpose of what the operand needs"};
    }
    report_.failed = own.size();
    finish(i, guess, fmt::format("back_{} throws: {}", op_.name, error.message));
  }
  const OpInfo& op_;
  const std::vector<bool>& wanted_;
  const GradCheckOptions& options_;
  Rng rng_;
  Runs runs_;
  Tensors inputs_, elsewhere_, gradients_;
  Tensor y_, dout_;
  double worst_ = -1;  // error so far, in units of what is allowed
  GradReport report_;
};

}  // namespace

GradReport check_operands(const OpInfo& op, const TestInput& at, const std::vector<bool>& wanted,
                          const GradCheckOptions& options) {
  const NoGrad no_grad;  // a check inside a training step leaves that step's tape alone
  return OpCheck(op, at, wanted, options).run();
}

}  // namespace checking

GradReport check_op(const OpInfo& op, const TestInput& at, const GradCheckOptions& options) {
  std::vector<bool> wanted;
  for (const Tensor& x : at.inputs) wanted.push_back(x.dtype() != DType::i32);
  return checking::check_operands(op, at, wanted, options);
}

}  // namespace tapestry
