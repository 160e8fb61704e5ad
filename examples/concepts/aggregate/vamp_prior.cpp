// vamp_prior: a mixture of what the encoder says of K learned images is a prior that goes where the codes go
// C138; Tomczak and Welling 2018, VAE with a VampPrior, equation 9
//
//     p(z) = (1/K) sum_k q(z|u_k)                  u_k: pseudo-inputs, learned with the rest
//
// With the data as pseudo-inputs p(z) = q(z), and the KL of the bound is I(n; z) alone (C125). K of them are a summary of it.
#include "concepts/aggregate/vamp_prior.hpp"

#include "autograd/gradcheck/gradcheck.hpp"
#include "concepts/aggregate/prior_split.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::PriorSplit, concepts::VampSteps, concepts::VampVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

VampSteps log_k_forgotten() {
  VampSteps steps;
  steps.mix = [](const Tensor& log_q) { return logsumexp(log_q, -1); };
  return steps;
}

/// The mean of the logarithms in the place of the logarithm of the mean.
VampSteps mean_of_logs() {
  VampSteps steps;
  steps.mix = [](const Tensor& log_q) { return mean(log_q, -1); };
  return steps;
}

/// The parts are numbers: the encoder gets no gradient from the prior, and the pseudo-inputs stay.
VampSteps parts_detached() {
  VampSteps steps;
  steps.parts = [](const prob::Normal& q) {
    return prob::Normal(q.loc.detach(), q.scale.detach(), 1);
  };
  return steps;
}

// --- claims

/// Two latents and eight data, which are the pseudo-inputs too.
void claims_of_prior(Concept& c, const VampSteps& steps) {
  Rng rng = c.rng("small");
  const Tensor x = rng.uniform({8, 16});
  VampVae small({.rows = 4, .cols = 4, .hidden = {8}, .latent = 2}, 8, steps);
  nn::init::torch_default(small, c.rng("small init"));
  for (Parameter* p : small.parameters()) p->set_value(2.0 * p->value());
  small.pseudo.set_value(x);
  const auto kl = [&] {
    Rng noise = c.rng("noise");
    const prob::Normal q = small.encode(x);
    const Tensor z = q.rsample(noise, {20});
    return mean(q.log_prob(z) - small.prior().log_prob(z));
  };
  c.identity("the KL's gradient by the tape is that of differences (1: yes)",
             gradcheck(kl, small.parameters()).ok ? 1 : 0, 1);
  const NoGrad no_grad;
  const prob::Normal q = small.encode(x);
  const Tensor z = concepts::square_grid(320, 0.1);
  const Tensor log_p = small.prior().log_prob(z);
  c.exact("integral of p(z)", 0.01 * sum(exp(log_p)).item(), 1, 1e-6);
  const Tensor log_q = q.log_prob(reshape(z, {-1, 1, 2}));  // [nodes, data]
  const Tensor each = 0.01 * sum(exp(log_q) * (log_q - reshape(log_p, {-1, 1})), 0);
  c.exact("the data as pseudo-inputs: mean KL = I(n; z)", mean(each).item(),
          vae::exact_kl_split(q).mutual_information.item(), 1e-6);
}

void keep(Record& r, const std::string& name, const PriorSplit& t) {
  r.numbers[name + ", -ELBO"] = t.neg_elbo;
  r.numbers[name + ", I(n; z)"] = t.information;
  r.numbers[name + ", KL(q(z) || p(z))"] = t.marginal_kl;
  r.numbers[name + ", latents in use"] = static_cast<double>(t.active);
}

/// Pseudo-inputs, and two pictures drawn from the part of each.
void keep_images(VampVae& vae, std::int64_t columns, Record& r) {
  const NoGrad no_grad;
  Rng rng(4);
  const Tensor u = slice(vae.pseudo_inputs(), 0, 0, columns);
  const Tensor drawn = vae.decode(vae.encode(u).sample(rng, {2})).mean();
  support::keep_grey_images(r, "pictures", concat({u, reshape(drawn, {-1, 784})}, 0));
}

void claims_of_digits(Concept& c, const Record& r) {
  for (const std::string name : {"N(0, I)", "VampPrior"})
    fmt::print(
        "{:9}: test -ELBO {:.2f} nats; I(n; z) {:.2f}, KL(q(z) || p(z)) {:.2f}; {} latents\n", name,
        r.number(name + ", -ELBO"), r.number(name + ", I(n; z)"),
        r.number(name + ", KL(q(z) || p(z))"), r.number(name + ", latents in use"));
  c.within("test -ELBO: N(0, I) - VampPrior, nats",
           r.number("N(0, I), -ELBO") - r.number("VampPrior, -ELBO"), c.choose(4.4, 0.2),
           c.choose(5.9, 20.0));
  c.within("KL(q(z) || p(z)): VampPrior / N(0, I)",
           r.number("VampPrior, KL(q(z) || p(z))") / r.number("N(0, I), KL(q(z) || p(z))"),
           c.choose(0.67, 0.1), c.choose(0.91, 0.98));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const auto of_both = [&](const std::string& what) {
    return std::vector{r.number("N(0, I), " + what), r.number("VampPrior, " + what)};
  };
  return {Plot("what the KL is made of", "", "nats")
              .bars("I(n; z)", of_both("I(n; z)"))
              .bars("KL(q(z) || p(z))", of_both("KL(q(z) || p(z))"))
              .names({"N(0, I)", "VampPrior"})
              .stacked()
              .y_range(0, 36)
              .key("top right"),
          Plot("pseudo-inputs (first row), drawn from their parts (below)", "", "")
              .images(support::kept_grey_images(r, "pictures", 28), 10)};
}

// --- program

void program(Concept& c) {
  const VampSteps steps = c.broken("log_k_forgotten")  ? log_k_forgotten()
                          : c.broken("mean_of_logs")   ? mean_of_logs()
                          : c.broken("parts_detached") ? parts_detached()
                                                       : VampSteps{};
  claims_of_prior(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
    data.binarize = nn::Binarize::dynamic;
    measured.data_rule = c.choose("MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    const vae::VaeConfig sizes{.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 6)};
    const int K = c.choose(200, 50), epochs = c.choose(8, 15);
    vae::MlpVae normal(sizes);
    VampVae vamp(sizes, K, {.parts = steps.parts});  // a KL below 0 would end the training
    nn::init::torch_default(normal, c.rng("init"));
    nn::init::torch_default(vamp, c.rng("init"));
    const Tensor first = data.range(nn::Part::train, 0, K, c.rng("pixels")).images;
    vamp.pseudo.set_value(0.05 + 0.9 * first);  // inside [0, 1], where they can move
    keep(measured, "N(0, I)", concepts::train_and_split(c, normal, normal, data, epochs));
    keep(measured, "VampPrior", concepts::train_and_split(c, vamp, vamp.model, data, epochs));
    keep_images(vamp, 10, measured);
  });
  claims_of_digits(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C138",
       .title = "VampPrior: a mixture of posteriors as prior",
       .source = "Tomczak and Welling 2018, equation 9",
       .mutants = {{"log_k_forgotten", "log K is left out of log p(z)"},
                   {"mean_of_logs", "log q(z|u_k) is averaged in the place of q(z|u_k)"},
                   {"parts_detached", "the parts are constants to the gradient"}}},
      program);
}
