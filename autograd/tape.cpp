#include "autograd/tape.hpp"

#include <atomic>

#include "autograd/address.hpp"
#include "autograd/arena.hpp"
#include "autograd/observer.hpp"
#include "autograd/recorder.hpp"
#include "autograd/sweep.hpp"

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
  try {
    ObserverScope::for_each([&](Observer& observer) {
      if (observer.wants_all_values()) options_.keep = Keep::all;
      observer.opened(*this);
    });
  } catch (...) {
    open().pop_back();  // as the destructor, which does not run for it
    reset();
    Arena::idle().emplace_back(arena_);
    throw;
  }
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

Tape* Tape::active() {
  const std::vector<Tape*>& tapes = open();
  return tapes.empty() ? nullptr : tapes.back();
}

NoGrad::NoGrad() { Tape::open().push_back(nullptr); }
NoGrad::~NoGrad() { Tape::open().pop_back(); }

std::span<const Node> Tape::nodes() const { return {arena_->nodes.data(), arena_->count}; }

std::int32_t Tape::input(const Node& node, int i) const {
  if (node.arity <= 3) return node.in[static_cast<std::size_t>(i)];
  return arena_->more[static_cast<std::size_t>(node.in[0] + i)];
}

// The reverse pass: autograd/sweep.cpp ------------------------------------------------------------

void Tape::expect_own_thread() const {
  if (home_ == &open()) return;
  throw TapeError(fmt::format("this tape belongs to another thread, which opened it at {}:{}",
                              where_.file, where_.line),
                  "give each thread a Tape and parameters of its own, and add up the gradients");
}

void Tape::expect_here(const Tensor& x, const char* what, SourceLoc where) const {
  expect_own_thread();
  if (x.node().tape == serial_) return;
  throw_at(
      where,
      TapeError(
          x.tracked() ? fmt::format("{} was recorded on another tape, or before a reset", what)
                      : fmt::format("{} was not recorded on this tape", what),
          "it must come from trainable parameters or watched tensors through ops, outside NoGrad"));
}

namespace {

void expect_one_number(const char* who, const Tensor& loss, SourceLoc where) {
  if (loss.size() == 1) [[likely]]
    return;
  ShapeError error(
      fmt::format("{}: the loss has the shape {}; reduce it to one number", who, loss.shape()),
      "mean(loss) or sum(loss), or a seed of its shape: backward(y, seed)");
  error.operands.push_back(operand_line("loss", loss));
  throw_at(where, std::move(error));
}

}  // namespace

void Tape::backward(const Tensor& loss, SourceLoc where) {
  expect_one_number("backward", loss, where);
  Sweep(*this, nullptr).run(loss, ones_like(loss), where);
}

void Tape::backward(const Tensor& y, const Tensor& seed, SourceLoc where) {
  Sweep(*this, nullptr).run(y, seed.detach(), where);
}

std::vector<ParameterGrad> Tape::grads(const Tensor& loss, SourceLoc where) {
  expect_one_number("grads", loss, where);
  std::vector<ParameterGrad> out;
  Sweep(*this, &out).run(loss, ones_like(loss), where);
  return out;
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
  expect_here(x, "grad: the tensor", where);
  const Node& node = arena_->nodes[static_cast<std::size_t>(x.node().index)];
  if (node.grad.defined()) return node.grad;
  if (!swept_at_.line) throw_at(where, TapeError("grad: nothing there yet", "call backward first"));
  if (!node.keep_grad && options_.keep != Keep::all) {
    throw_at(where, TapeError("grad: the gradient of this tensor was freed during the sweep",
                              "tape.watch(x) before backward, or Tape tape({.keep = Keep::all})"));
  }
  return zeros(x.shape(), x.dtype());
}

}  // namespace tapestry
