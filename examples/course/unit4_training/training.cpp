#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace tiny {

// --- 4.1  A linear layer ----------------------------------------------------------------------------
Numbers linear(const Linear& layer, const Numbers& x) {
  // SOLUTION 4.1 begin
  // STARTER todo("4.1", "the value of a linear layer");
  const int n = static_cast<int>(x.size()) / layer.in;
  Numbers y;
  for (int row = 0; row < n; ++row)
    for (int o = 0; o < layer.out; ++o) {
      double sum = layer.bias[o];
      for (int i = 0; i < layer.in; ++i)
        sum += x[row * layer.in + i] * layer.weight[o * layer.in + i];
      y.push_back(sum);
    }
  return y;
  // SOLUTION 4.1 end
}
LinearGradient linear_back(const Linear& layer, const Numbers& x, const Numbers& dy) {
  // SOLUTION 4.1 begin
  // STARTER todo("4.1", "the gradients of a linear layer");
  const int n = static_cast<int>(x.size()) / layer.in;
  LinearGradient d{Numbers(x.size()), Numbers(layer.weight.size()), Numbers(layer.bias.size())};
  for (int row = 0; row < n; ++row)
    for (int o = 0; o < layer.out; ++o) {
      const double g = dy[row * layer.out + o];
      d.bias[o] += g;
      for (int i = 0; i < layer.in; ++i) {
        d.weight[o * layer.in + i] += g * x[row * layer.in + i];
        d.x[row * layer.in + i] += g * layer.weight[o * layer.in + i];
      }
    }
  return d;
  // SOLUTION 4.1 end
}

// --- 4.2  Initial values ----------------------------------------------------------------------------
Linear make_linear(int in, int out, Rng& rng) {
  // SOLUTION 4.2 begin
  // STARTER todo("4.2", "a layer with initial values");
  Linear layer{in, out, {}, {}};
  const double b = 1 / std::sqrt(in);
  for (int k = 0; k < in * out; ++k) layer.weight.push_back(rng.uniform(-b, b));
  for (int k = 0; k < out; ++k) layer.bias.push_back(rng.uniform(-b, b));
  return layer;
  // SOLUTION 4.2 end
}

// --- 4.3  Optimizers --------------------------------------------------------------------------------
void sgd(Numbers& values, const Numbers& gradients, double rate, double momentum,
         Numbers& velocity) {
  // SOLUTION 4.3 begin
  // STARTER todo("4.3", "a step of gradient descent");
  for (std::size_t i = 0; i < values.size(); ++i) {
    velocity[i] = momentum * velocity[i] + gradients[i];
    values[i] -= rate * velocity[i];
  }
  // SOLUTION 4.3 end
}
void adam(Numbers& values, const Numbers& gradients, double rate, int step, Numbers& first,
          Numbers& second, double beta1, double beta2, double epsilon) {
  // SOLUTION 4.3 begin
  // STARTER todo("4.3", "a step of Adam");
  for (std::size_t i = 0; i < values.size(); ++i) {
    first[i] = beta1 * first[i] + (1 - beta1) * gradients[i];
    second[i] = beta2 * second[i] + (1 - beta2) * gradients[i] * gradients[i];
    const double mean = first[i] / (1 - std::pow(beta1, step));
    const double square = second[i] / (1 - std::pow(beta2, step));
    values[i] -= rate * mean / (std::sqrt(square) + epsilon);
  }
  // SOLUTION 4.3 end
}

// --- 4.4  Minibatches -------------------------------------------------------------------------------
std::vector<int> order_of(int n, std::uint64_t seed, int epoch) {
  // SOLUTION 4.4 begin
  // STARTER todo("4.4", "the order of an epoch");
  std::vector<int> order;
  for (int i = 0; i < n; ++i) order.push_back(i);
  Rng rng(seed + static_cast<std::uint64_t>(epoch));
  for (int i = n - 1; i >= 1; --i) std::swap(order[i], order[rng.below(i + 1)]);
  return order;
  // SOLUTION 4.4 end
}
std::vector<int> minibatch(const std::vector<int>& order, int size, int k) {
  // SOLUTION 4.4 begin
  // STARTER todo("4.4", "the rows of a minibatch");
  const int from = k * size, to = std::min(from + size, static_cast<int>(order.size()));
  return {order.begin() + from, order.begin() + to};
  // SOLUTION 4.4 end
}

// --- 4.5  A run that can be stopped -----------------------------------------------------------------
Run start(const Data& data, std::uint64_t seed) {
  // SOLUTION 4.5 begin
  // STARTER todo("4.5", "a run that has done nothing yet");
  Rng rng(seed);
  const std::size_t parameters = static_cast<std::size_t>(data.in) + 1;
  return {seed, 0, make_linear(data.in, 1, rng), Numbers(parameters), Numbers(parameters)};
  // SOLUTION 4.5 end
}
void train(Run& run, const Data& data, int steps, double rate) {
  // SOLUTION 4.5 begin
  // STARTER todo("4.5", "the training loop");
  constexpr int kBatch = 4;
  const int n = static_cast<int>(data.target.size()), per_epoch = (n + kBatch - 1) / kBatch;
  for (; run.steps < steps; ++run.steps) {
    const std::vector<int> order = order_of(n, run.seed, run.steps / per_epoch);
    const std::vector<int> rows = minibatch(order, kBatch, run.steps % per_epoch);
    Numbers x, dy;
    for (const int row : rows)
      x.insert(x.end(), data.x.begin() + row * data.in, data.x.begin() + (row + 1) * data.in);
    const Numbers y = linear(run.layer, x);
    for (std::size_t k = 0; k < rows.size(); ++k)
      dy.push_back(2 * (y[k] - data.target[rows[k]]) / static_cast<double>(rows.size()));
    const LinearGradient d = linear_back(run.layer, x, dy);
    Numbers values = run.layer.weight, gradients = d.weight;
    values.push_back(run.layer.bias[0]);
    gradients.push_back(d.bias[0]);
    adam(values, gradients, rate, run.steps + 1, run.first, run.second);
    run.layer.bias[0] = values.back();
    run.layer.weight.assign(values.begin(), values.end() - 1);
  }
  // SOLUTION 4.5 end
}
std::string save(const Run& run) {
  // SOLUTION 4.5 begin
  // STARTER todo("4.5", "a run as text");
  std::string text = std::to_string(run.seed) + " " + std::to_string(run.steps) + " " +
                     std::to_string(run.layer.in);
  for (const Numbers* all : {&run.layer.weight, &run.layer.bias, &run.first, &run.second})
    for (const double number : *all) {
      char digits[40];  // seventeen digits bring any double back
      std::snprintf(digits, sizeof digits, " %.17g", number);
      text += digits;
    }
  return text;
  // SOLUTION 4.5 end
}
Run load(const std::string& text) {
  // SOLUTION 4.5 begin
  // STARTER todo("4.5", "a run from text");
  std::istringstream in(text);
  Run run{};
  in >> run.seed >> run.steps >> run.layer.in;
  run.layer.out = 1;
  const auto numbers = [&](int count) {
    Numbers all(static_cast<std::size_t>(count));
    for (double& number : all) in >> number;
    return all;
  };
  run.layer.weight = numbers(run.layer.in);
  run.layer.bias = numbers(1);
  run.first = numbers(run.layer.in + 1);
  run.second = numbers(run.layer.in + 1);
  return run;
  // SOLUTION 4.5 end
}

// VARIATION 4.6

// --- 4.7  A test ------------------------------------------------------------------------------------
bool is_adam(Optimizer step) {
  // SOLUTION 4.7 begin
  // STARTER todo("4.7", "a test of an optimizer");
  // Numbers of different sizes, an epsilon that shows, and more than one step.
  const double beta1 = 0.8, beta2 = 0.95, epsilon = 0.01, rate = 0.1;
  Numbers values{1, -2, 0.5}, first(3), second(3);
  Numbers right = values, right_first(3), right_second(3);
  for (int t = 1; t <= 5; ++t) {
    const Numbers gradients{0.3 * t, -2.0 / t, 0.001};
    step(values, gradients, rate, t, first, second, beta1, beta2, epsilon);
    for (std::size_t i = 0; i < right.size(); ++i) {
      right_first[i] = beta1 * right_first[i] + (1 - beta1) * gradients[i];
      right_second[i] = beta2 * right_second[i] + (1 - beta2) * gradients[i] * gradients[i];
      const double mean = right_first[i] / (1 - std::pow(beta1, t));
      const double square = right_second[i] / (1 - std::pow(beta2, t));
      right[i] -= rate * mean / (std::sqrt(square) + epsilon);
      if (!(std::abs(values[i] - right[i]) < 1e-9)) return false;
    }
  }
  return true;
  // SOLUTION 4.7 end
}

}  // namespace tiny
