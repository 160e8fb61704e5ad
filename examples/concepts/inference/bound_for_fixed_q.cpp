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
#include "support/concept/concept.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

const double kNoise = std::sqrt(0.5);

Line line_at(double w) { return {tensor(w), tensor(kNoise)}; }

/// The bound that q gives, for the slopes and noises of many lines at once.
Tensor bound(const Line& line, const prob::Normal& q) { return line.elbo(tensor(kLineX), q); }

/// q while w moves away from w0: it stays where it is.
prob::Normal fixed_q(double w0, double) { return line_at(w0).posterior(tensor(kLineX)); }

/// d/dw and d/dlog s of what `f` makes of the line.
template <class F>
std::vector<double> gradient(double w, F&& f) {
  Tape tape;
  const Tensor slope = tape.watch(tensor(w)), log_s = tape.watch(tensor(std::log(kNoise)));
  tape.backward(f(Line{slope, exp(log_s)}));
  return {tape.grad(slope).item(), tape.grad(log_s).item()};
}

const std::vector<double> kTouching{0.35, 0.8, 1.7};

// --- wrong versions

Tensor bound_without_entropy(const Line& line, const prob::Normal& q) {
  return bound(line, q) - q.entropy();
}
prob::Normal following_q(double, double w) { return line_at(w).posterior(tensor(kLineX)); }

// --- claims

/// What holds where the bound of q = posterior at w0 touches, and everywhere else.
void claims_of_touching(Concept& c, const auto& bound_of, double w0) {
  const Tensor x = tensor(kLineX);
  const prob::Normal q = line_at(w0).posterior(x);
  const std::string name = fmt::format("touching at w = {}: ", w0);
  c.identity(name + "ELBO", bound_of(line_at(w0), q).item(), line_at(w0).log_px(x).item(), 1e-10);
  const auto of_bound = gradient(w0, [&](const Line& line) { return bound_of(line, q); });
  const auto of_log_px = gradient(w0, [&](const Line& line) { return line.log_px(x); });
  c.identity(name + "d ELBO / d w", of_bound[0], of_log_px[0], 1e-8);
  c.identity(name + "d ELBO / d log s", of_bound[1], of_log_px[1], 1e-8);
  // Many models: slopes down, noises across.
  const Line all{reshape(linspace(-3, 3, 201), {201, 1}), exp(linspace(-1.5, 1, 101))};
  c.at_most(name + "largest ELBO - log p(x) elsewhere",
            max(bound_of(all, q) - all.log_px(x)).item(), 1e-12);
}

/// Moving phi: the bound of w0 is a parabola in w with its top at x E z / E z^2.
void claims_of_moving(Concept& c, const auto& bound_of, const auto& q_at, double w0) {
  const Tensor x = tensor(kLineX);
  const prob::Normal q = line_at(w0).posterior(x);
  const double top = kLineX * q.loc.item() / (square(q.loc) + square(q.scale)).item();
  const auto gap_at = [&](double w) { return line_at(w).gap(x, q_at(w0, w)).item(); };
  const auto log_px_at = [&](double w) { return line_at(w).log_px(x).item(); };
  c.identity("gap where it touches", gap_at(w0), 0);
  c.at_least("gap at the top of the bound: it has opened", gap_at(top), 0.01);
  c.at_least("log p(x) at the top, above where it touched", log_px_at(top) - log_px_at(w0), 0.01);
  // From a place beyond the top, the same bound leads back down.
  const double start = 1.0;
  c.at_least("from w = 1 to the top: what the ELBO wins",
             (bound_of(line_at(top), q) - bound_of(line_at(start), q)).item(), 0.01);
  c.at_most("from w = 1 to the top: what log p(x) wins", log_px_at(top) - log_px_at(start), -0.01);
}

// --- picture

std::vector<Plot> picture() {
  const Tensor x = tensor(kLineX);
  const std::vector<double> w = support::grid(0, 2.5, 150);
  const Line lines{tensor(w, {150}), tensor(kNoise)};
  Plot left("each q bounds log p(x), and touches it once", "slope w of the model", "nats");
  left.line("log p(x)", w, lines.log_px(x).to_vector());
  Plot right("how far below: the gap", "slope w of the model", "KL(q || posterior), nats");
  right.line("", w, std::vector<double>(150, 0));
  std::vector<double> heights;
  for (const double at : kTouching) {
    const prob::Normal q = line_at(at).posterior(x);
    const std::string name = fmt::format("q = posterior at w = {}", at);
    left.line(name, w, lines.elbo(x, q).to_vector());
    right.line(name, w, lines.gap(x, q).to_vector());
    heights.push_back(line_at(at).log_px(x).item());
  }
  left.points("here they touch", kTouching, heights);
  return {left.y_range(-3.8, -1.5).key("bottom left"), right.y_range(0, 2).key("off")};
}

// --- program

void program(Concept& c) {
  const auto bound_of = c.broken("drop_log_q") ? bound_without_entropy : bound;
  const auto q_at = c.broken("follow_phi") ? following_q : fixed_q;
  for (const double w0 : kTouching) claims_of_touching(c, bound_of, w0);
  claims_of_moving(c, bound_of, q_at, kTouching[0]);
  c.draw(picture());
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
