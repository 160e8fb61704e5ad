#pragma once

#include "autograd/tape.hpp"

namespace tapestry {

/// Receives an event for every step of a tape; the only hook of debugger, health checks and tests.
///
/// Every method may be left out. Nodes are named by their index in Tape::nodes(). An observer gets
/// the events of its own thread; without an observer a tape pays one predictable branch a node.
class Observer {
 public:
  virtual ~Observer() = default;

  /// Whether tapes that open from now on keep every value and gradient (Keep::all).
  virtual bool wants_all_values() const { return false; }

  /// A tape opened.
  virtual void opened(Tape&) {}
  /// Forward: the node was recorded just now, below the user's own stack frames.
  virtual void recorded(const Tape&, std::int32_t /*node*/, Inputs, const Tensor& /*out*/) {}
  /// Backward was called with dL/dy = seed. Everything saved is still there, no gradient is. A loss
  /// that is not finite is refused after this.
  virtual void sweep_begins(Tape&, const Tensor& /*y*/, const Tensor& /*seed*/, SourceLoc) {}
  /// The node's gradient is complete; its backward function runs next.
  virtual void before_node(const Tape&, std::int32_t /*node*/) {}
  /// The node has sent its contributions.
  virtual void after_node(const Tape&, std::int32_t /*node*/) {}
  /// A parameter's gradient on this tape is complete.
  virtual void parameter_done(const Tape&, std::int32_t /*node*/) {}
  /// The sweep is over.
  virtual void sweep_ends(const Tape&) {}
  /// An optimizer wrote new values.
  virtual void updated(const Parameter&, SourceLoc) {}
  /// An optimizer wrote values that are not finite; it throws after this.
  virtual void refused(const Parameter&, SourceLoc) {}
};

/// Makes an observer active until the end of the block. Blocks nest; the inner observer is called
/// first.
class ObserverScope {
 public:
  explicit ObserverScope(Observer& observer);
  ~ObserverScope();
  ObserverScope(const ObserverScope&) = delete;
  ObserverScope& operator=(const ObserverScope&) = delete;

  /// Calls fn for every active observer; what an observer itself does is not reported.
  template <class Fn>
  static void for_each(Fn&& fn) {
    if (!any()) [[likely]]
      return;
    const Deaf deaf;
    for (ObserverScope* scope = innermost_; scope; scope = scope->outer_) fn(scope->observer_);
  }
  static bool any() { return innermost_ != nullptr && !deaf_; }
  /// The same, also while an observer is being called.
  static bool installed() { return innermost_ != nullptr; }

 private:
  struct Deaf {
    Deaf() { deaf_ = true; }
    ~Deaf() { deaf_ = false; }
  };

  static constinit thread_local ObserverScope* innermost_;
  static constinit thread_local bool deaf_;
  Observer& observer_;
  ObserverScope* outer_;
};

}  // namespace tapestry

/// For gdb, which only reads and writes variables: with `tapestry_debug_stops` not 0, every node
/// passes through `tapestry_debug_node`, in every kind of build. `phase` is 0 when the node was
/// recorded, 1 before its backward function runs, and 2 when the sweep that began at it is over.
extern "C" {
extern volatile int tapestry_debug_stops;
/// What the printers and commands of tapestry.py expect of the structs; changes with their fields.
extern const int tapestry_debug_abi;
void tapestry_debug_node(const tapestry::Tape* tape, std::int32_t node, int phase);
}
