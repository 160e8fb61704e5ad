#include "autograd/op.hpp"

#include <algorithm>

#include "autograd/kernels/denormals.hpp"
#include "autograd/operands.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/recorder.hpp"

namespace tapestry {

Tensor apply(const OpInfo& op, std::span<const Arg> args, const Attrs& attrs) {
  try {
    const Operands operands(args);
    Tape* tape = Tape::active();
    bool record = false;
    if (tape) {
      for (const Arg& arg : args) record = Recorder::tracks(*tape, arg) || record;
    }
    Tensor aux;
    Tensor out = [&] {
      const FlushDenormals flush;
      return op.forward(operands.inputs(), attrs, record ? &aux : nullptr);
    }();
    // An op may hand an operand through (a broadcast to the same shape); the result is a new node.
    Recorder::forget_node(out);
    if (record) {
      Recorder::record(*tape, op, args, operands.inputs(), attrs, out, std::move(aux));
    }
    return out;
  } catch (Error& error) {
    add_context(error, op, args);
    throw;
  }
}

std::vector<std::string> operand_names(const OpInfo& op) {
  std::vector<std::string> names;
  for (std::string_view rest = op.args;;) {
    const std::size_t comma = rest.find(", ");
    names.emplace_back(rest.substr(0, comma));
    if (comma == rest.npos) return names;
    rest.remove_prefix(comma + 2);
  }
}

std::string operand_name(const OpInfo& op, int i) {
  const std::vector<std::string> names = operand_names(op);
  return names[std::min(static_cast<std::size_t>(i), names.size() - 1)];
}

std::span<const OpInfo* const> all_ops() {
  static const std::vector<const OpInfo*> table = [] {
    std::vector<const OpInfo*> ops;
    for (const auto family : {elementwise_ops(), activation_ops(), binary_ops(), reduce_ops(),
                              shape_ops(), indexing_ops(), matmul_ops(), linalg_ops(), linear_ops(),
                              likelihood_ops(), conv_ops(), pool_ops(), norm_ops()}) {
      ops.insert(ops.end(), family.begin(), family.end());
    }
    return ops;
  }();
  return table;
}

}  // namespace tapestry
