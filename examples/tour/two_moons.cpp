// two_moons: a small network separates two interleaved half circles, and draws the boundary it found

#include <numbers>

#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

struct Moons {
  Tensor points;  // [n, 2]
  Tensor labels;  // [n, 1], 0 = upper moon, 1 = lower moon
};

// Half circles of radius 1; the second is turned over and moved by (1, 0.5). Noise blurs both.
Moons make_moons(std::int64_t n, Rng rng) {
  const double noise = 0.1;
  std::vector<double> points, labels;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool lower = i % 2 == 1;
    const double angle = std::numbers::pi * rng.uniform();
    const double x = lower ? 1 - std::cos(angle) : std::cos(angle);
    const double y = lower ? 0.5 - std::sin(angle) : std::sin(angle);
    points.push_back(x + noise * rng.normal());
    points.push_back(y + noise * rng.normal());
    labels.push_back(lower ? 1 : 0);
  }
  return {tensor(points, {n, 2}), tensor(labels, {n, 1})};
}

// Share of points on the right side of the boundary, where the logit changes its sign.
double accuracy(nn::Layer& network, const Moons& moons) {
  const Tensor says = greater(network(moons.points), 0.0);
  const Tensor right = equal(says.to(DType::f32), moons.labels);
  return mean(right.to(DType::f32)).item();
}

// One character for each cell of the plane: a test point (o upper, x lower), or the side that the
// network gives to the cell (blank upper, dot lower).
void draw(nn::Layer& network, const Moons& moons) {
  constexpr int kRows = 22, kCols = 72;
  constexpr double kLeft = -1.5, kRight = 2.5, kTop = 1.4, kBottom = -0.9;
  std::vector<double> centres;
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kCols; ++c) {
      centres.push_back(kLeft + (kRight - kLeft) * (c + 0.5) / kCols);
      centres.push_back(kTop + (kBottom - kTop) * (r + 0.5) / kRows);
    }
  }
  const Tensor logits = network(tensor(centres, {kRows * kCols, 2}));
  std::vector<std::string> picture(kRows, std::string(kCols, ' '));
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kCols; ++c) {
      if (logits.at({r * kCols + c, 0}) > 0)
        picture[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = '.';
    }
  }
  for (int i = 0; i < 300; ++i) {
    const double x = moons.points.at({i, 0}), y = moons.points.at({i, 1});
    const int c = static_cast<int>((x - kLeft) / (kRight - kLeft) * kCols);
    const int r = static_cast<int>((y - kTop) / (kBottom - kTop) * kRows);
    if (r < 0 || r >= kRows || c < 0 || c >= kCols) continue;
    picture[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] =
        moons.labels.at({i, 0}) > 0 ? 'x' : 'o';
  }
  for (const std::string& row : picture) fmt::print("{}\n", row);
}

}  // namespace

int main() {
  const Rng rng(1);
  const Moons train = make_moons(500, rng.stream("train"));
  const Moons test = make_moons(1000, rng.stream("test"));

  nn::Sequential network;
  network.add<nn::Linear>(2, 16, Activation::tanh);
  network.add<nn::Linear>(16, 16, Activation::tanh);
  network.add<nn::Linear>(16, 1);
  nn::init::xavier_uniform(network, rng.stream("init"));

  nn::Adam adam(network.parameters(), {.lr = 0.02});
  for (int step = 0; step <= 300; ++step) {
    adam.zero_grad();
    Tape tape;
    const Tensor loss = -mean(bernoulli_log_prob(network(train.points), train.labels));
    tape.backward(loss);
    if (step % 60 == 0) fmt::print("step {:>3}  cross entropy {:.4f} nats\n", step, loss.item());
    adam.step();
  }

  fmt::print("\nupper moon o, lower moon x, dotted: where the network says \"lower\"\n\n");
  draw(network, test);

  const double share = accuracy(network, test);
  fmt::print("\n{:.1f} % of {} new points are on the right side\n", 100 * share,
             test.points.dim(0));
  if (share > 0.97) return 0;
  fmt::print("FAILED: expected more than 97 %\n");
  return 1;
}
