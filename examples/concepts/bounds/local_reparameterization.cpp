// local_reparameterization: noise in the outputs in the place of noise in the weights
// C131, UDL notes; Kingma, Salimans and Welling 2015, equations 6 and 14
//
//     y = w x,  w ~ N(m, s^2)     =>     y ~ N(m x, s^2 x^2)
//
// One draw of w for a minibatch makes the gradients of its M data depend on each other: their mean has 1 + (M - 1) Cov/Var
// times the variance that it has when each datum has noise of its own. Dropout is such noise, with a rate to learn.
#include "concepts/bounds/local_reparameterization.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::DropoutNet;
using support::Concept, support::Plot, support::Record;
using Outputs = decltype(&concepts::by_outputs);
using Penalty = Tensor (*)(DropoutNet&);

namespace {

// --- model

Tensor kl_of_both(DropoutNet& net) { return net.first->kl() + net.second->kl(); }

// --- wrong versions

Tensor sigma_for_variance(const Tensor& m, const Tensor& s, const Tensor& x, Rng& rng) {
  const Tensor variance = linear(square(s), square(x));
  return linear(m, x) + variance * rng.normal(variance.shape());
}
Tensor kl_of_other_layer(DropoutNet& net) { return net.second->kl() + net.second->kl(); }

// --- claims

void claims_of_unit(Concept& c, Outputs outputs) {
  const std::int64_t D = 50, M = 100, n = c.choose(20000, 2000);
  Rng rng = c.rng("inputs");
  const Tensor x = rng.normal({M, D}), m = 0.1 * rng.normal({D}), s = full({D}, 0.5);
  const Tensor one = slice(x, 0, 0, 1), w = broadcast_to(m, {10 * n, D}),
               width = broadcast_to(s, {10 * n, D});
  const double mean_y = sum(m * one).item(), variance = sum(square(s * one)).item();
  Rng draws = c.rng("y");
  const Tensor y = reshape(outputs(w, width, one, draws), {-1});
  c.monte_carlo("one input: mean of y", prob::estimate(y), mean_y, 0.1);
  c.monte_carlo("one input: variance of y / s^2 x^2", prob::estimate(square(y - mean_y) / variance),
                1, 0.02);
  const vae::Noise shared = concepts::noise_by(concepts::by_weights, m, s, x, n, c.rng("shared")),
                   local = concepts::noise_by(outputs, m, s, x, n, c.rng("local"));
  const Tensor exact = -mean(reshape(linear(m, x), {M, 1}) * x, 0);
  c.at_most("largest |mean gradient - exact| in standard errors, of 50",
            max(abs(local.mean - exact) / local.mean_se).item(), 4.7);
  const double ratio = sum(shared.variance).item() / sum(local.variance).item();
  c.within("random inputs: variance ratio / closed form", ratio / concepts::variance_ratio(x), 0.85,
           1.15);
  c.within("random inputs: closed form", concepts::variance_ratio(x), 2, 4);
  const Tensor equal = broadcast_to(one, {M, D});
  const vae::Noise all = concepts::noise_by(concepts::by_weights, m, s, equal, n, c.rng("shared")),
                   each = concepts::noise_by(outputs, m, s, equal, n, c.rng("local"));
  c.within("100 equal inputs: variance ratio", sum(all.variance).item() / sum(each.variance).item(),
           85, 115);
}

void train_digits(const Concept& c, Penalty kl, Record& r) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1000, 500);
  r.data_rule = c.choose("MNIST, grey", "drawn digits, grey");
  DropoutNet net(784, c.choose(300, 50));
  nn::init::torch_default(net, c.rng("init"));
  nn::Adam adam(net.parameters(), {.lr = c.choose(1e-3, 3e-3)});
  nn::Batcher batches(data, c.rng("batches"), {.batch = c.choose(100, 20)});
  Rng noise = c.rng("noise");
  for (int epoch = 1; epoch <= c.choose(8, 10); ++epoch) {
    for (const nn::Batch& batch : batches.epoch()) {
      nn::descend(adam, [&] {
        const Tensor log_lik =
            prob::Categorical(net.draw(batch.images, noise)).log_prob(batch.labels);
        return kl(net) / static_cast<double>(data.train.count) - mean(log_lik);
      });
    }
    const NoGrad no_grad;
    const nn::Batch test = support::rows_of(data, nn::Part::test, c.rng("test"));
    const Tensor right =
        equal(argmax(net.at_mean(test.images)).to(DType::f32), test.labels.to(DType::f32));
    r.add("accuracy", epoch, mean(right.to(DType::f32)).item());
    r.add("alpha, first layer", epoch, net.first->alpha().item());
    r.add("alpha, second layer", epoch, net.second->alpha().item());
  }
}

void claims_of_digits(Concept& c, const Record& r) {
  c.within("test digits: accuracy", r.curve("accuracy").last(), c.choose(0.975, 0.5), 1);
  c.within("noise rate alpha of the first layer, from 0.05", r.curve("alpha, first layer").last(),
           c.choose(0.85, 0.06), 1);
  c.within("noise rate alpha of the second layer, from 0.05", r.curve("alpha, second layer").last(),
           c.choose(0.37, 0.01), c.choose(0.52, 0.9));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const auto &accuracy = r.curve("accuracy"), &one = r.curve("alpha, first layer"),
             &two = r.curve("alpha, second layer");
  return {Plot("test digits", "epoch", "accuracy").line("", accuracy.x, accuracy.y),
          Plot("the noise that is learned", "epoch", "alpha")
              .line("first layer", one.x, one.y)
              .line("second layer", two.x, two.y)
              .y_range(0, 1.05)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const Outputs outputs = c.broken("one_draw_for_all")     ? concepts::by_weights
                          : c.broken("sigma_for_variance") ? sigma_for_variance
                                                           : concepts::by_outputs;
  const Penalty kl = c.broken("kl_of_other_parameters") ? kl_of_other_layer : kl_of_both;
  claims_of_unit(c, outputs);
  const Record r = c.record([&](Record& measured) { train_digits(c, kl, measured); });
  claims_of_digits(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C131",
       .title = "Local reparameterisation and variational dropout",
       .source = "UDL notes; Kingma, Salimans and Welling 2015, equations 6 and 14",
       .mutants = {{"one_draw_for_all", "one draw of the weights for the whole minibatch"},
                   {"sigma_for_variance", "the variance of y where its square root belongs"},
                   {"kl_of_other_parameters", "the second layer's KL twice, the first one's not"}}},
      program);
}
