#include "autograd/error.hpp"

namespace tapestry {

Error::Error(std::string what_is_wrong, std::string advice)
    : std::runtime_error(what_is_wrong),
      message(std::move(what_is_wrong)),
      hint(std::move(advice)) {
  compose();
}

void Error::compose() {
  text_ = "tapestry: ";
  if (!op.empty()) text_ += op + ": ";
  text_ += message;
  if (at.line) {
    const std::string place = fmt::format("{}:{}", at.file, at.line);
    text_ += scope.empty() ? fmt::format("\n    at   {}", place)
                           : fmt::format("\n    at   {:<32} in {}", place, scope);
  }
  if (from.line) text_ += fmt::format("\n    from {}:{}", from.file, from.line);
  if (!when.empty()) text_ += "\n    when " + when;
  for (const std::string& line : operands) text_ += "\n    " + line;
  if (!hint.empty()) text_ += "\n    hint: " + hint;
}

}  // namespace tapestry
