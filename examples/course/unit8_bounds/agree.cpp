// What the judge knows.

#include "agree.hpp"

#include "runs.hpp"

using namespace course;
using namespace tiny;

double true_log_sum(const Table& l) {
  const double most = *std::max_element(l.begin(), l.end());
  double sum = 0;
  for (const double x : l) sum += std::exp(x - most);
  return most + std::log(sum);
}

double true_iwae(const Table& log_weights) {
  return true_log_sum(log_weights) - std::log(static_cast<double>(log_weights.size()));
}

Table true_log_weights(const Table& q, const Model& model) {
  Table w;
  for (std::size_t z = 0; z < q.size(); ++z)
    w.push_back(q[z] > 0 ? model.log_likelihood[z] + std::log(model.prior[z] / q[z]) : -INFINITY);
  return w;
}

Table true_best_q(const Model& model, double beta) {
  Table l = model.log_likelihood;
  for (std::size_t z = 0; z < l.size(); ++z) l[z] = l[z] / beta + std::log(model.prior[z]);
  const double sum = true_log_sum(l);
  for (double& x : l) x = std::exp(x - sum);
  return l;
}

double true_evidence(const Model& model) {
  return true_log_sum(true_log_weights(Table(model.prior.size(), 1), model));
}
double true_elbo(const Table& q, const Model& model) { return mean(q, true_log_weights(q, model)); }

static double over_samples(const Table& q, const Table& log_w, Table& drawn, int k) {
  if (k == 0) return true_iwae(drawn);
  double expected = 0;
  for (std::size_t z = 0; z < q.size(); ++z) {
    if (q[z] == 0) continue;
    drawn.push_back(log_w[z]);
    expected += q[z] * over_samples(q, log_w, drawn, k - 1);
    drawn.pop_back();
  }
  return expected;
}
double true_expected_iwae(const Table& q, const Model& model, int k) {
  Table drawn;
  return over_samples(q, true_log_weights(q, model), drawn, k);
}

double true_spread(const Table& q, const Model& model) {
  Table ratio = true_log_weights(q, model);  // w / p(x), whose mean under q is 1
  double square = 0;
  for (std::size_t z = 0; z < q.size(); ++z) {
    const double over = std::exp(ratio[z] - true_evidence(model)) - 1;
    square += q[z] * over * over;
  }
  return square;
}
void note_model(const Model& model) {
  note_table("p(z)", model.prior);
  note_table("log p(x|z)", model.log_likelihood);
}

// --- 8.4 --------------------------------------------------------------------------------------------

void judge_slopes(const Setting& at, const std::vector<double>& got) {
  expect_equal("numbers of slopes", static_cast<int>(got.size()), 2);
  note(fmt::format("x = {:.4g}, p(x|z) = N({:.4g} z + {:.4g}, {:.4g}^2), q = N({:.4g}, {:.4g}^2)",
                   at.x, at.line.weight, at.line.bias, at.line.scale, at.q.loc, at.q.width));
  note_table("e", at.e);
  Table log_w;
  for (const double e : at.e) log_w.push_back(log_weight(at.line, at.x, at.q, e));
  note_table("log w", log_w);
  const auto bound = [&](double loc, double width) {
    Table all;
    for (const double e : at.e) all.push_back(log_weight(at.line, at.x, {loc, width}, e));
    return true_iwae(all);
  };
  const std::vector<double> right{
      slope([&](double loc) { return bound(loc, at.q.width); }, at.q.loc),
      slope([&](double width) { return bound(at.q.loc, width); }, at.q.width)};
  // What usual mistakes give: even weights, weights that do not sum to 1, no log q, z that stands
  // still.
  std::vector<double> even{0, 0}, raw{0, 0}, no_q{0, 0}, still{0, 0};
  const double whole = true_log_sum(log_w), k = static_cast<double>(log_w.size());
  for (std::size_t i = 0; i < log_w.size(); ++i) {
    const double e = at.e[i], w = std::exp(log_w[i] - whole);
    const auto moved = [&](double loc, double width) {
      return log_weight(at.line, at.x, {loc, width}, e);
    };
    const std::vector<double> one{
        slope([&](double loc) { return moved(loc, at.q.width); }, at.q.loc),
        slope([&](double width) { return moved(at.q.loc, width); }, at.q.width)};
    // Of -log q at this z.
    const std::vector<double> fixed{-e / at.q.width, (1 - e * e) / at.q.width};
    for (std::size_t j = 0; j < 2; ++j) {
      even[j] += one[j] / k;
      raw[j] += one[j] * std::exp(log_w[i]) / k;
      no_q[j] += w * (one[j] - (j == 1 ? 1 / at.q.width : 0));
      still[j] += w * fixed[j];
    }
  }
  const Mistake mistakes[] = {
      {"even", even}, {"raw", raw}, {"width", no_q}, {"still", still}, {"chain", {}}};
  expect_numbers("slopes by loc and width", got, right, mistakes, 1e-6);
}

// --- 8.7 --------------------------------------------------------------------------------------------

constexpr std::size_t kMostClaims = 50;  // of one program: they are compared with each other

std::vector<Claim> claims_of(const Run& run) {
  std::vector<Claim> all;
  expect(run.numbers.size() % 3 == 0, "each claim is three numbers");
  expect(run.numbers.size() <= 3 * kMostClaims, fmt::format("at most {} claims", kMostClaims),
         "few");
  std::size_t at = 0;
  for (std::size_t i = 0; i + 2 < run.numbers.size(); i += 3) {
    const std::size_t end = std::min(run.names.find('\n', at), run.names.size());
    all.push_back({run.names.substr(std::min(at, run.names.size()), end - at), run.numbers[i],
                   run.numbers[i + 1], run.numbers[i + 2]});
    at = end + 1;
  }
  return all;
}

bool holds(const Claim& claim) {
  return claim.low <= claim.measured && claim.measured <= claim.high;
}

bool all_hold(const Run& run) {
  const std::vector<Claim> claims = claims_of(run);
  return !claims.empty() && std::all_of(claims.begin(), claims.end(), holds);
}

void note_claim(const Claim& claim, const char* verdict) {
  note(fmt::format("{}: {:.6g} in {:.6g} +- {:.2g}: {}", claim.name.substr(0, 100), claim.measured,
                   (claim.low + claim.high) / 2, (claim.high - claim.low) / 2, verdict));
}

static const char* const kTooWide = "the band is too wide to count";

std::vector<Verdict> verdicts(const Trial& trial) {
  using Claims = std::vector<Claim>;
  std::vector<Claims> right, faulty;
  const Run& first = trial.right[0];
  const auto read = [&](const std::vector<Run>& runs, std::vector<Claims>& all) {
    for (const Run& run : runs) {
      expect(run.names == first.names && run.numbers.size() == first.numbers.size(),
             "the claims are the same ones in every run", "same_claims");
      all.push_back(claims_of(run));
    }
  };
  read(trial.right, right);
  read(trial.faulty, faulty);
  std::vector<Verdict> all;
  for (std::size_t i = 0; i < right[0].size(); ++i) {
    const auto holds_here = [&](const Claims& run) { return holds(run[i]); };
    const Claim& claim = right[0][i];
    const double width = claim.high - claim.low, middle = std::abs(claim.high + claim.low) / 2;
    bool again = false;
    for (std::size_t j = 0; j < i; ++j)
      again |= std::all_of(faulty.begin(), faulty.end(),
                           [&](const Claims& run) { return run[i].measured == run[j].measured; });
    const char* why = !std::all_of(right.begin(), right.end(), holds_here)   ? "does not hold"
                      : !(width <= 0.2 * std::max(1.0, middle) * (1 + 1e-9)) ? kTooWide
                      : std::all_of(faulty.begin(), faulty.end(), holds_here)
                          ? "no fault of the library breaks it"
                      : again ? "the same numbers as another claim"
                              : "counts";
    all.push_back({std::string(why) == "counts", why});
  }
  return all;
}

void expect_counting(const Trial& trial, int wanted) {
  const std::vector<Verdict> all = verdicts(trial);
  const auto count =
      std::count_if(all.begin(), all.end(), [](const Verdict& v) { return v.counts; });
  if (count >= wanted) return;
  const std::vector<Claim> claims = claims_of(trial.right[0]);
  const char* hint = all.empty() ? "few" : "library";
  for (std::size_t i = 0; i < all.size(); ++i) {
    note_claim(claims[i], all[i].why);
    if (all[i].why == kTooWide) hint = "wide";
  }
  expect(false, fmt::format("{} of your claims count; wanted {}", count, wanted), hint);
}
