#pragma once

#include <cstddef>
#include <cstdint>

namespace tapestry {

/// Element type of a tensor, known at run time. There is no promotion: mixing them throws.
enum class DType : std::uint8_t { f32, f64, i32 };

constexpr const char* name(DType dtype) {
  constexpr const char* kNames[] = {"f32", "f64", "i32"};
  return kNames[static_cast<std::size_t>(dtype)];
}
constexpr std::size_t size_of(DType dtype) { return dtype == DType::f64 ? 8 : 4; }

template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::f32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::f64;
}
template <>
constexpr DType dtype_of<std::int32_t>() {
  return DType::i32;
}

/// What factories make when no dtype is named: f32, unless a DTypeScope says otherwise.
DType default_dtype();

/// `DTypeScope f64(DType::f64);` flips the default until the end of the block (this thread only).
class DTypeScope {
 public:
  explicit DTypeScope(DType dtype);
  ~DTypeScope();
  DTypeScope(const DTypeScope&) = delete;
  DTypeScope& operator=(const DTypeScope&) = delete;

 private:
  DType previous_;
};

[[noreturn]] void throw_not_floating(DType dtype);

/// Calls `fn(float{})` or `fn(double{})`; ops instantiate their loops through it, inside .cpp
/// files.
template <class Fn>
decltype(auto) dispatch(DType dtype, Fn&& fn) {
  if (dtype == DType::f32) return fn(float{});
  if (dtype == DType::f64) return fn(double{});
  throw_not_floating(dtype);
}

}  // namespace tapestry
