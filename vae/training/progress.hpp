#pragma once

#include <chrono>
#include <string>

#include "vae/training/trainer.hpp"

namespace tapestry::vae {

/// Shows a run as it goes: on a terminal one line that is drawn again a few times a second,
///
///      3/10 [=======>        ]  231/469  38,120 images/s  0:04 left  train -ELBO 113.42
///
/// and one row of a table per epoch, which is all that a file or pipe gets:
///
///       epoch  train -ELBO  test -ELBO = reconstruction + KL      nats, dynamic
///        3/10       113.89      111.52 =          87.64 + 23.88   1.6 s
class Progress {
 public:
  /// Writes to standard output. `rule` says above the numbers what data they are about; `active_units`: a row ends
  /// in how many latents are in use.
  Progress(int epochs, std::string rule, bool active_units = false);

  /// Registers with the trainer; must outlive its run.
  void follow(Trainer& trainer);

 private:
  void show(const StepReport& report);
  void show(const EpochReport& report);

  int epochs_;
  std::string rule_;
  bool active_units_;
  bool terminal_;
  bool headed_ = false;  ///< has the table its head?
  std::chrono::steady_clock::time_point last_drawn_{};
};

/// 61.4 -> "1:01"
std::string clock_time(double seconds);
/// 38120.4 -> "38,120"
std::string with_commas(double number);

}  // namespace tapestry::vae
