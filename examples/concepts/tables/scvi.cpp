// scvi: counts of genes, of which some are lost and some are the machine's
// C148, Lopez, Regier, Cole, Jordan and Yosef 2018
//
//     z ~ N(0, I),   log l ~ N(m_s, v_s),   rho = softmax f(z, s),   x_g ~ ZINB(l rho_g, theta_g, log odds f_g(z, s))
//     log p(x|s) >= E log p(x|z, l, s) - KL(q(z|x, s) || p(z)) - KL(q(l|x, s) || p(l|s))
//
// A cell's counts say three things: what the cell is, how much of it was read, and on which day. z should be the first
// alone: l takes the second, and the decoder is told the third. The cells are drawn, so each answer is known. The model
// is in scvi.hpp, the cells in drawn_cells.hpp.
#include "concepts/tables/scvi.hpp"

#include "concepts/tables/cell_runs.hpp"
#include "prob/poisson.hpp"

using namespace concepts;
using prob::ZeroInflatedNegativeBinomial;
using support::Concept, support::Plot, support::Record;

namespace {

using LogCounts = decltype(CountSteps::log_lik);

// --- model

/// log p(x|z, l, s) of the model without losses and without spread.
Tensor log_poisson(const CountParameters& p, const Tensor& x) {
  return prob::Poisson(p.mu, 1).log_prob(x);
}

// --- wrong versions

/// Each zero is a loss: that NB draws zeros, too, is forgotten.
Tensor zeros_all_lost(const CountParameters& p, const Tensor& x) {
  const ZeroInflatedNegativeBinomial d(p.mu, p.theta, p.zero_logits);
  return sum(where(equal(x, 0.0), log_sigmoid(p.zero_logits), d.log_prob(x)), -1);
}
/// No count is lost.
Tensor without_losses(const CountParameters& p, const Tensor& x) {
  return ZeroInflatedNegativeBinomial(p.mu, p.theta, -30.0, 1).log_prob(x);
}
Tensor batch_untold(const Tensor& s) { return 0.0 * s; }
/// All cells are read alike.
Tensor one_library(const Tensor&, const Tensor& rho) { return 250.0 * rho; }

// --- claims

void claims_of_counts(Concept& c, const LogCounts& log_p) {
  const Tensor x = arange(400), one = ones({400, 1});
  const CountParameters of{3.0 * one, 2.0 * one, -1.0 * one};
  const Tensor p = exp(log_p(of, reshape(x, {400, 1}))), centred = x - 2.19317573589;
  c.exact("ZINB(3, 2, -1): sum of p", sum(p).item(), 1);
  c.exact("mean", sum(x * p).item(), 2.19317573589);
  c.exact("variance", sum(square(centred) * p).item(), 7.25244673890);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto of = [&](const std::string& name) { return r.number(name); };
  c.within("batch found in z, told of it (chance: 0.5)", of("scVI, batch"), c.choose(0.45, 0.4),
           c.choose(0.6, 0.74));
  c.at_least("batch found in z, not told", of("untold, batch"), c.choose(0.85, 0.75));
  c.at_least("type found in z (chance: 0.25)", of("scVI, type"), c.choose(0.9, 0.45));
  c.within("log l, error: scVI / exact E[log l|x, s]", of("scVI, log l") / of("exact log l"), 0.98,
           c.choose(1.5, 2.2));
  c.at_most("share of a gene's counts that is lost: mean error", of("loss, error"),
            c.choose(0.03, 0.06));
  c.within("held-out log p(x|s): scVI - the truth, nats a cell", of("scVI, log p") - of("truth"),
           c.choose(-2.0, -8.0), 0.1);
  c.at_least("scVI - Poisson, nats a cell", of("scVI, log p") - of("Poisson, log p"), 10);
}

// --- picture

Plot plane(const Record& r, const std::string& name, const std::string& title) {
  Plot plot(title, "z_1", "z_2");
  for (int batch = 0; batch < 2; ++batch) {
    std::vector<double> x, y;
    for (int type = 0; type < 4; ++type) {
      const auto& of = r.curve(fmt::format("{}, z of type {} in batch {}", name, type, batch));
      x.insert(x.end(), of.x.begin(), of.x.end()), y.insert(y.end(), of.y.begin(), of.y.end());
    }
    plot.points(fmt::format("batch {}", batch + 1), x, y);
  }
  return plot.x_range(-3.2, 3.2).y_range(-3.2, 3.2).square().key("bottom right");
}

std::vector<Plot> picture(const Record& r) {
  const auto& found = r.curve("scVI, lost");
  return {plane(r, "untold", "z, not told of the batch"), plane(r, "scVI", "z, told of it"),
          Plot("share of a gene's counts that is lost", "truth", "found")
              .dashed("", {0, 0.7}, {0, 0.7})
              .points("a gene", r.curve("lost").y, found.y)
              .x_range(0, 0.7)
              .y_range(0, 0.7)
              .square()};
}

// --- program

void program(Concept& c) {
  const LogCounts log_p = c.broken("zeros_all_lost")   ? LogCounts(zeros_all_lost)
                          : c.broken("without_losses") ? LogCounts(without_losses)
                                                       : CountSteps{}.log_lik;
  const auto told = c.broken("batch_untold") ? batch_untold : CountSteps{}.told;
  const auto scaled = c.broken("one_library") ? one_library : CountSteps{}.scaled;
  claims_of_counts(c, log_p);
  const Record r = c.record([&](Record& measured) {
    const DTypeScope f32(DType::f32);
    measured.data_rule = "drawn cells";
    Rng fixed(2), rng = c.rng("cells");
    const DrawnCells truth = DrawnCells::of(30, c.choose(0.6, 0.9), fixed);
    const Cells train = truth.sample(rng, c.choose(5000, 1000));
    const Cells test = truth.sample(rng, c.choose(1000, 200));
    measure(c, "scVI", {log_p, told, scaled}, train, test, measured);
    measure(c, "untold", {log_p, batch_untold, scaled}, train, test, measured);
    measure(c, "Poisson", {log_poisson, told, scaled}, train, test, measured);
    const auto known = truth.known(test);
    measured.numbers["truth"] = mean(known.log_px).item();
    measured.numbers["exact log l"] = error_of_log_l(reshape(known.log_l, {-1, 1}), test);
    const Tensor lost = sigmoid(truth.loss);
    for (std::int64_t g = 0; g < 30; ++g) measured.add("lost", double(g), lost.at({g}));
    const Tensor found = tensor(measured.curve("scVI, lost").y, {30});
    measured.numbers["loss, error"] = mean(abs(found - lost)).item();
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C148",
                         .title = "scVI: counts, losses and batches",
                         .source = "Lopez et al. 2018",
                         .mutants = {{"zeros_all_lost", "that NB draws zeros is forgotten"},
                                     {"without_losses", "a negative binomial alone"},
                                     {"batch_untold", "networks are not told of the batch"},
                                     {"one_library", "all cells are read alike"}}},
                        program);
}
