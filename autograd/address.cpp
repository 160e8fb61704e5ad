#include "autograd/address.hpp"

#include "autograd/attributes.hpp"
#include "autograd/progress.hpp"
#include "autograd/recorder.hpp"
#include "autograd/scope.hpp"

namespace tapestry {

void add_address(Error& error, SourceLoc at) {
  if (error.at.line) return;
  const ScopeInfo& scope = scope_info(current_scope());
  error.at = at;
  error.scope = scope.path;
  error.from = scope.from;
  error.when = progress_text();
  error.compose();
}

std::string made_by(const Tensor& x) { return Recorder::origin(x); }

bool made_by_sigmoid(const Tensor& x) {
  const Node* n = Recorder::node(x);
  if (!n || !n->op) return false;
  return std::string_view(n->op->name) == "sigmoid" ||
         fused_activation(*n->op, n->attrs) == Activation::sigmoid;
}

std::string operand_line(std::string_view name, const Tensor& x) {
  const std::string from = made_by(x);
  return fmt::format("{} = {} {}{}", name, tapestry::name(x.dtype()), x.shape(),
                     from.empty() ? "" : "  from " + from);
}

}  // namespace tapestry
