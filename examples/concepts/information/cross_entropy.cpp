// cross_entropy: the surprise of one who expects Q while P is true, and the loss of classifiers
// C04, Pyro/VAE notes S2, section on cross-entropy
//
//     H(P, Q) = E_P[-log Q(x)] = -sum_x P(x) log Q(x)         for a one-hot P:  -log Q(label)
//
// With Q = softmax(a) the gradient in the logits a is Q - P: what was predicted minus what is so.
// It never fades while the prediction is wrong, which is why classifiers are trained with it.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// H(P, softmax(a)) of each row, in nats: P and a [n, K].
Tensor cross_entropy(const Tensor& P, const Tensor& a) { return -sum(P * log_softmax(a), -1); }

// Two classes, label 1, logits (0, b): the squared error in place of the cross-entropy.
Tensor two_classes(const Tensor& b) { return concat({zeros_like(b), b}, 1); }
Tensor squared_error(const Tensor& b) {
  return square(1.0 - slice(softmax(two_classes(b)), 1, 1, 2));
}

// --- wrong versions

Tensor softmax_twice(const Tensor& P, const Tensor& a) { return cross_entropy(P, softmax(a)); }
Tensor mean_over_classes(const Tensor& P, const Tensor& a) { return -mean(P * log_softmax(a), -1); }

// --- claims

void claims(Concept& c, const auto& loss) {
  Rng rng = c.rng("logits");
  const std::int64_t n = c.choose(10000, 1000), k = 10;
  const Tensor a = 3.0 * rng.normal({n, k});
  const Tensor Q = softmax(a);
  const auto slope_off = [&](const Tensor& P) {
    const Tensor slope = support::slope([&](const Tensor& b) { return loss(P, b); }, a);
    return max(abs(slope - (Q - P))).item();
  };

  const Tensor labels = prob::Categorical(zeros({k})).sample(rng, {n});
  const Tensor one_hot = prob::one_hot(labels, k, DType::f64);
  const Tensor q_label = reshape(gather(Q, 1, reshape(labels, {n, 1})), {n});
  c.identity("one-hot P: largest |H(P, Q) + log Q(label)|",
             max(abs(loss(one_hot, a) + log(q_label))).item(), 0);
  c.identity("one-hot P: largest |gradient - (Q - P)|", slope_off(one_hot), 0, 1e-10);
  // Nothing in it needs the labels to be sure of themselves.
  c.identity("any P: largest |gradient - (Q - P)|", slope_off(softmax(2.0 * rng.normal({n, k}))), 0,
             1e-10);

  const Tensor wrong = full({1, 1}, -std::log(99.0));  // Q(label) = 0.01
  const auto of_label = [&](const Tensor& b) { return loss(tensor({0.0, 1.0}), two_classes(b)); };
  const double pull = support::slope(of_label, wrong).item();
  c.identity("pull on a logit that gives the label 0.01", pull, -0.99, 1e-10);
  c.within("how much stronger than the squared error's",
           pull / support::slope(squared_error, wrong).item(), 50, 51);
}

// --- picture

std::vector<Plot> picture() {
  const std::vector<double> q = support::grid(0.003, 1, 300), at = support::grid(-6, 6, 121);
  const Tensor b = reshape(tensor(at, {121}), {121, 1});
  const auto pull = [&](const auto& loss) { return (-support::slope(loss, b)).to_vector(); };
  const auto entropy_loss = [](const Tensor& x) {
    return cross_entropy(tensor({0.0, 1.0}), two_classes(x));
  };
  return {Plot("a sure mistake costs without limit", "Q(label)", "loss")
              .line("cross-entropy -log Q, nats", q,
                    support::each(q, [](double v) { return -std::log(v); }))
              .dashed("squared error (1 - Q)^2", q,
                      support::each(q, [](double v) { return (1 - v) * (1 - v); }))
              .y_range(0, 5),
          Plot("the more wrong, the harder it pulls", "logit of the label (other class: 0)",
               "pull on the logit = -gradient")
              .line("cross-entropy: 1 - Q(label)", at, pull(entropy_loss))
              .dashed("squared error: fades", at, pull(squared_error))
              .y_range(0, 1.2)};
}

// --- program

void program(Concept& c) {
  const auto loss = c.broken("softmax_twice")       ? softmax_twice
                    : c.broken("mean_over_classes") ? mean_over_classes
                                                    : cross_entropy;
  claims(c, loss);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C04",
       .title = "cross-entropy, with one-hot labels the loss of classifiers",
       .source = "Pyro/VAE notes S2, section on cross-entropy",
       .mutants = {{"softmax_twice", "probabilities given to a loss that takes logits"},
                   {"mean_over_classes", "the mean over classes in place of their sum"}}},
      program);
}
