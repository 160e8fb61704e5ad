#include "autograd/operands.hpp"

#include "autograd/address.hpp"
#include "autograd/parameter.hpp"

namespace tapestry {

Operands::Operands(std::span<const Arg> args) : count_(static_cast<int>(args.size())) {
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
      check<ConfigError>(numbers < numbers_.size(), "more than {} operands are plain numbers",
                         numbers_.size());
      in_[i] = &numbers_[numbers++].emplace(full({}, arg.scalar, dtype));
    } else {
      in_[i] = arg.tensor ? arg.tensor : &arg.parameter->value();
    }
  }
}

void add_context(Error& error, const OpInfo& op, std::span<const Arg> args) {
  if (!error.op.empty()) return;  // thrown by an op inside this one
  error.op = op.name;
  add_address(error, args.empty() ? SourceLoc{} : args.front().loc);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const Arg& arg = args[i];
    std::string line = fmt::format("{} = ", operand_name(op, static_cast<int>(i)));
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

}  // namespace tapestry
