// The checks of unit 8. All models are small enough that everything about them is known exactly;
// nothing here is random but the numbers that are asked with.

#include "checks.hpp"

#include <cmath>

#include "agree.hpp"
#include "bounds.hpp"
#include "runs.hpp"

using namespace course;
using namespace tiny;

namespace {

// --- 8.1 the beta objective -------------------------------------------------------------------------

void objective_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.2, 0.3, 0.5});
  const Model model{near_probabilities(draw, {0.5, 0.25, 0.25}), near_table(draw, {-1, -2, -0.5})};
  const double beta = 1 + draw.near(3);
  const double got = answer([&] { return beta_objective(q, model, beta); });
  judge([&] {
    note_table("q(z)", q);
    note_model(model);
    note(fmt::format("beta = {:.4g}", beta));
    const double rec = mean(q, model.log_likelihood), cost = kl(q, model.prior);
    const Mistake mistakes[] = {{"reconstruction", {beta * rec - cost}},
                                {"bound", {rec - cost}},
                                {"direction", {rec - beta * kl(model.prior, q)}},
                                {"divided", {rec - cost / beta}},
                                {"sign_of_kl", {rec + beta * cost}},
                                {"objective", {}}};
    expect_number("E_q[log p(x|z)] - beta KL(q || prior)", got, rec - beta * cost, mistakes);
  });
}

void beta_one_is_the_bound() {
  Draw draw;
  for (int i = 0; i < 10; ++i) {
    const int n = 2 + draw.below(4);
    const Table q = draw_probabilities(draw, n);
    const Model model = draw_model(draw, n);
    const double got = answer([&] { return beta_objective(q, model, 1); });
    judge([&] {
      note_table("q(z)", q);
      note_model(model);
      note(fmt::format("log p(x) = {:.6g}", true_evidence(model)));
      expect_number("the bound", got, true_elbo(q, model), std::vector<Mistake>{{"objective", {}}});
    });
  }
}

void best_worked() {
  Draw draw;
  const Model model{near_probabilities(draw, {0.5, 0.25, 0.25}), near_table(draw, {-1, -2, -0.5})};
  const double beta = 1 + draw.near(1);
  const Table got = answer([&] { return best_q(model, beta); });
  judge([&] {
    note_model(model);
    note(fmt::format("beta = {:.4g}", beta));
    Table raw, joint, other{model.log_likelihood};
    for (std::size_t z = 0; z < 3; ++z) {
      raw.push_back(model.prior[z] * std::exp(model.log_likelihood[z] / beta));
      joint.push_back((std::log(model.prior[z]) + model.log_likelihood[z]) / beta);
      other[z] = beta * other[z] + std::log(model.prior[z]);
    }
    const auto normal = [](Table l) {
      const double sum = true_log_sum(l);
      for (double& x : l) x = std::exp(x - sum);
      return l;
    };
    const Mistake mistakes[] = {{"normalise", raw},
                                {"prior", normal(joint)},
                                {"power", normal(other)},
                                {"posterior", true_best_q(model, 1)},
                                {"best", {}}};
    expect_numbers("q(z)", got, true_best_q(model, beta), mistakes);
  });
}

void best_far_out() {
  Draw draw;
  const double low = -draw.beyond(2000), beta = draw.uniform(0.5, 2);
  const Model model{{0.25, 0.75}, {low, low - 1}};
  const Table got = answer([&] { return best_q(model, beta); });
  judge([&] {
    note_model(model);
    note("an image of 784 pixels has such a log p(x|z); exp(-1000) is 0 in double");
    expect_numbers("q(z)", got, true_best_q(model, beta), std::vector<Mistake>{{"largest", {}}});
  });
}

// --- 8.2 free bits ----------------------------------------------------------------------------------

/// Two images, three latents: the mean of the first is below 0.5, though one image is above; that
/// of the second is above, though one image is below.
std::vector<Table> near_kl(Draw& draw) {
  const double unit = draw.near(1);
  return {{0.1 * unit, 0.25 * unit, 2 * unit}, {0.7 * unit, 1.25 * unit, 1 * unit}};
}

Table flat(const std::vector<Table>& rows) {
  Table all;
  for (const Table& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

inline void note_kl(const std::vector<Table>& kl, double least) {
  for (const Table& image : kl) note_table("kl of an image", image);
  note(fmt::format("least = {:.4g}", least));
}

void free_bits_worked() {
  Draw draw;
  const std::vector<Table> kl = near_kl(draw);
  const double unit = kl[1][2], least = 0.5 * unit;
  const double got = answer([&] { return free_bits(kl, least); });
  const double all_below = answer([&] { return free_bits(kl, 4 * unit); });
  judge([&] {
    note_kl(kl, least);
    double each = 0, plain = 0, below = 0, sums = 0;
    for (const Table& image : kl)
      for (const double x : image) {
        each += std::max(least, x) / 2;
        plain += x / 2;
      }
    for (std::size_t j = 0; j < 3; ++j) {
      below += std::min(least, (kl[0][j] + kl[1][j]) / 2);
      sums += std::max(least, kl[0][j] + kl[1][j]);
    }
    // Where the sum is above one floor, a floor for the sum and none at all are the same.
    const char* no_floor = std::abs(all_below - 4 * unit) < 1e-9 * unit ? "whole" : "no_floor";
    const Mistake mistakes[] = {{"mean_first", {each}},
                                {"images", {sums}},
                                {no_floor, {plain}},
                                {"least", {below}},
                                {"floor", {}}};
    expect_number("sum over latents of max(least, mean kl)", got, least + 0.75 * unit + 1.5 * unit,
                  mistakes);
    note(fmt::format("least = {:.4g}", 4 * unit));
    expect_number("with every latent below the floor", all_below, 12 * unit,
                  std::vector<Mistake>{{"floor", {}}});
  });
}

void never_below_the_floor() {
  Draw draw;
  for (int i = 0; i < 10; ++i) {
    const int latents = 1 + draw.below(4), images = 1 + draw.below(5);
    std::vector<Table> kl;
    for (int b = 0; b < images; ++b) {
      kl.emplace_back();
      for (int j = 0; j < latents; ++j) kl.back().push_back(draw.uniform(0, 1));
    }
    const double least = draw.uniform(0, 1);
    const double got = answer([&] { return free_bits(kl, least); });
    const double none = answer([&] { return free_bits(kl, 0); });
    judge([&] {
      note_kl(kl, least);
      expect(got >= latents * least - 1e-12,
             fmt::format("{} latents, {:.4g} each: not below {:.6g}; it is {:.6g}", latents, least,
                         latents * least, got),
             "floor");
      double right = 0, sum = 0;
      for (std::size_t j = 0; j < kl[0].size(); ++j) {
        double over_images = 0;
        for (const Table& image : kl) over_images += image[j] / images;
        right += std::max(least, over_images);
        sum += over_images;
      }
      expect_number("sum over latents of max(least, mean kl)", got, right,
                    std::vector<Mistake>{{"floor", {}}});
      note("least = 0");
      expect_number("the mean KL", none, sum, std::vector<Mistake>{{"floor", {}}});
    });
  }
}

void free_bits_slopes() {
  Draw draw;
  const std::vector<Table> kl = near_kl(draw);
  const double least = 0.5 * kl[1][2];
  const Table got = answer([&] { return flat(free_bits_gradient(kl, least)); });
  judge([&] {
    note_kl(kl, least);
    const Mistake mistakes[] = {{"mean_first", {0, 0, 0.5, 0.5, 0.5, 0.5}},
                                {"mean_first", {0, 0, 1, 1, 1, 1}},
                                {"images", {0, 1, 1, 0, 1, 1}},
                                {"always", {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}},
                                {"always", {1, 1, 1, 1, 1, 1}},
                                {"slopes", {}}};
    expect_numbers("slopes by kl, image after image", got, {0, 0.5, 0.5, 0, 0.5, 0.5}, mistakes);
  });
}

// --- 8.3 the bound of k samples ---------------------------------------------------------------------

void iwae_worked() {
  Draw draw;
  const Table weights = near_table(draw, {-1, -2, -0.5, -3});
  const double got = answer([&] { return iwae(weights); });
  judge([&] {
    note_table("log w", weights);
    double logs = 0;
    for (const double l : weights) logs += l / 4;
    const double sum = true_log_sum(weights);
    const Mistake mistakes[] = {{"sum_not_mean", {sum}},
                                {"logs", {logs}},
                                {"logarithm", {std::exp(sum) / 4}},
                                {"weights", {}}};
    expect_number("log (1/k) sum w", got, true_iwae(weights), mistakes);
  });
}

void iwae_far_out() {
  Draw draw;
  const double low = -draw.beyond(1000);
  for (const double shift : {low, -low}) {
    const Table weights{shift, shift - 3, shift - 1};
    const double got = answer([&] { return iwae(weights); });
    judge([&] {
      note_table("log w", weights);
      expect_number("log (1/k) sum w", got, true_iwae(weights),
                    std::vector<Mistake>{{"largest", {}}});
    });
  }
}

void normalised_worked() {
  Draw draw;
  const Table weights = near_table(draw, {-1, -2, -0.5});
  const Table got = answer([&] { return normalised(weights); });
  judge([&] {
    note_table("log w", weights);
    Table raw, right, logs, means;
    for (const double l : weights) {
      raw.push_back(std::exp(l));
      logs.push_back(l - true_log_sum(weights));
      right.push_back(std::exp(logs.back()));
      means.push_back(3 * right.back());
    }
    const Mistake mistakes[] = {
        {"normalise", raw}, {"normalise", means}, {"logarithm", logs}, {"normalise", {}}};
    expect_numbers("w / sum w", got, right, mistakes);
  });
}

void normalised_far_out() {
  Draw draw;
  const double low = -draw.beyond(1000), step = draw.near(1);
  const Table got = answer([&] { return normalised({low, low - step}); });
  judge([&] {
    note_table("log w", {low, low - step});
    const double second = 1 / (1 + std::exp(step));
    expect_numbers("w / sum w", got, {1 - second, second}, std::vector<Mistake>{{"largest", {}}});
  });
}

// --- 8.4 its gradient -------------------------------------------------------------------------------

void ask_gradient(const Setting& at) {
  const Table got = answer([&] {
    const Slopes s = iwae_gradient(at.line, at.x, at.q, at.e);
    return std::vector{s.loc, s.width};
  });
  judge([&] { judge_slopes(at, got); });
}

void gradient_of_one() {
  Draw draw;
  ask_gradient(near_setting(draw, {0.8}));
}
void gradient_of_three() {
  Draw draw;
  ask_gradient(near_setting(draw, {0.8, -1.2, 0.3}));
}
void gradient_far_out() {
  Draw draw;
  Setting at = near_setting(draw, {0.8, -1.2, 0.3});
  at.x = draw.beyond(80);
  ask_gradient(at);
}

// --- 8.5 without noise ------------------------------------------------------------------------------

void expected_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.25, 0.75});
  const Model model{near_probabilities(draw, {0.6, 0.4}), near_table(draw, {-1, -2.5})};
  const double got = answer([&] { return expected_iwae(q, model, 2); });
  judge([&] {
    note_table("q(z)", q);
    note_model(model);
    const Table w = true_log_weights(q, model);
    note_table("log w of each z", w);
    const double both = true_iwae(w);
    note(
        fmt::format("two samples: the pairs are 00, 01, 10, 11, with log mean w of {:.4g}, {:.4g}, "
                    "{:.4g}, {:.4g}",
                    w[0], both, both, w[1]));
    const double even = (w[0] + 2 * both + w[1]) / 4;
    const double unordered = q[0] * q[0] * w[0] + q[0] * q[1] * both + q[1] * q[1] * w[1];
    const Table joint{w[0] + std::log(q[0]), w[1] + std::log(q[1])};
    const double without_q =
        q[0] * q[0] * joint[0] + 2 * q[0] * q[1] * true_iwae(joint) + q[1] * q[1] * joint[1];
    const Mistake mistakes[] = {{"probability", {even}},
                                {"probability", {4 * even}},
                                {"orders", {unordered}},
                                {"weight", {without_q}},
                                {"one", {true_elbo(q, model)}},
                                {"evidence", {true_evidence(model)}},
                                {"expected", {}}};
    expect_number("E[log (w_1 + w_2) / 2]", got, true_expected_iwae(q, model, 2), mistakes);
  });
}

void ends_of_the_bound() {
  Draw draw;
  const int n = 2 + draw.below(3);
  const Table q = draw_probabilities(draw, n);
  const Model model = draw_model(draw, n);
  const double one = answer([&] { return expected_iwae(q, model, 1); });
  // The posterior, without expectations: prior times likelihood, normalised.
  Table posterior = model.prior;
  double sum = 0;
  for (std::size_t z = 0; z < posterior.size(); ++z)
    sum += posterior[z] *= std::exp(model.log_likelihood[z]);
  for (double& p : posterior) p /= sum;
  const double touches = answer([&] { return expected_iwae(posterior, model, 3); });
  Table certain(posterior.size(), 0);
  certain[0] = 1;
  const double sure = answer([&] { return expected_iwae(certain, model, 2); });
  judge([&] {
    note_model(model);
    note_table("q(z)", q);
    expect_number("one sample: the ELBO", one, true_elbo(q, model),
                  std::vector<Mistake>{{"expected", {}}});
    note("q is the posterior: every weight is p(x)");
    expect_number("three samples: log p(x)", touches, true_evidence(model),
                  std::vector<Mistake>{{"weight", {}}});
    note("q is certain of z = 0: a z that q never takes has no part");
    expect_number("two samples", sure, std::log(model.prior[0]) + model.log_likelihood[0],
                  std::vector<Mistake>{{"zeros", {}}});
  });
}

void grows_with_k() {
  Draw draw;
  const int n = 2 + draw.below(2);
  const Table q = draw_probabilities(draw, n);
  const Model model = draw_model(draw, n);
  std::vector<double> got;
  for (int k = 1; k <= 5; ++k) got.push_back(answer([&] { return expected_iwae(q, model, k); }));
  judge([&] {
    note_table("q(z)", q);
    note_model(model);
    note_table("k = 1, 2, 3, 4, 5", got);
    for (std::size_t k = 1; k < got.size(); ++k)
      expect(got[k] >= got[k - 1] - 1e-12,
             fmt::format("{} samples are not worse than {}", k + 1, k), "expected");
    expect(got.back() <= true_evidence(model) + 1e-12,
           fmt::format("never above log p(x) = {:.6g}", true_evidence(model)), "expected");
    Table right;
    for (int k = 1; k <= 5; ++k) right.push_back(true_expected_iwae(q, model, k));
    expect_numbers("the bound of k samples", got, right, std::vector<Mistake>{{"expected", {}}});
  });
}

void spread_worked() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.2, 0.3, 0.5});
  const Model model{near_probabilities(draw, {0.5, 0.25, 0.25}), near_table(draw, {-1, -2, -0.5})};
  const double got = answer([&] { return spread(q, model); });
  judge([&] {
    note_table("q(z)", q);
    note_model(model);
    note_table("log w of each z", true_log_weights(q, model));
    note(fmt::format("log p(x) = {:.6g}", true_evidence(model)));
    const double right = true_spread(q, model), p = std::exp(true_evidence(model));
    const Mistake mistakes[] = {{"variance", {right + 1}},
                                {"scale", {right * p * p}},
                                {"scale", {right * p}},
                                {"spread", {}}};
    expect_number("Var_q[w] / p(x)^2", got, right, mistakes);
  });
}

void gap_of_many() {
  Draw draw;
  const Table q = near_probabilities(draw, {0.45, 0.55});
  const Model model{{0.5, 0.5}, {-1, -1}};
  const double got = answer([&] { return expected_iwae(q, model, 10); });
  judge([&] {
    note_table("q(z)", q);
    note_model(model);
    note(fmt::format("ten samples; log p(x) - spread / 20 = {:.6g}, up to terms in 1/k^2",
                     true_evidence(model) - true_spread(q, model) / 20));
    expect_number("the bound of ten samples", got, true_expected_iwae(q, model, 10),
                  std::vector<Mistake>{{"expected", {}}});
  });
}

// --- 8.6 a test -------------------------------------------------------------------------------------

double of_samples(const Table& q, const Table& log_w, double most, double sum, int k, int left) {
  if (left == 0) return most + std::log(sum / k);
  double expected = 0;
  for (std::size_t z = 0; z < q.size(); ++z)
    if (q[z] > 0)
      expected += q[z] * of_samples(q, log_w, most, sum + std::exp(log_w[z] - most), k, left - 1);
  return expected;
}
Table weights_of(const Table& q, const Model& model) {
  Table w;
  for (std::size_t z = 0; z < q.size(); ++z)
    w.push_back(q[z] > 0 ? model.log_likelihood[z] + std::log(model.prior[z] / q[z]) : -INFINITY);
  return w;
}
double right_iwae(const Table& q, const Model& model, int k) {
  const Table w = weights_of(q, model);
  return of_samples(q, w, *std::max_element(w.begin(), w.end()), 0, k, k);
}

double evidence_of(const Model& model) {
  const Table& l = model.log_likelihood;
  const double most = *std::max_element(l.begin(), l.end());
  double sum = 0;
  for (std::size_t z = 0; z < l.size(); ++z) sum += model.prior[z] * std::exp(l[z] - most);
  return most + std::log(sum);
}

struct Wrong {
  const char* what;
  const char* hint;
  ManySamples f;
};
const Wrong kWrong[] = {
    {"the bound of one sample, whatever k is", "grows",
     [](const Table& q, const Model& model, int) { return right_iwae(q, model, 1); }},
    {"log p(x), whatever q and k are: it is not above log p(x) either", "one_sample",
     [](const Table&, const Model& model, int) { return evidence_of(model); }},
    {"the sum of the weights in the place of their mean", "posterior",
     [](const Table& q, const Model& model, int k) {
       return right_iwae(q, model, k) + std::log(k);
     }},
    {"right for one sample; 2k - 1 samples in the place of k", "worked",
     [](const Table& q, const Model& model, int k) {
       return right_iwae(q, model, std::min(2 * k - 1, 5));
     }},
    {"NaN where q is 0 at one z", "zeros",
     [](const Table& q, const Model& model, int k) {
       for (const double p : q)
         if (p == 0) return std::log(p) * p;
       return right_iwae(q, model, k);
     }},
    {"right for moderate numbers; far out an exponential vanishes", "far",
     [](const Table& q, const Model& model, int k) {
       return of_samples(q, weights_of(q, model), 0, 0, k, k);
     }},
};

template <int wrong>
void catches() {
  Draw draw;
  check_test(draw, 10, {"the expected bound of k samples", kWrong[wrong].what, kWrong[wrong].hint},
             [&](bool right) { return is_iwae(right ? right_iwae : kWrong[wrong].f); });
}

// --- 8.7 a claim ------------------------------------------------------------------------------------

void four_and_two() {
  Draw draw;
  const World world = near_world(draw);
  const Run got = run(world, right_library());
  const std::string known = answer([] {
    std::string all;
    for (const NamedMistake& m : mistakes()) all += m.name + "\n";
    return all;
  });
  const Trial trial = try_out(draw, world);
  judge([&] {
    note(fmt::format("your row is {}", row_name()));
    const std::vector<Claim> claims = claims_of(got);
    expect(claims.size() >= 4, fmt::format("at least four claims; there are {}", claims.size()),
           "few");
    std::vector<std::string> names;
    for (const Claim& claim : claims) names.push_back(claim.name);
    std::sort(names.begin(), names.end());
    expect(std::adjacent_find(names.begin(), names.end()) == names.end(),
           "each claim has a name of its own", "names");
    const auto count = std::count(known.begin(), known.end(), '\n');
    expect(count >= 2, fmt::format("at least two mistakes; there are {}", count), "mistakes");
    expect_counting(trial, 1);
  });
}

void claims_hold() {
  Draw draw;
  for (int i = 0; i < 5; ++i) {
    const World world = i == 0 ? near_world(draw) : draw_world(draw);
    const Run got = run(world, right_library());
    judge([&] {
      note(fmt::format("run {} of 5, with another model each time", i + 1));
      note_model(world.model);
      note_table("q(z)", world.q);
      for (const Claim& claim : claims_of(got)) {
        if (!holds(claim)) note_claim(claim, "outside");
        expect(holds(claim), "every claim holds when the library is right",
               i == 0 ? "holds" : "every_model");
      }
    });
  }
  const Trial trial = try_out(draw, draw_world(draw));
  judge([&] { expect_counting(trial, 1); });
}

template <int mistake>
void mistake_breaks() {
  Draw draw;
  const World world = near_world(draw);
  const Trial trial = try_out(draw, world);
  const Run wrong = run(world, right_library(), mistake);
  const std::string name = answer([] {
    const std::vector<NamedMistake> known = mistakes();
    return mistake < static_cast<int>(known.size()) ? known[mistake].name : std::string();
  });
  judge([&] {
    expect(!name.empty(), fmt::format("there is a mistake number {}", mistake + 1), "mistakes");
    note(fmt::format("your mistake '{}'", name.substr(0, 60)));
    expect(wrong.names == trial.right[0].names,
           "the claims are the same ones with a mistake and without", "same_claims");
    const std::vector<Claim> claims = claims_of(wrong);
    const std::vector<Verdict> of_right = verdicts(trial);
    expect(claims.size() == of_right.size(), "each claim is three numbers");
    bool breaks = false;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const bool broken = !holds(claims[i]);
      note_claim(claims[i], !broken              ? "holds all the same"
                            : of_right[i].counts ? "broken"
                                                 : "broken, and does not count");
      breaks |= broken && of_right[i].counts;
    }
    expect(breaks, "it breaks a claim that counts", "breaks");
  });
}

template <int wanted>
void claims_count() {
  Draw draw;
  const Trial trial = try_out(draw, near_world(draw));
  judge([&] { expect_counting(trial, wanted); });
}

constexpr Check kChecks[] = {
    {"8.1", Kind::worked, "the objective at another beta than 1", 4, objective_worked, "objective"},
    {"8.1", Kind::property, "at beta = 1 it is the bound", 2, beta_one_is_the_bound, "objective"},
    {"8.1", Kind::worked, "the q that makes it largest", 4, best_worked, "best"},
    {"8.1", Kind::edge, "log p(x|z) of -2000", 3, best_far_out, "largest"},
    {"8.2", Kind::worked, "two images, three latents", 4, free_bits_worked, "floor"},
    {"8.2", Kind::property, "never below the floor; at least = 0 the mean KL", 3,
     never_below_the_floor, "floor"},
    {"8.2", Kind::gradient, "the slopes by every KL", 4, free_bits_slopes, "slopes"},
    {"8.3", Kind::worked, "the log of the mean weight", 4, iwae_worked, "weights"},
    {"8.3", Kind::edge, "log weights of -1000 and of 1000", 3, iwae_far_out, "largest"},
    {"8.3", Kind::worked, "the normalised weights", 3, normalised_worked, "normalise"},
    {"8.3", Kind::edge, "normalised, far out", 2, normalised_far_out, "largest"},
    {"8.4", Kind::worked, "one sample: the gradient of the ELBO's estimate", 4, gradient_of_one,
     "chain"},
    {"8.4", Kind::gradient, "three samples, weighed", 6, gradient_of_three, "chain"},
    {"8.4", Kind::edge, "log weights far out", 3, gradient_far_out, "largest"},
    {"8.5", Kind::worked, "two z, two samples: four pairs", 4, expected_worked, "expected"},
    {"8.5", Kind::edge, "one sample, the posterior, a certain q", 3, ends_of_the_bound, "expected"},
    {"8.5", Kind::property, "grows with k, never above log p(x)", 2, grows_with_k, "expected"},
    {"8.5", Kind::worked, "the spread of the weights", 3, spread_worked, "spread"},
    {"8.5", Kind::property, "ten samples", 2, gap_of_many, "expected"},
    {"8.6", Kind::property, "catches a bound that leaves k out", 2, catches<0>, "grows"},
    {"8.6", Kind::property, "catches log p(x) itself", 2, catches<1>, "one_sample"},
    {"8.6", Kind::property, "catches a sum for a mean", 2, catches<2>, "posterior"},
    {"8.6", Kind::property, "catches too many samples", 2, catches<3>, "worked"},
    {"8.6", Kind::property, "catches 0 times infinity", 2, catches<4>, "zeros"},
    {"8.6", Kind::property, "catches what vanishes far out", 2, catches<5>, "far"},
    {"8.7", Kind::shape, "four claims and two mistakes", 2, four_and_two, "few"},
    {"8.7", Kind::property, "every claim holds, on five models", 4, claims_hold, "holds"},
    {"8.7", Kind::property, "your first mistake breaks a claim that counts", 2, mistake_breaks<0>,
     "breaks"},
    {"8.7", Kind::property, "your second mistake breaks a claim that counts", 2, mistake_breaks<1>,
     "breaks"},
    {"8.7", Kind::property, "one claim counts", 1, claims_count<1>, "library"},
    {"8.7", Kind::property, "two claims count", 1, claims_count<2>, "library"},
    {"8.7", Kind::property, "three claims count", 1, claims_count<3>, "library"},
    {"8.7", Kind::property, "four claims count", 1, claims_count<4>, "library"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
