#include "autograd/recorder.hpp"

#include "autograd/arena.hpp"
#include "autograd/observer.hpp"

namespace tapestry {

bool Recorder::tracks(const Tape& tape, const Arg& arg) {
  if (arg.parameter) return arg.parameter->trainable();
  if (!arg.tensor || !arg.tensor->tracked()) return false;
  const NodeId id = arg.tensor->node();
  if (id.tape == tape.serial_) return true;
  for (const Tape* outer : Tape::open()) {
    if (outer && outer->serial_ == id.tape) return false;  // a constant here
  }
  throw_ended(id);
}

void Recorder::throw_ended(NodeId id) {
  // The node may still lie in the arena that its tape gave back, or that a later tape took over.
  std::string made = "it was recorded";
  const auto look_in = [&](const Tape::Arena& arena) {
    const auto i = static_cast<std::size_t>(id.index);
    if (arena.last_serial != id.tape || i < arena.count || i >= arena.nodes.size()) return;
    made += fmt::format(" at {}:{}", arena.nodes[i].src.file, arena.nodes[i].src.line);
  };
  for (const auto& arena : Tape::Arena::idle()) look_in(*arena);
  for (const Tape* open : Tape::open()) {
    if (open) look_in(*open->arena_);
  }
  throw TapeError(made +
                      " on a tape that has ended, or on another thread's, so no gradient can "
                      "flow through it",
                  "pass x.detach() if a constant is meant, or keep numbers with item()");
}

const Node* Recorder::node(const Tensor& x) {
  if (!x.tracked()) return nullptr;
  for (const Tape* tape : Tape::open()) {
    if (tape && tape->serial_ == x.node_.tape)
      return &tape->arena_->nodes[static_cast<std::size_t>(x.node_.index)];
  }
  return nullptr;
}

std::string Recorder::origin(const Tensor& x) {
  const Node* n = node(x);
  if (!n) return {};
  const std::string what = n->parameter ? "parameter " + n->parameter->name()
                           : n->op      ? n->op->name
                                        : "a watched tensor";
  return fmt::format("{}{}{} at {}:{}", n->op ? fmt::format("{} ", x.node_.index) : "", what,
                     n->label ? fmt::format(" ({})", n->label) : "", n->src.file, n->src.line);
}

Tensor Recorder::known(const Arg& arg, DType dtype) {
  if (arg.is_scalar()) return full({}, arg.scalar, dtype);
  if (arg.tensor) return *arg.tensor;
  Tensor value = arg.parameter->value().detach();
  Tape* tape = Tape::active();
  if (tape && arg.parameter->trainable()) value.node_ = {tape->serial_, operand(*tape, arg, value)};
  return value;
}

// In place: a temporary that is moved costs more than all else here.
void Recorder::put(const Tensor& t, bool values, Tensor& into) {
  into.storage_ = values ? t.storage_ : Storage();
  into.shape_ = t.shape_;
  into.dtype_ = t.dtype_;
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
  put(value, tape.options_.keep == Keep::all, node.out);
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
    // The tape keeps an input's values only if the gradient of this op reads them.
    if (i < 3 && (op.saves & (1 << i))) {
      Tensor& value = arena.nodes[static_cast<std::size_t>(index)].out;
      if (!value.defined()) value.storage_ = in[i].storage_;
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
  put(out, keep_all || (op.saves & kSaveOutput), node.out);
  node.aux = std::move(aux);
  node.attrs = attrs;
  out.node_ = {tape.serial_, index};
  if (tapestry_debug_stops) [[unlikely]]
    tapestry_debug_node(&tape, index, 0);
  ObserverScope::for_each([&](Observer& o) { o.recorded(tape, index, in, out); });
}

Tensor Tensor::named(const char* label) const {
  Tape* tape = Tape::active();
  if (tape && tape->serial() == node_.tape) Recorder::label(*tape, node_.index, label);
  return *this;
}

void Recorder::label(Tape& tape, std::int32_t index, const char* text) {
  tape.arena_->nodes[static_cast<std::size_t>(index)].label = text;
}

}  // namespace tapestry
