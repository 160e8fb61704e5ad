#include "autograd/debug/session/query.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "autograd/debug/names.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/sweep.hpp"

namespace tapestry::debug {
namespace {

bool reads(const Tape& tape, std::int32_t reader, std::int32_t index) {
  const Node& n = node_at(tape, reader);
  for (int i = 0; i < n.arity; ++i) {
    if (tape.input(n, i) == index) return true;
  }
  return false;
}

std::vector<std::int32_t> readers(const Tape& tape, std::int32_t index) {
  std::vector<std::int32_t> found;
  for (auto i = index + 1; i < std::ssize(tape.nodes()); ++i) {
    if (reads(tape, i, index)) found.push_back(i);
  }
  return found;
}

// Constants with the same storage: a sign that value() or detach() was used.
std::string copies_text(const Tape& tape, const Tensor& values, std::int32_t from) {
  std::string text;
  for (auto i = std::max(from, 0); i < std::ssize(tape.nodes()); ++i) {
    const Node& n = node_at(tape, i);
    if (n.op || n.needs_grad || !n.out.defined() || !values.defined()) continue;
    if (!n.out.shares_storage(values)) continue;
    text += fmt::format("\n  {} holds the same values: detach() or value() let no gradient through",
                        at_line(tape, i));
  }
  return text;
}

// Follows the readers of a node to the places where its way ends without reaching the loss.
std::string dead_ends_text(const Session& s, std::int32_t index) {
  const Tape& tape = s.tape();
  std::vector<bool> seen(tape.nodes().size());
  std::vector<std::int32_t> open{index};
  std::string text;
  while (!open.empty()) {
    const std::int32_t i = open.back();
    open.pop_back();
    if (seen[static_cast<std::size_t>(i)]) continue;
    seen[static_cast<std::size_t>(i)] = true;
    const auto next = readers(tape, i);
    open.insert(open.end(), next.begin(), next.end());
    if (!next.empty()) continue;
    text += fmt::format("\n  its way ends in {}: no tracked op reads that", at_line(tape, i));
    text += copies_text(tape, node_at(tape, i).out, i);
  }
  return text;
}

// The node on the way to `index` that turned a good gradient into one for which `bad` holds.
template <class Bad>
std::int32_t culprit(const Session& s, std::int32_t index, Bad bad) {
  for (;;) {
    const auto parts = s.contributions(index);
    const auto sender = std::find_if(parts.begin(), parts.end(),
                                     [&](const Contribution& c) { return bad(stats(c.value)); });
    if (sender == parts.end()) return -1;
    if (!bad(stats(s.grad(sender->from)))) return sender->from;
    index = sender->from;
  }
}

std::string arrived_text(const Session& s, std::int32_t index) {
  const Stats g = stats(s.grad(index));
  const Tape& tape = s.tape();
  std::string text =
      fmt::format("{}, from {}", gradient_text(s.grad(index)), contributors_text(s, index));
  const auto blame = [&](const char* verb, auto bad) {
    const std::int32_t from = culprit(s, index, bad);
    if (from >= 0) {
      text += fmt::format("\n  it {} in {}, which received {}", verb, at_line(tape, from),
                          gradient_text(s.grad(from)));
    }
  };
  if (g.not_finite) {
    blame("went bad", [](const Stats& x) { return x.not_finite > 0; });
  } else if (g.zeros == g.size) {
    blame("became 0", [](const Stats& x) { return x.zeros == x.size; });
  }
  return text;
}

}  // namespace

Tensor local_jacobian(Tape& tape, std::int32_t index, int operand, std::int64_t element) {
  const Node& node = node_at(tape, index);
  check<ConfigError>(node.op && operand >= 0 && operand < node.arity, "{} has no operand {}",
                     node_name(tape, index), operand);
  check<ShapeError>(element >= 0 && element < node.out.size(), "{} has no element {}",
                    node_name(tape, index), element);
  std::vector<double> seed(static_cast<std::size_t>(node.out.size()));
  seed[static_cast<std::size_t>(element)] = 1;
  const Tensor dout = tensor(seed, node.out.shape(), node.out.dtype());
  const Tensor part = Sweep::contributions(tape, index, dout)[static_cast<std::size_t>(operand)];
  if (part.defined()) return part;
  const Tensor& x = node_at(tape, tape.input(node, operand)).out;
  return zeros(x.shape(), x.dtype());
}

std::vector<PathStep> path(const Session& s, std::int32_t index) {
  std::vector<PathStep> steps;
  double sent = 0;
  while (s.grad(index).defined()) {
    steps.push_back({index, stats(s.grad(index)).norm, sent});
    const auto parts = s.contributions(index);
    if (parts.empty()) break;  // the loss
    const Contribution* largest = nullptr;
    sent = -1;
    for (const Contribution& part : parts) {
      if (const double norm = stats(part.value).norm; norm > sent) {
        largest = &part;
        sent = norm;
      }
    }
    index = largest->from;
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

std::string contributors_text(const Session& s, std::int32_t index) {
  if (index == s.root()) return "the seed";
  std::string text;
  for (const Contribution& part : s.contributions(index)) {
    const Stats sent = stats(part.value);
    text += fmt::format(
        "{}{} ({})", text.empty() ? "" : " + ", node_name(s.tape(), part.from),
        sent.not_finite ? "not finite" : number_text(sent.size == 1 ? sent.mean : sent.norm));
  }
  return text;
}

std::string explain(const Session& s, std::int32_t index) {
  const Tape& tape = s.tape();
  const std::string name = node_name(tape, index);
  if (!node_at(tape, index).needs_grad) {
    return name + " is a constant: no trainable parameter and no watched tensor is upstream";
  }
  if (s.phase() == Phase::forward) return name + ": the reverse pass has not begun";
  if (!s.reachable(index)) {
    return name + " has no gradient: the loss does not depend on it" + dead_ends_text(s, index);
  }
  if (s.grad(index).defined()) {
    return fmt::format("{}: {}{}", name, s.arrival(index) == Arrival::partial ? "so far " : "",
                       arrived_text(s, index));
  }
  if (s.phase() == Phase::finished || s.at() < index) {
    std::string text = name + " has no gradient: the ops that read it sent none";
    for (const std::int32_t reader : readers(tape, index)) {
      if (s.reachable(reader)) text += fmt::format("\n  {}", at_line(tape, reader));
    }
    return text;
  }
  return fmt::format("{}: nothing has arrived yet; the reverse pass stands at {}", name,
                     node_name(tape, s.at()));
}

std::string held_text(const Parameter& p) {
  return fmt::format(
      "its grad() already holds {} from {} earlier pass{}; this one is added: zero_grad?",
      gradient_text(p.grad()), p.grad_passes(), p.grad_passes() == 1 ? "" : "es");
}

std::string explain(const Session& s, const Parameter& p) {
  const Tape& tape = s.tape();
  if (!p.trainable()) return p.name() + " is frozen: every tape takes it for a constant";
  std::vector<std::int32_t> leaves;
  for (std::int32_t i = 0; i < std::ssize(tape.nodes()); ++i) {
    if (node_at(tape, i).parameter == &p) leaves.push_back(i);
  }
  if (leaves.empty()) {
    const std::string copies = copies_text(tape, p.value(), 0);
    return p.name() + " has no gradient: no op of this tape read it" +
           (copies.empty() ? "; was it used, and outside NoGrad?" : copies);
  }
  std::string text;
  for (const std::int32_t leaf : leaves) {
    text += fmt::format("{}{}", text.empty() ? "" : "\n", explain(s, leaf));
  }
  if (p.grad().defined()) text += "\n  " + held_text(p);
  if (leaves.size() > 1) {
    text += fmt::format("\n  {} was updated while the tape recorded, and so has {} leaves",
                        p.name(), leaves.size());
  }
  return text;
}

}  // namespace tapestry::debug
