#include "programs.hpp"

#include <cmath>
#include <numbers>

#include "nn/optim/sgd.hpp"

namespace programs {

// --- 3.1  An op of one's own ------------------------------------------------------------------------

namespace {

Tensor forward_gain(Inputs in) { return in[1] * tanh(in[0]); }

void back_gain(BackwardCtx& c) {
  const Tensor t = tanh(c.in(0));
  const Tensor slope = 1.0 - square(t);
  c.accumulate(0, c.dout() * c.in(1) * slope);
  c.accumulate(1, sum(c.dout() * t, {0}));
}

constexpr OpInfo kGain{.name = "gain",
                       .args = "x, g",
                       .formula = "y = g tanh(x)",
                       .gradient = "dx += dy g (1 - tanh(x)^2), dg += sum of dy tanh(x) over rows",
                       .forward = forward_gain,
                       .backward = back_gain,
                       .saves = kSaveIn0 | kSaveIn1,
                       .test_inputs = nullptr};

}  // namespace

Tensor gain(Arg x, Arg g) { return apply(kGain, {x, g}); }

// --- 3.2  Ridge regression --------------------------------------------------------------------------

void fit(Parameter& w, const Tensor& x, const Tensor& y, double decay, int steps) {
  nn::Sgd sgd({&w}, {.lr = 0.1});
  for (int step = 0; step < steps; ++step) {
    sgd.zero_grad();
    Tape tape;
    const Tensor error = matmul(x, w) - reshape(y, {-1, 1});
    const Tensor misfit = mean(square(error));
    const Tensor loss = misfit + decay * sum(square(w));
    tape.backward(loss);
    sgd.step();
  }
}

// --- 3.3  A divergence from samples -----------------------------------------------------------------

Tensor divergence(Parameter& loc, Parameter& log_sigma, const Tensor& target, double variance,
                  const Tensor& noise) {
  const Tensor sigma = exp(log_sigma);
  const Tensor z = loc + sigma * noise;
  const Tensor log_q = normal_log_prob(z, loc, sigma);
  const Tensor log_p = normal_log_prob(z, target, std::sqrt(variance));
  const Tensor of_sample = sum(log_q - log_p, {1});
  return mean(of_sample);
}

// --- 3.4  A mixture of stencils ---------------------------------------------------------------------

Tensor mixture(Parameter& scores, Parameter& stencils, const Tensor& x) {
  const Tensor p = softmax(scores, 1);
  const Tensor logits = matmul(p, stencils);
  const Tensor log_px = bernoulli_log_prob(logits, x, 1);
  const Tensor open = where(greater(p, 0.0), p, 1.0);
  const Tensor entropy = -sum(open * log(open), {1});
  return mean(0.1 * entropy - log_px);
}

// --- 3.5  A VAE -------------------------------------------------------------------------------------

Vae::Vae(int data, int width, int latent)
    : hidden(*this, "hidden", data, width, Activation::tanh),
      loc(*this, "loc", width, latent),
      log_sigma(*this, "log_sigma", width, latent),
      logits(*this, "logits", latent, data) {}

Tensor vae_loss(Vae& vae, const Tensor& x, const Tensor& noise) {
  const Tensor h = vae.hidden(x);
  const Tensor loc = vae.loc(h);
  const Tensor log_sigma = vae.log_sigma(h);
  const Tensor sigma = exp(log_sigma);
  const Tensor z = loc + sigma * noise;
  const Tensor log_px = bernoulli_log_prob(vae.logits(z), x, 1);
  const Tensor kl = sum(normal_kl_standard(loc, sigma), {1});
  return mean(kl - log_px);
}

// VARIATION 3.6

}  // namespace programs
