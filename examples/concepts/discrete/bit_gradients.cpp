// bit_gradients: bias and noise of the gradients that bits learn by, with every sum written out
// C136, Mnih and Gregor 2014; Mnih and Rezende 2016, equations 5 to 10; Bornschein and Bengio 2015
//
//     grad E[f(h)] = E[(f(h) - b) d log q(h|x)]  for every b that does not depend on h
//
// K draws of a code of two bits can fall in 4^K ways: their mean and variance is a sum over all of them. The estimators are in
// bit_gradients.hpp and nvil_vimco.hpp.
#include "concepts/discrete/bit_gradients.hpp"
#include "concepts/discrete/nvil_vimco_faults.hpp"
#include "support/concept/concept.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

constexpr double kElbo = -2.4076465485;  // with this q

double largest(const Tensor& difference) { return max(abs(difference)).item(); }
const Climbed of_elbo = [](const Tensor& p, const Tensor& q) { return mean(p - q, 0); };
const Climbed of_L = [](const Tensor& p, const Tensor& q) { return vae::iwae_bound(p - q); };

void claims_of_bias(Concept& c, const BitSteps& by) {
  for (const double C : {0.0, kElbo, 10.0})
    c.identity(fmt::format("NVIL, C = {:.1f}: mean gradient - that of the ELBO, largest", C),
               largest(sampled(1, estimators(by, C)["NVIL"]).mean - exact(1, of_elbo)), 0);
  for (const int K : {2, 5})
    c.identity(fmt::format("VIMCO, {} draws: mean gradient - that of L_{}, largest", K, K),
               largest(sampled(K, estimators(by, 0)["VIMCO"]).mean - exact(K, of_L)), 0);
}

/// The wake phases aim at the gradients of log p(x) and of -KL(p(h|x) || q), which the normalised weights miss.
std::vector<double> claims_of_wake(Concept& c, const BitSteps& by) {
  const Tensor posterior = exp(BinaryNet::example().log_posterior(BinaryNet::example_x()));
  const Tensor aim =
      reshape(swept(1, false, [&](const Tensor& p, const Tensor& q) { return posterior * (p + q); })
                  .gradient,
              {4});
  std::vector<double> bias;
  for (int K = 1; K <= 5; ++K) {
    const Tensor off = sampled(K, estimators(by, 0)["RWS"]).mean - aim;
    bias.push_back(sqrt(sum(square(slice(off, 0, 0, 2)))).item());
    if (K == 1)
      c.identity("RWS, one draw: mean gradient of q, largest", largest(slice(off + aim, 0, 0, 2)),
                 0);
    if (K == 5)
      c.identity("RWS, 5 draws: mean gradient of p - that of L_5, largest",
                 largest(slice(off + aim - exact(5, of_L), 0, 2, 4)), 0);
  }
  c.exact("RWS, 2 draws: bias of q's gradient", bias[1], 0.3546426132, 1e-8);
  c.exact("RWS, 5 draws: bias of q's gradient", bias[4], 0.1623382529, 1e-8);
  return bias;
}

/// Total variance of the gradient of q, by the number of draws.
Record claims_of_noise(Concept& c, const BitSteps& by) {
  Record r;
  for (const auto& [name, climbs] : estimators(by, kElbo))
    for (int K = name == "VIMCO" ? 2 : 1; K <= 5; ++K) r.add(name, K, sampled(K, climbs).variance);
  for (const auto& [name, expected] : std::map<std::string, double>{{"REINFORCE", 0.5996301731},
                                                                    {"NVIL", 0.0666978010},
                                                                    {"whole bound", 13.5097032957},
                                                                    {"VIMCO", 0.0607991610},
                                                                    {"RWS", 0.1441986019}})
    c.exact(name + ", 5 draws: variance of q's gradient", r.curve(name).last(), expected, 1e-8);
  return r;
}

// --- picture

std::vector<Plot> picture(const Record& noise, const std::vector<double>& bias) {
  Plot variance("two bits: noise of the gradient of q", "K draws", "total variance");
  for (const std::string name : {"whole bound", "REINFORCE", "RWS", "NVIL", "VIMCO"})
    variance.line(name, noise.curve(name).x, noise.curve(name).y);
  const std::vector<double> K{1, 2, 3, 4, 5};
  return {variance.log_y().y_range(0.03, 1000).x_range(0.8, 5.2).key("top right"),
          Plot("its bias", "K draws", "distance from what it aims at")
              .line("RWS", K, bias)
              .line("NVIL, VIMCO", K, std::vector<double>(5, 0.0))
              .x_range(0.8, 5.2)
              .y_range(-0.03, 0.55)};
}

// --- program

void program(Concept& c) {
  BitSteps by;
  if (c.broken("own_draw")) by.vimco = own_draw_in_baseline;
  if (c.broken("same_signal")) by.vimco = whole_bound;
  if (c.broken("weights_of_helmholtz")) by.weights = weights_of_p_star;
  claims_of_bias(c, by);
  const std::vector<double> bias = claims_of_wake(c, by);
  c.draw(picture(claims_of_noise(c, by), bias));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C136",
       .title = "Gradients for bits: NVIL, VIMCO, reweighted wake-sleep",
       .source =
           "Mnih and Gregor 2014; Mnih and Rezende 2016; Bornschein and Bengio 2015; model F5",
       .mutants = {{"own_draw", "the baseline of a draw contains its own weight"},
                   {"same_signal", "every draw is praised for the whole bound"},
                   {"weights_of_helmholtz", "the wake phase weighs by the root of p / q"}}},
      program);
}
