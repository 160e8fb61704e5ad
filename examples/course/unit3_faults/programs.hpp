#pragma once

// Five small programs on the library. In each of programs.cpp one line is wrong. This file is given: it
// says what each program should compute, and runs it. It is right, and the checks use the original.

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/autograd.hpp"
#include "nn/layers/linear.hpp"
#include "todo.hpp"

namespace programs {

using namespace tapestry;
using course::todo;  // marks what is still to be written

/// 3.1  An op of one's own: y = g tanh(x), for x [B, D] and gains g [D], the same in every row.
Tensor gain(Arg x, Arg g);

/// 3.2  Ridge regression: from w [D, 1], `steps` steps of gradient descent on
///     mean (x w - y)^2 + decay |w|^2      for x [B, D] and y [B].
void fit(Parameter& w, const Tensor& x, const Tensor& y, double decay, int steps);

/// 3.3  An estimate of KL(q || p) in nats, for q = N(loc, exp(log_sigma)^2) and p = N(target, variance),
/// all [D]: the mean of log q(z) - log p(z) over samples z, one for each row of noise [L, D].
Tensor divergence(Parameter& loc, Parameter& log_sigma, const Tensor& target, double variance,
                  const Tensor& noise);

/// 3.4  Pictures x [B, D] of bits as mixtures of K stencils: logits = p stencils, with shares p [B, K],
/// the softmax of each row of scores; p is 0 where a score is -1000, which closes a stencil. The loss, a
/// mean over pictures, is -log p(x) plus a tenth of the entropy of the shares, in which 0 log 0 is 0.
Tensor mixture(Parameter& scores, Parameter& stencils, const Tensor& x);

/// 3.5  A VAE: q(z|x) = N(loc, sigma^2), p(z) = N(0, 1), bits x [B, D]. The loss, a mean over images, is
/// KL(q || p) - log p(x|z) in nats, at one sample z of q for each image; noise is [B, latent].
struct Vae : nn::Module {
  Vae(int data, int width, int latent);
  nn::Child<nn::Linear> hidden, loc, log_sigma, logits;
};
Tensor vae_loss(Vae& vae, const Tensor& x, const Tensor& noise);

/// 3.6  A test: whether a function of loc and log_sigma [B, D] is the part of a VAE's loss that
/// programs.cpp names there, one number for each row, [B], in value and gradient.
using Part = Tensor (*)(Arg loc, Arg log_sigma);
bool is_right(Part part);

// --- How a program is run, here, in play.cpp and in the checks --------------------------------------

struct Sizes {
  int batch, data, width, latent;
};

/// The loss, and the gradients of all parameters one after another. Of `fit`: the sum of the weights
/// at the end, and the weights.
struct Result {
  double loss;
  std::vector<double> gradients;
};

/// `name` is gain, fit, divergence, mixture or vae; numbers are drawn from the seed, in f64.
Result run(const std::string& name, const Sizes& sizes, std::uint64_t seed);

}  // namespace programs
