// The checks of unit 4. Everything is exact here: a run is a function of its data, seed and settings.

#include "checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "training.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

Numbers near_numbers(Draw& draw, Numbers friendly) {
  for (double& x : friendly) x = draw.near(x);
  return friendly;
}

inline void note_numbers(const std::string& name, const Numbers& numbers) {
  std::string line = name + ":";
  for (const double x : numbers) line += fmt::format(" {:.4g}", x);
  note(line);
}

// --- 4.1 a linear layer -----------------------------------------------------------------------------

/// Two outputs of three inputs.
Linear given_layer(Draw& draw) {
  return {3, 2, near_numbers(draw, {1, 2, 3, 10, 20, 30}), near_numbers(draw, {0.5, -0.5})};
}

inline void note_layer(const Linear& layer) {
  for (int o = 0; o < layer.out; ++o)
    note_numbers(
        fmt::format("weights of output {}", o),
        Numbers(layer.weight.begin() + o * layer.in, layer.weight.begin() + (o + 1) * layer.in));
  note_numbers("biases", layer.bias);
}

inline Numbers true_linear(const Linear& layer, const Numbers& x) {
  Numbers y;
  for (std::size_t row = 0; row < x.size() / static_cast<std::size_t>(layer.in); ++row)
    for (std::size_t o = 0; o < static_cast<std::size_t>(layer.out); ++o) {
      y.push_back(layer.bias[o]);
      for (std::size_t i = 0; i < static_cast<std::size_t>(layer.in); ++i)
        y.back() += x[row * layer.in + i] * layer.weight[o * layer.in + i];
    }
  return y;
}

void linear_worked() {
  Draw draw;
  const Linear layer = given_layer(draw);
  const Numbers x = near_numbers(draw, {1, 0, 0, 1, -1, 2});
  const Numbers got = answer([&] { return linear(layer, x); });
  judge([&] {
    note_layer(layer);
    note_numbers("two rows x, one after the other", x);
    Linear no_bias = layer, transposed = layer;
    no_bias.bias = {0, 0};
    for (int o = 0; o < 2; ++o)
      for (int i = 0; i < 3; ++i) transposed.weight[o * 3 + i] = layer.weight[i * 2 + o];
    const Mistake mistakes[] = {{"bias", true_linear(no_bias, x)},
                                {"transpose", true_linear(transposed, x)},
                                {"formula", {}}};
    expect_numbers("y, two outputs for each row", got, true_linear(layer, x), mistakes);
  });
}

Numbers joined(const LinearGradient& d) {
  Numbers all = d.x;
  all.insert(all.end(), d.weight.begin(), d.weight.end());
  all.insert(all.end(), d.bias.begin(), d.bias.end());
  return all;
}

/// Gradients of sum dy y, by the layer's being linear in each of its numbers.
inline LinearGradient true_back(const Linear& layer, const Numbers& x, const Numbers& dy) {
  LinearGradient d{Numbers(x.size()), Numbers(layer.weight.size()), Numbers(layer.bias.size())};
  const std::size_t in = static_cast<std::size_t>(layer.in),
                    out = static_cast<std::size_t>(layer.out);
  for (std::size_t k = 0; k < dy.size(); ++k) {
    const std::size_t row = k / out, o = k % out;
    d.bias[o] += dy[k];
    for (std::size_t i = 0; i < in; ++i) {
      d.weight[o * in + i] += dy[k] * x[row * in + i];
      d.x[row * in + i] += dy[k] * layer.weight[o * in + i];
    }
  }
  return d;
}

void check_back(const Linear& layer, const Numbers& x, const Numbers& dy) {
  const Numbers got = answer([&] { return joined(linear_back(layer, x, dy)); });
  judge([&] {
    note_layer(layer);
    note_numbers("x", x);
    note_numbers("dL/dy", dy);
    const LinearGradient right = true_back(layer, x, dy);
    LinearGradient mean = right, last = right;
    const double n = static_cast<double>(dy.size()) / layer.out;
    for (double& g : mean.weight) g /= n;
    for (double& g : mean.bias) g /= n;
    const Numbers tail(dy.end() - layer.out, dy.end());
    last = true_back(layer, Numbers(x.end() - layer.in, x.end()), tail);
    last.x = right.x;
    const Mistake mistakes[] = {{"rows", joined(mean)}, {"rows", joined(last)}, {"slopes", {}}};
    expect_numbers("dL/dx, then dL/dW, then dL/db", got, joined(right), mistakes);
  });
}

void linear_gradients() {
  Draw draw;
  const Linear layer = given_layer(draw);
  const Numbers x = near_numbers(draw, {1, 0.5, -2, 1, -1, 2}),
                dy = near_numbers(draw, {1, -1, 2, 3});
  check_back(layer, x, dy);
}

void linear_any_sizes() {
  Draw draw;
  for (int k = 0; k < 6; ++k) {
    const int in = 1 + draw.below(4), out = 1 + draw.below(3), n = 1 + draw.below(4);
    const auto some = [&](int count) {
      Numbers all;
      for (int i = 0; i < count; ++i) all.push_back(draw.uniform(-2, 2));
      return all;
    };
    const Linear layer{in, out, some(in * out), some(out)};
    check_back(layer, some(n * in), some(n * out));
  }
}

// --- 4.2 initial values -----------------------------------------------------------------------------

struct Made {
  Numbers weight, bias;
};

Made made(int in, int out, std::uint64_t seed) {
  Made m;
  Rng rng(seed);
  Linear layer{};
  m.weight = answer([&] {
    layer = make_linear(in, out, rng);
    return layer.weight;
  });
  m.bias = answer([&] { return layer.bias; });
  return m;
}

std::uint64_t draw_seed(Draw& draw) { return static_cast<std::uint64_t>(draw.uniform(1, 1e12)); }

void initial_spread() {
  Draw draw;
  const int in = draw.count_near(100, 60, 200);
  const Made m = made(in, 50, draw_seed(draw));
  judge([&] {
    expect_equal("weights", static_cast<int>(m.weight.size()), 50 * in, "size");
    expect_equal("biases", static_cast<int>(m.bias.size()), 50, "size");
    const double b = 1 / std::sqrt(in);
    double mean = 0, square = 0, most = 0;
    for (const double w : m.weight) {
      mean += w / (50.0 * in);
      square += w * w / (50.0 * in);
      most = std::max(most, std::abs(w));
    }
    note(fmt::format(
        "{} inputs: b = {:.4g}; the weights have mean {:.3g}, deviation {:.4g}, largest {:.4g}", in,
        b, mean, std::sqrt(square), most));
    const std::set<double> different(m.weight.begin(), m.weight.end());
    expect(most == 0 || different.size() == m.weight.size(), "every weight is drawn by itself",
           "alike");
    expect(most > 0, "weights that are all 0 learn the same thing forever", "spread");
    expect(most <= b * (1 + 1e-12), fmt::format("no weight is beyond b = {:.4g}", b), "spread");
    // The deviation of a uniform number is b / sqrt(3); six standard errors of it and of the mean.
    expect(std::abs(std::sqrt(3 * square) / b - 1) < 6 * 0.45 / std::sqrt(50.0 * in),
           fmt::format("their deviation is b / sqrt(3) = {:.4g}", b / std::sqrt(3)), "spread");
    expect(std::abs(mean) < 6 * b / std::sqrt(3 * 50.0 * in), "their mean is 0", "spread");
  });
}

void initial_order() {
  Draw draw;
  const std::uint64_t seed = draw_seed(draw);
  const Made m = made(2, 3, seed);
  judge([&] {
    note("first the weights are drawn, then the biases, each by one call of uniform(-b, b)");
    Numbers right;
    Rng rng(seed);
    const double b = 1 / std::sqrt(2);
    for (int k = 0; k < 9; ++k) right.push_back(rng.uniform(-b, b));
    Numbers got = m.weight;
    got.insert(got.end(), m.bias.begin(), m.bias.end());
    expect_numbers("weights and biases", got, right, std::vector<Mistake>{{"alike", {}}});
  });
}

// --- 4.3 optimizers ---------------------------------------------------------------------------------

void sgd_worked() {
  Draw draw;
  const Numbers start = near_numbers(draw, {1, -2}), g1 = near_numbers(draw, {10, 1}),
                g2 = near_numbers(draw, {20, -3});
  const double rate = draw.near(0.1), momentum = draw.uniform(0.5, 0.95);
  const Numbers got = answer([&] {
    Numbers values = start, velocity(2);
    sgd(values, g1, rate, momentum, velocity);
    Numbers both = values;
    sgd(values, g2, rate, momentum, velocity);
    both.insert(both.end(), values.begin(), values.end());
    return both;
  });
  judge([&] {
    note_numbers("values", start);
    note_numbers("gradients of step 1", g1);
    note_numbers("gradients of step 2", g2);
    note(fmt::format("rate {:.4g}, momentum {:.4g}", rate, momentum));
    const auto run = [&](double m, double sign, bool damped) {
      Numbers all, v(2), x = start;
      for (const Numbers& g : {g1, g2})
        for (std::size_t i = 0; i < 2; ++i) {
          v[i] = m * v[i] + (damped ? 1 - m : 1) * g[i];
          x[i] -= sign * rate * v[i];
          all.push_back(x[i]);
        }
      return all;
    };
    const Mistake mistakes[] = {{"uphill", run(momentum, -1, false)},
                                {"momentum", run(0, 1, false)},
                                {"damped", run(momentum, 1, true)},
                                {"formula", {}}};
    expect_numbers("values after step 1 and after step 2", got, run(momentum, 1, false), mistakes);
  });
}

inline Numbers true_adam(const Numbers& start, const std::vector<Numbers>& gradients, double rate,
                         double b1, double b2, double epsilon, int kind) {
  Numbers x = start, m(start.size()), v(start.size()), all;
  for (std::size_t t = 0; t < gradients.size(); ++t)
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double g = gradients[t][i];
      m[i] = b1 * m[i] + (1 - b1) * g;
      v[i] = b2 * v[i] + (1 - b2) * g * g;
      const double c1 = kind == 1 || kind == 4 ? 1 : 1 - std::pow(b1, t + 1),
                   c2 = kind == 1 || kind == 5 ? 1 : 1 - std::pow(b2, t + 1);
      const double root =
          kind == 2 ? std::sqrt(v[i] / c2 + epsilon) : std::sqrt(v[i] / c2) + epsilon;
      x[i] -= rate * (m[i] / c1) / (kind == 3 ? v[i] / c2 + epsilon : root);
      all.push_back(x[i]);
    }
  return all;
}

void check_adam(int steps, double b1, double b2, double epsilon) {
  Draw draw;
  const Numbers start = near_numbers(draw, {1, -2, 0.5});
  std::vector<Numbers> gradients;
  for (int t = 0; t < steps; ++t) gradients.push_back(near_numbers(draw, {1.0 + t, -0.5, 0.002}));
  const double rate = draw.near(0.1);
  const Numbers got = answer([&] {
    Numbers values = start, first(3), second(3), all;
    for (int t = 0; t < steps; ++t) {
      adam(values, gradients[t], rate, t + 1, first, second, b1, b2, epsilon);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  });
  judge([&] {
    note_numbers("values", start);
    for (int t = 0; t < steps; ++t)
      note_numbers(fmt::format("gradients of step {}", t + 1), gradients[t]);
    note(fmt::format("rate {:.4g}, beta1 {:.4g}, beta2 {:.4g}, epsilon {:.4g}", rate, b1, b2,
                     epsilon));
    const auto of = [&](int kind) {
      return true_adam(start, gradients, rate, b1, b2, epsilon, kind);
    };
    const Mistake mistakes[] = {{"bias", of(1)},    {"bias", of(4)}, {"bias", of(5)},
                                {"epsilon", of(2)}, {"root", of(3)}, {"formula", {}}};
    expect_numbers("values after each step", got, of(0), mistakes);
  });
}

void adam_first_step() { check_adam(1, 0.9, 0.999, 1e-8); }
void adam_three_steps() { check_adam(3, 0.8, 0.95, 1e-8); }
void adam_epsilon() {
  Draw draw;
  check_adam(2, 0.9, 0.99, draw.near(0.01));
}

// --- 4.4 minibatches --------------------------------------------------------------------------------

inline std::vector<int> true_order(int n, std::uint64_t seed, int epoch) {
  std::vector<int> order;
  for (int i = 0; i < n; ++i) order.push_back(i);
  Rng rng(seed + static_cast<std::uint64_t>(epoch));
  for (int i = n - 1; i >= 1; --i) std::swap(order[i], order[rng.below(i + 1)]);
  return order;
}

void order_worked() {
  Draw draw;
  const int n = draw.count_near(10, 8, 30), epoch = draw.count_near(0, 0, 5);
  const std::uint64_t seed = draw_seed(draw);
  const std::vector<int> got = answer([&] { return order_of(n, seed, epoch); });
  judge([&] {
    note(fmt::format("order_of({}, {}, {}) is called: so many rows, the seed, the epoch", n, seed,
                     epoch));
    std::vector<int> sorted = got, all;
    for (int i = 0; i < n; ++i) all.push_back(i);
    std::sort(sorted.begin(), sorted.end());
    expect(sorted == all, "every row is in the order once", "once");
    expect(got != all, "the rows are not in their old order", "shuffle");
    const std::vector<int> right = true_order(n, seed, epoch);
    const char* hint = got == true_order(n, seed, 0) && epoch > 0 ? "epoch" : "shuffle";
    const auto numbers = [](const std::vector<int>& rows) {
      return Numbers(rows.begin(), rows.end());
    };
    expect_numbers("the order by the rule in training.hpp", numbers(got), numbers(right),
                   std::vector<Mistake>{{hint, numbers(got)}});
  });
}

void order_of_epochs() {
  Draw draw;
  const std::uint64_t seed = draw_seed(draw);
  const std::vector<int> first = answer([&] { return order_of(12, seed, 1); });
  const std::vector<int> second = answer([&] { return order_of(12, seed, 2); });
  const std::vector<int> again = answer([&] { return order_of(12, seed, 1); });
  judge([&] {
    expect(first == again, "the same seed and epoch give the same order", "pure");
    expect(first != second, "the next epoch has another order", "epoch");
    expect(first == true_order(12, seed, 1), "the order is that of the rule in training.hpp",
           "shuffle");
  });
}

void minibatches() {
  Draw draw;
  std::vector<int> order;
  for (int i = draw.count_near(10, 9, 23); i > 0; --i) order.push_back(100 + draw.below(1000));
  const int size = 4, count = (static_cast<int>(order.size()) + size - 1) / size;
  std::vector<int> all;
  for (int k = 0; k < count; ++k) {
    const std::vector<int> got = answer([&] { return minibatch(order, size, k); });
    all.insert(all.end(), got.begin(), got.end());
    judge([&] {
      const int right = std::min(size, static_cast<int>(order.size()) - k * size);
      note(fmt::format("minibatch {} of {} rows in fours", k, order.size()));
      expect_equal("its rows", static_cast<int>(got.size()), right, "last");
    });
  }
  judge([&] {
    expect(all == order, "the minibatches together are the epoch, in its order", "rows");
  });
}

// --- 4.5 a run that can be stopped ------------------------------------------------------------------

Data given_data(Draw& draw) {
  Data data{2, {}, {}};
  for (int row = 0; row < 10; ++row) {
    const double a = draw.uniform(-1, 1), b = draw.uniform(-1, 1);
    data.x.insert(data.x.end(), {a, b});
    data.target.push_back(2 * a - b + 0.5 + 0.1 * draw.uniform(-1, 1));
  }
  return data;
}

Numbers state_of(const Run& run) {
  Numbers all = run.layer.weight;
  for (const Numbers* part : {&run.layer.bias, &run.first, &run.second})
    all.insert(all.end(), part->begin(), part->end());
  all.push_back(run.steps);
  return all;
}

/// What a usual mistake changes in a run.
struct Altered {
  bool one_epoch = false;  ///< every epoch has the order of the first
  double two = 2;          ///< of the slope of a square
  int rows = 0;            ///< what the sum over a minibatch is divided by; 0: the rows that it has
};

/// What a run of the data comes to, by the judge's own loop.
inline Numbers true_run(const Data& data, std::uint64_t seed, int steps, double rate,
                        const Altered& altered = {}) {
  Numbers values, m(3), v(3);
  Rng rng(seed);
  const double b = 1 / std::sqrt(2);
  for (int k = 0; k < 3; ++k) values.push_back(rng.uniform(-b, b));
  const int n = static_cast<int>(data.target.size()), per_epoch = (n + 3) / 4;
  for (int t = 0; t < steps; ++t) {
    const std::vector<int> order = true_order(n, seed, altered.one_epoch ? 0 : t / per_epoch);
    const int from = t % per_epoch * 4, to = std::min(n, from + 4);
    Numbers g(3);
    for (int k = from; k < to; ++k) {
      const std::size_t row = static_cast<std::size_t>(order[static_cast<std::size_t>(k)]);
      const double off = values[0] * data.x[2 * row] + values[1] * data.x[2 * row + 1] + values[2] -
                         data.target[row];
      const double dy = altered.two * off / (altered.rows ? altered.rows : to - from);
      g[0] += dy * data.x[2 * row];
      g[1] += dy * data.x[2 * row + 1];
      g[2] += dy;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
      values[i] -= rate * m[i] / (1 - std::pow(0.9, t + 1)) /
                   (std::sqrt(v[i] / (1 - std::pow(0.999, t + 1))) + 1e-8);
    }
  }
  values.insert(values.end(), m.begin(), m.end());
  values.insert(values.end(), v.begin(), v.end());
  values.push_back(steps);
  return values;
}

/// Compares the run after one of its steps, and names the rows of a step that is wrong.
inline void judge_step(const Data& data, std::uint64_t seed, double rate, int step,
                       const Numbers& got) {
  const Numbers right = true_run(data, seed, step, rate);
  const auto near = [](double a, double b) {
    return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b));
  };
  if (std::equal(got.begin(), got.end(), right.begin(), near)) return;
  if (step == 0)
    return expect_numbers("2 weights and the bias, Adam's two means of each, and the steps done",
                          got, right, std::vector<Mistake>{{"start", got}});
  expect_equal(fmt::format("steps done after train(run, data, {}, rate)", step),
               static_cast<int>(got.back()), step, "total");
  const int n = static_cast<int>(data.target.size()), epoch = (step - 1) / 3, k = (step - 1) % 3;
  const std::vector<int> order = true_order(n, seed, epoch);
  std::string rows;
  for (int i = 4 * k; i < std::min(n, 4 * k + 4); ++i)
    rows += fmt::format(" {}", order[static_cast<std::size_t>(i)]);
  note(fmt::format("step {} is the first that is wrong: epoch {}, minibatch {}, the rows{}", step,
                   epoch, k, rows));
  note_numbers("weights and bias before it", [&] {
    const Numbers before = true_run(data, seed, step - 1, rate);
    return Numbers(before.begin(), before.begin() + 3);
  }());
  const Mistake mistakes[] = {{"epoch", true_run(data, seed, step, rate, {.one_epoch = true})},
                              {"loss", true_run(data, seed, step, rate, {.two = 1})},
                              {"loss", true_run(data, seed, step, rate, {.rows = 1})},
                              {"loss", true_run(data, seed, step, rate, {.rows = 4})},
                              {"loss", true_run(data, seed, step, rate, {.rows = n})},
                              {"loop", {}}};
  expect_numbers("after it: 2 weights and the bias, Adam's two means of each, and the steps done",
                 got, right, mistakes, 1e-9);
}

void whole_run() {
  Draw draw;
  const Data data = given_data(draw);
  const std::uint64_t seed = draw_seed(draw);
  const double rate = draw.near(0.05);
  const int steps = draw.count_near(20, 15, 30);
  const Numbers got = answer([&] {
    Run run = start(data, seed);
    Numbers all = state_of(run);
    for (int step = 1; step <= steps; ++step) {
      train(run, data, step, rate);
      const Numbers now = state_of(run);
      all.insert(all.end(), now.begin(), now.end());
    }
    return all;
  });
  judge([&] {
    note(
        fmt::format("start(data, {}), then train(run, data, step, {:.4g}) for step = 1, 2, ..., {}",
                    seed, rate, steps));
    const std::ptrdiff_t size = 10;
    expect_equal("numbers of a run: 2 weights, a bias, 3 and 3 of Adam, the steps",
                 static_cast<int>(got.size()) / (steps + 1), static_cast<int>(size), "start");
    for (int step = 0; step <= steps; ++step) {
      const Numbers now(got.begin() + step * size, got.begin() + (step + 1) * size);
      judge_step(data, seed, rate, step, now);
    }
  });
}

void resumed_run() {
  Draw draw;
  const Data data = given_data(draw);
  const std::uint64_t seed = draw_seed(draw);
  const double rate = draw.near(0.05);
  const int steps = draw.count_near(20, 15, 30), stop = 1 + draw.below(steps - 1);
  const Numbers whole = answer([&] {
    Run run = start(data, seed);
    train(run, data, steps, rate);
    return state_of(run);
  });
  const std::string text = answer([&] {
    Run run = start(data, seed);
    train(run, data, stop, rate);
    return save(run);
  });
  const Numbers resumed = answer([&] {
    Run run = load(text);
    train(run, data, steps, rate);
    return state_of(run);
  });
  judge([&] {
    note(fmt::format("{} steps at once, and {} steps, saved, loaded, and on to {}", steps, stop,
                     steps));
    note("saved: " + text.substr(0, 80) + (text.size() > 80 ? " ..." : ""));
    expect_numbers("the whole run", whole, true_run(data, seed, steps, rate),
                   std::vector<Mistake>{{"loop", {}}}, 1e-9);
    expect_equal("numbers of the resumed run", static_cast<int>(resumed.size()),
                 static_cast<int>(whole.size()), "state");
    bool nearly = true, same = true;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      nearly = nearly && std::abs(whole[i] - resumed[i]) < 1e-4;
      same = same && whole[i] == resumed[i];
    }
    expect(nearly, "the resumed run comes to what the whole one came to", "state");
    expect(same, "to the last digit", "digits");
  });
}

void loss_falls() {
  Draw draw;
  const Data data = given_data(draw);
  const std::uint64_t seed = draw_seed(draw);
  const Numbers got = answer([&] {
    Run run = start(data, seed);
    train(run, data, 600, 0.05);
    return state_of(run);
  });
  judge([&] {
    note("600 steps on ten rows of target = 2 a - b + 0.5, with a little noise");
    expect_numbers("the run", got, true_run(data, seed, 600, 0.05),
                   std::vector<Mistake>{{"loop", {}}}, 1e-6);
  });
}

// --- 4.6 a learning rate of your own ----------------------------------------------------------------

void variation_values() {
  Draw draw;
  const int steps = draw.count_near(10, 7, 40);
  const double rate = draw.near(0.1);
  const Numbers got = answer([&] {
    Numbers all;
    for (int t = 1; t <= steps; ++t) all.push_back(variation_rate(t, steps, rate));
    return all;
  });
  judge([&] {
    note(fmt::format("this course's rate: {}, {}", variation().name, variation().formula));
    note(fmt::format("{} steps, rate {:.4g}", steps, rate));
    Numbers right, late;
    for (int t = 1; t <= steps; ++t) {
      right.push_back(variation().value(t, steps, rate));
      late.push_back(variation().value(t + 1, steps, rate));
    }
    expect_numbers("the rate of each step", got, right,
                   std::vector<Mistake>{{"first", late}, {"formula", {}}});
  });
}

void variation_outside() {
  Draw draw;
  const int steps = draw.count_near(10, 7, 40);
  const double rate = draw.near(0.1);
  const Numbers got = answer([&] {
    return Numbers{variation_rate(0, steps, rate), variation_rate(-5, steps, rate),
                   variation_rate(steps + 1, steps, rate), variation_rate(2 * steps, steps, rate)};
  });
  judge([&] {
    const double before = variation().value(1, steps, rate),
                 after = variation().value(steps, steps, rate);
    note(fmt::format("steps 0, -5, {}, {} of {}", steps + 1, 2 * steps, steps));
    expect_numbers("the rate there", got, {before, before, after, after},
                   std::vector<Mistake>{{"outside", {}}});
  });
}

// --- 4.7 a test -------------------------------------------------------------------------------------

double bend = 1;  // drawn, so that a wrong optimizer is not known by its numbers

template <int kind>
void some_adam(Numbers& x, const Numbers& g, double rate, int step, Numbers& m, Numbers& v,
               double b1, double b2, double epsilon) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = kind == 6 && i > 0 ? g[0] : g[i];
    m[i] = b1 * m[i] + (1 - b1) * d;
    v[i] = (kind == 4 ? b1 : b2) * v[i] + (1 - (kind == 4 ? b1 : b2)) * d * d;
    const double c1 = kind == 1 ? 1 : 1 - std::pow(b1, kind == 5 ? 1 : step);
    const double c2 = kind == 1 ? 1 : 1 - std::pow(b2, kind == 5 ? 1 : step);
    const double root = kind == 2 ? std::sqrt(v[i] / c2 + epsilon) : std::sqrt(v[i] / c2) + epsilon;
    x[i] -= (kind == 3 ? 1 + 0.01 * bend : 1) * rate * m[i] / c1 / root;
  }
}

struct Wrong {
  const char* what;
  const char* hint;
  Optimizer step;
};
const Wrong kWrong[] = {
    {"the moments are not divided by 1 - beta^step", "first", some_adam<1>},
    {"epsilon stands under the root", "epsilon", some_adam<2>},
    {"the steps are one percent too long, or a little more", "compare", some_adam<3>},
    {"beta1 is used for both moments", "betas", some_adam<4>},
    {"the first step is right; later ones divide by 1 - beta^1 too", "later", some_adam<5>},
    {"all values are moved by the gradient of the first", "several", some_adam<6>},
};

template <int wrong>
void catches() {
  Draw draw;
  bend = draw.near(1);
  check_test(draw, 16, {"Adam", kWrong[wrong].what, kWrong[wrong].hint},
             [&](bool right) { return is_adam(right ? some_adam<0> : kWrong[wrong].step); });
}

constexpr Check kChecks[] = {
    {"4.1", Kind::worked, "two outputs of three inputs", 4, linear_worked, "formula"},
    {"4.1", Kind::gradient, "with respect to rows, weights and biases", 6, linear_gradients,
     "slopes"},
    {"4.1", Kind::property, "any sizes", 4, linear_any_sizes, "slopes"},
    {"4.2", Kind::property, "the weights' spread", 4, initial_spread, "spread"},
    {"4.2", Kind::worked, "which number is drawn when", 4, initial_order, "alike"},
    {"4.3", Kind::worked, "two steps of descent with momentum", 5, sgd_worked, "formula"},
    {"4.3", Kind::worked, "the first step of Adam", 4, adam_first_step, "formula"},
    {"4.3", Kind::worked, "three steps of Adam with other betas", 5, adam_three_steps, "bias"},
    {"4.3", Kind::edge, "an epsilon that shows", 2, adam_epsilon, "epsilon"},
    {"4.4", Kind::worked, "the order of an epoch", 4, order_worked, "shuffle"},
    {"4.4", Kind::property, "another epoch, and the same once more", 4, order_of_epochs, "epoch"},
    {"4.4", Kind::edge, "minibatches, of which the last is shorter", 4, minibatches, "last"},
    {"4.5", Kind::worked, "a run of a few steps", 8, whole_run, "loop"},
    {"4.5", Kind::property, "stopped and resumed: the same to the last digit", 10, resumed_run,
     "state"},
    {"4.5", Kind::property, "600 steps", 4, loss_falls, "loop"},
    {"4.6", Kind::worked, "the rate of each step", 6, variation_values, "formula"},
    {"4.6", Kind::edge, "steps outside", 4, variation_outside, "outside"},
    {"4.7", Kind::property, "catches moments that are not corrected", 3, catches<0>, "first"},
    {"4.7", Kind::property, "catches epsilon under the root", 3, catches<1>, "epsilon"},
    {"4.7", Kind::property, "catches steps that are a percent too long", 3, catches<2>, "compare"},
    {"4.7", Kind::property, "catches one beta for both moments", 3, catches<3>, "betas"},
    {"4.7", Kind::property, "catches what is right in the first step only", 3, catches<4>, "later"},
    {"4.7", Kind::property, "catches one gradient for all values", 3, catches<5>, "several"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
