#include "autograd/tape.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

#include "autograd/kernels/map.hpp"
#include "autograd/recorder.hpp"

namespace tapestry {
namespace {

std::atomic<std::uint32_t> next_serial{1};

// Tapes and NoGrad blocks that are open on this thread, innermost last; null = nobody records.
thread_local std::vector<Tape*> open_tapes;

void close(Tape* tape) {
  // Blocks end in reverse order of their beginning, so this is the last one.
  if (!open_tapes.empty() && open_tapes.back() == tape) open_tapes.pop_back();
}

}  // namespace

// Nodes up to `count` are in use. The ones behind keep their place, and their source lines, until
// the next tape writes over them: that is how a late use of a dead tensor can name the line that
// made it.
struct Tape::Arena {
  std::vector<Node> nodes;
  std::vector<std::int32_t> more;  // operand lists of nodes with more than three operands
  std::size_t count = 0;
  std::uint32_t last_serial = 0;

  Node& add() {
    if (count == nodes.size()) nodes.emplace_back();
    return nodes[count++];
  }
  void clear() {
    for (std::size_t i = 0; i < count; ++i) {
      nodes[i].out = Tensor();
      nodes[i].aux = Tensor();
      nodes[i].grad = Tensor();
    }
    count = 0;
    more.clear();
  }

  static std::vector<std::unique_ptr<Arena>>& idle() {
    thread_local std::vector<std::unique_ptr<Arena>> arenas;
    return arenas;
  }
};

Tape::Tape(TapeOptions options, SourceLoc where)
    : options_(options), serial_(next_serial++), where_(where) {
  auto& idle = Arena::idle();
  if (idle.empty()) idle.push_back(std::make_unique<Arena>());
  arena_ = idle.back().release();
  idle.pop_back();
  open_tapes.push_back(this);
}

Tape::~Tape() {
  close(this);
  reset();
  Arena::idle().emplace_back(arena_);
}

void Tape::reset() {
  arena_->clear();
  arena_->last_serial = serial_;
  serial_ = next_serial++;
  swept_at_ = {};
}

Tape* Tape::active() { return open_tapes.empty() ? nullptr : open_tapes.back(); }

NoGrad::NoGrad() { open_tapes.push_back(nullptr); }
NoGrad::~NoGrad() { close(nullptr); }

std::span<const Node> Tape::nodes() const { return {arena_->nodes.data(), arena_->count}; }

std::int32_t Tape::input(const Node& node, int i) const {
  if (node.arity <= 3) return node.in[static_cast<std::size_t>(i)];
  return arena_->more[static_cast<std::size_t>(node.in[0] + i)];
}

// Recording --------------------------------------------------------------------------------------

bool Recorder::tracks(const Tape& tape, const Arg& arg) {
  if (arg.parameter) return arg.parameter->trainable();
  if (!arg.tensor || !arg.tensor->tracked()) return false;
  const NodeId id = arg.tensor->node();
  if (id.tape == tape.serial_) return true;
  for (const Tape* outer : open_tapes) {
    if (outer && outer->serial_ == id.tape) return false;  // a constant here
  }
  std::string made = "it was recorded";
  const auto look_in = [&](const Tape::Arena& arena) {
    const auto i = static_cast<std::size_t>(id.index);
    const bool still_there = i >= arena.count && i < arena.nodes.size();
    if (arena.last_serial != id.tape || !still_there) return;
    made =
        fmt::format("it was recorded at {}:{}", arena.nodes[i].src.file, arena.nodes[i].src.line);
  };
  for (const auto& arena : Tape::Arena::idle()) look_in(*arena);
  for (const Tape* next : open_tapes) {
    if (next) look_in(*next->arena_);  // the arena often went to the tape of the next step
  }
  throw TapeError(made + " on a tape that has ended, so no gradient can flow through it",
                  "pass x.detach() if a constant is meant, or keep numbers with item()");
}

Tensor Recorder::shape_only(const Tensor& t) {
  Tensor s;
  s.shape_ = t.shape_;
  s.dtype_ = t.dtype_;
  return s;
}

std::int32_t Recorder::leaf(Tape& tape, const Tensor& value, Parameter* parameter, SourceLoc src) {
  const auto index = static_cast<std::int32_t>(tape.arena_->count);
  Node& node = tape.arena_->add();
  node.op = nullptr;
  node.arity = 0;
  node.scope = current_scope();
  node.src = src;
  node.label = nullptr;
  node.parameter = parameter;
  node.version = parameter ? parameter->version_ : 0;
  node.needs_grad = parameter != nullptr;
  node.keep_grad = false;
  node.out = tape.options_.keep == Keep::all ? value.detach() : shape_only(value);
  if (parameter) parameter->leaf_ = {tape.serial_, index};
  return index;
}

std::int32_t Recorder::operand(Tape& tape, const Arg& arg, const Tensor& value) {
  if (Parameter* p = arg.parameter; p && p->trainable()) {
    const bool known =
        p->leaf_.tape == tape.serial_ &&
        tape.arena_->nodes[static_cast<std::size_t>(p->leaf_.index)].version == p->version_;
    return known ? p->leaf_.index : leaf(tape, value, p, arg.loc);
  }
  if (value.node_.tape == tape.serial_) return value.node_.index;
  return leaf(tape, value, nullptr, arg.loc);
}

void Recorder::record(Tape& tape, const OpInfo& op, std::span<const Arg> args, Inputs in,
                      const Attrs& attrs, Tensor& out, Tensor&& aux) {
  Tape::Arena& arena = *tape.arena_;
  const bool keep_all = tape.options_.keep == Keep::all;
  const auto arity = static_cast<std::int32_t>(args.size());
  std::array<std::int32_t, 3> operands{-1, -1, -1};
  const auto more = static_cast<std::int32_t>(arena.more.size());
  for (std::int32_t i = 0; i < arity; ++i) {
    const std::int32_t index = operand(tape, args[static_cast<std::size_t>(i)], in[i]);
    if (arity <= 3) {
      operands[static_cast<std::size_t>(i)] = index;
    } else {
      arena.more.push_back(index);
    }
    // An input's values stay only because this gradient asks for them.
    if (i < 3 && (op.saves & (1 << i))) {
      Tensor& value = arena.nodes[static_cast<std::size_t>(index)].out;
      if (!value.defined()) value = in[i].detach();
    }
  }
  if (arity > 3) operands[0] = more;

  const auto index = static_cast<std::int32_t>(arena.count);
  Node& node = arena.add();
  node.op = &op;
  node.in = operands;
  node.arity = arity;
  node.scope = current_scope();
  node.src = args.front().loc;
  node.label = nullptr;
  node.parameter = nullptr;
  node.needs_grad = true;
  node.keep_grad = false;
  node.out = keep_all || (op.saves & kSaveOutput) ? out.detach() : shape_only(out);
  node.aux = std::move(aux);
  node.attrs = attrs;
  out.node_ = {tape.serial_, index};
}

Tensor Tensor::named(const char* label) const {
  Tape* tape = Tape::active();
  if (tape && tape->serial() == node_.tape) Recorder::label(*tape, node_.index, label);
  return *this;
}

void Recorder::label(Tape& tape, std::int32_t index, const char* text) {
  tape.arena_->nodes[static_cast<std::size_t>(index)].label = text;
}

// The reverse sweep ------------------------------------------------------------------------------

void Tape::expect_here(const Tensor& x, const char* what) const {
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

void Tape::sweep(const Tensor& y, Tensor seed, std::vector<ParameterGrad>* out, SourceLoc where) {
  expect_here(y, "the loss");
  check<ShapeError>(seed.shape() == y.shape() && seed.dtype() == y.dtype(),
                    "backward: the seed is {} {}, y is {} {}", name(seed.dtype()), seed.shape(),
                    name(y.dtype()), y.shape());
  if (y.size() == 1 && !std::isfinite(y.item())) {
    throw DomainError(
        fmt::format("backward: the loss is {}", y.item()),
        "look for log(0), an exp that overflows, or a learning rate that is too high");
  }
  const bool keep = options_.keep == Keep::all;
  if (swept_at_.line && !keep) {
    throw TapeError(fmt::format("backward ran before at {}:{} and freed the saved values",
                                swept_at_.file, swept_at_.line),
                    "add the losses and call backward once, or use Tape tape({.keep = Keep::all})");
  }
  swept_at_ = where;
  const NoGrad pause;  // first order: what backward functions compute is not recorded

  std::vector<Node>& nodes = arena_->nodes;
  if (keep) {
    for (std::size_t i = 0; i < arena_->count; ++i) nodes[i].grad = Tensor();
  }
  nodes[static_cast<std::size_t>(y.node().index)].grad = std::move(seed);

  // Operands always stand before the nodes that use them, so one walk down the vector meets every
  // node after all of its contributions have arrived.
  for (std::int32_t i = y.node().index; i >= 0; --i) {
    Node& node = nodes[static_cast<std::size_t>(i)];
    if (node.grad.defined()) {
      if (node.op) {
        Recorder::run_backward(*this, node);
      } else if (Parameter* p = node.parameter) {
        if (out) {
          out->push_back({p, node.grad});
        } else if (!p->grad_.defined()) {
          p->grad_ = node.grad;
        } else {
          add_into(p->grad_, node.grad);
        }
      }
    }
    if (keep) continue;
    if (!node.keep_grad) node.grad = Tensor();
    if (node.out.defined()) node.out = Recorder::shape_only(node.out);
    node.aux = Tensor();
  }
}

void Recorder::run_backward(Tape& tape, Node& node) {
  try {
    for (int i = 0; i < std::min(node.arity, 3); ++i) {
      const Node& input = tape.arena_->nodes[static_cast<std::size_t>(tape.input(node, i))];
      const Parameter* p = input.parameter;
      if (!p || p->version() == input.version || !(node.op->saves & (1 << i))) continue;
      throw TapeError(fmt::format("parameter {}, saved here, was changed at {}:{} before backward",
                                  p->name(), p->last_update().file, p->last_update().line),
                      "update parameters after backward");
    }
    BackwardCtx ctx(tape, node);
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

// What backward functions see ---------------------------------------------------------------------

Node& BackwardCtx::input(int i) const {
  return tape_.arena_->nodes[static_cast<std::size_t>(tape_.input(node_, i))];
}

const Tensor& BackwardCtx::in(int i) const { return input(i).out; }
bool BackwardCtx::wants(int i) const { return input(i).needs_grad; }

void BackwardCtx::accumulate(int i, Tensor contribution) {
  Node& to = input(i);
  if (!to.needs_grad) return;
  check<ShapeError>(contribution.shape() == to.out.shape(),
                    "gradient of input {} has the shape {}, the input {}", i, contribution.shape(),
                    to.out.shape());
  if (!to.grad.defined()) {
    to.grad = std::move(contribution);
  } else {
    add_into(to.grad, contribution);
  }
}

GradTarget BackwardCtx::target(int i) {
  Node& to = input(i);
  if (!to.grad.defined()) {
    to.grad = Tensor::empty(to.out.shape(), to.out.dtype());
    return {to.grad, true};
  }
  if (!to.grad.sole_owner()) to.grad = to.grad.clone();
  return {to.grad, false};
}

}  // namespace tapestry
