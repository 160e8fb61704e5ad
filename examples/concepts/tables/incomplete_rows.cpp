// incomplete_rows: a VAE of rows with holes, and what it puts into them
// C147, Mattei and Frellsen 2019; model F2
//
//     log p(x_obs) >= E[log 1/K sum_k w_k],      w_k = p(x_obs|z_k) p(z_k) / q(z_k|x_obs)
//     E[x_mis|x_obs] ~ sum_k w_k E[x_mis|z_k] / sum_k w_k
//
// Half of the entries are missing completely at random: whether one is does not depend on any value. In a linear normal
// model E[x_mis|x_obs] is known; digits with half of their pixels have no such answer. The model is in incomplete_rows.hpp.
#include "concepts/tables/incomplete_rows.hpp"

#include "concepts/tables/hole_runs.hpp"
#include "nn/init.hpp"
#include "prob/monte_carlo.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

/// The holes count as zeros that were seen.
HoleSteps zeros_observed() {
  HoleSteps steps;
  steps.observed = [](const Tensor& log_p, const Tensor&) { return log_p; };
  return steps;
}
/// Each draw of q counts alike.
HoleSteps plain_average() {
  HoleSteps steps;
  steps.weigh = [](const Tensor& log_w) { return zeros_like(log_w); };
  return steps;
}
/// The encoder reads what should be missing.
HoleSteps holes_read() {
  HoleSteps steps;
  steps.read = [](const Tensor& x, const Tensor& seen) { return concat({x, seen}, -1); };
  return steps;
}
/// Large values are missing more often: not at random.
Tensor large_ones_missing(const Tensor& x, Rng& rng) {
  return less(rng.uniform(x.shape(), x.dtype()), where(greater(x, mean(x, 0)), 0.2, 0.8))
      .to(x.dtype());
}

// --- claims

/// Four columns whose p(x_2, x_4|x_1, x_3) is known, under a q that was never trained.
void claims_of_a_row(Concept& c, const HoleSteps& steps) {
  Miwae<LinearColumns> model({.columns = 4, .hidden = 8, .latent = 2}, steps);
  nn::init::torch_default(model, c.rng("init"));
  model.columns.loc.weight.set_value(tensor({{1.0, 0.0}, {0.8, 0.6}, {0.0, 1.0}, {-0.5, 0.7}}));
  model.columns.loc.bias.set_value(tensor({0.5, 0.0, -0.5, 1.0}));
  model.columns.log_scale.set_value(log(tensor({0.5, 0.4, 0.6, 0.5})));
  const Tensor x = tensor({{1.9, 0.0, 0.6, 0.0}}), seen = tensor({{1.0, 0.0, 1.0, 0.0}});
  Rng rng = c.rng("draws"), one(3), same(3);
  const auto draws = model.draw(x, seen, rng, c.choose(400000, 50000));
  const auto w = prob::estimate(reshape(exp(draws.log_w), {-1}));
  c.monte_carlo("mean of w: p(x_obs)", w, 0.0357200139257, 1e-3);
  const auto filled = [&](std::int64_t column, double expected) {
    const Tensor of = reshape(slice(draws.x, 2, column, column + 1), draws.log_w.shape());
    const auto e = vae::self_normalized(draws.log_w, of);
    c.monte_carlo(fmt::format("x_{} given x_1 and x_3", column + 1), e.mean.item(),
                  e.standard_error.item(), expected, 0.03);
  };
  filled(1, 1.3812941176);
  filled(3, 1.0061764706);
  const Tensor others = x + 5.0 * (1.0 - seen);
  c.identity("other values in the holes: largest change of what is filled in",
             max(abs(model.impute(x, seen, one, 50) - model.impute(others, seen, same, 50))).item(),
             0);
}

void claims_of_training(Concept& c, const Record& r) {
  c.within("held-out log p(x_obs): MIWAE - exact, nats a row", r.number("log p, MIWAE - exact"),
           c.choose(-0.05, -0.6), c.choose(0.0, 0.02));
  c.within("error in the holes: MIWAE / exact E[x_mis|x_obs]",
           r.number("MIWAE") / r.number("exact"), 0.99, c.choose(1.02, 1.25));
  c.within("column mean / exact", r.number("column mean") / r.number("exact"), 1.5, 3);
  c.monte_carlo("E[x_mis|x_obs] - x_mis, a row", r.number("bias"), r.number("bias, s.e."), 0, 0.1);
  const auto log_p = [&](const char* of) { return r.number(std::string(of) + ", log p"); };
  const auto error = [&](const char* of) { return r.number(std::string(of) + ", error"); };
  c.within("whole test digits, log p(x): complete training - holes",
           log_p("complete") - log_p("holes"), c.choose(20.0, -5.0), c.choose(27.5, 40.0));
  c.within("holes - zeros for holes, nats", log_p("holes") - log_p("zeros"), c.choose(12.0, 4.0),
           c.choose(16.5, 40.0));
  c.within("pixels in the holes, error: MIWAE / mean pixel", error("holes") / error("mean"),
           c.choose(0.66, 0.4), c.choose(0.89, 0.99));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const auto log_p = [&](const char* of) { return r.number(std::string(of) + ", log p"); };
  const auto error = [&](const char* of) { return r.number(std::string(of) + ", error"); };
  return {Plot("seen; mean pixel; MIWAE; the digit", "", "")
              .images(support::kept_grey_images(r, "digits", 28), 8),
          Plot("pixels in the holes", "", "root of the mean squared error")
              .bars("", {error("mean"), error("zeros"), error("holes")})
              .names({"mean", "zeros", "MIWAE"})
              .y_range(0, 0.4),
          Plot("whole test digits", "", "-log p(x), nats")
              .bars("", {-log_p("complete"), -log_p("zeros"), -log_p("holes")})
              .names({"whole", "zeros", "MIWAE"})
              .y_range(0, 180)};
}

// --- program

void program(Concept& c) {
  const HoleSteps steps = c.broken("zeros_observed")  ? zeros_observed()
                          : c.broken("plain_average") ? plain_average()
                          : c.broken("holes_read")    ? holes_read()
                                                      : HoleSteps{};
  const Holes holes = c.broken("large_ones_missing") ? large_ones_missing : seen_at_random;
  claims_of_a_row(c, steps);
  const Record r = c.record([&](Record& measured) {
    const DTypeScope f32(DType::f32);
    measured.data_rule = "linear normal columns; digits, threshold";
    measure_table(c, steps, holes, measured);
    measure_digits(c, steps, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C147",
                         .title = "MIWAE: imputation by a VAE of incomplete rows",
                         .source = "Mattei and Frellsen 2019; model F2",
                         .mutants = {{"zeros_observed", "holes count as zeros that were seen"},
                                     {"plain_average", "draws of q count alike"},
                                     {"holes_read", "the encoder reads the missing values"},
                                     {"large_ones_missing", "not missing at random"}}},
                        program);
}
