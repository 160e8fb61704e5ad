#pragma once

namespace tapestry {

/// Base of classes whose address others keep. A copy does not compile, with an error of one line;
/// `= delete` would list every function between a container and the copy.
template <class T>
struct NotCopied {
  NotCopied() = default;
  NotCopied(const NotCopied&) {
    static_assert(
        sizeof(T) == 0,
        "a parameter is not copied, tapes and optimizers know it by its address: pass it by "
        "reference, keep it in a std::deque or a std::unique_ptr");
  }
};

}  // namespace tapestry
