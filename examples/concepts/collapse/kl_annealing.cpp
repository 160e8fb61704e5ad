// kl_annealing: the KL is weighed in slowly, so that z is in use before it has its price
// C116, UDL notes; Bowman et al. 2015; Fu et al. 2019, cyclical annealing
//
//     E_q[log p(x|z)] - w(step) KL(q(z|x) || p(z)),      w from 0 to exactly 1
//
// With w < 1 this is no bound, and the ELBO is reported. At w = 1 it is the ELBO again: annealing chooses between its maxima.
#include "concepts/collapse/few_digits.hpp"
#include "concepts/collapse/kl_annealing_faults.hpp"
#include "concepts/collapse/posterior_collapse.hpp"
#include "concepts/collapse/small_run.hpp"
#include "nn/init.hpp"
#include "support/concept/train_images.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::Annealed, concepts::Schedule, concepts::schedule_of, concepts::Weight,
    concepts::WindowVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_weights(Concept& c, Weight weight) {
  for (const std::string name : {"linear", "cosine", "cyclical"}) {
    const Schedule w = schedule_of(name, 999);
    c.identity(name + ": weight at the first step", weight(w, 0), 0);
    c.identity(name + ": weight at the end", weight(w, 999), 1);
  }
  c.exact("cyclical: weight in the middle of its third ramp",
          weight(schedule_of("cyclical", 800), 450), 0.5);
}

void claims_of_runs(Concept& c, Weight weight, Annealed objective) {
  const auto run = [&](const std::vector<int>& pauses) {
    return concepts::small_run(schedule_of("linear", 120), weight, pauses, c.rng("small"));
  };
  const auto whole = run({4}), paused = run({2, 4});
  c.identity("run in one and run resumed: weights and bound are the same", whole == paused, 1);
  c.identity("weight of the last step of the ramp", whole[59], 59.0 / 60);
  const vae::ElboTerms terms{.log_lik = tensor({-3.0}), .kl = tensor({2.0})};
  c.identity("reported bound at weight 0.25", objective(terms, 0.25).bound.item(), -5);
}

/// Eight eigenvalues, six latents, noise 1: the bound found with each schedule, and the best there is.
void claims_of_linear(Concept& c, Weight weight) {
  const std::vector<double> eigenvalues{6, 4, 2.5, 1.6, 0.8, 0.5, 0.3, 0.1};
  const Tensor covariance = eye(8) * tensor(eigenvalues, {8}, DType::f64);
  for (const std::string name : {"not annealed", "linear", "cyclical"}) {
    concepts::LinearVae model(zeros({8}), 6, 1);
    nn::init::torch_default(model, c.rng("linear"));
    model.log_sigma2.set_trainable(false);
    int step = 0, steps = 12000;
    const auto objective = [&] {
      const auto [log_lik, kl] = model.mean_bound(covariance);
      return log_lik - weight(schedule_of(name, steps), step++) * sum(kl);
    };
    support::ascend(model.parameters(), objective, {.steps = steps, .rate = 0.1, .shrink = 0.02});
    c.exact(name + ": bound of the linear VAE", model.mean_bound(covariance).elbo().item(),
            concepts::LinearOptimum(eigenvalues, 1, 6).bound, 1e-3);
  }
}

void train(const Concept& c, const nn::ImageDataset& data, const std::string& name, Weight weight,
           Annealed objective, Record& r) {
  WindowVae model({.hidden = c.choose(200, 50)});
  support::TrainImages how{.epochs = c.choose(5, 3), .batch = c.choose(25, 20), .lr = 5e-3};
  const Schedule w = schedule_of(name, how.epochs * data.train.count / how.batch);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    return objective(vae::elbo(model, b.images, rng), weight(w, b.step));
  };
  const Tensor x = data.range(nn::Part::test, 0, c.choose(1000, 100), Rng(1)).images;
  how.on_epoch = [&](const vae::EpochReport& e) {
    const NoGrad no_grad;
    r.add(name + ", active", e.epoch,
          static_cast<double>(vae::active_units(model.encode(x).mean())));
  };
  support::train_images(c, name, model, play, data, how, r);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto last = [&](const std::string& name) { return r.curve(name).last(); };
  c.within("not annealed: KL at the end, nats", last("not annealed, kl"), 0, c.choose(1.1, 20.0));
  c.within("linear: KL at the end, nats", last("linear, kl"), c.choose(4.5, 0.0),
           c.choose(5.2, 50.0));
  c.within("cyclical: KL at the end, nats", last("cyclical, kl"), c.choose(2.0, 0.0),
           c.choose(4.0, 50.0));
  c.within("-ELBO, not annealed - linear", last("not annealed, -ELBO") - last("linear, -ELBO"),
           c.choose(-0.2, -100.0), c.choose(1.1, 100.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot kl("KL of the test digits", "epoch", "nats"),
      active("latents in use, of 20", "epoch", "number"),
      bound("-ELBO of the test digits", "epoch", "nats");
  for (const std::string name : {"not annealed", "linear", "cyclical"}) {
    kl.line(name, r.curve(name + ", kl").x, r.curve(name + ", kl").y);
    active.line(name, r.curve(name + ", active").x, r.curve(name + ", active").y);
    bound.line(name, r.curve(name + ", -ELBO").x, r.curve(name + ", -ELBO").y);
  }
  return {kl.y_range(0, 11), active.y_range(0, 21).key("bottom right"), bound};
}

// --- program

void program(Concept& c) {
  const Weight weight = c.broken("reset_each_batch") ? concepts::at_first_step
                        : c.broken("reaches_100")    ? concepts::percent
                                                     : concepts::at_its_step;
  const Annealed objective =
      c.broken("weighted_bound_reported") ? concepts::weighted_bound : concepts::annealed;
  claims_of_weights(c, weight);
  claims_of_runs(c, weight, objective);
  claims_of_linear(c, weight);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::few_digits(c, measured);
    for (const std::string name : {"not annealed", "linear", "cyclical"})
      train(c, data, name, weight, objective, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C116",
       .title = "KL annealing",
       .source = "UDL notes; Bowman et al. 2015; Fu et al. 2019",
       .mutants = {{"reset_each_batch", "the schedule begins anew with each minibatch"},
                   {"reaches_100", "the weight is a percentage"},
                   {"weighted_bound_reported", "the weighted sum is reported as the bound"}}},
      program);
}
