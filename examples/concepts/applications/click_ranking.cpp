// click_ranking: a VAE of clicks recommends better than a list of what is popular
// C83, UDL notes (Liang et al. 2018)
//
//     log p(x|z) = sum_i x_i log pi_i(z),   pi = softmax(decoder(z)):    the items compete for clicks
//
// x is a row of the click matrix: what one user clicked on. Trained on some users, the VAE sees 80 % of
// the clicks of others and ranks the items that are left; the other 20 % should come first. The clicks
// are drawn from known preferences of low rank, so it is also known how well the best list would do.
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/schedule.hpp"
#include "support/concept.hpp"
#include "vae/analysis/recommendation.hpp"
#include "vae/exact/clicks.hpp"
#include "vae/variants/click_vae.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kList = 100;

/// Minibatches of users, with a weight of the KL that grows from 0 to 0.2 over half of the epochs.
void train(vae::ClickVae& model, const Tensor& clicks, int epochs, Rng rng) {
  const std::int64_t users = clicks.dim(0), batch = 250, steps = epochs * (users / batch);
  const nn::Schedule beta = nn::schedule::warm_up(steps / 2, nn::schedule::constant(0.2));
  const nn::Schedule rate = nn::schedule::cosine(3e-3, steps);
  nn::Adam adam(model.parameters());
  Tensor shuffled;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t first = step * batch % users;
    if (first == 0) shuffled = take_rows(clicks, index_tensor(rng.permutation(users), {users}));
    adam.set_lr(rate(step));
    adam.zero_grad();
    Tape tape;
    tape.backward(model.elbo(slice(shuffled, 0, first, first + batch), rng, beta(step)).loss());
    adam.step();
  }
  model.eval();
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  Rng rng = c.rng("clicks");
  const std::int64_t items = c.choose(1000, 500), users = c.choose(5000, 2000), tests = 1000;
  const auto world = vae::exact::ClickModel::example(items, 6, rng);
  const Tensor clicks = world.sample(rng, users).x;
  const auto [tastes, test_clicks] = world.sample(rng, tests);
  const vae::FoldIn split = vae::split_clicks(test_clicks, 0.2, rng);
  const Tensor given = split.given, held_out = split.held_out;
  const Tensor shown = c.broken("held_out_leaks") ? test_clicks : given;  // to the encoder
  c.identity("held-out clicks that the VAE has seen", sum(shown * held_out).item(), 0);

  vae::ClickVae model({.items = items, .hidden = c.choose(200, 100), .latent = 20});
  nn::init::xavier_uniform(model, c.rng("init"));
  train(model, clicks, c.choose(25, 12), c.rng("training"));

  // Four ways to rank; a user's list leaves out what the user has clicked on already.
  const Tensor seen = c.broken("seen_again") ? 0.0 * given : given;
  const auto rank = [&](const Tensor& scores) { return vae::top_items(scores, seen, kList); };
  const Tensor log_pi = world.log_preferences(tastes), learned = log_softmax(model.scores(shown));
  // The share of each item in all clicks, after one click more for each: none is 0.
  const Tensor popularity = (sum(clicks, 0) + 1.0) / sum(clicks + 1.0 / static_cast<double>(users));
  const Tensor best = rank(log_pi), by_vae = rank(learned);
  const Tensor popular = rank(popularity + zeros({tests, 1})),
               random = rank(rng.uniform({tests, items}));

  c.identity("recommended items that the user knows", sum(gather(given, 1, by_vae)).item(), 0);
  // Chance finds each of the held-out clicks, fewer than 100, with the same probability.
  const Tensor chance = static_cast<double>(kList) / sum(1.0 - given, -1);
  c.monte_carlo("random list: recall@100", prob::estimate(vae::recall(random, held_out)),
                mean(chance).item(), 0.01);
  const auto ndcg = [&](const Tensor& top) { return mean(vae::ndcg(top, held_out)).item(); };
  c.at_least("NDCG@100: VAE / popularity", ndcg(by_vae) / ndcg(popular), 1.2);
  c.within("NDCG@100: share of the way from popularity to the best list",
           (ndcg(by_vae) - ndcg(popular)) / (ndcg(best) - ndcg(popular)), c.choose(0.6, 0.3), 1);

  const std::vector<double> k = support::grid(1, kList, kList);
  const auto recall = [&](const Tensor& top) {
    return mean(vae::recall_curve(top, held_out), 0).to_vector();
  };
  const auto user = [](const Tensor& p) { return slice(slice(p, 0, 0, 1), 1, 0, 150).to_vector(); };
  c.draw({Plot("how much of the held-out clicks is found", "length of the list k", "recall@k")
              .line("by the true preferences", k, recall(best))
              .line("by the VAE", k, recall(by_vae))
              .line("by popularity", k, recall(popular))
              .line("random", k, recall(random))
              .y_range(0, 1)
              .key("top left"),
          Plot("one user, a dot for each of 150 items", "true preference", "estimate")
              .dots("popularity", user(exp(log_pi)), user(popularity + zeros({1, items})))
              .dots("VAE", user(exp(log_pi)), user(exp(learned)))
              .log_x()
              .log_y()
              .x_range(1e-6, 1)
              .y_range(1e-6, 1)
              .square()
              .key("top left")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C83",
       .title = "Collaborative filtering with a multinomial VAE",
       .source = "UDL notes; Liang et al. 2018; generated clicks",
       .mutants = {{"held_out_leaks", "the encoder is given the held-out clicks too"},
                   {"seen_again", "items that the user has clicked on are recommended again"}}},
      program);
}
