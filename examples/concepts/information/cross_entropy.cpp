// cross_entropy: the surprise of one who expects Q while P is true, and the loss of classifiers
// C04, Pyro/VAE notes S2, section on cross-entropy
//
//     H(P, Q) = E_P[-log Q(x)] = -sum_x P(x) log Q(x)         for a one-hot P:  -log Q(label)
//
// With Q = softmax(a) the gradient in the logits a is Q - P: what was predicted minus what is so.
// It never fades while the prediction is wrong, which is why classifiers are trained with it.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// H(P, softmax(a)) of each row, in nats: P and a [n, K].
Tensor cross_entropy(const Tensor& P, const Tensor& a) { return -sum(P * log_softmax(a), -1); }

/// The gradient in a of the losses of all rows, summed.
template <class Loss>
Tensor gradient(Loss&& loss, const Tensor& logits) {
  Tape tape;
  const Tensor a = tape.watch(logits);
  tape.backward(sum(loss(a)));
  return tape.grad(a);
}

void program(Concept& c) {
  const auto loss = [&](const Tensor& P, const Tensor& a) {
    if (c.broken("softmax_twice")) return cross_entropy(P, softmax(a));
    if (c.broken("mean_over_classes")) return -mean(P * log_softmax(a), -1);
    return cross_entropy(P, a);
  };
  Rng rng = c.rng("logits");
  const std::int64_t n = c.choose(10000, 1000), k = 10;
  const Tensor a = 3.0 * rng.normal({n, k});
  const Tensor Q = softmax(a);

  const Tensor labels = prob::Categorical(zeros({k})).sample(rng, {n});
  const Tensor one_hot = prob::one_hot(labels, k, DType::f64);
  const Tensor q_label = reshape(gather(Q, 1, reshape(labels, {n, 1})), {n});
  c.identity("one-hot P: largest |H(P, Q) + log Q(label)|",
             max(abs(loss(one_hot, a) + log(q_label))).item(), 0);
  c.identity(
      "one-hot P: largest |gradient - (Q - P)|",
      max(abs(gradient([&](const Tensor& b) { return loss(one_hot, b); }, a) - (Q - one_hot)))
          .item(),
      0, 1e-10);
  // Nothing in it needs the labels to be sure of themselves.
  const Tensor P = softmax(2.0 * rng.normal({n, k}));
  c.identity("any P: largest |gradient - (Q - P)|",
             max(abs(gradient([&](const Tensor& b) { return loss(P, b); }, a) - (Q - P))).item(), 0,
             1e-10);

  // Two classes, label 1, logits (0, b): the pull on b, and that of the squared error instead.
  const std::vector<double> at = support::grid(-6, 6, 121);
  const Tensor b = reshape(tensor(at, {121}), {121, 1});
  const Tensor label = tensor({0.0, 1.0});
  const auto logits = [](const Tensor& x) { return concat({zeros_like(x), x}, 1); };
  const auto entropy_loss = [&](const Tensor& x) { return loss(label, logits(x)); };
  const auto squared_loss = [&](const Tensor& x) {
    return square(1.0 - slice(softmax(logits(x)), 1, 1, 2));
  };
  const Tensor wrong = full({1, 1}, -std::log(99.0));  // Q(label) = 0.01
  c.identity("pull on a logit that gives the label 0.01", gradient(entropy_loss, wrong).item(),
             -0.99, 1e-10);
  c.within("how much stronger than the squared error's",
           gradient(entropy_loss, wrong).item() / gradient(squared_loss, wrong).item(), 50, 51);

  const auto pull = [](const Tensor& g) { return (-g).to_vector(); };
  const std::vector<double> q = support::grid(0.003, 1, 300);
  c.draw({Plot("a sure mistake costs without limit", "Q(label)", "loss")
              .line("cross-entropy -log Q, nats", q,
                    support::each(q, [](double v) { return -std::log(v); }))
              .dashed("squared error (1 - Q)^2", q,
                      support::each(q, [](double v) { return (1 - v) * (1 - v); }))
              .y_range(0, 5),
          Plot("the more wrong, the harder it pulls", "logit of the label (other class: 0)",
               "pull on the logit = -gradient")
              .line("cross-entropy: 1 - Q(label)", at, pull(gradient(entropy_loss, b)))
              .dashed("squared error: fades", at, pull(gradient(squared_loss, b)))
              .y_range(0, 1.2)});
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
