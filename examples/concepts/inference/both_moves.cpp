// both_moves: a better q and a better model both raise the bound, in turns or together
// C36, UDL figure 17.10
//
//     theta:  q_n  <-  p_phi(z | x_n)                          the ELBO rises to log p(x)
//     phi:    w    <-  sum x_n E[z_n] / sum E[z_n^2]           the top of the bound that q gives
//
// The line's ELBO in turns: each move is the exact maximum in its own parameters, so no move lowers
// it; after every theta move the gap is 0 again, so log p(x) rises with it. A VAE moves both a
// little at once, along one gradient: the ELBO rises too, but for log p(x) there is no promise.
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

/// The move of phi: the top of the bound that q gives.
Tensor best_w(const Tensor& x, const prob::Normal& q) {
  return sum(x * q.loc) / sum(square(q.loc) + square(q.scale));
}

Tensor bound(const Line& line, const Tensor& x, const prob::Normal& q) { return line.elbo(x, q); }

/// Mean ELBO and mean log p over the data, at each half step.
struct Course {
  std::vector<double> w, elbo, log_px;
  void add(const Line& line, const Tensor& x, const prob::Normal& q) {
    w.push_back(line.w.item());
    elbo.push_back(mean(line.elbo(x, q)).item());
    log_px.push_back(mean(line.log_px(x)).item());
  }
};

template <class BestW>
Course in_turns(const BestW& best, const Tensor& x, Line line, int rounds) {
  Course course;
  prob::Normal q(zeros_like(x), ones_like(x));  // one q for each x_n
  course.add(line, x, q);
  for (int i = 0; i < rounds; ++i) {
    q = line.posterior(x);
    course.add(line, x, q);
    line.w = best(x, q);
    course.add(line, x, q);
  }
  return course;
}

template <class Bound>
Course together(const Bound& bound_of, const Tensor& x, const Line& start, int steps) {
  Course course;
  Parameter w("w", start.w), loc("means", zeros_like(x)), log_scale("log scales", zeros_like(x));
  for (int i = 0; i < steps; ++i) {
    for (Parameter* p : {&w, &loc, &log_scale}) p->zero_grad();
    Tape tape;
    const prob::Normal q(loc, exp(log_scale));
    tape.backward(sum(bound_of(Line{recorded(w), start.s}, x, q)));
    course.add(Line{w.value(), start.s}, x, {loc.value(), exp(log_scale.value())});
    w.set_value(w.value() + 0.05 * w.grad() / static_cast<double>(x.size()));
    for (Parameter* p : {&loc, &log_scale}) p->set_value(p->value() + 0.05 * p->grad());
  }
  return course;
}

// --- wrong versions

/// E[z]^2 is taken for E[z^2].
Tensor best_w_without_variance(const Tensor& x, const prob::Normal& q) {
  return sum(x * q.loc) / sum(square(q.loc));
}
Tensor bound_without_entropy(const Line& line, const Tensor& x, const prob::Normal& q) {
  return line.elbo(x, q) - q.entropy();
}

// --- claims

/// How far the numbers fall in one move, at most; negative when each move raises them.
double deepest_fall(const std::vector<double>& y) {
  double fall = -1;
  for (std::size_t i = 1; i < y.size(); ++i) fall = std::max(fall, y[i - 1] - y[i]);
  return fall;
}

void claims(Concept& c, const Tensor& x, const Course& turns, const Course& both) {
  c.at_most("in turns: deepest fall of the ELBO", deepest_fall(turns.elbo), 1e-12);
  double gap = 0;
  for (std::size_t i = 1; i < turns.w.size(); i += 2)
    gap = std::max(gap, std::abs(turns.log_px[i] - turns.elbo[i]));
  c.identity("in turns: largest gap after a move of theta", gap, 0);
  c.at_least("in turns: gap after the first move of phi", turns.log_px[2] - turns.elbo[2], 1e-3);
  // What is left to find is the likelihood's own maximum: w^2 + s^2 = mean of x^2.
  const double best = std::sqrt((mean(square(x)) - square(Line::example().s)).item());
  c.exact("in turns: w", turns.w.back(), best, 1e-4);
  c.at_most("together: deepest fall of the ELBO", deepest_fall(both.elbo), 1e-12);
  // While q is poor, the model gives way to it: the bound rises and what it bounds falls.
  c.within("together: deepest fall of log p(x)", deepest_fall(both.log_px), 0.005, 0.05);
  c.exact("together: w", both.w.back(), best, 1e-4);
}

// --- picture

std::vector<Plot> picture(const Tensor& x, const Course& turns, const Course& both) {
  const std::vector<double> w = support::grid(0.2, 1.4, 120);
  const Tensor s = Line::example().s;
  const Line lines{tensor(w, {120, 1}), s};
  Plot left("in turns: up to the curve, then along the bound", "slope w of the model",
            "mean over the data, nats");
  left.line("log p(x)", w, mean(lines.log_px(x), -1).to_vector());
  for (const double w0 : {turns.w[1], turns.w[3]}) {  // where q was the posterior
    const Tensor of_w0 = lines.elbo(x, Line{tensor(w0), s}.posterior(x));
    left.dashed(fmt::format("bound, q from w = {:.2f}", w0), w, mean(of_w0, -1).to_vector());
  }
  left.points("after each move", turns.w, turns.elbo).y_range(-2.5, -1.7).key("bottom center");
  const std::vector<double> step = arange(std::ssize(both.elbo)).to_vector();
  return {left, Plot("together: at first log p(x) gives way", "gradient step", "mean, nats")
                    .line("log p(x)", step, both.log_px)
                    .line("ELBO", step, both.elbo)
                    .x_range(0, 150)
                    .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const auto best = c.broken("drop_variance") ? best_w_without_variance : best_w;
  const auto bound_of = c.broken("drop_entropy") ? bound_without_entropy : bound;
  Rng rng = Rng(1).stream("data");  // the same at every seed: so the fall of log p(x) has one size
  const Line truth = Line::example(), start{tensor(0.35), truth.s};
  const Tensor x = truth.sample(rng, 50).x;
  const Course turns = in_turns(best, x, start, 60), both = together(bound_of, x, start, 1500);
  claims(c, x, turns, both);
  c.draw(picture(x, turns, both));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C36",
       .title = "both moves improve the bound",
       .source = "UDL figure 17.10",
       .mutants = {{"drop_variance", "E[z]^2 is taken for E[z^2] in the step of w"},
                   {"drop_entropy", "the gradient knows no entropy of q"}}},
      program);
}
