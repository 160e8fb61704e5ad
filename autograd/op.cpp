#include "autograd/op.hpp"

#include "autograd/ops/families.hpp"
#include "autograd/recorder.hpp"

namespace tapestry {
namespace {

// The operands as tensors. Numbers become scalars of the dtype that the others have.
class Operands {
 public:
  explicit Operands(std::span<const Arg> args) : count_(static_cast<int>(args.size())) {
    if (args.size() > kInline) {
      many_.resize(args.size());
      in_ = many_.data();
    }
    DType dtype = default_dtype();
    const Arg* first = nullptr;
    for (const Arg& arg : args) {
      if (arg.is_scalar()) continue;
      const Tensor& value = arg.tensor ? *arg.tensor : arg.parameter->value();
      if (!value.defined())
        throw TapeError("an operand has no values (a default constructed tensor)");
      if (value.dtype() == DType::i32) continue;
      if (!first) {
        first = &arg;
        dtype = value.dtype();
      } else if (value.dtype() != dtype) {
        throw DTypeError(
            fmt::format("{} ({}:{}) and {} ({}:{}) in one op", name(dtype), first->loc.file,
                        first->loc.line, name(value.dtype()), arg.loc.file, arg.loc.line),
            "there is no promotion; convert one with x.to(dtype)");
      }
    }
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < args.size(); ++i) {
      const Arg& arg = args[i];
      if (arg.is_scalar()) {
        numbers_[numbers] = full({}, arg.scalar, dtype);
        in_[i] = &numbers_[numbers++];
      } else {
        in_[i] = arg.tensor ? arg.tensor : &arg.parameter->value();
      }
    }
  }
  Operands(const Operands&) = delete;

  Inputs inputs() const { return {in_, count_}; }

 private:
  static constexpr std::size_t kInline = 4;
  std::array<const Tensor*, kInline> inline_;
  std::array<Tensor, 3> numbers_;
  std::vector<const Tensor*> many_;
  const Tensor** in_ = inline_.data();
  int count_;
};

// The i-th name of "left, right"; the last one serves for the rest of a list.
std::string_view arg_name(std::string_view names, std::size_t i) {
  for (; i > 0; --i) {
    const std::size_t comma = names.find(", ");
    if (comma == std::string_view::npos) break;
    names.remove_prefix(comma + 2);
  }
  return names.substr(0, names.find(", "));
}

void add_context(Error& error, const OpInfo& op, std::span<const Arg> args) {
  if (!error.op.empty()) return;  // thrown by an op inside this one
  error.op = op.name;
  if (!args.empty()) error.at = args.front().loc;
  const ScopeInfo& scope = scope_info(current_scope());
  error.scope = scope.path;
  error.from = scope.from;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const Arg& arg = args[i];
    std::string line = fmt::format("{} = ", arg_name(op.args, i));
    if (arg.is_scalar()) {
      line += fmt::format("{}", arg.scalar);
    } else {
      const DType dtype = arg.tensor ? arg.tensor->dtype() : arg.parameter->value().dtype();
      line += fmt::format("{} {}", name(dtype), arg.shape());
    }
    if (arg.parameter) line += fmt::format("  parameter {}", arg.parameter->name());
    error.operands.push_back(std::move(line));
  }
  error.compose();
}

}  // namespace

Tensor apply(const OpInfo& op, std::span<const Arg> args, const Attrs& attrs) {
  try {
    const Operands operands(args);
    Tape* tape = Tape::active();
    bool record = false;
    if (tape) {
      for (const Arg& arg : args) record = Recorder::tracks(*tape, arg) || record;
    }
    Tensor aux;
    // detach: an op may hand an operand through (a broadcast to the same shape); the result is a
    // new node.
    Tensor out = op.forward(operands.inputs(), attrs, record ? &aux : nullptr).detach();
    if (record) {
      Recorder::record(*tape, op, args, operands.inputs(), attrs, out, std::move(aux));
    }
    return out;
  } catch (Error& error) {
    add_context(error, op, args);
    throw;
  }
}

std::span<const OpInfo* const> all_ops() {
  static const std::vector<const OpInfo*> table = [] {
    std::vector<const OpInfo*> ops;
    for (const auto family : {elementwise_ops(), activation_ops(), binary_ops(), reduce_ops(),
                              shape_ops(), indexing_ops(), matmul_ops(), linalg_ops(), linear_ops(),
                              likelihood_ops(), conv_ops(), norm_ops()}) {
      ops.insert(ops.end(), family.begin(), family.end());
    }
    return ops;
  }();
  return table;
}

}  // namespace tapestry
