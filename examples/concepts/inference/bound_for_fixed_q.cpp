// bound_for_fixed_q: each q gives a bound of log p(x) over the parameters, touching it at one place
// C35, UDL figure 17.6
//
//     ELBO[theta, phi]  =  E_q[log p_phi(x, z)] + H(q)  <=  log p_phi(x),       q = q_theta
//
// UDL's letters: phi are the parameters of the model, theta those of q. Here phi is the slope w of
// the line and log s. A fixed q that is the posterior at phi_0 touches the curve there, with the
// same slope. What the picture of the notes does not say: moving phi along the bound opens a gap
// again, and a step that raises a bound which does not touch may lower log p(x).
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

const double kNoise = std::sqrt(0.5);

/// The bound that q gives, for the slopes and noises of many lines at once.
Tensor bound(Concept& c, const Line& line, const prob::Normal& q) {
  const Tensor x = tensor(kLineX);
  const Tensor elbo = line.elbo(x, q);
  return c.broken("drop_log_q") ? elbo - q.entropy() : elbo;
}

/// d/dw and d/dlog s of what `f` makes of the line.
template <class F>
std::vector<double> gradient(double w, F&& f) {
  Tape tape;
  const Tensor slope = tape.watch(tensor(w)), log_s = tape.watch(tensor(std::log(kNoise)));
  tape.backward(f(Line{slope, exp(log_s)}));
  return {tape.grad(slope).item(), tape.grad(log_s).item()};
}

Line line_at(double w) { return {tensor(w), tensor(kNoise)}; }

/// What holds where the bound of q = posterior at w0 touches, and everywhere else.
void touches(Concept& c, double w0) {
  const Tensor x = tensor(kLineX);
  const prob::Normal q = line_at(w0).posterior(x);
  const std::string name = fmt::format("touching at w = {}: ", w0);
  c.identity(name + "ELBO", bound(c, line_at(w0), q).item(), line_at(w0).log_px(x).item(), 1e-10);
  const auto of_bound = gradient(w0, [&](const Line& line) { return bound(c, line, q); });
  const auto of_log_px = gradient(w0, [&](const Line& line) { return line.log_px(x); });
  c.identity(name + "d ELBO / d w", of_bound[0], of_log_px[0], 1e-8);
  c.identity(name + "d ELBO / d log s", of_bound[1], of_log_px[1], 1e-8);
  // Many models: slopes down, noises across.
  const Line all{reshape(linspace(-3, 3, 201), {201, 1}), exp(linspace(-1.5, 1, 101))};
  c.at_most(name + "largest ELBO - log p(x) elsewhere",
            max(bound(c, all, q) - all.log_px(x)).item(), 1e-12);
}

void program(Concept& c) {
  const Tensor x = tensor(kLineX);
  const auto posterior_at = [&](double w) { return line_at(w).posterior(x); };
  const std::vector<double> touching{0.35, 0.8, 1.7};
  for (const double w0 : touching) touches(c, w0);

  // Moving phi: the bound of w0 is a parabola in w with its top at x E z / E z^2.
  const double w0 = touching[0];
  const prob::Normal q = posterior_at(w0);
  const double top = kLineX * q.loc.item() / (square(q.loc) + square(q.scale)).item();
  const auto gap_at = [&](double w) {
    return line_at(w).gap(x, c.broken("follow_phi") ? posterior_at(w) : q).item();
  };
  const auto log_px_at = [&](double w) { return line_at(w).log_px(x).item(); };
  c.identity("gap where it touches", gap_at(w0), 0);
  c.at_least("gap at the top of the bound: it has opened", gap_at(top), 0.01);
  c.at_least("log p(x) at the top, above where it touched", log_px_at(top) - log_px_at(w0), 0.01);
  // From a place beyond the top, the same bound leads back down.
  const double start = 1.0;
  c.at_least("from w = 1 to the top: what the ELBO wins",
             (bound(c, line_at(top), q) - bound(c, line_at(start), q)).item(), 0.01);
  c.at_most("from w = 1 to the top: what log p(x) wins", log_px_at(top) - log_px_at(start), -0.01);

  const std::vector<double> w = support::grid(0, 2.5, 150);
  const Line lines{tensor(w, {150}), tensor(kNoise)};
  Plot left("each q bounds log p(x), and touches it once", "slope w of the model", "nats");
  left.line("log p(x)", w, lines.log_px(x).to_vector());
  Plot right("how far below: the gap", "slope w of the model", "KL(q || posterior), nats");
  right.line("", w, std::vector<double>(150, 0));
  for (const double at : touching) {
    const prob::Normal of_w0 = posterior_at(at);
    const std::string name = fmt::format("q = posterior at w = {}", at);
    left.line(name, w, lines.elbo(x, of_w0).to_vector());
    right.line(name, w, lines.gap(x, of_w0).to_vector());
  }
  left.points("here they touch", touching, support::each(touching, log_px_at));
  c.draw({left.y_range(-3.8, -1.5).key("bottom left"), right.y_range(0, 2).key("off")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C35",
                         .title = "the ELBO as a function of phi, for a fixed q",
                         .source = "UDL figure 17.6",
                         .mutants = {{"drop_log_q", "the bound without the entropy of q"},
                                     {"follow_phi", "q is the posterior at every phi, not fixed"}}},
                        program);
}
