#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autograd/debug/birth.hpp"
#include "autograd/health.hpp"
#include "autograd/observer.hpp"

namespace tapestry::debug {

/// Looks for numbers that are not finite until the end of the block, on this thread:
///
///     debug::HealthScope scope(Health::nodes);
///     train();
///
/// `nodes` throws DomainError at the first one, with the op that made it, its operands and a hint.
/// An infinite constant is allowed until its effect reaches the loss, since masks contain such
/// constants. `collect` throws nothing itself (the check of `loss` still does); it lists every
/// origin, and whether it reached the loss, which a NaN masked by `where` does not.
///
/// Scopes nest, and the innermost one decides.
class HealthScope : private Observer {
 public:
  explicit HealthScope(Health level);
  ~HealthScope() override;
  HealthScope(const HealthScope&) = delete;
  HealthScope& operator=(const HealthScope&) = delete;

  /// In the order of their occurrence; a repeated origin increments `times`.
  std::span<const Birth> births() const { return births_; }
  /// All of them as text.
  std::string report() const;

 private:
  void recorded(const Tape& tape, std::int32_t node, Inputs in, const Tensor& out) override;
  void sweep_begins(Tape& tape, const Tensor& y, const Tensor& seed, SourceLoc where) override;
  void after_node(const Tape& tape, std::int32_t node) override;
  void sweep_ends(const Tape& tape) override;
  void refused(const Parameter& parameter, SourceLoc where) override;

  bool decides() const { return innermost_ == this; }
  enum class Meant : std::uint8_t { no, perhaps };
  void found(Birth birth, Meant meant);

  static constinit thread_local HealthScope* innermost_;
  Health level_, outer_level_;
  HealthScope* outer_;
  std::optional<ObserverScope> looking_on_;
  std::vector<Birth> births_;
  std::set<std::pair<std::uint32_t, std::int32_t>> bad_values_;  ///< tape and node
  Tape* sweeping_ = nullptr;
  std::set<std::int32_t> bad_gradients_;  ///< nodes of the tape that is sweeping
};

}  // namespace tapestry::debug
