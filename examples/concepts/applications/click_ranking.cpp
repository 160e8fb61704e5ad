// click_ranking: a VAE of clicks recommends better than a list of what is popular
// C83, UDL notes (Liang et al. 2018)
//
//     log p(x|z) = sum_i x_i log pi_i(z),   pi = softmax(decoder(z)):    the items compete for clicks
//
// x is a row of the click matrix: what one user clicked on. Trained on some users, the VAE sees 80 % of
// the clicks of others and ranks the items that are left; the other 20 % should come first. The clicks
// are drawn from known preferences of low rank, so it is also known how well the best list would do.
#include "concepts/applications/click_ranking.hpp"

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "support/concept/concept.hpp"
#include "vae/analysis/recommendation.hpp"
#include "vae/exact/clicks.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- claims

/// The clicks of test users: given to the VAE, shown to its encoder, left out of a list; and what of
/// them has to be found.
struct Test {
  Tensor given, shown, seen, held_out;
};

/// How each item is scored for each user, by the true preferences and by two estimates of them.
struct Scores {
  Tensor truth, learned, popular;
};

/// The four best lists [users, kList].
struct Lists {
  Tensor best, by_vae, popular, random;
};

Lists claims(Concept& c, vae::ClickVae& model, const Test& of, const Scores& scores, Rng& rng) {
  const std::int64_t users = of.given.dim(0), items = of.given.dim(1);
  const auto rank = [&](const Tensor& s) { return vae::top_items(s, of.seen, kList); };
  const Lists lists{rank(scores.truth), rank(scores.learned),
                    rank(scores.popular + zeros({users, 1})), rank(rng.uniform({users, items}))};
  c.identity("recommended items that the user knows", sum(gather(of.given, 1, lists.by_vae)).item(),
             0);
  // Chance finds each of the held-out clicks, fewer than 100, with the same probability.
  const Tensor chance = static_cast<double>(kList) / sum(1.0 - of.given, -1);
  c.monte_carlo("random list: recall@100", prob::estimate(vae::recall(lists.random, of.held_out)),
                mean(chance).item(), 0.01);
  const auto ndcg = [&](const Tensor& top) { return mean(vae::ndcg(top, of.held_out)).item(); };
  const double by_vae = ndcg(lists.by_vae), popular = ndcg(lists.popular);
  c.within("NDCG@100: VAE / popularity", by_vae / popular, c.choose(1.53, 1.2), c.choose(2.1, 2.1));
  // Without its KL the code would say all that it can of a user.
  c.within("KL of a user's code, nats", mean(vae::elbo(model, of.given, rng).kl.total()).item(), 5,
           30);
  c.within("NDCG@100: share of the way from popularity to the best list",
           (by_vae - popular) / (ndcg(lists.best) - popular), c.choose(0.7, 0.3),
           c.choose(0.95, 1.0));
  return lists;
}

// --- picture

std::vector<Plot> picture(const Lists& lists, const Scores& scores, const Tensor& held_out) {
  const std::vector<double> k = support::grid(1, kList, kList);
  const auto recall = [&](const Tensor& top) {
    return mean(vae::recall_curve(top, held_out), 0).to_vector();
  };
  const auto user = [](const Tensor& p) { return slice(slice(p, 0, 0, 1), 1, 0, 150).to_vector(); };
  const Tensor popular = scores.popular + zeros({1, scores.truth.dim(1)});
  const double n = mean(sum(held_out, -1)).item();  // of one user
  return {Plot("hits among the first k, of min(k, n) possible", "length of the list k", "recall@k")
              .line("", k, recall(lists.best))
              .line("", k, recall(lists.by_vae))
              .line("", k, recall(lists.popular))
              .line("", k, recall(lists.random))
              .dashed("", {n, n}, {0, 0.95})
              .note(fmt::format("n = {:.0f}, the clicks held out of a user", n), n + 2, 0.92)
              .note("by the true preferences", 58, 0.81)
              .note("by the VAE", 80, 0.66)
              .note("by popularity", 80, 0.4)
              .note("random", 80, 0.15)
              .y_range(0, 1),
          Plot("one user, a dot for each of 150 items", "true preference", "estimate")
              .dots("popularity", user(exp(scores.truth)), user(popular))
              .dots("VAE", user(exp(scores.truth)), user(exp(scores.learned)))
              .dashed("right", {1e-6, 1}, {1e-6, 1})
              .log_x()
              .log_y()
              .x_range(1e-6, 1)
              .y_range(1e-6, 1)
              .square()
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const bool leaks = c.broken("held_out_leaks"), again = c.broken("seen_again");
  const double kl_weight = c.broken("no_kl") ? 0 : 0.2;
  const DTypeScope f32(DType::f32);
  Rng rng = c.rng("clicks");
  const std::int64_t items = c.choose(1000, 500), users = c.choose(5000, 2000), tests = 1000;
  const auto world = vae::exact::ClickModel::example(items, 6, rng);
  const Tensor clicks = world.sample(rng, users).x;
  const auto [tastes, test_clicks] = world.sample(rng, tests);
  const vae::FoldIn split = vae::split_clicks(test_clicks, 0.2, rng);
  const Test test{.given = split.given,
                  .shown = leaks ? test_clicks : split.given,
                  .seen = again ? 0.0 * split.given : split.given,
                  .held_out = split.held_out};
  c.identity("held-out clicks that the VAE has seen", sum(test.shown * test.held_out).item(), 0);

  vae::ClickVae model({.items = items, .hidden = c.choose(200, 100), .latent = 20});
  nn::init::xavier_uniform(model, c.rng("init"));
  train(model, clicks, c.choose(25, 12), c.rng("training"), kl_weight);
  const Scores scores{.truth = world.log_preferences(tastes),
                      .learned = log_softmax(model.scores(test.shown)),
                      .popular = popularity(clicks)};
  const Lists lists = claims(c, model, test, scores, rng);
  c.draw(picture(lists, scores, test.held_out));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C83",
       .title = "Collaborative filtering with a multinomial VAE",
       .source = "UDL notes; Liang et al. 2018; generated clicks",
       .mutants = {{"no_kl", "the KL has no weight in training"},
                   {"held_out_leaks", "the encoder is given the held-out clicks too"},
                   {"seen_again", "items that the user has clicked on are recommended again"}}},
      program);
}
