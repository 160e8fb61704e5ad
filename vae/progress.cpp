#include "vae/progress.hpp"

#include <omp.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace tapestry::vae {
namespace {

constexpr const char* kEraseLine = "\r\033[K";
constexpr double kRedraw = 0.1;  // seconds

}  // namespace

std::string clock_time(double seconds) {
  const auto s = static_cast<long>(std::lround(seconds));
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string with_commas(double number) {
  const std::string digits = fmt::format("{:.0f}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t left = digits.size() - i;
    if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

Progress::Progress(int epochs, std::string rule)
    : epochs_(epochs), rule_(std::move(rule)), terminal_(::isatty(STDOUT_FILENO)) {}

void Progress::follow(Trainer& trainer) {
  if (terminal_) trainer.on_step = [this](const StepReport& report) { show(report); };
  trainer.on_epoch = [this](const EpochReport& report) { show(report); };
}

void Progress::show(const StepReport& r) {
  const double t = omp_get_wtime();
  if (t - last_drawn_ < kRedraw && r.step < r.steps) return;
  last_drawn_ = t;
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(r.step * kWidth / r.steps);
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled < kWidth) bar += '>';
  bar.resize(kWidth, ' ');
  fmt::print("{}epoch {:>2}/{} [{}] {:>4}/{}  {:>7} images/s  {} left  train -ELBO {:.2f}",
             kEraseLine, r.epoch, epochs_, bar, r.step, r.steps, with_commas(r.images_per_second),
             clock_time(r.seconds_left), r.train_neg_elbo);
  std::fflush(stdout);
}

void Progress::show(const EpochReport& r) {
  if (terminal_) fmt::print("{}", kEraseLine);
  fmt::print(
      "epoch {:>2}/{}  train -ELBO {:7.2f}  test -ELBO {:7.2f} = {:.2f} reconstruction + {:.2f} KL "
      " {} nats/image, {:.1f} s, {} images/s\n",
      r.epoch, epochs_, r.train_neg_elbo, r.test.neg_elbo(), r.test.neg_log_lik, r.test.kl, rule_,
      r.seconds, with_commas(r.images_per_second));
  std::fflush(stdout);
}

}  // namespace tapestry::vae
