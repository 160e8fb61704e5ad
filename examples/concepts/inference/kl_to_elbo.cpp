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
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

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

Tensor kl(const prob::Normal& q, const prob::Normal& posterior) { return prob::kl(q, posterior); }

/// S0's script L, E_q[-log p(x, z) + log q(z)], integrated on a grid. It is a loss: minus the ELBO.
double loss(const Line& line, const Tensor& x, const prob::Normal& q) {
  const Grid z(-12, 12, 2000);
  const Tensor log_q = q.log_prob(z.points);
  return sum(exp(log_q) * (-line.log_joint(x, z.points) + log_q)).item() * z.step();
}

// --- wrong versions

Tensor kl_swapped(const prob::Normal& q, const prob::Normal& posterior) {
  return prob::kl(posterior, q);
}
double loss_with_its_sign_lost(const Line& line, const Tensor& x, const prob::Normal& q) {
  return -loss(line, x, q);
}

// --- claims

double largest(const Tensor& deviation) { return max(abs(deviation)).item(); }

/// The claim of the chapter, from what computes the two sides for any parameters of q.
void claims_of_mirror(Concept& c, const std::string& model, const std::vector<Tensor>& q,
                      const auto& elbo, const auto& kl_of) {
  const auto up = gradient(q, elbo), down = gradient(q, kl_of);
  double sum_of_slopes = 0, size = 0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    sum_of_slopes = std::max(sum_of_slopes, largest(up[i] + down[i]));
    size = std::max(size, largest(up[i]));
  }
  c.identity(model + ": d ELBO/dq + d KL/dq, largest", sum_of_slopes, 0, 1e-10);
  c.at_least(model + ": and the largest d ELBO/dq", size, 0.1);
}

void claims_of_both_models(Concept& c, const auto& kl_of) {
  Rng rng = c.rng("q");
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const auto normal = [](const std::vector<Tensor>& p) { return prob::Normal(p[0], exp(p[1])); };
  const std::vector<Tensor> q{rng.normal({100}), 0.5 * rng.normal({100})};  // means, log scales
  claims_of_mirror(
      c, "line", q, [&](const auto& p) { return line.elbo(x, normal(p)); },
      [&](const auto& p) { return kl_of(normal(p), line.posterior(x)); });
  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x6 = net.sample(rng, 100).x;
  claims_of_mirror(
      c, "binary net", {rng.normal({100, 4})},
      [&](const auto& p) { return net.elbo(x6, net.factorised(p[0])); },
      [&](const auto& p) { return net.gap(x6, net.factorised(p[0])); });
}

void claims_of_the_constant(Concept& c, const auto& loss_of) {
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const prob::Normal prior(0.0, 1.0);
  c.identity("S0's loss at q = N(0, 1) is -ELBO", loss_of(line, x, prior),
             -line.elbo(x, prior).item(), 1e-10);
  // In the model's parameters the constant is none: d ELBO/dw + d KL/dw = d log p(x)/dw.
  const auto slope_of = [&](auto&& f) {
    return gradient({line.w}, [&](const auto& w) { return f(Line{w[0], line.s}); })[0].item();
  };
  const double d_log_px = slope_of([&](const Line& l) { return l.log_px(x); });
  c.identity("d ELBO/dw + d KL/dw",
             slope_of([&](const Line& l) { return l.elbo(x, prior) + l.gap(x, prior); }), d_log_px,
             1e-10);
  c.at_least("|d log p(x)/dw|: not a constant in the model", std::abs(d_log_px), 0.05);
}

// --- picture

std::vector<Plot> picture() {
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const std::vector<double> at = support::grid(-1, 2.73, 120);
  const prob::Normal moved(tensor(at, {120}), line.posterior(x).scale);
  const std::vector<double> top(120, line.log_px(x).item());
  return {Plot("the KL falls as the ELBO rises; their sum stays", "mean of q", "nats")
              .line("", at, line.gap(x, moved).to_vector())
              .line("", at, line.elbo(x, moved).to_vector())
              .dashed("", at, top)
              .x_range(-1, 2.73)
              .note("KL(q || posterior)", 0.35, 1.2)
              .note("ELBO", 0.75, -3.2)
              .note("their sum, log p(x)", -0.95, -1.2)};
}

// --- program

void program(Concept& c) {
  const auto kl_of = c.broken("forward_kl") ? kl_swapped : kl;
  const auto loss_of = c.broken("loss_sign") ? loss_with_its_sign_lost : loss;
  claims_of_both_models(c, kl_of);
  claims_of_the_constant(c, loss_of);
  c.draw(picture());
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
