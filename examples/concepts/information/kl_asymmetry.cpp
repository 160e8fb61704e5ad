// kl_asymmetry: KL(p || q) makes q cover all of p, KL(q || p) makes q choose a part
// C09, Pyro/VAE notes S2, section on KL
//
//     forward   KL(p || q) = E_p[log p - log q]       large where p is and q is not
//     reverse   KL(q || p) = E_q[log q - log p]       large where q is and p is not
//
// One Gaussian q fitted to a p with two peaks shows it. Maximum likelihood is the forward fit;
// variational inference, which can only sample from q, is the reverse one.
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// E_p[log p - log q], the integral over z as a sum.
Tensor forward(const NormalMixture& p, const prob::Normal& q) {
  const Grid z(-14, 14, 800);
  const Tensor log_p = p.log_px(z.points);
  return sum(exp(log_p) * (log_p - q.log_prob(z.points))) * z.step();
}

/// E_q[log q - log p], with z = loc + scale e as in the VAE: the integral over e as a sum.
Tensor reverse(const NormalMixture& p, const prob::Normal& q) {
  const Grid e(-8, 8, 200);
  const Tensor weight = exp(prob::StandardNormal({}).log_prob(e.points));
  const Tensor z = q.loc + q.scale * e.points;
  return sum(weight * (q.log_prob(z) - p.log_px(z))) * e.step();
}

/// Gradient descent on loss(q) from N(loc, 1).
template <class Loss>
prob::Normal fitted(const Loss& loss, double start) {
  Tensor loc = tensor(start), log_scale = tensor(0.0);
  for (int step = 0; step < 600; ++step) {
    Tape tape;
    const Tensor m = tape.watch(loc), log_s = tape.watch(log_scale);
    tape.backward(loss(prob::Normal(m, exp(log_s))));
    loc = loc - 0.2 * tape.grad(m);
    log_scale = log_scale - 0.1 * tape.grad(log_s);
  }
  return {loc, exp(log_scale)};
}

struct Fits {
  prob::Normal wide;         ///< by the forward KL
  prob::Normal left, right;  ///< by the reverse KL, from -1.5 and 1.5
};

// --- wrong versions

Tensor reverse_without_entropy(const NormalMixture& p, const prob::Normal& q) {
  const Grid e(-8, 8, 200);
  const Tensor weight = exp(prob::StandardNormal({}).log_prob(e.points));
  return -sum(weight * p.log_px(q.loc + q.scale * e.points)) * e.step();
}

// --- claims

void claims_of_a_pair(Concept& c) {
  const Tensor P = log(tensor({0.9, 0.05, 0.05})), Q = log(full({3}, 1.0 / 3));
  const double there = prob::kl(prob::Categorical(P), prob::Categorical(Q)).item();
  const double back = prob::kl(prob::Categorical(Q), prob::Categorical(P)).item();
  c.identity("a pair of distributions: KL(P || Q)", there, sum(exp(P) * (P - Q)).item());
  c.at_least("and KL(Q || P) differs from it by", std::abs(there - back), 0.1);
}

void claims_of_fits(Concept& c, const NormalMixture& p, const Fits& fits) {
  const auto& [wide, left, right] = fits;
  c.exact("forward fit: mean of p", wide.loc.item(), p.mean().item(), 1e-3);
  c.exact("forward fit: variance of p", square(wide.scale).item(), p.variance().item(), 1e-3);
  const auto peak = [&](double low, double high) {
    const Tensor x = linspace(low, high, 2001);
    return x.at({static_cast<std::int64_t>(argmax(p.log_px(x)).item())});
  };
  c.exact("reverse fit from -1.5: the left peak of p", left.loc.item(), peak(-3, -1), 0.1);
  c.exact("reverse fit from +1.5: the right peak of p", right.loc.item(), peak(1.5, 3.5), 0.1);
  c.exact("reverse fit: as wide as that part", right.scale.item(), 0.6, 0.05);
  c.at_least("by how many nats the reverse fit loses KL(p || q)",
             (forward(p, right) - forward(p, wide)).item(), 1);
  c.at_least("by how many nats the forward fit loses KL(q || p)",
             (reverse(p, wide) - reverse(p, left)).item(), 0.1);
}

// --- picture

std::vector<Plot> picture(const NormalMixture& p, const Fits& fits) {
  const std::vector<double> at = support::grid(-7, 7, 300), means = support::grid(-4, 4.5, 100);
  const Tensor x = tensor(at, {300});
  std::vector<double> all, part;
  for (const double mean : means) {
    all.push_back(forward(p, {tensor(mean), tensor(0.8)}).item());
    part.push_back(reverse(p, {tensor(mean), tensor(0.8)}).item());
  }
  const auto density = [&](const prob::Normal& q) { return exp(q.log_prob(x)).to_vector(); };
  return {Plot("one Gaussian for two peaks", "z", "density")
              .band("p(z)", at, std::vector<double>(300, 0.0), exp(p.log_px(x)).to_vector())
              .line("forward fit: covers both", at, density(fits.wide))
              .line("reverse fit: takes one", at, density(fits.left))
              .dashed("reverse fit, other start", at, density(fits.right))
              .y_range(0, 0.9)
              .key("top left"),
          Plot("one valley or two: q = N(mean, 0.8^2)", "mean of q", "nats")
              .line("forward KL(p || q)", means, all)
              .line("reverse KL(q || p)", means, part)
              .y_range(0, 16)
              .key("top center")};
}

// --- program

void program(Concept& c) {
  const auto to_all = c.broken("swapped") ? reverse : forward;
  const auto to_part = c.broken("no_entropy") ? reverse_without_entropy : reverse;
  const NormalMixture p{log(tensor({0.6, 0.4})), tensor({-2.0, 2.5}), tensor({0.8, 0.6})};
  const auto from = [&](double start, const auto& kl) {
    return fitted([&](const prob::Normal& q) { return kl(p, q); }, start);
  };
  const Fits fits{from(1.0, to_all), from(-1.5, to_part), from(1.5, to_part)};
  claims_of_a_pair(c);
  claims_of_fits(c, p, fits);
  c.draw(picture(p, fits));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C09",
                         .title = "KL is not symmetric: what the two directions fit",
                         .source = "Pyro/VAE notes S2, section on KL",
                         .mutants = {{"swapped", "the forward fit descends on the reverse KL"},
                                     {"no_entropy", "the reverse fit without its term log q"}}},
                        program);
}
