#pragma once

#include "nn/parallel/communicator.hpp"
#include "vae/training/team.hpp"

namespace tapestry::vae {

/// Data-parallel training: a minibatch is cut into pieces of its rows, each process computes the gradients of its own
/// pieces, and their sum is that of the whole minibatch. Nothing is a mean of means, so an uneven last minibatch is
/// exact, and the noise of a row is that of the whole draw (RowWindow): N processes train as one does.
///
/// `fast`: one piece a process, gradients summed by the library. Agrees with one process to rounding.
/// `exact`: always 8 pieces, on one thread each, and their gradients summed in one fixed order: the same bytes for 1,
/// 2, 4 and 8 processes. ConfigError for another number of them.
///
/// An objective must be a mean over independent rows: what looks at the whole minibatch (batch normalisation, a total
/// correlation, a discriminator's batch) would see its pieces. ConfigError for a model whose layers keep statistics of
/// minibatches. Every 100 turns all parameters are compared; an Error names the first that differs.
class DataParallel : public Team {
 public:
  enum class Mode { fast, exact };
  static constexpr int kPieces = 8;  ///< of a minibatch, in exact mode

  /// `ranks` must outlive the team. Exact mode sets the number of threads of the process to 1.
  DataParallel(nn::Communicator& ranks, Mode mode, const nn::Module& model);

  bool writes() const override { return ranks_.rank() == 0; }
  Objective turn(const Player& player, const nn::Batch& batch, Rng& rng) override;
  bool any(bool here) override;

  /// Seconds spent on gradients, and on the exchange with the other processes (waiting for them included).
  struct Seconds {
    double gradients = 0, exchange = 0;
  };
  const Seconds& seconds() const { return seconds_; }

 private:
  void expect_same(const nn::Module& model);

  nn::Communicator& ranks_;
  const Mode mode_;
  std::int64_t turns_ = 0;
  Seconds seconds_;
};

}  // namespace tapestry::vae
