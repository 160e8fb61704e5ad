#include "autograd/debug/session/time_travel.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/debug/health_scope.hpp"
#include "autograd/debug/names.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/gradcheck/in_double.hpp"
#include "autograd/observer.hpp"

namespace tapestry::debug {
namespace {

// Values and gradients of parameters, put back at the end of the block.
class Untouched {
 public:
  explicit Untouched(std::span<Parameter* const> parameters) : parameters_(parameters) {
    for (const Parameter* p : parameters_) before_.push_back({p->value(), p->grad()});
  }
  ~Untouched() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      Parameter& p = *parameters_[i];
      if (p.value().dtype() != before_[i].value.dtype()) p.convert(before_[i].value.dtype());
      p.set_value(before_[i].value);
      p.zero_grad();
      if (before_[i].grad.defined()) p.set_grad(before_[i].grad);
    }
  }
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;

 private:
  struct Before {
    Tensor value, grad;
  };
  std::span<Parameter* const> parameters_;
  std::vector<Before> before_;
};

class Waiting : public Observer {
 public:
  Waiting(std::int32_t node, int tape, const Arrived& arrived)
      : node_(node), tapes_to_come_(tape), arrived_(arrived) {}

  bool came() const { return came_; }

 private:
  void opened(Tape& tape) override {
    if (--tapes_to_come_ == 0) tape_ = tape.serial();
  }
  void recorded(const Tape& tape, std::int32_t index, Inputs, const Tensor& value) override {
    if (tape.serial() != tape_ || index != node_) return;
    came_ = true;
    arrived_(tape, index, value);
  }

  const std::int32_t node_;
  int tapes_to_come_;
  std::uint32_t tape_ = 0;
  const Arrived& arrived_;
  bool came_ = false;
};

}  // namespace

bool rerun_to(const std::function<void()>& step, std::span<Parameter* const> parameters,
              std::int32_t node, const Arrived& arrived, int tape) {
  const Untouched parameters_stay(parameters);
  Waiting waiting(node, tape, arrived);
  const ObserverScope looking_on(waiting);
  step();
  return waiting.came();
}

std::int64_t bisect_step(std::int64_t good, std::int64_t bad,
                         const std::function<void(std::int64_t)>& state_at,
                         const std::function<bool()>& is_bad) {
  check<ConfigError>(good < bad, "bisect_step: step {} does not lie before step {}", good, bad);
  const auto bad_after = [&](std::int64_t step) {
    state_at(step);
    return is_bad();
  };
  check<ConfigError>(bad_after(bad), "bisect_step: the state after step {} is not bad", bad);
  check<ConfigError>(!bad_after(good), "bisect_step: the state after step {} is bad already", good);
  while (bad - good > 1) {
    const std::int64_t middle = good + (bad - good) / 2;
    (bad_after(middle) ? bad : good) = middle;
  }
  return bad;
}

// The same step in two precisions ----------------------------------------------------------------

namespace {

// What a tape holds after both passes; tensors outlive it.
struct Run {
  struct At {
    std::string name, line;
    const OpInfo* op;
    std::vector<std::int32_t> inputs;
    Tensor value, gradient;
  };
  std::vector<At> nodes;
};

Run run(const std::function<Tensor()>& loss) {
  const HealthScope all(Health::off);  // an overflow may be the finding
  Tape tape({.keep = Keep::all});
  tape.grads(loss());
  Run result;
  for (std::int32_t i = 0; i < std::ssize(tape.nodes()); ++i) {
    const Node& node = node_at(tape, i);
    std::vector<std::int32_t> inputs;
    for (int k = 0; k < node.arity; ++k) inputs.push_back(tape.input(node, k));
    result.nodes.push_back(
        {node_name(tape, i), place_of(node), node.op, inputs, node.out, node.grad});
  }
  return result;
}

void expect_alike(const Run& single, const Run& exact) {
  for (std::size_t i = 0; i < std::min(single.nodes.size(), exact.nodes.size()); ++i) {
    const Run::At &a = single.nodes[i], &b = exact.nodes[i];
    check<TapeError>(a.op == b.op && a.value.shape() == b.value.shape(),
                     "shadow: node {} in f32 is node {} in f64: the program takes another way, by "
                     "its values or by random numbers that go on",
                     a.name, b.name);
  }
  check<TapeError>(
      single.nodes.size() == exact.nodes.size(),
      "shadow: {} nodes in f32, {} in f64: the program takes another way, by its values "
      "or by random numbers that go on",
      single.nodes.size(), exact.nodes.size());
}

// Numbers below `floor` count as that: rounding leaves something of a gradient that cancels to 0.
Precision compare(std::int32_t node, const Tensor& single, const Tensor& exact, double floor) {
  Precision p;
  p.node = node;
  if (!single.defined() || !exact.defined() || exact.dtype() == DType::i32) return p;
  double largest = floor, worst = -1;
  for (std::int64_t i = 0; i < exact.size(); ++i) {
    const double a = element(single, i), b = element(exact, i);
    if (std::isfinite(b)) largest = std::max(largest, std::fabs(b));
    const bool alike = a == b || (std::isnan(a) && std::isnan(b));
    const double apart = alike ? 0 : std::isfinite(a) ? std::fabs(a - b) : INFINITY;
    if (apart > worst) {
      worst = apart;
      p.element = i;
      p.single = a;
      p.exact = b;
    }
  }
  if (worst > 0) p.difference = largest > 0 ? worst / largest : INFINITY;
  return p;
}

std::string numbers(const Precision& p, const Shape& shape) {
  return fmt::format(
      "  f32 {:.9g}, f64 {:.9g} at {}: {} of its largest element; up to {} in what it is made of\n",
      p.single, p.exact, index_text(shape, p.element), number_text(p.difference),
      number_text(p.inherited));
}

std::string value_finding(const Precision& p, const Run& run) {
  const Run::At& at = run.nodes[static_cast<std::size_t>(p.node)];
  return fmt::format("precision is lost in the value of node {}  {}\n", at.name, at.line) +
         numbers(p, at.value.shape());
}

std::string gradient_finding(const Precision& p, const Run& run) {
  const Run::At& at = run.nodes[static_cast<std::size_t>(p.node)];
  std::string text = fmt::format("precision is lost in the gradient of node {}\n", at.name);
  for (const Run::At& reader : run.nodes) {
    if (!reader.gradient.defined()) continue;
    if (std::find(reader.inputs.begin(), reader.inputs.end(), p.node) == reader.inputs.end())
      continue;
    text += fmt::format("  sent by node {}  {}\n", reader.name, reader.line);
  }
  return text + numbers(p, at.value.shape());
}

}  // namespace

Shadow shadow(const std::function<Tensor()>& loss, std::span<Parameter* const> parameters,
              double bound) {
  const Run single = run(loss);
  const Run exact = [&] {
    const checking::InDouble in_double(parameters);
    return run(loss);
  }();
  expect_alike(single, exact);

  Shadow found;
  const auto count = static_cast<std::int32_t>(single.nodes.size());
  std::vector<double> value(single.nodes.size());
  for (std::int32_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::size_t>(i);
    Precision p = compare(i, single.nodes[n].value, exact.nodes[n].value, 0);
    for (const std::int32_t k : single.nodes[n].inputs) {
      p.inherited = std::max(p.inherited, value[static_cast<std::size_t>(k)]);
    }
    value[n] = p.difference;
    found.largest_value = std::max(found.largest_value, p.difference);
    if (p.difference > bound && found.value.node < 0) found.value = p;
  }
  // In reverse, a gradient is computed from those of the nodes that read the value.
  std::vector<double> inherited(single.nodes.size());
  double floor = 0;
  for (const Run::At& at : exact.nodes) {
    if (!at.gradient.defined()) continue;
    const Stats s = stats(at.gradient);
    floor = std::max({floor, 1e-4 * std::fabs(s.min), 1e-4 * std::fabs(s.max)});
  }
  for (std::int32_t i = count; i-- > 0;) {
    const auto n = static_cast<std::size_t>(i);
    Precision p = compare(i, single.nodes[n].gradient, exact.nodes[n].gradient, floor);
    p.inherited = inherited[n];
    for (const std::int32_t k : single.nodes[n].inputs) {
      double& of_input = inherited[static_cast<std::size_t>(k)];
      of_input = std::max(of_input, p.difference);
    }
    found.largest_gradient = std::max(found.largest_gradient, p.difference);
    if (p.difference > bound && found.gradient.node < 0) found.gradient = p;
  }

  if (found.value.node >= 0) found.text += value_finding(found.value, single);
  if (found.gradient.node >= 0) found.text += gradient_finding(found.gradient, single);
  found.text += fmt::format(
      "{}values differ by up to {}, gradients by up to {}, over {} nodes\n",
      found.ok() ? "f32 and f64 agree: rounding is not the reason, look at the formula\n  " : "  ",
      number_text(found.largest_value), number_text(found.largest_gradient), count);
  return found;
}

}  // namespace tapestry::debug
