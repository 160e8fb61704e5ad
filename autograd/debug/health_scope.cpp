#include "autograd/debug/health_scope.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "autograd/debug/names.hpp"
#include "autograd/kernels/finite.hpp"

namespace tapestry::debug {
namespace {

// "a, b and 3 more".
std::string list_text(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += (i ? ", " : "") + names[i];
  return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

using IsBad = std::function<bool(std::int32_t)>;

// Whether values that are not finite lead from a node to the loss, and through which nodes.
std::string way_to_loss(const Tape& tape, std::int32_t born, std::int32_t loss, const IsBad& bad) {
  std::vector<std::int32_t> came_from(tape.nodes().size(), -1);
  std::int32_t masked_by = -1;
  const auto reached = [&](std::int32_t i) {
    return i == born || came_from[static_cast<std::size_t>(i)] >= 0;
  };
  for (std::int32_t i = born + 1; i <= loss; ++i) {
    for (int k = 0; k < node_at(tape, i).arity; ++k) {
      const std::int32_t input = tape.input(node_at(tape, i), k);
      if (!reached(input)) continue;
      if (bad(i)) {
        came_from[static_cast<std::size_t>(i)] = input;
      } else if (masked_by < 0) {
        masked_by = i;
      }
      break;
    }
  }
  if (born == loss) return "it is the loss";
  if (reached(loss)) {
    std::vector<std::string> way;
    for (std::int32_t i = came_from[static_cast<std::size_t>(loss)]; i != born;
         i = came_from[static_cast<std::size_t>(i)]) {
      way.insert(way.begin(), node_name(tape, i));
    }
    return way.empty() ? "it reaches the loss at once"
                       : "it reaches the loss through " + list_text(way);
  }
  if (masked_by < 0) return "it does not reach the loss: no recorded op reads it";
  return fmt::format("it does not reach the loss: the value of {}, which reads it, is finite",
                     at_line(tape, masked_by));
}

// The parameters to which gradients that are not finite lead.
std::string way_to_parameters(const Tape& tape, std::int32_t sent_to, const IsBad& bad) {
  std::vector<bool> reached(tape.nodes().size());
  reached[static_cast<std::size_t>(sent_to)] = true;
  std::vector<std::string> names;
  for (std::int32_t i = sent_to; i >= 0; --i) {
    if (!reached[static_cast<std::size_t>(i)]) continue;
    const Node& node = node_at(tape, i);
    if (node.parameter) names.push_back(node.parameter->name());
    for (int k = 0; k < node.arity; ++k) {
      const std::int32_t input = tape.input(node, k);
      if (bad(input)) reached[static_cast<std::size_t>(input)] = true;
    }
  }
  return names.empty() ? "it reaches the gradient of no parameter"
                       : "it reaches the gradients of " + list_text(names);
}

void set_reach(Birth& birth, std::string reach) {
  birth.reach = std::move(reach);
  birth.error.operands.push_back(birth.reach);
  birth.error.compose();
}

bool same_place(const Birth& a, const Birth& b) {
  return a.kind == b.kind && a.operand == b.operand && a.parameter == b.parameter &&
         a.error.op == b.error.op && a.error.at.line == b.error.at.line &&
         std::string_view(a.error.at.file) == b.error.at.file &&
         a.error.from.line == b.error.from.line && a.error.scope == b.error.scope;
}

}  // namespace

constinit thread_local HealthScope* HealthScope::innermost_ = nullptr;

HealthScope::HealthScope(Health level) : level_(level), outer_level_(health()), outer_(innermost_) {
  set_health(level);
  innermost_ = this;
  if (level == Health::nodes || level == Health::collect) {
    looking_on_.emplace(static_cast<Observer&>(*this));
  }
}

HealthScope::~HealthScope() {
  set_health(outer_level_);
  innermost_ = outer_;
}

void HealthScope::found(Birth birth, Meant meant) {
  const auto known = std::find_if(births_.begin(), births_.end(),
                                  [&](const Birth& b) { return same_place(b, birth); });
  const DomainError error = birth.error;
  if (known == births_.end()) {
    births_.push_back(std::move(birth));
  } else {
    ++known->times;
  }
  if (level_ == Health::nodes && meant == Meant::no) throw error;
}

void HealthScope::recorded(const Tape& tape, std::int32_t index, Inputs in, const Tensor& out) {
  if (!decides() || all_finite(out)) return;
  bad_values_.insert({tape.serial(), index});
  const Node& node = node_at(tape, index);
  bool nan = false, any = false;
  for (int i = 0; i < node.arity; ++i) {
    const NotFinite bad = not_finite(in[i]);
    if (!bad) continue;
    any = true;
    nan |= bad.nan;
    const std::int32_t from = tape.input(node, i);
    const Node& source = node_at(tape, from);
    if (source.op || !bad_values_.insert({tape.serial(), from}).second) continue;
    const Meant meant = bad.nan || source.parameter ? Meant::no : Meant::perhaps;
    found(birth_in_operand(tape, from, index, in[i]), meant);
  }
  if (not_finite(out).nan ? !nan : !any) {
    found(birth_of_value(tape, index, in, out), Meant::no);
  }
}

void HealthScope::sweep_begins(Tape& tape, const Tensor& y, const Tensor&, SourceLoc) {
  if (!decides()) return;
  sweeping_ = &tape;
  bad_gradients_.clear();
  const IsBad bad = [&](std::int32_t i) { return bad_values_.contains({tape.serial(), i}); };
  for (Birth& birth : births_) {
    const bool of_values = birth.kind == Birth::Kind::operand || birth.kind == Birth::Kind::value;
    if (birth.tape != tape.serial() || !of_values || !birth.reach.empty()) continue;
    set_reach(birth, way_to_loss(tape, birth.node, y.node().index, bad));
    if (level_ == Health::nodes && bad(y.node().index)) throw birth.error;
  }
}

void HealthScope::after_node(const Tape& tape, std::int32_t index) {
  if (!decides() || &tape != sweeping_) return;
  const Node& node = node_at(tape, index);
  for (int i = 0; i < node.arity; ++i) {
    const std::int32_t to = tape.input(node, i);
    const Tensor& grad = node_at(tape, to).grad;
    if (!grad.defined() || all_finite(grad) || !bad_gradients_.insert(to).second) continue;
    if (all_finite(node.grad)) found(birth_of_gradient(*sweeping_, index, i), Meant::no);
  }
}

void HealthScope::sweep_ends(const Tape& tape) {
  if (!decides() || &tape != sweeping_) return;
  for (Birth& birth : births_) {
    if (birth.tape != tape.serial() || birth.kind != Birth::Kind::gradient) continue;
    if (!birth.reach.empty()) continue;
    const std::int32_t to = tape.input(node_at(tape, birth.node), birth.operand);
    set_reach(birth, way_to_parameters(tape, to,
                                       [&](std::int32_t i) { return bad_gradients_.contains(i); }));
  }
  std::erase_if(bad_values_, [&](const auto& entry) { return entry.first == tape.serial(); });
  sweeping_ = nullptr;
}

void HealthScope::refused(const Parameter& parameter, SourceLoc where) {
  if (!decides()) return;
  found(birth_of_update(parameter, where), Meant::perhaps);  // the optimizer itself throws
}

std::string HealthScope::report() const {
  if (births_.empty()) return "no NaN and no infinity was born\n";
  std::string text;
  for (const Birth& birth : births_) {
    text += std::string(birth.error.what()).substr(std::string_view("tapestry: ").size());
    if (birth.times > 1) text += fmt::format("\n    seen {} times", birth.times);
    text += "\n\n";
  }
  text.pop_back();
  return text;
}

}  // namespace tapestry::debug
