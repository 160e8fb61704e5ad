// renyi_bound: a family of bounds between the ELBO and log p(x), and beyond
// C128, UDL notes; Li and Turner 2016, equations 5 and 8
//
//     L_alpha = 1/(1 - alpha) log E_q[w^(1 - alpha)],   w = p(x, z) / q(z)      falls as alpha grows
//
// Below alpha = 0 it is above log p(x). With a few draws of q in the place of the mean it is too low, so that the order
// chosen at training says how much the rare large weights count.
#include "concepts/bounds/renyi_bound_faults.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"

using namespace tapestry;
using support::Concept, support::Plot, support::Record;
using Renyi = decltype(&concepts::renyi);

namespace {

// --- claims

const std::vector<double> kOrders = {-1, -0.5, 0, 0.25, 0.5, 0.75, 0.99};

void claims_of_line(Concept& c, Renyi bound) {
  const std::vector<double> known = {-1.3127244210, -1.4569630633, -1.6850044206, -1.8592254309,
                                     -2.1105121235, -2.5099618259, -3.2193590541};
  double above = concepts::renyi_of_line(bound, -2).item(), steepest = -1;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const double L = concepts::renyi_of_line(bound, kOrders[i]).item();
    c.exact(fmt::format("line, alpha = {}", kOrders[i]), L, known[i], 1e-8);
    steepest = std::max(steepest, L - above);
    above = L;
  }
  c.at_most("line: largest rise of L with alpha", steepest, -1e-3);
  c.exact("line, alpha = 1: the ELBO", concepts::renyi_of_line(bound, 1).item(), -3.2623649429,
          1e-9);
  c.at_most("line, alpha = 2: L when z goes on to 16, not to 8",
            (concepts::renyi_of_line(bound, 2, 16) - concepts::renyi_of_line(bound, 2)).item(),
            -10);
}

void claims_of_samples(Concept& c, Renyi bound) {
  const Tensor one = concepts::line_weights(c.rng("one"), 1, 100),
               few = concepts::line_weights(c.rng("5"), 5, 100);
  double off = 0, of_library = 0, rise = -1;
  for (std::size_t i = 0; i < kOrders.size(); ++i) {
    const double alpha = kOrders[i];
    const Tensor L = concepts::sampled_renyi(bound, few, alpha);
    off = std::max(off, max(abs(concepts::sampled_renyi(bound, one, alpha) - mean(one, 0))).item());
    of_library = std::max(of_library, max(abs(L - vae::renyi_bound(few, alpha))).item());
    if (i > 0)
      rise = std::max(rise, max(L - concepts::sampled_renyi(bound, few, kOrders[i - 1])).item());
  }
  c.identity("one draw: largest |L - log w|", off, 0);
  c.identity("five draws: largest |L - the library's|", of_library, 0);
  c.at_most("five draws: largest rise of L with alpha", rise, -1e-9);
  // Var[w^1/2] / E[w^1/2]^2 = p(x) / exp(L_1/2) - 1, so the bias of 50 draws is that / 50 to first order.
  const double L = -2.1105121235, bias = (std::exp(-1.6850044206 - L) - 1) / 50;
  const Tensor fifty = concepts::sampled_renyi(
      bound, concepts::line_weights(c.rng("50"), 50, c.choose(200000, 20000)), 0.5);
  c.monte_carlo("fifty draws, alpha = 1/2: mean of exp(L/2)", prob::estimate(exp(0.5 * fifty)),
                std::exp(L / 2), 0.001);
  c.monte_carlo("fifty draws, alpha = 1/2: mean of L", prob::estimate(fifty), L - bias,
                c.choose(0.0005, 0.002));
}

std::vector<concepts::RenyiFit> claims_of_q(Concept& c, Renyi bound, const Tensor& x) {
  std::vector<concepts::RenyiFit> fits;
  for (const double alpha : {0.1, 1.0, 2.0}) fits.push_back(concepts::fit_q(bound, x, alpha));
  const double log_px = vae::exact::Curve::example().log_px(x).item();
  c.exact("curve, alpha = 1: log p(x) - largest L", log_px - fits[1].bound, 0.386983, 1e-4);
  c.within("curve: scale of q, alpha = 0.1 / alpha = 1", fits[0].scale / fits[1].scale, 13.1, 13.7);
  c.within("curve: scale of q, alpha = 1 / alpha = 2", fits[1].scale / fits[2].scale, 1.02, 1.035);
  return fits;
}

/// -L_500 of test images after training with five draws, by alpha.
void train_digits(const Concept& c, Renyi bound, Record& r) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
  data.binarize = nn::Binarize::dynamic;
  r.data_rule = c.choose("MNIST, dynamic", "drawn digits, dynamic");
  const auto run = c.choose<concepts::WeightsRun>({}, concepts::small_run(5));
  for (const double alpha : {0.0, 0.5, 1.0}) {
    const auto model = concepts::train_on_weights(run, data, concepts::climb_renyi(bound, alpha),
                                                  c.rng("init"), c.seed());
    const auto of =
        vae::evaluate_log_px(*model, data, c.choose(1000, 100), c.rng("test"), c.choose(500, 50));
    r.add("-L_500", alpha, -of.log_px);
  }
}

void claims_of_digits(Concept& c, const std::vector<double>& by) {
  const double half = by[1] - by[0], one = by[2] - by[0];
  c.within("-L_500, trained with alpha = 0", by[0], c.choose(99.8, 180.0), c.choose(101.8, 280.0));
  c.within("-L_500, alpha = 1/2 minus alpha = 0", half, c.choose(-1.0, -5.0), c.choose(-0.4, 20.0));
  c.within("-L_500, alpha = 1 minus alpha = 0", one, c.choose(0.0, -5.0), c.choose(1.0, 20.0));
}

// --- picture

std::vector<Plot> picture(const Tensor& x, const std::vector<concepts::RenyiFit>& fits,
                          const std::vector<double>& images) {
  const std::vector<double> alpha = support::grid(-1, 1.2, 45), ends = {-1, 1.2};
  Plot left("the line, q = N(0, 1)", "alpha", "bound, nats");
  left.line("exact", alpha, support::each(alpha, [](double a) {
              return concepts::renyi_of_line(concepts::renyi, a).item();
            }));
  for (const int K : {50, 5}) {
    const Tensor log_w = concepts::line_weights(Rng(1), K, 2000);
    left.line(fmt::format("mean of {} draws", K), alpha, support::each(alpha, [&](double a) {
                return mean(vae::renyi_bound(log_w, a)).item();
              }));
  }
  left.dashed("log p(x)", ends, {-1.6850044206, -1.6850044206})
      .y_range(-4.5, -1)
      .key("bottom left");
  const auto curve = vae::exact::Curve::example();
  const std::vector<double> z = curve.grid.points.to_vector();
  Plot middle("the best normal q at three peaks", "z", "density");
  middle.line("p(z|x)", z, exp(curve.log_posterior(x)).to_vector());
  for (const concepts::RenyiFit& fit : fits)
    middle.line(fmt::format("alpha = {}", fit.alpha), z,
                exp(prob::Normal(fit.mean, fit.scale).log_prob(curve.grid.points)).to_vector());
  middle.x_range(-2.5, 2.5);
  return {left, middle,
          Plot("test digits, after training with 5 draws", "alpha in training",
               "minus the bound of 500 draws, nats")
              .points("", {0, 0.5, 1}, images)
              .x_range(-0.2, 1.2)};
}

// --- program

void program(Concept& c) {
  const Renyi bound = c.broken("factor_outside_missing")      ? concepts::factor_outside_missing
                      : c.broken("mean_of_logs")              ? concepts::mean_of_logs
                      : c.broken("alpha_one_divides_by_zero") ? concepts::without_limit
                                                              : concepts::renyi;
  const Tensor x = tensor({0.9, -0.9});
  claims_of_line(c, bound);
  claims_of_samples(c, bound);
  const std::vector<concepts::RenyiFit> fits = claims_of_q(c, bound, x);
  const Record r = c.record([&](Record& measured) { train_digits(c, bound, measured); });
  claims_of_digits(c, r.curve("-L_500").y);
  c.draw(picture(x, fits, r.curve("-L_500").y));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C128",
       .title = "Renyi bounds",
       .source = "UDL notes; Li and Turner 2016, equations 5 and 8; models F1, F3",
       .mutants = {{"factor_outside_missing", "no 1/(1 - alpha) before the log"},
                   {"mean_of_logs", "the mean of logs for the log of the mean"},
                   {"alpha_one_divides_by_zero",
                    "a small number in the place of the limit at alpha = 1"}}},
      program);
}
