#pragma once

#include <cstdint>
#include <functional>

namespace tapestry::nn {

/// A learning rate as a pure function of the number of steps (or epochs) already done, 0 at first:
///
///     const Schedule lr = schedule::warm_up(100, schedule::cosine(1e-3, 5000));
///     for (std::int64_t t = 0; ...; ++t) { adam.set_lr(lr(t)); ... }
///
/// It has no state, so a resumed run needs only t. The weight of a KL that grows during training is one too:
///
///     vae::vae_player(model, adam, {}, rate, schedule::ramp(0, 1, 2000))  // annealed: 0, then up to 1
using Schedule = std::function<double(std::int64_t step)>;

/// Each throws ConfigError for a rate that is not finite or negative, or a count below 1.
namespace schedule {

Schedule constant(double lr);
/// lr * factor^floor(t / every)
Schedule step(double lr, std::int64_t every, double factor);
/// lr * factor^t
Schedule exponential(double lr, double factor);
/// From lr at 0 down half a cosine to `last` at `steps` (Loshchilov and Hutter 2017), then flat:
/// last + (lr - last) (1 + cos(pi t / steps)) / 2
Schedule cosine(double lr, std::int64_t steps, double last = 0);
/// From `first` at 0 in a line to `last` at `steps`, then exactly `last`.
Schedule ramp(double first, double last, std::int64_t steps);
/// The first `period` steps of `one`, `times` times over; the last time `one` goes on (Fu et al. 2019,
/// cyclical annealing of a KL).
Schedule cyclical(Schedule one, std::int64_t period, std::int64_t times);
/// The schedule `then`, scaled by (t + 1) / steps during the first `steps` steps.
Schedule warm_up(std::int64_t steps, Schedule then);

}  // namespace schedule
}  // namespace tapestry::nn
