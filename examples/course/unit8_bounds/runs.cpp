#include "runs.hpp"

#include <algorithm>

using namespace course;
using namespace tiny;

namespace {

double log_sum(const Table& l) {
  const double most = *std::max_element(l.begin(), l.end());
  double sum = 0;
  for (const double x : l) sum += std::exp(x - most);
  return most + std::log(sum);
}

Table log_joint(const Model& model) {
  Table l = model.log_likelihood;
  for (std::size_t z = 0; z < l.size(); ++z) l[z] += std::log(model.prior[z]);
  return l;
}

Table normal(Table l) {
  const double sum = log_sum(l);
  for (double& x : l) x = std::exp(x - sum);
  return l;
}

double objective(const Table& q, const Model& model, double beta, int fault) {
  const double reconstruction = mean(q, model.log_likelihood);
  if (fault == 0) return beta * reconstruction - kl(q, model.prior);
  if (fault == 1) return reconstruction - beta * kl(model.prior, q);
  if (fault == 2) return reconstruction - kl(q, model.prior);
  return reconstruction - beta * kl(q, model.prior);
}

Table tilted(const Model& model, double beta, int fault) {
  const double power = fault == 0 ? beta : fault == 2 ? 1 : 1 / beta;
  Table l = model.log_likelihood;
  for (std::size_t z = 0; z < l.size(); ++z)
    l[z] = power * l[z] + (fault == 1 ? power : 1) * std::log(model.prior[z]);
  return normal(l);
}

/// The mean over all k more samples of the log of the sum of their weights and those in `sum`.
double over_samples(const Table& q, const Table& w, int k, double sum) {
  if (k == 0) return std::log(sum);
  double expected = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) expected += q[z] * over_samples(q, w, k - 1, sum + w[z]);
  return expected;
}

double many_samples(const Table& q, const Model& model, int k, int fault) {
  if (fault == 0) k = 1;
  if (fault == 2) ++k;
  Table w = log_joint(model);
  const double most = *std::max_element(w.begin(), w.end());
  for (std::size_t z = 0; z < w.size(); ++z) w[z] = std::exp(w[z] - most) / q[z];
  return most + over_samples(q, w, k, 0) - (fault == 1 ? 0 : std::log(k));
}

double spread_of(const Table& q, const Model& model, int fault) {
  const Table p = normal(log_joint(model));
  double square = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0) square += fault == 1 ? q[z] * q[z] / p[z] : p[z] * p[z] / q[z];
  if (fault == 0) return square;
  return (square - 1) * (fault == 2 ? std::exp(log_sum(log_joint(model))) : 1);
}

Table probabilities(Table p) {
  double sum = 0;
  for (const double x : p) sum += x;
  for (double& x : p) x /= sum;
  return p;
}

}  // namespace

Library right_library() { return library_with(Piece::spread, kNone); }

Library library_with(Piece piece, int fault) {
  const auto of = [=](Piece p) { return p == piece ? fault : kNone; };
  return {[f = of(Piece::beta_objective)](const Table& q, const Model& m, double beta) {
            return objective(q, m, beta, f);
          },
          [f = of(Piece::best_q)](const Model& m, double beta) { return tilted(m, beta, f); },
          [f = of(Piece::expected_iwae)](const Table& q, const Model& m, int k) {
            return many_samples(q, m, k, f);
          },
          [f = of(Piece::spread)](const Table& q, const Model& m) { return spread_of(q, m, f); }};
}

World near_world(Draw& draw) {
  const auto near = [&](Table all) {
    for (double& x : all) x = draw.near(x);
    return all;
  };
  return {{probabilities(near({0.5, 0.3, 0.2})), near({-1, -3, -2})},
          probabilities(near({0.3, 0.3, 0.4}))};
}

World draw_world(Draw& draw) {
  World world;
  for (int n = 2 + draw.below(3); n > 0; --n) {
    world.model.prior.push_back(draw.uniform(0.2, 1));
    world.model.log_likelihood.push_back(draw.uniform(-4, -0.5));
    world.q.push_back(draw.uniform(0.2, 1));
  }
  return {{probabilities(world.model.prior), world.model.log_likelihood}, probabilities(world.q)};
}

Run run(const World& world, const Library& library, int mistake) {
  std::vector<Claim> kept;
  Run got;
  got.numbers = answer([&] {
    const std::vector<NamedMistake> known = mistakes();
    const bool has = mistake != kNone && mistake < static_cast<int>(known.size());
    Concept c(library, world.model, world.q,
              has ? known[static_cast<std::size_t>(mistake)].name : "");
    program(c);
    kept = c.claims();
    std::vector<double> numbers;
    for (const Claim& claim : kept)
      numbers.insert(numbers.end(), {claim.measured, claim.low, claim.high});
    return numbers;
  });
  got.names = answer([&] {
    std::string names;
    for (const Claim& claim : kept) names += claim.name + "\n";
    return names;
  });
  return got;
}

Trial try_out(Draw& draw, const World& world) {
  std::vector<Library> faulty;
  for (const Piece piece : row().pieces)
    for (int fault = 0; fault < kFaults; ++fault) faulty.push_back(library_with(piece, fault));
  Trial trial;
  std::size_t right = faulty.size();
  while (right > 0 || !faulty.empty()) {
    if (faulty.empty() || (right > 0 && draw.below(2) == 1)) {
      trial.right.push_back(run(world, right_library()));
      --right;
    } else {
      trial.faulty.push_back(run(world, faulty.back()));
      faulty.pop_back();
    }
  }
  return trial;
}
