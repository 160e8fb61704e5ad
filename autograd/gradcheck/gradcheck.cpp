#include "autograd/gradcheck/gradcheck.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "autograd/backward.hpp"
#include "autograd/gradcheck/check_op.hpp"
#include "autograd/gradcheck/elements.hpp"
#include "autograd/gradcheck/in_double.hpp"
#include "autograd/gradcheck/runs.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/random.hpp"

// Whole computations: a random direction for each parameter, and if one fails, every node alone.

namespace tapestry {

using checking::dot;
using checking::InDouble;
using checking::kStep;
using checking::numeric_slope;
using checking::Slope;

namespace {

double loss_value(const std::function<Tensor()>& loss) {
  const NoGrad no_grad;
  return loss().item();
}

std::string location(const Node& node) {
  const ScopeInfo& scope = scope_info(node.scope);
  std::string text = fmt::format("{}:{}", node.src.file, node.src.line);
  if (!scope.path.empty())
    text += fmt::format(" in {}, from {}:{}", scope.path, scope.from.file, scope.from.line);
  return text;
}

// Runs the computation and its backward pass with other parameters: if it keeps something from one
// call to the next, the gradients will now be wrong.
void other_call(const std::function<Tensor()>& loss, std::span<Parameter* const> parameters) {
  std::vector<Tensor> before;
  for (Parameter* p : parameters) {
    before.push_back(p->value());
    p->set_value(map([]<class T>(T v) { return v * T(0.97) + T(0.01); }, p->value()));
  }
  try {
    Tape tape;
    const Tensor y = loss();
    if (y.tracked()) tape.grads(y);
  } catch (const Error&) {
    // Outside some domain; or the error comes again, where it is reported.
  }
  for (std::size_t i = 0; i < before.size(); ++i) parameters[i]->set_value(before[i]);
}

// Checks every node alone, at the values it was recorded with. `suspect` is the parameter whose
// gradient is wrong; null if there is none because backward throws.
GradReport check_nodes(const std::function<Tensor()>& loss, const Parameter* suspect,
                       const GradCheckOptions& options) {
  Tape tape({.keep = Keep::all});
  const Tensor recorded = loss();
  GradReport all;
  bool used = false;
  for (std::size_t k = 0; k < tape.nodes().size(); ++k) {
    GradReport report = check_node(tape, static_cast<std::int32_t>(k), options);
    if (!report.ok) return report;
    all.checked += report.checked;
    all.kinks += report.kinks;
    used = used || (suspect && tape.nodes()[k].parameter == suspect);
  }
  if (!suspect) return all;
  all.ok = false;
  all.fault = GradFault::cut_path;
  all.guess =
      used ? "a value() or detach() where the parameter or tensor was meant, a NoGrad block, "
             "item(), "
             "or\n    an op that computes outside apply()"
           : fmt::format("{} itself was never used in an op, only its value(), or inside NoGrad",
                         suspect->name());
  all.text = fmt::format(
      "every one of the {} nodes passes alone, so the gradient is lost or changed between them:\n"
      "    {}",
      tape.nodes().size(), all.guess);
  return all;
}

// Elements of each operand that a check of one node looks at: a node over many numbers is slow to
// evaluate, four times for every element.
std::int64_t affordable_elements(const Node& node, const TestInput& at) {
  std::int64_t numbers = node.out.size();
  for (const Tensor& x : at.inputs) numbers += x.size();
  return std::clamp<std::int64_t>((1 << 24) / std::max<std::int64_t>(numbers, 1), 16, 200);
}

}  // namespace

GradReport check_node(const Tape& tape, std::int32_t index, const GradCheckOptions& options) {
  const auto count = static_cast<std::int32_t>(tape.nodes().size());
  check<TapeError>(index >= 0 && index < count, "check_node: node {} of a tape with {} nodes",
                   index, count);
  const Node& node = tape.nodes()[static_cast<std::size_t>(index)];
  GradReport report;
  if (!node.op) {
    report.text = fmt::format("node {} is a leaf: no op, no gradient to check", index);
  } else {
    TestInput at{{}, node.attrs};
    std::vector<bool> wanted;
    for (int i = 0; i < node.arity; ++i) {
      const Node& input = tape.nodes()[static_cast<std::size_t>(tape.input(node, i))];
      if (!input.out.defined()) {
        throw TapeError(
            fmt::format("check_node: node {}, {}, was recorded without the values of {}", index,
                        node.op->name, operand_name(*node.op, i)),
            "Tape tape({.keep = Keep::all})");
      }
      at.inputs.push_back(input.out);
      wanted.push_back(input.needs_grad && input.out.dtype() != DType::i32);
    }
    GradCheckOptions limited = options;
    if (limited.max_elements == 0) limited.max_elements = affordable_elements(node, at);
    report = checking::check_operands(*node.op, at, wanted, limited);
  }
  report.node = index;
  report.at = node.src;
  report.scope = scope_info(node.scope).path;
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
  if (!std::isfinite(first) || first != second) {
    report.ok = false;
    if (std::isfinite(first)) {
      report.fault = GradFault::not_repeatable;
      report.guess = "make the random generator inside the function";
      report.text = fmt::format("the function is not repeatable: it gave {:.17g}, then {:.17g}",
                                first, second);
    } else {
      report.fault = GradFault::not_finite;
      report.guess = "check at parameters where it is finite";
      report.text = fmt::format("the function gave {}, which has no gradient", first);
    }
    report.text += "\n    " + report.guess;
    return report;
  }
  other_call(loss, parameters);
  std::vector<ParameterGrad> gradients;
  {
    Tape tape;
    const Tensor y = loss();
    try {
      if (y.tracked()) gradients = tape.grads(y);
    } catch (const Error&) {
      report = check_nodes(loss, nullptr, options);
      if (report.ok) throw;
      return report;
    }
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
    const Slope numeric = numeric_slope(kStep * largest, [&](double step) {
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

    report = check_nodes(loss, p, options);
    report.text =
        fmt::format("gradient of {} along a random direction: analytic {:.9g}, numeric {:.9g}\n{}",
                    p->name(), analytic, numeric.value, report.text);
    return report;
  }
  report.text =
      fmt::format("{} parameters agree along random directions", report.checked - report.kinks);
  if (report.kinks) report.text += fmt::format(", {} at kinks left out", report.kinks);
  return report;
}

namespace {

// y = sum of x weight: turns an output of any shape into one number.
Tensor forward_weighted_sum(Inputs in) { return full({}, dot(in[0], in[1]), DType::f64); }
void back_weighted_sum(BackwardCtx& c) {
  c.accumulate(0, map_broadcast([](auto w, auto dy) { return w * dy; }, c.in(1), c.dout()));
}
constexpr OpInfo kWeightedSum{
    .name = "weighted_sum",
    .args = "x, weight",
    .formula = "y = sum x weight",
    .gradient = "dx += dy weight",
    .forward = forward_weighted_sum,
    .backward = back_weighted_sum,
    .saves = kSaveIn1,
};

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
      values.push_back(p->value().dtype() == DType::i32 ? p->value() : recorded(*p));
    }
    const Tensor y = fn(values);
    return apply(kWeightedSum,
                 {y, Rng(options.seed).stream("weights").normal(y.shape(), DType::f64)});
  };
  return gradcheck(std::function<Tensor()>(loss), parameters, options);
}

}  // namespace tapestry
