// importance_weighted: the bound of several samples, trained and not only measured
// C127, UDL notes; Burda, Grosse and Salakhutdinov 2016, equations 8 and 13
//
//     L_k = E[log (1/k) sum_i w_i] <= L_k+1 <= log p(x),    w_i = p(x, z_i) / q(z_i|x)
//
// Its gradient weighs draw i by w~_i = w_i / sum_j w_j. The number that has it, sum w~ log w, is larger than the bound.
#include "concepts/bounds/importance_weighted_faults.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using concepts::ImportanceSteps, concepts::kDraws, concepts::kKnown, concepts::kLogPx;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_line(Concept& c, const ImportanceSteps& by) {
  for (std::size_t i = 0; i < 6; ++i) {
    const auto k = static_cast<std::int64_t>(kDraws[i]);
    Rng rng = c.rng(fmt::format("k = {}", k));
    const std::int64_t n = k == 500 ? c.choose(20000, 1000) : c.choose(200000, 20000);
    const prob::Normal q(zeros({k, n}), ones({k, n}));
    const Tensor log_w = by.of_line(q, q.sample(rng));
    const prob::Estimate L = prob::estimate(by(log_w).bound);
    c.monte_carlo(fmt::format("line: L_{}", k), L, kKnown[i], c.choose(0.01, 0.03));
    if (k < 500) continue;
    const Tensor off = mean(exp(log_w - kLogPx), 0) - 1.0, gap = kLogPx - by(log_w).bound + off;
    c.monte_carlo("line: 500 (log p(x) - L_500)", prob::estimate(500.0 * gap),
                  500 * (kLogPx - kKnown[i]), c.choose(0.02, 0.1));
  }
  Rng rng = c.rng("another q");
  const prob::Normal q(full({100000}, 0.8), full({100000}, 0.7));
  c.monte_carlo("line, q = N(0.8, 0.49): mean of w / p(x)",
                prob::estimate(exp(by.of_line(q, q.sample(rng)) - kLogPx)), 1, 0.01);
}

void claims_of_gradient(Concept& c, const ImportanceSteps& by) {
  const Tensor noise = c.rng("noise").normal({5, 100}), at = full({100}, 0.3);
  const auto log_w = [&](const Tensor& mu) {
    const prob::Normal q(broadcast_to(mu, {5, 100}), full({5, 100}, 0.8));
    return by.of_line(q, q.loc + 0.8 * noise);
  };
  const Tensor slope = support::slope([&](const Tensor& mu) { return by(log_w(mu)).value; }, at);
  const auto L = [&](double step) { return vae::iwae_bound(log_w(at + step)); };
  c.exact("5 draws: largest |gradient - difference quotient of L_5|",
          max(abs(slope - (L(1e-5) - L(-1e-5)) / 2e-5)).item(), 0);
  const vae::Objective of = by(log_w(at));
  const Tensor w = vae::normalized_weights(log_w(at));
  c.identity("climbed - reported, - KL(w~ || 1/k), largest",
             max(abs(of.value - of.bound - sum(w * log(5.0 * w), 0))).item(), 0);
  const auto line = vae::exact::Line::example();
  const prob::Normal q(zeros({4, 1}), ones({4, 1}), 1);
  const auto decode = [&](const Tensor& z) { return line.likelihood(z, 1); };
  Rng rng = c.rng("A"), same = c.rng("A");
  const prob::StandardNormal prior = line.prior({4, 1}, 1);
  const Tensor x = full({1}, 1.3), A = vae::sgvb_generic(x, q, prior, decode, rng).elbo();
  const Tensor one = vae::log_weights(x, q, prior, decode, same, 1);
  c.identity("one draw: largest |L_1 - estimator A|", max(abs(by(one).bound - A)).item(), 0, 1e-15);
}

void train_digits(const Concept& c, const ImportanceSteps& by, Record& r) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
  data.binarize = nn::Binarize::dynamic;
  r.data_rule = c.choose("MNIST, dynamic", "drawn digits, dynamic");
  const Tensor x = data.range(nn::Part::test, 0, c.choose(2000, 200), c.rng("pixels")).images;
  for (const int k : {1, 5, 25}) {
    const concepts::WeightsRun run{.draws = k, .epochs = 6};
    const auto model = concepts::train_on_weights(c.choose(run, concepts::small_run(k)), data, by,
                                                  c.rng("init"), c.seed());
    const auto of =
        vae::evaluate_log_px(*model, data, c.choose(1000, 100), c.rng("test"), c.choose(1000, 50));
    r.add("-L_1000", k, -of.log_px);
    r.add("active latents", k, static_cast<double>(vae::active_units(model->encode(x).loc)));
    if (k != 5) continue;
    const auto b = concepts::bracket(*model, c.quick(), c.rng("annealing"));
    r.numbers = {{"below", b.below}, {"above", b.above}, {"by encoder", b.by_encoder}};
  }
}

void claims_of_digits(Concept& c, const Record& r) {
  const std::vector<double>&test = r.curve("-L_1000").y, &active = r.curve("active latents").y;
  const auto band = [&](const char* of, double measured, double low, double high) {
    c.within(of, measured, c.choose(low, -5.0), c.choose(high, 280.0));
  };
  band("digits: -L_1000 of test images, k = 1", test[0], 113, 115.4);
  band("digits: -L_1000, k = 1 minus k = 5", test[0] - test[1], 3.5, 6.5);
  band("digits: -L_1000, k = 5 minus k = 25", test[1] - test[2], 1.5, 3.5);
  band("digits: active latents, k = 25 minus k = 1", active[2] - active[0], 3, 15);
  const double above = r.number("above");
  band("drawn by the model: annealed above - below", above - r.number("below"), 0, 1);
  band("drawn by the model: annealed above - encoder", above - r.number("by encoder"), 0, 1.8);
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const std::vector<double> few = {1, 5, 25};
  return {Plot("the line, q = N(0, 1)", "k draws", "nats")
              .log_x()
              .points("bound", kDraws, kKnown)
              .dashed("log p(x)", {1, 500}, {kLogPx, kLogPx})
              .x_range(0.8, 700)
              .key("bottom right"),
          Plot("test digits", "k draws in training", "minus the bound of 1,000 draws")
              .log_x()
              .points("", few, r.curve("-L_1000").y)
              .x_range(0.7, 40),
          Plot("latents in use, of 50", "k draws in training", "active latents")
              .bars("", r.curve("active latents").y)
              .y_range(0, 55)
              .names({"1", "5", "25"})};
}

// --- program

void program(Concept& c) {
  const ImportanceSteps by{
      .share = c.broken("weights_of_minus_loss") ? concepts::shares_of_minus_log_w
               : c.broken("not_detached")        ? concepts::shares_with_gradient
                                                 : concepts::shares,
      .reported = c.broken("surrogate_reported") ? concepts::surrogate : concepts::bound_of_shares,
      .of_line = c.broken("analytic_kl_inside") ? concepts::analytic_kl_inside
                                                : concepts::log_weights_of_line};
  claims_of_line(c, by);
  claims_of_gradient(c, by);
  const Record r = c.record([&](Record& measured) { train_digits(c, by, measured); });
  claims_of_digits(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C127",
       .title = "The importance weighted autoencoder",
       .source = "UDL notes; Burda, Grosse and Salakhutdinov 2016, equations 8 and 13; model F1",
       .mutants = {{"weights_of_minus_loss", "the worst draw has the largest weight"},
                   {"not_detached", "a gradient passes the weights, too"},
                   {"surrogate_reported", "the number that is climbed is printed as the bound"},
                   {"analytic_kl_inside", "one closed-form KL for all draws"}}},
      program);
}
