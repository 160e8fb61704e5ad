// td_vae: a model that jumps over time, and a belief about the state now that is trained by a later one
// C102, Gregor, Papamakarios, Besse, Buesing and Weber 2019, equations 5 to 8; UDL, notes of chapter 17; model F7
//
//     log p(x_t|x_1 .. x_s) >= E[ log p(x_t|z_t) + log p_B(z_s|b_s) + log p_T(z_t|z_s) - log p_B(z_t|b_t)
//                                 - log q_S(z_s|z_t, b_s, b_t) ]
//
// On F7 the learned jump p_T(z_t|z_s) over d = t - s steps can be held against A^d. Latents may be turned and stretched
// freely, so what is compared are the eigenvalues of its map and the noise that it adds to x. The model is in td_vae.hpp.
#include "concepts/hierarchies/td_vae.hpp"

#include <cmath>

#include "concepts/hierarchies/train_sequences.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/exact/chain.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;
using vae::exact::Chain;

namespace {

using ChainTd = TdVae<KnownNoise>;

constexpr double kFade = 0.95, kTurn = 0.4, kNoise = 0.05;

// --- wrong versions

/// The draw of z_t that q_S is told is another one than p_T has to explain.
Tensor another_draw(const Tensor&, const prob::Normal& now, Rng& rng) { return now.rsample(rng); }

/// q_S without the later state: what was believed at the time.
prob::Normal belief_of_the_time(const prob::Normal&, const prob::Normal& before) { return before; }

// --- claims

/// The map of a jump, z_t = (I + W) z_s + ..., and the noise of x_t, as what no turning of the latents can change.
void note_jump(ChainTd& model, Jump& jump, Record& r) {
  const auto d = static_cast<double>(jump.length);
  const std::vector<double> m = jump.onward->loc->weight.value().to_vector();
  const double a = 1 + m[0], e = 1 + m[3];
  const double length = std::sqrt(std::abs(a * e - m[1] * m[2]));
  r.add("length", d, length);
  r.add("angle", d, std::acos(std::clamp((a + e) / 2 / length, -1.0, 1.0)));
  const Tensor seen = model.decode->loc->weight.value();  // [1, K]
  r.add("noise", d, sum(square(seen * jump.ahead(zeros({1, 2})).scale)).item());
}

double exact_length(double d) { return std::pow(kFade, d); }
double exact_angle(double d) { return kTurn * d; }
double exact_noise(double d) {  // of the coordinate that is seen
  return kNoise * (1 - std::pow(kFade, 2 * d)) / (1 - kFade * kFade);
}

void measure(const Concept& c, void (*plant)(ChainTd&), Record& r) {
  const DTypeScope f32(DType::f32);
  const Chain chain = Chain::example();
  const std::int64_t steps = 12;  // of a sequence
  Rng train = c.rng("train"), test = c.rng("test"), rng = c.rng("measure");
  const Tensor x = chain.sample(test, c.choose(4000, 2000), steps).x;
  const nn::TensorDataset data({chain.sample(train, c.choose(20000, 5000), steps).x}, {x});
  const std::vector<int> jumps = c.quick() ? std::vector{1, 2} : std::vector{1, 2, 4};
  ChainTd model({.frame = 1, .features = 32, .state = 32, .latent = 2, .jumps = jumps});
  plant(model);
  const TrainSequences how{c.choose(30, 16), c.choose(100, 50), c.choose(2e-2, 1e-2)};
  train_sequences(c, model, model.play(), data, "F7", how, r);
  const NoGrad no_grad;
  for (std::size_t k = 0; k < model.jumps.size(); ++k) note_jump(model, model.jumps[k], r);
  const Tensor bound = model.bound(model.jumps[0], x, model.beliefs(x), rng);
  const Tensor log_p = chain.log_px(x) - chain.log_px(slice(x, 1, 0, 1));
  const auto missed = prob::estimate((log_p - bound) / static_cast<double>(steps - 1));
  r.numbers["missed"] = missed.mean.item();
  r.numbers["standard error"] = missed.standard_error.item();
}

void claims_of_jumps(Concept& c, const Record& r) {
  const auto ratio = [&](const std::string& of, std::size_t k, double (*exact)(double)) {
    return r.curve(of).y[k] / exact(r.curve(of).x[k]);
  };
  const double least = c.choose(0.95, 0.85), most = c.choose(1.05, 1.15);
  for (std::size_t k = 0; k < r.curve("noise").x.size(); ++k) {
    const std::string jump = fmt::format("jump of {}: ", r.curve("noise").x[k]);
    c.within(jump + "length of the eigenvalues / 0.95^d", ratio("length", k, exact_length), least,
             most);
    c.within(jump + "their angle / 0.4 d", ratio("angle", k, exact_angle), least, most);
    c.within(jump + "noise / exact", ratio("noise", k, exact_noise), c.choose(0.65, 0.85),
             c.choose(0.95, 3.0));
  }
  c.within("log p(x_t|x_1 .. x_t-1) - bound, nats", r.number("missed"),
           -4 * r.number("standard error"), 0.05);
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot noise("noise of x_t after a jump", "steps d", "variance");
  const std::vector<double> d = support::grid(0, 5, 51);
  noise.line("exact", d, support::each(d, exact_noise));
  Plot map("eigenvalues of the map of a jump", "real part", "imaginary part");
  const auto spiral = [](const std::vector<double>& length, const std::vector<double>& angle) {
    std::pair<std::vector<double>, std::vector<double>> at;
    for (std::size_t k = 0; k < length.size(); ++k) {
      at.first.push_back(length[k] * std::cos(angle[k]));
      at.second.push_back(length[k] * std::sin(angle[k]));
    }
    return at;
  };
  const auto [re, im] = spiral(support::each(d, exact_length), support::each(d, exact_angle));
  map.line("of A^d", re, im);
  const auto& found = r.curve("noise");
  noise.points("learned", found.x, found.y);
  const auto [x, y] = spiral(r.curve("length").y, r.curve("angle").y);
  map.points("learned: d = 1, 2, 4", x, y);
  return {map.square().y_range(0, 1.2).key("top left"), noise.key("top left")};
}

// --- program

void program(Concept& c) {
  void (*plant)(ChainTd&) = [](ChainTd&) {};
  if (c.broken("belief_sees_future")) plant = [](ChainTd& m) { m.read = future; };
  if (c.broken("joint_sample_missing")) plant = [](ChainTd& m) { m.told = another_draw; };
  if (c.broken("smoother_replaced_by_belief"))
    plant = [](ChainTd& m) { m.smoother = belief_of_the_time; };
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sequences of F7";
    measure(c, plant, measured);
  });
  claims_of_jumps(c, r);
  if (!c.quick()) c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C102",
       .title = "TD-VAE: jumps over time",
       .source = "Gregor et al. 2019, equations 5 to 8; UDL 17; model F7",
       .mutants = {{"belief_sees_future", "the belief about z_s has read what comes after"},
                   {"joint_sample_missing", "z_s is not drawn given the z_t that p_T explains"},
                   {"smoother_replaced_by_belief", "z_s is drawn as if nothing came after"}}},
      program);
}
