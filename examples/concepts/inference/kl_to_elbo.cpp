// kl_to_elbo: as a function of q the ELBO is minus the KL, moved by a constant that q does not know
// C31, UDL problem 17.4 and equation 17.32; notes S0, S3
//
//     KL(q || p(z | x))  =  E_q[log q(z) - log p(z | x)]
//                        =  E_q[log q(z) - log p(x, z)]  +  log p(x)  =  log p(x) - ELBO
//
// So d KL / dq = - d ELBO / dq: making the bound larger is moving q to the posterior, without ever
// evaluating it. S0 writes one letter, in two fonts, for the ELBO and for the loss -ELBO: a sign to
// watch. And log p(x) is a constant in q only: it does depend on the model.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/kl.hpp"
#include "support/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

double largest(const Tensor& deviation) { return max(abs(deviation)).item(); }

/// d f / d each of the parameters of q (summed over many q, which do not know each other).
template <class F>
std::vector<Tensor> gradient(const std::vector<Tensor>& parameters, F&& f) {
  Tape tape;
  std::vector<Tensor> watched, slopes;
  for (const Tensor& p : parameters) watched.push_back(tape.watch(p));
  tape.backward(sum(f(watched)));
  for (const Tensor& w : watched) slopes.push_back(tape.grad(w));
  return slopes;
}

/// The claim of the chapter, from what computes the two sides for any parameters of q.
template <class Elbo, class Kl>
void mirrored(Concept& c, const std::string& model, const std::vector<Tensor>& q, Elbo&& elbo,
              Kl&& kl) {
  const auto up = gradient(q, elbo), down = gradient(q, kl);
  double sum_of_slopes = 0, size = 0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    sum_of_slopes = std::max(sum_of_slopes, largest(up[i] + down[i]));
    size = std::max(size, largest(up[i]));
  }
  c.identity(model + ": d ELBO/dq + d KL/dq, largest", sum_of_slopes, 0, 1e-10);
  c.at_least(model + ": and the largest d ELBO/dq", size, 0.1);
}

void program(Concept& c) {
  Rng rng = c.rng("q");
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const auto normal = [](const std::vector<Tensor>& p) { return prob::Normal(p[0], exp(p[1])); };
  const std::vector<Tensor> q{rng.normal({100}), 0.5 * rng.normal({100})};  // means, log scales
  mirrored(
      c, "line", q, [&](const auto& p) { return line.elbo(x, normal(p)); },
      [&](const auto& p) {
        return c.broken("forward_kl") ? prob::kl(line.posterior(x), normal(p))
                                      : prob::kl(normal(p), line.posterior(x));
      });

  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x6 = net.sample(rng, 100).x;
  mirrored(
      c, "binary net", {rng.normal({100, 4})},
      [&](const auto& p) { return net.elbo(x6, net.factorised(p[0])); },
      [&](const auto& p) { return net.gap(x6, net.factorised(p[0])); });

  // S0's script L, E_q[-log p(x, z) + log q(z)], is the loss: integrated on a grid, it is -ELBO.
  const Grid e(-12, 12, 2000);
  const prob::Normal prior(tensor(0.0), tensor(1.0));
  const Tensor loss = sum(exp(prior.log_prob(e.points)) *
                          (-line.log_joint(x, e.points) + prior.log_prob(e.points))) *
                      e.step();
  const double sign = c.broken("loss_sign") ? 1 : -1;
  c.identity("S0's loss at q = N(0, 1) is -ELBO", loss.item(), sign * line.elbo(x, prior).item(),
             1e-10);

  // In the model's parameters the constant is none: d ELBO/dw + d KL/dw = d log p(x)/dw.
  const auto slope_of = [&](auto&& f) {
    return gradient({line.w}, [&](const auto& w) { return f(Line{w[0], line.s}); })[0].item();
  };
  const double d_log_px = slope_of([&](const Line& l) { return l.log_px(x); });
  c.identity("d ELBO/dw + d KL/dw",
             slope_of([&](const Line& l) { return l.elbo(x, prior) + l.gap(x, prior); }), d_log_px,
             1e-10);
  c.at_least("|d log p(x)/dw|: not a constant in the model", std::abs(d_log_px), 0.05);

  const std::vector<double> at = support::grid(-1, 2.73, 120);
  const prob::Normal moved(tensor(at, {120}), line.posterior(x).scale);
  const std::vector<double> top(120, line.log_px(x).item());
  c.draw({Plot("the KL falls as the ELBO rises; their sum stays", "mean of q", "nats")
              .line("", at, line.gap(x, moved).to_vector())
              .line("", at, line.elbo(x, moved).to_vector())
              .dashed("", at, top)
              .x_range(-1, 2.73)
              .note("KL(q || posterior)", 0.35, 1.2)
              .note("ELBO", 0.75, -3.2)
              .note("their sum, log p(x)", -0.95, -1.2)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C31",
                         .title = "from the KL to the ELBO: log p(x) is a constant in q",
                         .source = "UDL problem 17.4, equation 17.32; S0, S3",
                         .mutants = {{"forward_kl", "the KL is taken the other way round"},
                                     {"loss_sign", "S0's loss is taken for the ELBO"}}},
                        program);
}
