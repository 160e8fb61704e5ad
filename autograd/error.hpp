#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/source_loc.hpp"

namespace tapestry {

/// Base of every exception of the project. `what()` is the whole message in the fixed layout
///
///     tapestry: matmul: inner sizes differ, [64,784] times [400,784] (784 against 400)
///         at   vae/models/mlp.cpp:41            in encoder.fc1
///         from examples/mnist_vae/main.cpp:57
///         when step 3 of epoch 1
///         left  = f32 [64,784]
///         right = f32 [400,784]  parameter encoder.fc1.weight
///         hint: weights are stored [out,in]; use linear(x, w)
///
/// and the parts stay readable as fields. Code that finds a fault throws with the message and
/// perhaps a hint; `apply` adds the op, the place and the operands on the way up.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string message, std::string hint = {});

  const char* what() const noexcept override { return text_.c_str(); }

  std::string message;                ///< what is wrong, with the numbers that disagree
  std::string hint;                   ///< at most one
  std::string op;                     ///< the op, layer, distribution or file that it is about
  SourceLoc at;                       ///< the line that called it
  std::string scope;                  ///< module path, for example encoder.fc1
  SourceLoc from;                     ///< the line that called the module
  std::string when;                   ///< how far the training had come; see TrainingProgress
  std::vector<std::string> operands;  ///< one line each: name = dtype shape origin

  /// Rebuilds `what()` after fields were filled in.
  void compose();

 private:
  std::string text_;
};

struct ShapeError : Error {
  using Error::Error;
};
struct DTypeError : Error {
  using Error::Error;
};
struct DomainError : Error {
  using Error::Error;
};  ///< a value outside its domain, NaN included
struct TapeError : Error {
  using Error::Error;
};
struct ConfigError : Error {
  using Error::Error;
};  ///< a bad flag, option or argument
struct DataError : Error {
  using Error::Error;
};  ///< a bad or missing file
struct MemoryError : Error {
  using Error::Error;
};  ///< the system has not as much memory
struct NotImplemented : Error {
  using Error::Error;
};

/// Throws `E` with a formatted message unless `ok`; formats nothing on the happy path.
template <class E = Error, class... Args>
void check(bool ok, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) [[unlikely]]
    throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace tapestry
