#include "autograd/gradcheck.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/random.hpp"

namespace tapestry {
namespace {

const double kStep = std::cbrt(std::numeric_limits<double>::epsilon());

// Central differences ----------------------------------------------------------------------------

struct Slope {
  double value = 0;
  bool kink = false;
};

// The derivative at t = 0 of a function known through f(t) - f(0); `change` returns that
// difference.
template <class Change>
Slope slope(double h, Change change) {
  const auto central = [&](double step) {
    const double right = change(step), left = change(-step);
    // The slopes of both sides differ by about f'' step where f is smooth, and by a constant at a
    // kink.
    return std::pair((right - left) / (2 * step), (right + left) / step);
  };
  const auto [wide, wide_bend] = central(h);
  const auto [narrow, narrow_bend] = central(h / 2);
  const double scale = 1e-4 * std::max(1.0, std::fabs(narrow));
  const bool bends =
      std::fabs(narrow_bend) > 0.75 * std::fabs(wide_bend) && std::fabs(narrow_bend) > scale;
  const bool disagrees = std::fabs(wide - narrow) > scale;
  return {(4 * narrow - wide) / 3, bends || disagrees};
}

double dot(const Tensor& a, const Tensor& b) {
  const auto x = a.view<double>(), y = b.view<double>();
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

// sum of seed (y - base), difference first: elements that did not change then add no rounding.
double weighted_change(const Tensor& seed, const Tensor& y, const Tensor& base) {
  const auto s = seed.view<double>(), a = y.view<double>(), b = base.view<double>();
  double total = 0;
  for (std::size_t i = 0; i < s.size(); ++i) total += s[i] * (a[i] - b[i]);
  return total;
}

Tensor nudged(const Tensor& x, std::int64_t element, double by) {
  Tensor y = x.clone();
  y.mutate<double>()[static_cast<std::size_t>(element)] += by;
  return y;
}

// What failing elements have in common
// -------------------------------------------------------------

struct Comparison {
  Shape shape;
  std::vector<std::int64_t> elements;  // those that were compared
  std::vector<double> analytic, numeric;
};

bool close(double a, double b) { return std::fabs(a - b) <= 1e-8 + 1e-5 * std::fabs(b); }

std::optional<double> constant_ratio(const Comparison& c) {
  const double aa = std::inner_product(c.numeric.begin(), c.numeric.end(), c.numeric.begin(), 0.0);
  const double ab =
      std::inner_product(c.analytic.begin(), c.analytic.end(), c.numeric.begin(), 0.0);
  if (aa == 0) return {};
  for (std::size_t i = 0; i < c.numeric.size(); ++i) {
    if (!close(c.analytic[i], ab / aa * c.numeric[i])) return {};
  }
  return ab / aa;
}

bool is_transposed(const Comparison& c) {
  if (c.shape.rank() != 2 || c.shape[0] != c.shape[1]) return false;
  const auto n = static_cast<std::size_t>(c.shape[0]);
  for (std::size_t i = 0; i < n * n; ++i) {
    if (!close(c.analytic[i], c.numeric[i % n * n + i / n])) return false;
  }
  return true;
}

// Whether the analytic gradient is, all along one axis, the sum or the mean of the numeric one.
std::optional<std::string> reduced_over_axis(const Comparison& c) {
  for (int axis = 0; axis < c.shape.rank(); ++axis) {
    const std::int64_t n = c.shape[axis], inner = c.shape.size(axis + 1, c.shape.rank());
    if (n < 2) continue;
    bool sums = true, means = true;
    for (std::size_t i = 0; i < c.numeric.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const std::int64_t first = at / (n * inner) * n * inner + at % inner;
      double total = 0;
      for (std::int64_t k = 0; k < n; ++k)
        total += c.numeric[static_cast<std::size_t>(first + k * inner)];
      sums = sums && close(c.analytic[i], total);
      means = means && close(c.analytic[i], total / static_cast<double>(n));
    }
    if (sums) return fmt::format("it is summed over axis {}, which the operand has", axis);
    if (means) return fmt::format("it is averaged over axis {}, which the operand has", axis);
  }
  return {};
}

std::string guess_shape(const Comparison& c) {
  const auto zero = [](double v) { return v == 0; };
  if (std::all_of(c.analytic.begin(), c.analytic.end(), zero)) {
    return "it is zero: a term is missing, or was never accumulated";
  }
  if (const auto ratio = constant_ratio(c)) {
    if (close(*ratio, -1)) return "it has the wrong sign";
    return fmt::format("it is {:.6g} times the right one: a constant factor", *ratio);
  }
  if (c.shape.size() != static_cast<std::int64_t>(c.elements.size())) return {};
  if (is_transposed(c)) return "it is the transpose of the right one";
  return reduced_over_axis(c).value_or("");
}

// One op
// -------------------------------------------------------------------------------------------

std::string index_text(const Shape& shape, std::int64_t element) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0;) {
    index[static_cast<std::size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return fmt::format("[{}]", fmt::join(index, ","));
}

std::string operand_name(const OpInfo& op, int i) {
  std::string_view names = op.args;
  for (int skip = i; skip > 0 && names.find(", ") != names.npos; --skip) {
    names.remove_prefix(names.find(", ") + 2);
  }
  return std::string(names.substr(0, names.find(", ")));
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

// The gradients that the op's own backward function gives; zeros where it gives none. The tape keeps
// only what the row's `saves` asks for, so a value that is missing there is found too.
std::vector<Tensor> analytic_gradients(const OpInfo& op, const Sample& sample, const Tensor& seed) {
  Tape tape;
  std::vector<Tensor> watched;
  std::vector<Arg> args;
  watched.reserve(sample.inputs.size());  // an Arg points at its tensor
  for (const Tensor& x : sample.inputs) {
    watched.push_back(x.dtype() == DType::i32 ? x.detach() : tape.watch(x));
    args.emplace_back(watched.back());
  }
  const Tensor y = apply(op, std::span<const Arg>(args), sample.attrs);
  tape.backward(y, seed);
  std::vector<Tensor> gradients;
  for (const Tensor& x : watched) gradients.push_back(x.tracked() ? tape.grad(x) : Tensor());
  return gradients;
}

class OpCheck {
 public:
  OpCheck(const OpInfo& op, const Sample& sample, const GradCheckOptions& options)
      : op_(op), options_(options), rng_(options.seed), attrs_(sample.attrs) {
    for (const Tensor& x : sample.inputs) {
      inputs_.push_back(x.dtype() == DType::i32 ? x.detach() : x.to(DType::f64));
    }
    base_ = value();
    seed_ = rng_.normal(base_.shape(), DType::f64);
  }

  GradReport run() {
    try {
      gradients_ = analytic_gradients(op_, {inputs_, attrs_}, seed_);
    } catch (const Error& error) {
      report_.ok = false;
      report_.op = op_.name;
      report_.text = fmt::format("back_{} throws: {}", op_.name, error.message);
      if (dynamic_cast<const TapeError*>(&error)) {
        report_.guess = "the row's `saves` must name every value that the gradient reads";
        report_.text += "\n    " + report_.guess;
      }
      return report_;
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (gradients_[i].defined()) check_input(static_cast<int>(i));
    }
    if (report_.ok) {
      report_.text = fmt::format("back_{}: {} elements agree", op_.name, report_.checked);
      if (report_.kinks) report_.text += fmt::format(", {} at kinks left out", report_.kinks);
    }
    return report_;
  }

 private:
  Tensor value() const {
    std::vector<const Tensor*> pointers;
    for (const Tensor& x : inputs_) pointers.push_back(&x);
    return op_.forward({pointers.data(), static_cast<int>(pointers.size())}, attrs_, nullptr);
  }

  Slope numeric(std::size_t input, std::int64_t element) {
    const Tensor x = inputs_[input];
    const double at = x.view<double>()[static_cast<std::size_t>(element)];
    const Slope found = slope(kStep * std::max(1.0, std::fabs(at)), [&](double step) {
      inputs_[input] = nudged(x, element, step);
      return weighted_change(seed_, value(), base_);
    });
    inputs_[input] = x;
    return found;
  }

  void check_input(int i) {
    const auto at = static_cast<std::size_t>(i);
    const Tensor& gradient = gradients_[at];
    Comparison c{gradient.shape(), {}, {}, {}};
    std::int64_t failed = 0, worst = -1;
    double worst_error = -1;
    for (const std::int64_t e : chosen_elements(gradient.size(), options_.max_elements, rng_)) {
      const Slope n = numeric(at, e);
      if (n.kink) {
        ++report_.kinks;
        continue;
      }
      const double a = gradient.view<double>()[static_cast<std::size_t>(e)];
      c.elements.push_back(e);
      c.analytic.push_back(a);
      c.numeric.push_back(n.value);
      const double error = std::fabs(a - n.value);
      // Written so that NaN fails.
      if (error <= options_.absolute + options_.relative * std::fabs(n.value)) continue;
      ++failed;
      if (worst < 0 || !(error <= worst_error)) {
        worst = static_cast<std::int64_t>(c.elements.size()) - 1;
        worst_error = error;
      }
    }
    report_.checked += static_cast<std::int64_t>(c.elements.size());
    if (failed && report_.ok) describe(i, c, failed, static_cast<std::size_t>(worst));
  }

  void describe(int i, const Comparison& c, std::int64_t failed, std::size_t worst) {
    report_.ok = false;
    report_.op = op_.name;
    report_.input = i;
    report_.element = c.elements[worst];
    report_.analytic = c.analytic[worst];
    report_.numeric = c.numeric[worst];
    report_.relative_error = std::fabs(report_.analytic - report_.numeric) /
                             std::max(std::fabs(report_.numeric), options_.absolute);
    report_.failed = failed;
    report_.guess = ignores_seed(i)
                        ? "it does not change with the gradient of the output: multiply by it"
                        : guess_shape(c);
    report_.text = fmt::format(
        "back_{}: wrong gradient of {} (operand {}), {}\n"
        "    {} of {} elements fail; worst {}: analytic {:.9g}, numeric {:.9g}, relative error "
        "{:.3g}",
        op_.name, operand_name(op_, i), i, c.shape, failed, c.elements.size(),
        index_text(c.shape, report_.element), report_.analytic, report_.numeric,
        report_.relative_error);
    if (!report_.guess.empty()) report_.text += "\n    " + report_.guess;
    report_.text += fmt::format("\n    {}   {}", op_.formula, op_.gradient);
  }

  bool ignores_seed(int i) const {
    const Tensor twice = map([](auto s) { return 2 * s; }, seed_);
    const Tensor again =
        analytic_gradients(op_, {inputs_, attrs_}, twice)[static_cast<std::size_t>(i)];
    const Tensor& once = gradients_[static_cast<std::size_t>(i)];
    return dot(once, once) > 0 && once.to_vector() == again.to_vector();
  }

  const OpInfo& op_;
  const GradCheckOptions& options_;
  Rng rng_;
  Attrs attrs_;
  std::vector<Tensor> inputs_, gradients_;
  Tensor base_, seed_;
  GradReport report_;
};

// A whole computation
// ------------------------------------------------------------------------------

// Parameters in f64 until the end of the block; then their values and gradients as they were.
class InDouble {
 public:
  explicit InDouble(std::span<Parameter* const> parameters)
      : parameters_(parameters), scope_(DType::f64) {
    for (Parameter* p : parameters_) {
      before_.push_back({p->value(), p->grad()});
      p->convert(DType::f64);
    }
  }
  ~InDouble() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      Parameter& p = *parameters_[i];
      p.convert(before_[i].value.dtype());
      p.set_value(before_[i].value);
      if (before_[i].grad.defined()) p.set_grad(before_[i].grad);
    }
  }
  InDouble(const InDouble&) = delete;
  InDouble& operator=(const InDouble&) = delete;

 private:
  struct Before {
    Tensor value, grad;
  };
  std::span<Parameter* const> parameters_;
  DTypeScope scope_;
  std::vector<Before> before_;
};

double loss_value(const std::function<Tensor()>& loss) {
  const NoGrad pause;
  return loss().item();
}

std::string location(const Node& node) {
  const ScopeInfo& scope = scope_info(node.scope);
  std::string text = fmt::format("{}:{}", node.src.file, node.src.line);
  if (!scope.path.empty())
    text += fmt::format(" in {}, from {}:{}", scope.path, scope.from.file, scope.from.line);
  return text;
}

// Checks every node alone, at the values it was recorded with.
GradReport check_nodes(const std::function<Tensor()>& loss, const GradCheckOptions& options) {
  Tape tape({.keep = Keep::all});
  const Tensor recorded = loss();
  GradReport all;
  for (std::size_t k = 0; k < tape.nodes().size(); ++k) {
    GradReport report = check_node(tape, static_cast<std::int32_t>(k), options);
    if (!report.ok) return report;
    all.checked += report.checked;
    all.kinks += report.kinks;
  }
  all.ok = false;
  all.text = fmt::format(
      "every one of the {} nodes passes alone, so the gradient is lost or changed between them:\n"
      "    a value() or detach() where the parameter or tensor was meant, a NoGrad block, item(), "
      "or\n"
      "    an op that computes outside apply()",
      tape.nodes().size());
  return all;
}

}  // namespace

GradReport check_op(const OpInfo& op, const Sample& sample, const GradCheckOptions& options) {
  const NoGrad pause;  // a check inside a training step leaves that step's tape alone
  return OpCheck(op, sample, options).run();
}

GradReport check_node(const Tape& tape, std::int32_t index, const GradCheckOptions& options) {
  const auto count = static_cast<std::int32_t>(tape.nodes().size());
  check<TapeError>(index >= 0 && index < count, "check_node: node {} of a tape with {} nodes",
                   index, count);
  const Node& node = tape.nodes()[static_cast<std::size_t>(index)];
  GradReport report;
  if (!node.op) {
    report.text = fmt::format("node {} is a leaf: no op, no gradient to check", index);
    return report;
  }
  Sample sample{{}, node.attrs};
  for (int i = 0; i < node.arity; ++i) {
    const Node& input = tape.nodes()[static_cast<std::size_t>(tape.input(node, i))];
    if (!input.out.defined()) {
      throw TapeError(fmt::format("check_node: node {}, {}, was recorded without the values of {}",
                                  index, node.op->name, operand_name(*node.op, i)),
                      "Tape tape({.keep = Keep::all})");
    }
    sample.inputs.push_back(input.out);
  }
  GradCheckOptions limited = options;
  if (limited.max_elements == 0) limited.max_elements = 200;
  report = check_op(*node.op, sample, limited);
  if (!report.ok) {
    report.text =
        fmt::format("node {} of {} at {}\n    {}", index, count, location(node), report.text);
  }
  return report;
}

GradReport gradcheck(const std::function<Tensor()>& loss, std::span<Parameter* const> parameters,
                     const GradCheckOptions& options) {
  const InDouble in_double(parameters);
  GradReport report;
  const double first = loss_value(loss), second = loss_value(loss);
  if (first != second) {
    report.ok = false;
    report.text =
        fmt::format("the function is not repeatable: it gave {:.17g}, then {:.17g}", first, second);
    report.guess = "make the random generator inside the function";
    report.text += "\n    " + report.guess;
    return report;
  }
  std::vector<ParameterGrad> gradients;
  {
    Tape tape;
    const Tensor y = loss();
    if (y.tracked()) gradients = tape.grads(y);
  }
  Rng rng(options.seed);
  for (Parameter* p : parameters) {
    if (!p->trainable() || p->size() == 0) continue;
    const Tensor value = p->value(), direction = rng.normal(p->shape(), DType::f64);
    double analytic = 0, largest = 1;
    for (const ParameterGrad& g : gradients) {
      if (g.parameter == p) analytic += dot(g.grad, direction);
    }
    for (const double v : value.view<double>()) largest = std::max(largest, std::fabs(v));
    const Slope numeric = slope(kStep * largest, [&](double step) {
      p->set_value(map([=](auto v, auto d) { return v + static_cast<decltype(v)>(step) * d; },
                       value, direction));
      return loss_value(loss) - first;
    });
    p->set_value(value);
    ++report.checked;
    if (numeric.kink) {
      ++report.kinks;
      continue;
    }
    const double error = std::fabs(analytic - numeric.value);
    // The loss is one rounded number; its own rounding over the step bounds what can be seen.
    const double rounding = 4e-16 * std::fabs(first) / (kStep * largest);
    if (error <= options.absolute + options.relative * std::fabs(numeric.value) + 8 * rounding)
      continue;

    report = check_nodes(loss, options);
    report.text =
        fmt::format("gradient of {} along a random direction: analytic {:.9g}, numeric {:.9g}\n{}",
                    p->name(), analytic, numeric.value, report.text);
    return report;
  }
  report.text =
      fmt::format("{} parameters agree along random directions", report.checked - report.kinks);
  return report;
}

namespace {

// Lets a tensor function's inputs be parameters: y = x, recorded.
Tensor forward_input(Inputs in, const Attrs&, Tensor*) { return in[0]; }
void back_input(BackwardCtx& ctx) { ctx.accumulate(0, ctx.dout()); }
constexpr OpInfo kInput{.name = "input",
                        .args = "x",
                        .formula = "y = x",
                        .gradient = "dx += dy",
                        .forward = forward_input,
                        .backward = back_input,
                        .saves = kSaveNothing,
                        .samples = nullptr};

// y = sum of x weight: turns an output of any shape into one number.
Tensor forward_weighted_sum(Inputs in, const Attrs&, Tensor*) {
  return full({}, dot(in[0], in[1]), DType::f64);
}
void back_weighted_sum(BackwardCtx& ctx) {
  ctx.accumulate(0, map_broadcast([](auto w, auto dy) { return w * dy; }, ctx.in(1), ctx.dout()));
}
constexpr OpInfo kWeightedSum{.name = "weighted_sum",
                              .args = "x, weight",
                              .formula = "y = sum x weight",
                              .gradient = "dx += dy weight",
                              .forward = forward_weighted_sum,
                              .backward = back_weighted_sum,
                              .saves = kSaveIn1,
                              .samples = nullptr};

}  // namespace

GradReport gradcheck(const std::function<Tensor(std::span<const Tensor>)>& fn,
                     std::span<const Tensor> inputs, const GradCheckOptions& options) {
  std::vector<std::unique_ptr<Parameter>> owners;
  std::vector<Parameter*> parameters;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    owners.push_back(std::make_unique<Parameter>(fmt::format("input {}", i), inputs[i]));
    if (inputs[i].dtype() == DType::i32) continue;
    parameters.push_back(owners.back().get());
  }
  const auto loss = [&] {
    std::vector<Tensor> values;
    for (const auto& p : owners) {
      values.push_back(p->value().dtype() == DType::i32 ? p->value() : apply(kInput, {*p}));
    }
    const Tensor y = fn(values);
    return apply(kWeightedSum,
                 {y, Rng(options.seed).stream("weights").normal(y.shape(), DType::f64)});
  };
  return gradcheck(std::function<Tensor()>(loss), parameters, options);
}

}  // namespace tapestry
