#include "autograd/tape.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "autograd/arena.hpp"
#include "autograd/backward.hpp"
#include "autograd/health.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/observer.hpp"
#include "autograd/recorder.hpp"

namespace tapestry {
namespace {

std::atomic<std::uint32_t> next_serial{1};

}  // namespace

std::vector<Tape*>& Tape::open() {
  thread_local std::vector<Tape*> tapes;
  return tapes;
}

Tape::Tape(TapeOptions options, SourceLoc where)
    : options_(options), serial_(next_serial++), home_(&open()), where_(where) {
  auto& idle = Arena::idle();
  if (idle.empty()) idle.push_back(std::make_unique<Arena>());
  arena_ = idle.back().release();
  idle.pop_back();
  open().push_back(this);
  ObserverScope::for_each([&](Observer& observer) {
    if (observer.wants_all_values()) options_.keep = Keep::all;
    observer.opened(*this);
  });
}

Tape::~Tape() {
  open().pop_back();  // blocks end in reverse order of their beginning
  reset();
  Arena::idle().emplace_back(arena_);
}

void Tape::reset() {
  expect_own_thread();
  arena_->clear();
  arena_->last_serial = serial_;
  serial_ = next_serial++;
  swept_at_ = {};
}

Tape* Tape::active() { return open().empty() ? nullptr : open().back(); }

NoGrad::NoGrad() { Tape::open().push_back(nullptr); }
NoGrad::~NoGrad() { Tape::open().pop_back(); }

std::span<const Node> Tape::nodes() const { return {arena_->nodes.data(), arena_->count}; }

std::int32_t Tape::input(const Node& node, int i) const {
  if (node.arity <= 3) return node.in[static_cast<std::size_t>(i)];
  return arena_->more[static_cast<std::size_t>(node.in[0] + i)];
}

// The reverse sweep ------------------------------------------------------------------------------

void Tape::expect_own_thread() const {
  if (home_ == &open()) return;
  throw TapeError(fmt::format("this tape belongs to another thread, which opened it at {}:{}",
                              where_.file, where_.line),
                  "give each thread a Tape of its own and add up what grads() returns");
}

void Tape::expect_here(const Tensor& x, const char* what) const {
  expect_own_thread();
  if (x.node().tape == serial_) return;
  throw TapeError(
      x.tracked() ? fmt::format("{} was recorded on another tape, or before a reset", what)
                  : fmt::format("{} was not recorded on this tape", what),
      "it must come from trainable parameters or watched tensors through ops, outside NoGrad");
}

void Tape::backward(const Tensor& loss, SourceLoc where) {
  check<ShapeError>(loss.size() == 1,
                    "backward: the loss has the shape {}; reduce it to one number", loss.shape());
  sweep(loss, ones_like(loss), nullptr, where);
}

void Tape::backward(const Tensor& y, const Tensor& seed, SourceLoc where) {
  sweep(y, seed.detach(), nullptr, where);
}

std::vector<ParameterGrad> Tape::grads(const Tensor& loss, SourceLoc where) {
  check<ShapeError>(loss.size() == 1, "grads: the loss has the shape {}; reduce it to one number",
                    loss.shape());
  std::vector<ParameterGrad> out;
  sweep(loss, ones_like(loss), &out, where);
  return out;
}

void Recorder::expect_ready(const Tape& tape, const Tensor& y, const Tensor& seed) {
  tape.expect_here(y, "the loss");
  check<ShapeError>(seed.shape() == y.shape() && seed.dtype() == y.dtype(),
                    "backward: the seed is {} {}, y is {} {}", name(seed.dtype()), seed.shape(),
                    name(y.dtype()), y.shape());
  if (tape.swept_at_.line && tape.options_.keep != Keep::all) {
    throw TapeError(fmt::format("backward ran before at {}:{} and freed the saved values",
                                tape.swept_at_.file, tape.swept_at_.line),
                    "add the losses and call backward once, or use Tape tape({.keep = Keep::all})");
  }
}

void Tape::sweep(const Tensor& y, Tensor seed, std::vector<ParameterGrad>* out, SourceLoc where) {
  Recorder::expect_ready(*this, y, seed);
  ObserverScope::for_each([&](Observer& o) { o.sweep_begins(*this, y, seed, where); });
  if (y.size() == 1 && !std::isfinite(y.item()) && health() != Health::off) {
    // Printed plainly: whether a NaN has a sign depends on the machine.
    const std::string value = std::isnan(y.item()) ? "NaN" : fmt::format("{}", y.item());
    DomainError error("backward: the loss is " + value,
                      "to see where it was born, run with TAPESTRY_DEBUG=nan or under "
                      "debug::HealthScope(Health::nodes)");
    error.at = where;
    error.compose();
    throw error;
  }
  swept_at_ = where;
  const bool keep = options_.keep == Keep::all;
  const NoGrad pause;  // first order: what backward functions compute is not recorded

  std::vector<Node>& nodes = arena_->nodes;
  if (keep) {
    for (std::size_t i = 0; i < arena_->count; ++i) nodes[i].grad.storage_ = {};
  }
  nodes[static_cast<std::size_t>(y.node().index)].grad = std::move(seed);

  // Operands always stand before the nodes that use them, so one walk down the vector meets every
  // node after all of its contributions have arrived.
  for (std::int32_t i = y.node().index; i >= 0; --i) {
    Node& node = nodes[static_cast<std::size_t>(i)];
    if (node.grad.defined()) {
      if (node.op) {
        if (tapestry_debug_stops) [[unlikely]]
          tapestry_debug_node(this, i, 1);
        if (ObserverScope::any()) [[unlikely]] {
          ObserverScope::for_each([&](Observer& o) { o.before_node(*this, i); });
          Recorder::run_backward(*this, node, node.grad);
          ObserverScope::for_each([&](Observer& o) { o.after_node(*this, i); });
        } else {
          Recorder::run_backward(*this, node, node.grad);
        }
      } else if (Parameter* p = node.parameter) {
        if (out) {
          out->push_back({p, node.grad});
        } else if (!p->grad_.defined()) {
          p->grad_ = node.grad;
        } else {
          add_into(p->grad_, node.grad);
        }
        ObserverScope::for_each([&](Observer& o) { o.parameter_done(*this, i); });
      }
    }
    if (keep) continue;
    if (!node.keep_grad) node.grad.storage_ = {};
    node.out.storage_ = {};
    node.aux.storage_ = {};
  }
  if (tapestry_debug_stops) [[unlikely]]
    tapestry_debug_node(this, y.node().index, 2);
  ObserverScope::for_each([&](Observer& o) { o.sweep_ends(*this); });
}

std::vector<Tensor> Recorder::contributions(Tape& tape, std::int32_t index, const Tensor& dout,
                                            std::vector<Tensor> before) {
  Node& node = tape.arena_->nodes[static_cast<std::size_t>(index)];
  before.resize(static_cast<std::size_t>(node.arity));
  const NoGrad pause;
  run_backward(tape, node, dout, before.data());
  return before;
}

void Recorder::run_backward(Tape& tape, Node& node, const Tensor& dout, Tensor* parts) {
  try {
    for (int i = 0; i < std::min(node.arity, 3); ++i) {
      const Node& input = tape.arena_->nodes[static_cast<std::size_t>(tape.input(node, i))];
      const Parameter* p = input.parameter;
      if (!p || p->version() == input.version || !(node.op->saves & (1 << i))) continue;
      throw TapeError(fmt::format("parameter {}, saved here, was changed at {}:{} before backward",
                                  p->name(), p->last_update().file, p->last_update().line),
                      "update parameters after backward");
    }
    BackwardCtx ctx(tape, node, dout, parts);
    node.op->backward(ctx);
  } catch (Error& error) {
    if (error.op.empty()) {
      error.op = fmt::format("back_{}", node.op->name);
      error.at = node.src;
      error.scope = scope_info(node.scope).path;
      error.from = scope_info(node.scope).from;
      error.compose();
    }
    throw;
  }
}

Tensor Tape::watch(const Tensor& x, SourceLoc where) {
  expect_own_thread();
  if (x.node().tape == serial_) {
    arena_->nodes[static_cast<std::size_t>(x.node().index)].keep_grad = true;
    return x;
  }
  Tensor watched = x.detach();
  watched.node_ = {serial_, Recorder::leaf(*this, watched, nullptr, where)};
  Node& node = arena_->nodes[static_cast<std::size_t>(watched.node_.index)];
  node.needs_grad = node.keep_grad = true;
  return watched;
}

Tensor Tape::grad(const Tensor& x, SourceLoc where) const {
  expect_here(x, "grad: the tensor");
  const Node& node = arena_->nodes[static_cast<std::size_t>(x.node().index)];
  if (node.grad.defined()) return node.grad;
  if (!swept_at_.line) throw TapeError("grad: nothing there yet", "call backward first");
  if (!node.keep_grad && options_.keep != Keep::all) {
    TapeError error("grad: the gradient of this tensor was freed during the sweep",
                    "tape.watch(x) before backward, or Tape tape({.keep = Keep::all})");
    error.at = where;
    error.compose();
    throw error;
  }
  return zeros(x.shape(), x.dtype());
}

}  // namespace tapestry
