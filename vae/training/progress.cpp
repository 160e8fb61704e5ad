#include "vae/training/progress.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace tapestry::vae {
namespace {

constexpr const char* kEraseLine = "\r\033[K";
constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kTerminal = 80;

// "-ELBO 113.42" of a bound, "objective -3.10" of a system without one.
std::string main_number(const Means& m) {
  if (!m.has_bound()) return fmt::format("objective {:.2f}", m.value);
  return fmt::format("{} {:.2f}", m.is_elbo() ? "-ELBO" : "-bound", m.neg_elbo());
}

// "  codebook 1.20  commitment 0.31": the parts from number `first` on.
std::string parts_text(const Means& m, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < m.parts.size(); ++i)
    text += fmt::format("  {} {:.2f}", m.parts[i].first, m.parts[i].second);
  return text;
}

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

Progress::Progress(int epochs, std::string rule, bool active_units)
    : epochs_(epochs),
      rule_(std::move(rule)),
      active_units_(active_units),
      terminal_(::isatty(STDOUT_FILENO)) {}

void Progress::follow(Trainer& trainer) {
  if (terminal_) trainer.on_step = [this](const StepReport& report) { show(report); };
  trainer.on_epoch = [this](const EpochReport& report) { show(report); };
}

void Progress::show(const StepReport& r) {
  const auto t = std::chrono::steady_clock::now();
  if (t - last_drawn_ < kRedraw && r.step < r.steps) return;
  last_drawn_ = t;
  constexpr int kWidth = 16;
  const int filled = static_cast<int>(r.step * kWidth / r.steps);
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled < kWidth) bar += '>';
  bar.resize(kWidth, ' ');
  fmt::print("{}{:>2}/{} [{}] {:>4}/{}  {} images/s  {} left  train {}", kEraseLine, r.epoch,
             epochs_, bar, r.step, r.steps, with_commas(r.images_per_second),
             clock_time(r.seconds_left), main_number(r.train));
  std::fflush(stdout);
}

void Progress::show(const EpochReport& r) {
  if (terminal_) fmt::print("{}", kEraseLine);
  const std::string epoch = fmt::format("{}/{}", r.epoch, epochs_);
  const bool counted = active_units_ && r.active_units >= 0;
  const std::string codes =
      r.perplexity > 0 ? fmt::format("  perplexity {:.1f}", r.perplexity) : "";
  const std::string active = counted ? fmt::format("  {} active", r.active_units) : "";
  if (r.test.is_elbo()) {
    if (!headed_)
      fmt::print("  epoch  train -ELBO  test -ELBO = reconstruction + KL      nats, {}\n", rule_);
    const std::string row = fmt::format(
        "{:>7}  {:>11.2f}  {:>10.2f} = {:>14.2f} + {:<6.2f}  {:.1f} s", epoch, r.train.neg_elbo(),
        r.test.neg_elbo(), r.test.neg_log_lik(), r.test.kl(), r.seconds);
    const std::string more = parts_text(r.test, 2) + codes + active;
    const bool fits = row.size() + more.size() <= kTerminal;
    fmt::print("{}{}{}\n", row, fits ? "" : "\n       ", more);
  } else {
    if (!headed_) fmt::print("  epoch  nats, {}\n", rule_);
    fmt::print("{:>7}  train {}  test {}{}  {:.1f} s{}\n", epoch, main_number(r.train),
               r.test.images ? main_number(r.test) : "none",
               parts_text(r.test.images ? r.test : r.train, 0), r.seconds, active);
  }
  headed_ = true;
  std::fflush(stdout);
}

}  // namespace tapestry::vae
