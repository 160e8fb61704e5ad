#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "autograd/parameter.hpp"
#include "nn/named_tensor.hpp"

namespace tapestry::nn {

/// A run of elements of one parameter, one chunk or several: the input of an update rule.
template <class T>
struct Chunk {
  T* value;
  const T* grad;
  T* state[3];  ///< in the order of the names given to the constructor; zeros before step 1
  std::int64_t size;
  std::int64_t step;  ///< of this parameter, from 1
  double lr;
};

/// Base of the optimizers: owns state, steps and checks; the rule itself is one function over a
/// chunk.
///
///     nn::Adam adam(model.parameters(), {.lr = 1e-3});
///     for (...) {
///       adam.zero_grad();
///       Tape tape;
///       tape.backward(loss(batch));
///       adam.step();
///     }
///
/// `step` cuts all parameters into chunks and runs them in one parallel pass. Every element is
/// updated from its own numbers alone, so the result does not depend on the number of threads.
class Optimizer {
 public:
  static constexpr std::int64_t kChunk = 4096;
  static constexpr int kMaxStates = 3;
  static constexpr int kIdleSteps = 10;

  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Updates every trainable parameter that has a gradient and counts its step. ConfigError if none
  /// has one. DomainError if an updated value is not finite: it names the parameter and the
  /// element; the values are lost; the gradients are kept for inspection.
  ///
  /// Step number kIdleSteps prints the names of `idle()`, if any, to stderr, once: a parameter that
  /// enters an expression by `.value()` gets no gradient and never learns. A gradient that still
  /// holds what an earlier step has used is reported too, once: zero_grad was forgotten.
  void step(SourceLoc where = SourceLoc::current());
  void zero_grad();

  double lr() const { return lr_; }
  /// ConfigError unless finite and >= 0.
  void set_lr(double lr);
  const std::vector<Parameter*>& parameters() const { return parameters_; }
  /// The trainable parameters that no step has changed, because they never had a gradient.
  std::vector<const Parameter*> idle() const;

  /// Moments and step counts for a checkpoint, named like `adam.m.encoder.fc1.weight` and
  /// `adam.step`.
  NamedTensors state() const;
  /// Restores what `state` returned. DataError for a missing, unexpected or misshapen tensor.
  void load_state(const NamedTensors& state);

 protected:
  /// `name` and `states` become names in checkpoints. ConfigError for an empty list of parameters,
  /// one listed twice, or a bad learning rate.
  Optimizer(const char* name, std::vector<Parameter*> parameters, double lr,
            std::vector<const char*> states);
  /// ConfigError unless low <= value < high; the message names the option.
  void check_option(const char* option, double value, double low, double high = INFINITY) const;

  // The rule for both dtypes; a class implements it once, as a template in its .cpp.
  // Returns true if every updated value is finite; checked in the same pass, at no cost.
  virtual bool update(const Chunk<float>& chunk) const = 0;
  virtual bool update(const Chunk<double>& chunk) const = 0;

 private:
  struct Slot {  ///< what is kept for one parameter
    Tensor state[kMaxStates];
    std::int64_t step = 0;
  };
  struct Job {  ///< one chunk of one parameter
    std::int32_t parameter;
    std::int64_t offset, size;
    bool finite;
  };

  template <class T>
  Chunk<T> chunk(const Job& job);
  void collect_jobs(SourceLoc where);
  void name_idle(SourceLoc where) const;
  void tell_stale(const Parameter& p, SourceLoc where);
  [[noreturn]] void throw_not_finite(const Job& job, SourceLoc where) const;
  /// Where the values themselves are finite.
  [[noreturn]] void throw_state_not_finite(const Job& job, SourceLoc where) const;
  std::string state_name(std::size_t state, const Parameter& p) const;

  const char* name_;
  std::vector<Parameter*> parameters_;
  double lr_;
  int steps_ = 0;  ///< of this process, counted up to kIdleSteps
  bool told_stale_ = false;
  std::vector<const char*> states_;
  std::vector<Slot> slots_;
  std::vector<void*> values_;  ///< writable values of this step, by parameter
  std::vector<Job> jobs_;      ///< of this step; the capacity stays
};

}  // namespace tapestry::nn
