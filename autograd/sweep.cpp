#include "autograd/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autograd/address.hpp"
#include "autograd/arena.hpp"
#include "autograd/backward.hpp"
#include "autograd/health.hpp"
#include "autograd/kernels/denormals.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/observer.hpp"
#include "autograd/progress.hpp"

namespace tapestry {

// A long tape lies in memory, not in a cache: asks for the nodes and values that the loop comes to soon.
void Sweep::prefetch(const std::vector<Node>& nodes, std::int32_t i) {
  constexpr std::int32_t kNodeAhead = 6, kValuesAhead = 4;
  if (i < kNodeAhead) return;
  const auto* node =
      reinterpret_cast<const char*>(&nodes[static_cast<std::size_t>(i - kNodeAhead)]);
  for (std::size_t line = 0; line < sizeof(Node); line += 64) __builtin_prefetch(node + line, 1);
  const Tensor& values = nodes[static_cast<std::size_t>(i - kValuesAhead)].out;
  if (!values.defined()) return;
  const auto* first = static_cast<const char*>(values.storage_.data());
  const auto bytes = static_cast<std::size_t>(values.size()) * size_of(values.dtype());
  for (std::size_t at = 0; at < std::min<std::size_t>(bytes, 4096); at += 64)
    __builtin_prefetch(first + at);
}

// An operand always stands before the nodes that use it. So one walk down the tape meets every node
// after all contributions to its gradient have arrived.
void Sweep::loop(const Tensor& y) {
  std::vector<Node>& nodes = tape_.arena_->nodes;
  const bool keep = tape_.options_.keep == Keep::all;
  for (std::int32_t i = y.node().index; i >= 0; --i) {
    Node& node = nodes[static_cast<std::size_t>(i)];
    prefetch(nodes, i);
    if (node.grad.defined()) {
      if (node.op)
        visit(i, node);  // dL/d(operands) += what the op's backward computes
      else if (node.parameter)
        deliver(i, node);  // Parameter::grad, or the caller's list
    }
    if (!keep) release(node);
  }
}

// Observers and gdb stop here.
void Sweep::visit(std::int32_t i, Node& node) {
  if (tapestry_debug_stops) [[unlikely]]
    tapestry_debug_node(&tape_, i, 1);
  if (!ObserverScope::any()) [[likely]]
    return run_backward(tape_, node, node.grad);
  ObserverScope::for_each([&](Observer& o) { o.before_node(tape_, i); });
  run_backward(tape_, node, node.grad);
  ObserverScope::for_each([&](Observer& o) { o.after_node(tape_, i); });
}

void Sweep::deliver(std::int32_t i, const Node& node) {
  if (out_) {
    // A second leaf of the same parameter: another tape used it in between.
    const auto same = std::ranges::find(*out_, node.parameter, &ParameterGrad::parameter);
    if (same == out_->end())
      out_->push_back({node.parameter, node.grad});
    else
      add_into(same->grad = same->grad.clone(), node.grad);
  } else {
    node.parameter->add_grad(node.grad, node.version);
  }
  ObserverScope::for_each([&](Observer& o) { o.parameter_done(tape_, i); });
}

void Sweep::release(Node& node) {
  if (!node.keep_grad) node.grad.storage_ = {};
  node.out.storage_ = {};
  node.aux.storage_ = {};
}

void Sweep::run(const Tensor& y, Tensor seed, SourceLoc where) {
  expect_ready(tape_, y, seed, where);
  begin(y, std::move(seed), where);
  const NoGrad no_grad;  // first order: what backward functions compute is not recorded
  // Set once for all nodes if there is no observer; observers run in the caller's floating-point state.
  std::optional<FlushDenormals> flush;
  if (!ObserverScope::any()) flush.emplace();
  loop(y);
  if (tapestry_debug_stops) [[unlikely]]
    tapestry_debug_node(&tape_, y.node().index, 2);
  ObserverScope::for_each([&](Observer& o) { o.sweep_ends(tape_); });
}

namespace {

void expect_seed(const Tensor& y, const Tensor& seed, SourceLoc where) {
  if (seed.defined() && seed.shape() == y.shape() && seed.dtype() == y.dtype()) [[likely]]
    return;
  if (!seed.defined())
    throw_at(where, TapeError("backward: the seed has no values",
                              "the seed is dL/dy, a tensor of y's shape and dtype"));
  const std::string text =
      fmt::format("backward: the seed is {} {}, y is {} {}", name(seed.dtype()), seed.shape(),
                  name(y.dtype()), y.shape());
  if (seed.shape() != y.shape()) throw_at(where, ShapeError(text));
  throw_at(where, DTypeError(text, "seed.to(y.dtype()) converts"));
}

}  // namespace

void Sweep::expect_ready(const Tape& tape, const Tensor& y, const Tensor& seed, SourceLoc where) {
  tape.expect_here(y, "the loss", where);
  expect_seed(y, seed, where);
  if (tape.swept_at_.line && tape.options_.keep != Keep::all) {
    throw_at(where, TapeError(fmt::format("backward ran before at {}:{} and freed the saved values",
                                          tape.swept_at_.file, tape.swept_at_.line),
                              "add the losses and call backward once, or use Tape tape({.keep = "
                              "Keep::all})"));
  }
}

void Sweep::begin(const Tensor& y, Tensor seed, SourceLoc where) {
  ObserverScope::for_each([&](Observer& o) { o.sweep_begins(tape_, y, seed, where); });
  if (y.size() == 1 && !std::isfinite(y.item()) && health() != Health::off) {
    // NaN without its sign, which differs between machines.
    const std::string value = std::isnan(y.item()) ? "NaN" : fmt::format("{}", y.item());
    throw_at(where, DomainError("backward: the loss is " + value, kBirthHint));
  }
  tape_.swept_at_ = where;
  std::vector<Node>& nodes = tape_.arena_->nodes;
  if (tape_.options_.keep == Keep::all) {  // gradients of the pass before
    for (std::size_t i = 0; i < tape_.arena_->count; ++i) nodes[i].grad.storage_ = {};
  }
  nodes[static_cast<std::size_t>(y.node().index)].grad = std::move(seed);
}

std::vector<Tensor> Sweep::contributions(Tape& tape, std::int32_t index, const Tensor& dout,
                                         std::vector<Tensor> before) {
  Node& node = tape.arena_->nodes[static_cast<std::size_t>(index)];
  before.resize(static_cast<std::size_t>(node.arity));
  const NoGrad no_grad;
  run_backward(tape, node, dout, before.data());
  return before;
}

// Adds the op, its line and its module to errors.
void Sweep::run_backward(Tape& tape, Node& node, const Tensor& dout, Tensor* parts) {
  try {
    for (int i = 0; i < std::min(node.arity, 3); ++i) {
      const Node& input = tape.arena_->nodes[static_cast<std::size_t>(tape.input(node, i))];
      const Parameter* p = input.parameter;
      if (!p || p->version() == input.version || !(node.op->saves & (1 << i))) continue;
      throw TapeError(fmt::format("parameter {}, saved here, was changed at {}:{} before backward",
                                  p->name(), p->last_update().file, p->last_update().line),
                      "update parameters after backward");
    }
    BackwardCtx c(tape, node, dout, parts);
    const FlushDenormals flush;
    node.op->backward(c);
  } catch (Error& error) {
    if (error.op.empty()) {
      error.op = fmt::format("back_{}", node.op->name);
      error.at = node.src;
      error.scope = scope_info(node.scope).path;
      error.from = scope_info(node.scope).from;
      error.when = progress_text();
      error.compose();
    }
    throw;
  }
}

}  // namespace tapestry
