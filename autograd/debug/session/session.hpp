#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/debug/session/stops.hpp"
#include "autograd/observer.hpp"

namespace tapestry::debug {

/// One term of a gradient: what node `from` sent to its operand number `operand`.
struct Contribution {
  std::int32_t from;
  int operand;
  Tensor value;
};

enum class Phase : std::uint8_t {
  forward,   ///< nodes are being recorded; `at` is the newest one
  reverse,   ///< `at` is the node whose backward function runs next
  finished,  ///< every gradient is complete
};

/// How much of a node's gradient has arrived. None is not zero: nothing has arrived yet.
enum class Arrival : std::uint8_t { none, partial, complete };

/// The reason why a motion ended.
struct Stop {
  enum class Why : std::uint8_t { stepped, breakpoint, watchpoint, start, end } why;
  int number = 0;    ///< of the break- or watchpoint
  std::string text;  ///< of the break- or watchpoint, with the values found
};

/// A reverse pass in steps: node by node, or contribution by contribution, forth and back.
///
///     Tape tape({.keep = Keep::all});
///     Tensor loss = ...;
///     debug::Session s(tape, loss);
///     s.add(debug::break_op("softplus"));
///     s.run();                       // at the last softplus; its gradient is complete
///     s.outgoing();                  // what it is about to send
///     s.step();                      // sends it
///
/// It computes with the ops' own backward functions, on gradients of its own: the tape and
/// Parameter::grad stay as they are, so that `tape.backward(loss)` may follow. It stores every
/// contribution, and a gradient is their sum in order of arrival; that is why `back` is exact.
/// (Tape::backward adds some products directly to the sum; the last bit of an f32 may differ.)
///
/// With Keep::needed, values that no gradient needs are missing.
class Session : private Observer {
 public:
  /// The reverse pass from a loss of one element. Errors are those of Tape::backward, except that a
  /// loss that is not finite is accepted, so that its origin can be searched.
  Session(Tape& tape, const Tensor& loss);
  /// From any tensor, starting with dL/dy = seed.
  Session(Tape& tape, const Tensor& y, const Tensor& seed);
  /// The forward pass from here on: `on_stop` is called at each stop, below the frames that record
  /// the node, and chooses the next motion (run, if it calls none). `reverse` follows.
  Session(Tape& tape, std::function<void(Session&)> on_stop);
  ~Session() override;
  /// Ends the forward phase and stands before the first node of the reverse pass.
  void reverse(const Tensor& loss);

  // Motions. In reverse they run at once and return why they ended; in forward they are carried out
  // after `on_stop` has returned.
  Stop step();           ///< sends all contributions of the node, or the remaining ones
  Stop step_into();      ///< sends one contribution
  Stop next_in_scope();  ///< to the next node of the same module, over the modules inside
  Stop finish_scope();   ///< to the first node outside the module
  Stop run();            ///< to the next break- or watchpoint, or to the end
  /// To a node, or a breakpoint on the way. TapeError if the node does not lie ahead.
  Stop run_to(std::int32_t node);
  /// To the next node that fits, as if it had a breakpoint: run_to(break_label("z")).
  Stop run_to(const Breakpoint& target);
  Stop back();     ///< undoes one node, or the contributions of the current node
  Stop restart();  ///< before the first node

  int add(Breakpoint breakpoint);  ///< its number, from 1
  int add(Watchpoint watchpoint);
  bool remove(int number);  ///< false if there is none
  std::span<const Breakpoint> breakpoints() const { return breakpoints_; }
  std::span<const Watchpoint> watchpoints() const { return watchpoints_; }

  const Tape& tape() const { return tape_; }
  Tape& tape() { return tape_; }
  Phase phase() const { return phase_; }
  const Tensor& loss() const { return loss_; }  ///< where the pass begins
  std::int32_t root() const { return root_; }   ///< its node
  std::int32_t at() const;                      ///< -1 when finished
  int operand() const { return operand_; }      ///< how many operands have been served by step_into
  std::size_t done() const { return position_; }                  ///< nodes that have run
  std::size_t total() const { return order_.size(); }             ///< nodes of the reverse pass
  std::span<const std::int32_t> order() const { return order_; }  ///< in which they run

  /// The contributions of the current node, by operand; undefined = nothing. Empty when finished.
  std::span<const Tensor> outgoing();
  /// dL/dout of a node so far; undefined = nothing has arrived.
  const Tensor& grad(std::int32_t node) const { return slot(node).grad; }
  /// The same for a parameter: summed over all its leaves on this tape.
  Tensor grad(const Parameter& parameter) const;
  std::span<const Contribution> contributions(std::int32_t node) const { return slot(node).parts; }
  Arrival arrival(std::int32_t node) const;
  /// True if the node lies on a path from the loss to a parameter or watched tensor.
  bool reachable(std::int32_t node) const;

 private:
  struct Slot {
    Tensor grad;
    std::vector<Contribution> parts;
    std::int32_t last_sender = -1;  ///< the node after whose turn the gradient is complete
  };
  struct Sent {  ///< the changes of one contribution, to be undone
    std::size_t position;
    int operand;
    std::int32_t to;  ///< -1: the operand got nothing
    Tensor before;
  };

  void begin(const Tensor& y, const Tensor& seed);
  void recorded(const Tape& tape, std::int32_t node, Inputs in, const Tensor& out) override;
  const Slot& slot(std::int32_t node) const;
  const Node& node(std::int32_t index) const;
  /// Runs until `arrived` returns true at a node, or a break- or watchpoint stops it.
  Stop advance(const std::function<bool()>& arrived);
  Stop end();
  void send_one(Stop& stop);
  void unsend_one();
  void skip_silent();
  bool at_breakpoint(std::int32_t index, Stop& stop);
  // A watchpoint that fits becomes the reason in `stop`, unless there is one.
  void check_contribution(std::int32_t to, const Tensor& before, Stop& stop);
  void check_complete(std::int32_t node, Stop& stop);
  void check_ratio(const Tensor& dout, const Tensor& part, std::int32_t from, Stop& stop);
  Stop wish(std::function<bool()> arrived);
  std::string scope_path() const;

  Tape& tape_;
  Phase phase_ = Phase::reverse;
  Tensor loss_;
  std::int32_t root_ = -1;
  std::vector<std::int32_t> order_;
  std::vector<Slot> slots_;
  std::vector<Sent> sent_;
  std::size_t position_ = 0;
  int operand_ = 0;
  std::vector<Tensor> outgoing_;
  bool outgoing_known_ = false;

  std::vector<Breakpoint> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  int last_number_ = 0;

  // The forward phase.
  std::function<void(Session&)> on_stop_;
  std::function<bool()> wished_;
  std::int32_t newest_ = -1;
  std::unique_ptr<ObserverScope> looking_on_;
};

}  // namespace tapestry::debug
