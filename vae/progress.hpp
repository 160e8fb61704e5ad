#pragma once

#include <string>

#include "vae/trainer.hpp"

namespace tapestry::vae {

/// Shows a run as it goes: on a terminal one line that is drawn again a few times a second,
///
///     epoch  3/10 [=========>          ]  231/469   38,120 images/s   0:04 left   train -ELBO 113.42
///
/// and one plain line per epoch, which is all that a file or pipe gets.
class Progress {
 public:
  /// Writes to standard output. `rule` says beside every number what data it is about.
  Progress(int epochs, std::string rule);

  /// Registers with the trainer; must outlive its run.
  void follow(Trainer& trainer);

 private:
  void show(const StepReport& report);
  void show(const EpochReport& report);

  int epochs_;
  std::string rule_;
  bool terminal_;
  double last_drawn_ = 0;
};

/// 61.4 -> "1:01"
std::string clock_time(double seconds);
/// 38120.4 -> "38,120"
std::string with_commas(double number);

}  // namespace tapestry::vae
