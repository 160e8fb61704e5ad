#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "autograd/arg.hpp"
#include "nn/module.hpp"

namespace tapestry::nn {

/// A module that is called like a function. M writes `forward`, with any arguments and result, also
/// several of them, and is then called as `model(x)`, whether it is a member of another or not:
///
///     struct Encoder : nn::Callable<Encoder> {
///       nn::Child<nn::Mlp> trunk{...};
///       prob::Normal forward(const Tensor& x) { ... }
///     };
///     Encoder encoder;
///     const prob::Normal q = encoder(x);
///
/// The call opens the module's scope, so that its ops, and errors in them, carry the module and the
/// line that called it. A parameter among the arguments arrives as `recorded`. `from` is given by
/// hand only to pass a caller's line on.
template <class M>
class Callable : public Module {
 public:
  // One for each number of arguments: only a default argument after the last has the caller's line.
  decltype(auto) operator()(SourceLoc from = SourceLoc::current()) { return call<>(from); }
  template <class A>
  decltype(auto) operator()(A&& a, SourceLoc from = SourceLoc::current()) {
    return call<A>(from, a);
  }
  template <class A, class B>
  decltype(auto) operator()(A&& a, B&& b, SourceLoc from = SourceLoc::current()) {
    return call<A, B>(from, a, b);
  }
  template <class A, class B, class C>
  decltype(auto) operator()(A&& a, B&& b, C&& c, SourceLoc from = SourceLoc::current()) {
    return call<A, B, C>(from, a, b, c);
  }
  template <class A, class B, class C, class D>
  decltype(auto) operator()(A&& a, B&& b, C&& c, D&& d, SourceLoc from = SourceLoc::current()) {
    return call<A, B, C, D>(from, a, b, c, d);
  }

 private:
  friend M;  // alone: a Callable of another module would call that one's forward
  Callable() = default;

  template <class... Args>
  decltype(auto) call(SourceLoc from, std::remove_reference_t<Args>&... args) {
    const Scope scope = enter(from);
    return static_cast<M&>(*this).forward(pass<Args>(args, from)...);
  }
  template <class T>
  static decltype(auto) pass(std::remove_reference_t<T>& x, SourceLoc from) {
    if constexpr (std::derived_from<std::remove_cvref_t<T>, Parameter>) {
      return recorded(x, from);
    } else {
      return static_cast<T&&>(x);
    }
  }
};

}  // namespace tapestry::nn
