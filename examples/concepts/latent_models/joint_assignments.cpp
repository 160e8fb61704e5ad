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
#include <numbers>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/cpu_time.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::NormalMixture;

namespace {

// --- model

constexpr double kS = 0.5, kS2 = kS * kS, kTau = 2;

/// For every assignment z, z_1 slowest, the sum over data of terms[i, z_i]: [n, K] to [K^n]. This is
/// the enumeration: each datum makes the tensor K times as long.
Tensor enumerate(const Tensor& terms) {
  Tensor all = zeros({1});
  for (std::int64_t i = 0; i < terms.dim(0); ++i) {
    all = reshape(reshape(all, {-1, 1}) + slice(terms, 0, i, i + 1), {-1});
  }
  return all;
}

/// log p(x, z) for every z, [K^n], the means integrated out: the m data of one part share a mean, so
/// their density is N(0, s^2 I + tau^2 1 1^T).
Tensor log_joint(const Tensor& x, std::int64_t K, double tau2) {
  const std::int64_t n = x.dim(0);
  Tensor log_p = full({1}, -static_cast<double>(n) * std::log(K));
  for (std::int64_t k = 0; k < K; ++k) {
    const auto over_part = [&](const Tensor& of_datum) {  // the sum over the data with z_i = k
      return enumerate(reshape(of_datum, {n, 1}) * slice(eye(K), 0, k, k + 1));
    };
    const Tensor m = over_part(ones({n})), sum_x = over_part(x), sum_xx = over_part(square(x));
    const Tensor distance = (sum_xx - tau2 * square(sum_x) / (kS2 + tau2 * m)) / kS2;
    log_p =
        log_p - 0.5 * (std::log(2 * std::numbers::pi * kS2) * m + log1p(tau2 / kS2 * m) + distance);
  }
  return log_p;
}

/// KL(p(z|x) || product of the p(z_i|x)), nats: what single posteriors do not know. Three parts.
double dependence(const Tensor& log_posterior) {
  std::vector<Tensor> single;  // log p(z_i|x), [3] each; z_1 is the slowest
  for (std::int64_t after = log_posterior.size() / 3; after >= 1; after /= 3) {
    single.push_back(logsumexp(reshape(log_posterior, {-1, 3, after}), {0, 2}));
  }
  return sum(exp(log_posterior) * (log_posterior - enumerate(stack(single, 0)))).item();
}

Tensor normalised(const Tensor& log_joint) { return log_softmax(log_joint); }

/// The work that a posterior asks for: a sum over all assignments of n data.
void sum_over_assignments(std::int64_t n) { log_joint(linspace(-2, 2, n), 3, kTau * kTau); }

NormalMixture known_means() { return {zeros({3}), tensor({-1.2, 0.2, 1.4}), full({3}, kS)}; }

// --- wrong versions

void single_sums(std::int64_t n) { known_means().log_px(linspace(-2, 2, n)); }
Tensor not_normalised(const Tensor& log_joint) { return log_joint; }

// --- claims

void claims(Concept& c, const Tensor& x, double tau2, const auto& work, const auto& posterior_of) {
  const auto seconds = [&](int n) { return support::cpu_seconds([&] { work(n); }); };
  c.within("CPU time, one datum more: root of that for 12 / for 10 data",
           std::sqrt(seconds(12) / seconds(10)), 2, 5);
  // Enumerated by another program, too.
  c.exact("unknown means: KL(posterior || product), nats",
          dependence(log_softmax(log_joint(x, 3, tau2))), 3.61656186);

  // The same data with known means: no datum says anything about another.
  const Tensor own = known_means().log_joint(x);  // log p(x_i, z_i = k), [8, 3]
  const Tensor posterior = posterior_of(enumerate(own));
  c.identity("known means: largest |log posterior - sum of log p(z_i|x_i)|",
             max(abs(posterior - enumerate(log_softmax(own)))).item(), 0);
  c.identity("known means: KL(posterior || product), nats", dependence(posterior), 0);

  // Two parts, the other way round: over both means, with a sum of 2 terms for each datum.
  const vae::exact::Grid mu(-16, 16, 400);
  const Tensor means = plane(mu, mu);
  Tensor log_p = sum(prob::Normal(0.0, kTau).log_prob(means), -1);
  for (const double x_i : x.to_vector()) {
    const Tensor parts_of_x = prob::Normal(means, kS).log_prob(tensor(x_i));
    log_p = log_p + logsumexp(parts_of_x, -1) - std::log(2);
  }
  c.exact("log p(x) of 8 data: 2^8 assignments, and 400^2 means",
          logsumexp(log_joint(x, 2, tau2)).item(),
          logsumexp(log_p).item() + 2 * std::log(mu.step()));
}

// --- picture

std::vector<Plot> picture(const Tensor& x) {
  std::vector<double> at, visited, tied;
  for (std::int64_t n = 1; n <= 8; ++n) {
    const Tensor log_p = log_joint(slice(x, 0, 0, n), 3, kTau * kTau);
    at.push_back(static_cast<double>(n));
    visited.push_back(static_cast<double>(log_p.size()));
    tied.push_back(dependence(log_softmax(log_p)));
  }
  const double known = dependence(log_softmax(enumerate(known_means().log_joint(x))));
  const std::vector<double> n = support::grid(1, 30, 30);
  return {Plot("assignments of n data to 3 parts", "n", "terms of the sum")
              .points("visited", at, visited)
              .dashed("3^n", n, support::each(n, [](double v) { return std::pow(3, v); }))
              .log_y()
              .key("top left"),
          Plot("what a product of single posteriors misses", "n", "KL(posterior ‖ product), nats")
              .line("unknown means", at, tied)
              .line("known means", at, std::vector<double>(8, known))
              .y_range(-0.2, 4)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const double tau2 = c.broken("tau_for_variance") ? kTau : kTau * kTau;
  const auto work = c.broken("single_sums") ? single_sums : sum_over_assignments;
  const auto posterior_of = c.broken("no_evidence") ? not_normalised : normalised;
  const Tensor x = tensor({-1.1, 1.4, -0.7, 0.9, 1.8, -1.6, 0.1, 1.2});
  claims(c, x, tau2, work, posterior_of);
  c.draw(picture(x));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C28",
       .title = "Enumerating a discrete posterior costs K^n",
       .source = "notes S3, the difficulty of the posterior",
       .mutants = {{"tau_for_variance", "tau where tau^2 belongs"},
                   {"single_sums", "n sums of K terms in place of the sum over K^n"},
                   {"no_evidence", "known means: the joint density is taken for the posterior"}}},
      program);
}
