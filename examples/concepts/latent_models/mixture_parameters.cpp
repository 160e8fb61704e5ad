// mixture_parameters: a mixture of five normals is 15 numbers, and 14 of them are free
// C23, UDL problem 17.1
//
//     p(x) = sum_n lambda_n N(x; mu_n, sigma_n^2),  n = 1 .. 5:    5 lambda + 5 mu + 5 sigma = 15
//     lambda_n >= 0 and sum_n lambda_n = 1, mu_n any number, sigma_n > 0:    one constraint, 14 free
//
// To train them, all are written as functions of free numbers: lambda = softmax(a), sigma = exp(b).
// With 5 numbers a there is one too many: adding 1 to all of them changes nothing. The Fisher
// information, the mean of the outer product of the gradients of log p(x), sees that as an
// eigenvalue 0; with the last a fixed at 0 all of its 14 directions count.
#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/mixture.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr int kParts = 5;

struct Mixture {
  Tensor lambda, mu, sigma;  // [5] each
};

/// The mixture of `free` numbers: those of lambda (5, or 4 and a fixed 0), 5 of mu, 5 of sigma.
Mixture mixture_of(const Tensor& free) {
  const int of_lambda = static_cast<int>(free.size()) - 2 * kParts;
  Tensor a = slice(free, 0, 0, of_lambda);
  if (of_lambda < kParts) a = concat({a, zeros({1})}, 0);
  return {.lambda = softmax(a),
          .mu = slice(free, 0, of_lambda, of_lambda + kParts),
          .sigma = exp(slice(free, 0, of_lambda + kParts, free.size()))};
}

Tensor log_px(const Mixture& m, const Tensor& x) {
  return logsumexp(log(m.lambda) + prob::Normal(m.mu, m.sigma).log_prob(x), -1);
}

/// Eigenvalues, falling, of the sum of the outer products of d log p(x) / d free over points x.
template <class MixtureOf>
std::vector<double> fisher_eigenvalues(const MixtureOf& mixture, const Tensor& free) {
  std::vector<Tensor> gradients;
  for (const double x : linspace(-8, 8, 200).to_vector()) {
    gradients.push_back(
        support::slope([&](const Tensor& at) { return log_px(mixture(at), tensor(x)); }, free));
  }
  const Tensor rows = stack(gradients, 0);
  const Tensor information = matmul(rows, rows, {.transpose_left = true});
  return symmetric_eigen(information / static_cast<double>(rows.dim(0))).values.to_vector();
}

/// Five well separated parts of different sizes; a fifth number for lambda is 0 like the fixed one.
Tensor example(std::int64_t of_lambda) {
  const Tensor a = tensor({0.5, -0.3, 0.2, 0.4, 0.0});
  const Tensor mu_and_sigma = tensor({-6, -3, 0, 3, 6, -0.4, 0.1, -0.2, 0.3, 0.0});
  return concat({slice(a, 0, 0, of_lambda), mu_and_sigma}, 0);
}

// --- wrong versions

/// Each weight in (0, 1) on its own.
Mixture mixture_by_sigmoid(const Tensor& free) {
  Mixture m = mixture_of(free);
  const int of_lambda = static_cast<int>(free.size()) - 2 * kParts;
  Tensor a = slice(free, 0, 0, of_lambda);
  if (of_lambda < kParts) a = concat({a, zeros({1})}, 0);
  m.lambda = sigmoid(a);
  return m;
}

/// Weights that add up to 1 and may be negative.
Mixture mixture_by_division(const Tensor& free) {
  Mixture m = mixture_of(free);
  const Tensor a = slice(free, 0, 0, kParts - 1);
  m.lambda = concat({a, 1.0 - sum(a, 0, true)}, 0);
  return m;
}

/// The free numbers themselves are the sigmas.
Mixture mixture_of_plain_sigma(const Tensor& free) {
  Mixture m = mixture_of(free);
  m.sigma = log(m.sigma);
  return m;
}

/// One sigma for all parts: four of its numbers change nothing.
Mixture mixture_of_one_sigma(const Tensor& free) {
  Mixture m = mixture_of(free);
  m.sigma = broadcast_to(slice(m.sigma, 0, 0, 1), {kParts});
  return m;
}

// --- claims

/// Every setting of the free numbers is a mixture.
void claims_of_settings(Concept& c, const auto& mixture, std::int64_t free_numbers) {
  Rng rng = c.rng("settings");
  double worst_sum = 0, smallest_lambda = 1, smallest_sigma = 1;
  for (int i = 0; i < c.choose(10000, 1000); ++i) {
    const Mixture m = mixture(3.0 * rng.normal({free_numbers}));
    worst_sum = std::max(worst_sum, std::abs(sum(m.lambda).item() - 1));
    smallest_lambda = std::min(smallest_lambda, -max(-m.lambda).item());
    smallest_sigma = std::min(smallest_sigma, -max(-m.sigma).item());
  }
  c.identity("|sum of lambda - 1|, largest of random settings", worst_sum, 0);
  c.at_least("smallest lambda", smallest_lambda, 1e-15);
  c.at_least("smallest sigma", smallest_sigma, 1e-8);
}

/// Directions that change the density have eigenvalues above rounding.
void claims_of_directions(Concept& c, const char* numbers, const std::vector<double>& eigenvalues,
                          double change_nothing) {
  double rank = 0;
  for (const double value : eigenvalues) rank += value > 1e-12 * eigenvalues.front() ? 1 : 0;
  c.identity(fmt::format("{}: directions that change the density", numbers), rank, 14);
  c.identity(fmt::format("{}: directions that change nothing", numbers),
             static_cast<double>(eigenvalues.size()) - rank, change_nothing);
}

// --- picture

std::vector<Plot> picture(const std::vector<double>& of_15, const std::vector<double>& of_14) {
  const auto numbers = [](std::size_t n, double shift) {  // beside each other where they agree
    return support::grid(1 + shift, static_cast<double>(n) + shift, static_cast<int>(n));
  };
  const auto visible = [](std::vector<double> values) {  // rounding may leave 0 or below
    for (double& value : values) value = std::max(value, 1e-18);
    return values;
  };
  return {Plot("one direction of 15 numbers changes nothing", "eigenvalue number",
               "eigenvalue of the Fisher information")
              .points("15 numbers", numbers(15, -0.15), visible(of_15))
              .points("14 free numbers", numbers(of_14.size(), 0.15), visible(of_14))
              .x_range(0, 16)
              .y_range(1e-20, 1e3)
              .log_y()
              .key("below")};
}

// --- program

void program(Concept& c) {
  const std::int64_t of_lambda = c.broken("five_logits") ? 5 : 4;
  const auto mixture = c.broken("sigmoid")     ? mixture_by_sigmoid
                       : c.broken("one_sigma") ? mixture_of_one_sigma
                                               : mixture_of;
  const auto setting = c.broken("negative_lambda") ? mixture_by_division
                       : c.broken("plain_sigma")   ? mixture_of_plain_sigma
                                                   : mixture;
  const std::vector<double> of_14 = fisher_eigenvalues(mixture, example(of_lambda));
  const std::vector<double> of_15 = fisher_eigenvalues(mixture, example(5));
  claims_of_settings(c, setting, of_lambda + 2 * kParts);
  claims_of_directions(c, "the free numbers", of_14, 0);
  claims_of_directions(c, "15 numbers", of_15, 1);
  c.draw(picture(of_15, of_14));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C23",
       .title = "Counting the parameters of a mixture of five normals",
       .source = "UDL problem 17.1",
       .mutants = {{"five_logits", "a number for each weight: 15, and one of them is not free"},
                   {"sigmoid", "each weight in (0, 1) on its own: they do not add up to 1"},
                   {"negative_lambda", "the last weight is what the others leave, negative or not"},
                   {"plain_sigma", "the free numbers are the sigmas, of any sign"},
                   {"one_sigma", "all parts share a sigma, and 10 numbers are free"}}},
      program);
}
