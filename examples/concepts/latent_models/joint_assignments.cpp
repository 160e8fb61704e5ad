// joint_assignments: when data share unknown means, their posterior has K^n states to sum over
// C28, notes S3 (the difficulty of the posterior, O(K^n))
//
//     z_i ~ Categorical(1/K)     mu_k ~ N(0, tau^2)     x_i | z_i = k ~ N(mu_k, s^2)
//     p(z_1 .. z_n | x) = p(z) p(x|z) / sum over all K^n assignments of p(z) p(x|z)
//
// With fixed means each datum has a posterior of its own: n sums of K terms. Unknown means tie all
// data together: where x_1 went says where mu is, and so where x_2 goes. Then no product of single
// posteriors is right, and each further datum makes the sum K times as long.
#include <cmath>
#include <functional>
#include <numbers>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;
using vae::exact::NormalMixture;

namespace {

constexpr double kS = 0.5, kTau = 2;
using Data = std::vector<double>;
using Assignment = std::vector<std::size_t>;  // z_i of each datum

/// log p(x, z) with the means integrated out: data of one part share the mean N(0, tau^2).
double log_joint_of(const Concept& c, const Data& x, const Assignment& z, std::size_t parts) {
  std::vector<double> count(parts, 0), total(parts, 0), squares(parts, 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    count[z[i]] += 1, total[z[i]] += x[i], squares[z[i]] += x[i] * x[i];
  }
  const double s2 = kS * kS, tau2 = c.broken("tau_for_variance") ? kTau : kTau * kTau;
  double log_p = -static_cast<double>(x.size()) * std::log(parts);
  for (std::size_t k = 0; k < parts; ++k) {  // log N(x_k; 0, s^2 I + tau^2 1 1^T)
    const double shrunk = tau2 * total[k] * total[k] / (s2 + count[k] * tau2);
    log_p -= 0.5 * (count[k] * std::log(2 * std::numbers::pi * s2) +
                    std::log1p(count[k] * tau2 / s2) + (squares[k] - shrunk) / s2);
  }
  return log_p;
}

/// log p(x, z) for every assignment, x_1's part first: the enumeration itself.
Tensor enumerate(std::size_t n, std::size_t parts,
                 const std::function<double(const Assignment&)>& log_p) {
  std::vector<double> log_joint;
  Assignment z(n, 0);
  for (bool more = true; more;) {
    log_joint.push_back(log_p(z));
    std::size_t digit = n;
    while (digit > 0 && ++z[digit - 1] == parts) z[--digit] = 0;  // count up, in base K
    more = digit > 0;
  }
  return tensor(log_joint, {static_cast<std::int64_t>(log_joint.size())});
}

/// The sum over data of log p(z_i|x), for every assignment: the product of single posteriors.
Tensor log_product(const Tensor& log_posterior, std::size_t n, std::int64_t parts) {
  Tensor product = zeros({1});
  std::int64_t after = log_posterior.size();
  for (std::size_t i = 0; i < n; ++i) {
    after /= parts;
    const Tensor own = logsumexp(reshape(log_posterior, {-1, parts, after}), {0, 2});
    product = reshape(reshape(product, {-1, 1}) + own, {-1});
  }
  return product;
}

/// KL(p(z|x) || product of single posteriors), nats: what the product does not know.
double dependence(const Tensor& log_posterior, std::size_t n) {
  return sum(exp(log_posterior) * (log_posterior - log_product(log_posterior, n, 3))).item();
}

void program(Concept& c) {
  const Data all = {-1.1, 1.4, -0.7, 0.9, 1.8, -1.6, 0.1, 1.2};
  const std::size_t parts = 3;
  std::vector<double> at, visited, tied;
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const Data x(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    const Tensor log_joint =
        enumerate(n, parts, [&](const Assignment& z) { return log_joint_of(c, x, z, parts); });
    at.push_back(static_cast<double>(n));
    visited.push_back(static_cast<double>(log_joint.size()));
    tied.push_back(dependence(log_softmax(log_joint), n));
    c.identity(fmt::format("{} data: assignments / 3^{}", n, n),
               visited.back() / std::pow(parts, n), 1);
  }
  c.at_least("unknown means: KL(posterior || product), nats", tied.back(), 1);

  // The same data with known means: no datum says anything about another.
  const NormalMixture fixed{zeros({3}), tensor({-1.2, 0.2, 1.4}), full({3}, kS)};
  const Tensor own = fixed.log_joint(tensor(all, {8}));  // log p(x_i, z_i = k), [8, 3]
  const std::vector<double> log_p = own.to_vector();
  const Tensor known = enumerate(8, parts, [&](const Assignment& z) {
    double total = 0;
    for (std::size_t i = 0; i < z.size(); ++i) total += log_p[i * parts + z[i]];
    return total;
  });
  const Tensor posterior = log_softmax(known);
  c.identity("known means: largest |log posterior - log product|",
             max(abs(posterior - log_product(posterior, 8, 3))).item(), 0);
  c.identity("known means: log p(x) by enumeration, and a sum over data", logsumexp(known).item(),
             sum(logsumexp(own, -1)).item());

  // Two parts, the other way round: integrate over both means, with a sum of 2 terms for each datum.
  const Tensor two =
      enumerate(8, 2, [&](const Assignment& z) { return log_joint_of(c, all, z, 2); });
  const Grid mu(-16, 16, 400);
  const Tensor means = plane(mu, mu);
  Tensor log_joint = sum(prob::Normal(tensor(0.0), tensor(kTau)).log_prob(means), -1);
  for (const double x : all) {
    const Tensor parts_of_x = prob::Normal(means, tensor(kS)).log_prob(tensor(x));
    log_joint = log_joint + logsumexp(parts_of_x, -1) - std::log(2);
  }
  c.exact("log p(x) of 8 data: 2^8 assignments, and 400^2 means", logsumexp(two).item(),
          logsumexp(log_joint).item() + 2 * std::log(mu.step()));

  const std::vector<double> n = support::grid(1, 30, 30);
  const auto power = support::each(n, [](double v) { return std::pow(3, v); });
  c.draw({Plot("assignments of n data to 3 parts", "n", "terms of the sum")
              .points("visited", at, visited)
              .dashed("3^n", n, power)
              .log_y()
              .key("top left"),
          Plot("what a product of single posteriors misses", "n", "KL(posterior ‖ product), nats")
              .line("unknown means", at, tied)
              .line("known means", at, std::vector<double>(8, dependence(posterior, 8)))
              .y_range(-0.2, 4)
              .key("top left")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C28",
                         .title = "Enumerating a discrete posterior costs K^n",
                         .source = "notes S3, the difficulty of the posterior",
                         .mutants = {{"tau_for_variance", "tau where tau^2 belongs"}}},
                        program);
}
