// beta_correlation: what a larger weight of the KL does to the dependence between the latents
// C79, UDL section 17.8.4 (a larger weight makes the latents less correlated)
//
//     objective = E_q[log p(x|z)] - beta KL(q(z|x) || N(0, I)),     q(z) = 1/N sum_n q(z|x_n)
//
// UDL's reason: the prior's axes are independent, and more weight draws q(z) to the prior. The mean KL is
// I(x; z) + TC(q(z)) + the axes' own (C80), and beta presses on all three: dependence falls, and so does what
// z knows of x. Learned on sprites, with all data in each q(z).
#include "autograd/ops.hpp"
#include "nn/data/sprites.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "support/concept/concept.hpp"
#include "vae/bounds/total_correlation.hpp"
#include "vae/models/mlp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr std::int64_t kLatents = 5;

/// Minus the objective, averaged over the images x.
Tensor loss(vae::MlpVae& model, const Tensor& x, double beta, Rng& rng) {
  return vae::elbo(model, x, rng, {.beta = beta}).loss();
}

/// The largest |correlation| of two latents in draws z [n, K].
double largest_correlation(const Tensor& z) {
  const Tensor off = z - mean(z, 0), unit = off / sqrt(mean(square(off), 0));
  const Tensor r = matmul(unit, unit, {.transpose_left = true}) / static_cast<double>(z.dim(0));
  return max(abs(r - eye(kLatents))).item();
}

// --- wrong versions

Tensor loss_without_weight(vae::MlpVae& model, const Tensor& x, double, Rng& rng) {
  return vae::elbo(model, x, rng).loss();
}

// --- claims

/// Of q(z), after learning with each weight of the KL.
struct Results {
  std::vector<double> beta = {1, 2, 4, 8, 16};
  std::vector<double> correlation, total_correlation, information, error;
};

/// Learns with this beta, and adds what comes of it.
void learn(const Concept& c, const auto& loss_of, const Tensor& x, double beta, Results& r) {
  const auto model = std::make_unique<vae::MlpVae>(
      vae::VaeConfig{.rows = 16, .cols = 16, .hidden = {128}, .latent = kLatents});
  nn::init::torch_default(*model, c.rng("start"));
  nn::Adam adam(model->parameters(), {.lr = 3e-3});
  Rng rng = c.rng("noise");
  const std::int64_t n = x.dim(0);
  const int steps = c.choose(6000, 1500);
  for (int step = 0; step < steps; ++step) {
    const std::vector<std::int32_t> order = rng.permutation(n);
    const Tensor batch = take_rows(x, index_tensor(std::span(order).first(64), {64}));
    adam.set_lr(3e-3 * (1 - static_cast<double>(step) / steps));
    nn::descend(adam, [&] { return loss_of(*model, batch, beta, rng); });
  }
  const NoGrad no_grad;
  const prob::Normal q = model->encode(x);
  const Tensor z = q.rsample(rng, {20});
  const vae::KlSplit split = vae::split_kl(q, z, vae::all_rows(n));
  r.correlation.push_back(largest_correlation(reshape(z, {-1, kLatents})));
  r.total_correlation.push_back(mean(split.total_correlation).item());
  r.information.push_back(mean(split.mutual_information).item());
  r.error.push_back(-mean(model->decode(z).log_prob(x)).item());
  fmt::print(
      "beta = {}: largest |correlation| {:.3f}, TC {:.3f}, I(x; z) {:.2f}, KL {:.2f}, "
      "-E log p(x|z) {:.2f}\n",
      beta, r.correlation.back(), r.total_correlation.back(), r.information.back(),
      mean(split.sum()).item(), r.error.back());
}

void claims(Concept& c, const Results& r) {
  c.within("beta = 1: largest |correlation| of two latents", r.correlation[0], 0, 0.3);
  c.within("beta = 1: total correlation, nats", r.total_correlation[0], c.choose(1.5, 0.5), 3.5);
  c.within("total correlation, beta = 4 / beta = 1",
           r.total_correlation[2] / r.total_correlation[0], 0, 0.2);
  c.within("I(x; z), beta = 4 / beta = 1", r.information[2] / r.information[0], 0.4,
           c.choose(0.75, 0.82));
  c.within("-E log p(x|z), beta = 4 - beta = 1, nats", r.error[2] - r.error[0], 5, 14);
}

// --- picture

std::vector<Plot> picture(const Results& r) {
  return {Plot("dependence between the latents", "beta", "total correlation, nats")
              .line("", r.beta, r.total_correlation)
              .log_x(),
          Plot("what it costs", "beta", "nats").line("I(x; z)", r.beta, r.information).log_x()};
}

// --- program

void program(Concept& c) {
  const auto loss_of = c.broken("no_weight") ? loss_without_weight : loss;
  const DTypeScope f32(DType::f32);
  const Tensor x = nn::all_sprites({.positions = c.choose(8, 5), .sizes = 2}).flat();
  Results r;
  for (const double beta : r.beta) learn(c, loss_of, x, beta, r);
  claims(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C79",
                         .title = "A larger weight of the KL, and the dependence of the latents",
                         .source = "UDL section 17.8.4; model F6",
                         .mutants = {{"no_weight", "beta stays 1"}}},
                        program);
}
