#pragma once

#include <cstdint>
#include <utility>
#if defined(__x86_64__)
#  include <xmmintrin.h>
#endif

namespace tapestry {

/// While one lives, this thread's float arithmetic reads and writes 0 in place of a denormal number
/// (below 1.2e-38 in f32, 2.2e-308 in f64); then the caller's floating-point state comes back
/// (docs/design/denormals.md). Nested ones cost nothing.
class FlushDenormals {
 public:
  FlushDenormals() : outermost_(!std::exchange(one_lives_, true)) {
    if (!outermost_) return;
    before_ = state();
    if (!flushes(before_)) set(before_ | kFlush);
  }
  ~FlushDenormals() {
    if (!outermost_) return;
    if (!flushes(before_)) set(before_);
    one_lives_ = false;
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  friend class KeepDenormals;
#if defined(__x86_64__)
  using State = std::uint32_t;
  static constexpr State kFlush = 0x8000 | 0x0040;  // flush to zero; denormals are zero
  static State state() { return _mm_getcsr(); }
  static void set(State s) { _mm_setcsr(s); }
#elif defined(__aarch64__)
  using State = std::uint64_t;
  static constexpr State kFlush = State{1} << 24;
  static State state() {
    State s;
    asm volatile("mrs %0, fpcr" : "=r"(s));
    return s;
  }
  static void set(State s) { asm volatile("msr fpcr, %0" : : "r"(s)); }
#else
  using State = std::uint32_t;
  static constexpr State kFlush = 0;  // no switch known: denormals are computed
  static State state() { return 0; }
  static void set(State) {}
#endif
  static bool flushes(State s) { return (s & kFlush) == kFlush; }

  inline static constinit thread_local bool one_lives_ = false;
  const bool outermost_;
  State before_ = 0;
};

/// While one lives inside a FlushDenormals, denormal numbers count as what they are: for comparisons that have to be exact.
class KeepDenormals {
 public:
  KeepDenormals() : before_(FlushDenormals::state()) {
    if (FlushDenormals::flushes(before_)) FlushDenormals::set(before_ & ~FlushDenormals::kFlush);
  }
  ~KeepDenormals() {
    if (FlushDenormals::flushes(before_)) FlushDenormals::set(before_);
  }
  KeepDenormals(const KeepDenormals&) = delete;
  KeepDenormals& operator=(const KeepDenormals&) = delete;

 private:
  const FlushDenormals::State before_;
};

}  // namespace tapestry
