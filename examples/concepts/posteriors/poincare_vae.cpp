// poincare_vae: codes in a ball with ever more room towards its rim
// C152; Mathieu, Le Lan, Maddison, Tomioka and Teh 2019
//
//     z = exp_loc(v),  v ~ N(0, diag(scale^2))        log q(z) = log N(v; 0, scale) - (m - 1) log(sinh(sqrt(c) |v|) / (sqrt(c) |v|))
//
// A circle of radius r has the circumference 2 pi sinh(sqrt(c) r) / sqrt(c), and a normal that is carried to a place keeps its distances,
// but not its volumes: the second term.
#include "concepts/posteriors/poincare_vae.hpp"

#include <numbers>

#include "concepts/posteriors/train_posterior.hpp"

using namespace tapestry;
using concepts::Hyperplanes, concepts::PoincareVae;
using prob::WrappedNormal;
using support::Concept, support::Plot, support::Record;

namespace {

using LogDensity = Tensor (*)(const WrappedNormal& q, const Tensor& z);
using Carry = Tensor (*)(const Tensor& to, const Tensor& v, double c);
using Signed = Tensor (*)(Hyperplanes& planes, const Tensor& z);

Tensor log_density(const WrappedNormal& q, const Tensor& z) { return q.log_prob(z); }
Tensor signed_distance(Hyperplanes& planes, const Tensor& z) { return planes(z); }

// --- wrong versions

/// The normal of the tangent alone.
Tensor volume_forgotten(const WrappedNormal& q, const Tensor& z) {
  return prob::Normal(0.0, q.scale, 1).log_prob(prob::ball_log(q.loc, z, q.curvature));
}
/// v + to in the place of to + v.
Tensor order_swapped(const Tensor& to, const Tensor& v, double c) {
  return prob::ball_add(prob::ball_exp(zeros_like(v), v, c), to, c);
}
/// The linear layer 2 a^T (z - p).
Tensor flat_planes(Hyperplanes& planes, const Tensor& z) {
  const Tensor a = planes.normal.value();
  const Tensor p = prob::ball_exp(zeros_like(a), planes.foot.value(), planes.c);
  return 2.0 * (matmul(z, transpose(a)) - sum(a * p, -1));
}

// --- claims

void claims_of_density(Concept& c, LogDensity log_q) {
  // By distance and direction from the middle: the volume is sinh(sqrt(c) d) / sqrt(c).
  const double k = 0.7, h = 0.02, turn = 2 * std::numbers::pi / 150;
  const WrappedNormal q(tensor({0.5, -0.4}), tensor({0.5, 0.9}), k);
  const Tensor angle = reshape(turn * arange(150), {150, 1}),
               d = reshape(h * (arange(450) + 0.5), {1, 450});
  const Tensor v = stack({cos(angle) * d, sin(angle) * d}, -1), s = std::sqrt(k) * d;
  const Tensor volume = (exp(s) - exp(-s)) / (2 * std::sqrt(k));
  const Tensor z = prob::ball_exp(zeros_like(v), v, k);
  c.exact("integral of q over the disc", h * turn * sum(exp(log_q(q, z)) * volume).item(), 1, 1e-4);
}

/// Whatever place a tangent is carried to, it ends |v| away; and not so far as the rim.
void claims_of_carrying(Concept& c, Carry carry) {
  Rng rng = c.rng("carry");
  const double k = 0.7;
  const Tensor to = prob::ball_exp(zeros({500, 3}), rng.normal({500, 3}), k);
  const Tensor v = rng.normal({500, 3}), z = carry(to, v, k);
  const Tensor away = prob::ball_distance(to, z, k) - sqrt(sum(square(v), -1));
  c.identity("distance of loc and exp(v) - |v|, largest", max(abs(away)).item(), 0, 1e-7);
}

/// Against the least distance to points of the line, for 20 lines in the disc.
void claims_of_planes(Concept& c, Signed layer) {
  const double k = 0.7;
  Hyperplanes planes(2, 20, k);
  Rng rng = c.rng("planes");
  planes.normal.set_value(rng.normal({20, 2})), planes.foot.set_value(0.7 * rng.normal({20, 2}));
  const Tensor z = prob::ball_exp(zeros({2}), tensor({0.9, -0.6}), k), a = planes.normal.value();
  const Tensor size = sqrt(sum(square(a), -1, true));
  const Tensor p = prob::ball_exp(zeros_like(a), planes.foot.value(), k);
  const Tensor along = matmul(a / size, tensor({{0.0, 1.0}, {-1.0, 0.0}}));
  const Tensor step = reshape(0.005 * (arange(2401) - 1200.0), {-1, 1, 1});
  const Tensor line = prob::ball_exp(broadcast_to(p, {2401, 20, 2}), step * along, k);
  const Tensor least = -max(-prob::ball_distance(broadcast_to(z, line.shape()), line, k), 0);
  const Tensor off = abs(layer(planes, reshape(z, {1, 2}))) / reshape(size, {1, 20}) - least;
  c.exact("distance to a line - the least to its points, largest", max(abs(off)).item(), 0, 3e-3);
}

void claims_of_training(Concept& c, const Record& r) {
  const double ball = r.number("ball, log p(x)"), flat = r.number("flat, log p(x)");
  fmt::print("2 dimensions: log p(x) in the ball {:.2f}, in the plane {:.2f} nats\n", ball, flat);
  c.within("log p(x): ball, nats", ball, c.choose(-153.0, -300.0), c.choose(-148.0, -20.0));
  c.within("log p(x): ball - plane, nats", ball - flat, c.choose(4.0, -25.0), c.choose(8.0, 25.0));
}

/// Codes of test digits.
void keep_map(auto& model, const nn::ImageDataset& data, const std::string& name, Record& r) {
  const NoGrad no_grad;
  const std::int64_t n = std::min<std::int64_t>(1500, data.test.count);
  const Tensor at = model.encode(data.range(nn::Part::test, 0, n, Rng(1)).images).loc;
  for (std::int64_t i = 0; i < n; ++i) {
    const int digit = data.test_labels[static_cast<std::size_t>(i)];
    if (digit % 2 == 0) r.add(fmt::format("{} {}", name, digit), at.at({i, 0}), at.at({i, 1}));
  }
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const double rim = 1 / std::sqrt(0.7);
  const auto map = [&](const std::string& name, Plot plot) {
    for (const char* digit : {"0", "2", "4", "6", "8"}) {
      const auto& of = r.curve(fmt::format("{} {}", name, digit));
      plot.dots(digit, of.x, of.y);
    }
    return plot.key("outside");
  };
  std::vector<double> x, y, distance, curved, flat;
  for (int i = 0; i <= 200; ++i) {
    x.push_back(rim * std::cos(std::numbers::pi * i / 100));
    y.push_back(rim * std::sin(std::numbers::pi * i / 100));
    distance.push_back(0.03 * i);
    curved.push_back(2 * std::numbers::pi * std::sinh(distance.back() / rim) * rim);
    flat.push_back(2 * std::numbers::pi * distance.back());
  }
  return {map("ball", Plot("codes in the ball, and its rim", "", ""))
              .line("", x, y)
              .x_range(-1.25, 1.25)
              .y_range(-1.25, 1.25)
              .square(),
          map("flat", Plot("codes in the plane", "", "")),
          Plot("room at a distance", "radius of a circle", "circumference")
              .line("ball", distance, curved)
              .line("plane", distance, flat)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const LogDensity log_q = c.broken("volume_forgotten") ? volume_forgotten : log_density;
  const Carry carry = c.broken("order_swapped") ? order_swapped : prob::ball_exp;
  const Signed layer = c.broken("flat_planes") ? flat_planes : signed_distance;
  claims_of_density(c, log_q);
  claims_of_carrying(c, carry);
  claims_of_planes(c, layer);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    PoincareVae ball({.hidden = c.choose(300, 64)});
    vae::MlpVae flat({.hidden = {c.choose(300, 64)}, .latent = 2});
    concepts::train_posterior(c, data, ball, "ball", c.choose(5, 4), c.choose(200, 50), measured);
    concepts::train_posterior(c, data, flat, "flat", c.choose(5, 4), c.choose(200, 50), measured);
    keep_map(ball, data, "ball", measured);
    keep_map(flat, data, "flat", measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C152",
       .title = "Codes in a hyperbolic ball",
       .source = "Mathieu, Le Lan, Maddison, Tomioka and Teh 2019",
       .mutants = {{"volume_forgotten", "the normal of the tangent without its change of volume"},
                   {"order_swapped", "z = v + loc in the place of loc + v"},
                   {"flat_planes",
                    "a linear layer of z in the place of distances to hyperplanes"}}},
      program);
}
