// recurrent_strokes: what latents add to a recurrent network that draws digits move by move
// C109, Chung, Kastner, Dinh, Goel, Courville and Bengio 2015, section 4; UDL, notes of chapter 17
//
//     RNN:   log p(x)  = sum_t log p(x_t|h)
//     VRNN:  log p(x) >= sum_t E log p(x_t|z_t, h) - KL(q(z_t|x_t, h) || p(z_t|h))
//
// x_t = (dx, dy, lift), a move of the pen: normal lengths and a coin, whatever the model. A normal has one
// peak; where the pen may go one way or the other, z_t can choose. The models are in recurrent_vae.hpp and
// recurrent_network.hpp.
#include <cmath>
#include <numbers>

#include "concepts/hierarchies/recurrent_network.hpp"
#include "concepts/hierarchies/recurrent_vae_faults.hpp"
#include "concepts/hierarchies/train_sequences.hpp"
#include "nn/data/strokes.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

using StrokeVrnn = Vrnn<PenMoveOf>;

// --- model

/// log p(x) of the network without latents.
Tensor log_px(Rnn<PenMoveOf>& rnn, const Tensor& x) { return rnn.log_px(x); }

// --- wrong versions

/// The constants of dx and dy are left out on one side of the comparison.
Tensor log_px_without_log_two_pi(Rnn<PenMoveOf>& rnn, const Tensor& x) {
  return rnn.log_px(x) + std::log(2 * std::numbers::pi) * static_cast<double>(x.dim(1));
}

// --- claims

nn::TensorDataset strokes(const Concept& c) {
  const std::int64_t train = c.choose(10000, 500), test = c.choose(2000, 200);
  return nn::TensorDataset({nn::draw_stroke_paths(1, 0, train)},
                           {nn::draw_stroke_paths(1, train, test)});
}

/// Trains both; returns the one with latents.
std::unique_ptr<StrokeVrnn> train(const Concept& c, const nn::TensorDataset& data,
                                  Tensor (*log_px_of)(Rnn<PenMoveOf>&, const Tensor&), Record& r) {
  const VrnnSizes sizes{
      .frame = 3, .latent = c.choose(16, 8), .features = 32, .state = c.choose(128, 32)};
  const TrainSequences options{c.choose(40, 12), c.choose(64, 20), c.choose(3e-3, 5e-3)};
  auto vrnn = std::make_unique<StrokeVrnn>(sizes);
  const auto bound = [&](const nn::Batch& b, Rng& rng) { return vrnn->elbo(b.images, rng); };
  train_sequences(c, *vrnn, bound, data, "VRNN", options, r);
  Rnn<PenMoveOf> rnn(sizes);
  const auto exact = [&](const nn::Batch& b, Rng&) {
    const Tensor log_p = log_px_of(rnn, b.images);
    return vae::Objective{.value = log_p, .bound = log_p};
  };
  train_sequences(c, rnn, exact, data, "RNN", options, r);
  return vrnn;
}

/// The mean KL of each step of the test sequences: that of t steps less that of t - 1.
void note_kl(StrokeVrnn& vrnn, const Tensor& x, const Rng& noise, Record& r) {
  const NoGrad no_grad;
  double before = 0;
  for (std::int64_t t = 1; t <= x.dim(1); ++t) {
    Rng rng = noise;
    const double sum = mean(vrnn.elbo(slice(x, 1, 0, t), rng).kl.total()).item();
    r.add("KL of a step", static_cast<double>(t), sum - before);
    before = sum;
  }
}

void claims_of_training(Concept& c, const Record& r) {
  c.within("VRNN - RNN, nats a point", r.curve("VRNN").last() - r.curve("RNN").last(),
           c.choose(0.118, 0.02), c.choose(0.159, 1.5));
  c.within("VRNN: KL, nats a point", r.curve("VRNN, KL").last(), c.choose(0.021, 0.05),
           c.choose(0.029, 1.5));
}

/// The density of a frame that is known exactly: the head of the scale asks for 0.
void claim_of_the_least_scale(Concept& c, Tensor (*scale)(const Tensor&)) {
  double log_p = std::nan("");
  try {
    log_p = prob::Normal(0.0, scale(tensor(-1000.0))).log_prob(0.0).item();
  } catch (const DomainError& error) {
    fmt::print("{}\n", error.what());
  }
  c.exact("least scale 0.001: highest log density", log_p, 5.988816746);
}

// --- picture

/// Moves [n, T, 3] as pen lines, five digits in a row.
Plot drawing(const std::string& title, const Tensor& moves) {
  Plot plot(title, "", "");
  for (std::int64_t i = 0; i < moves.dim(0); ++i) {
    double x = 28 * static_cast<double>(i % 5), y = -28 * static_cast<double>(i / 5);
    std::vector<double> xs, ys;
    for (std::int64_t t = 0; t <= moves.dim(1); ++t) {
      const bool ends = t == moves.dim(1) || moves.at({i, t, 2}) > 0.5;
      if (ends && xs.size() > 1) plot.line("", xs, ys).same_colour();
      if (t == moves.dim(1)) break;
      if (ends) xs.clear(), ys.clear();
      xs.push_back(x += moves.at({i, t, 0}));
      ys.push_back(y -= moves.at({i, t, 1}));
    }
  }
  return plot.square().bare();
}

Plot kl_of_steps(const Record& r) {
  const auto& kl = r.curve("KL of a step");
  return Plot("VRNN: where z_t is asked", "step t", "KL, nats").line("", kl.x, kl.y);
}

// --- program

void program(Concept& c) {
  const auto log_px_of = c.broken("constant_on_one_side") ? log_px_without_log_two_pi : log_px;
  const auto scale = c.broken("no_least_scale") ? scale_without_least : scale_of;
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    const DTypeScope f32(DType::f32);
    measured.data_rule = "moves of a pen that draws digits";
    const nn::TensorDataset data = strokes(c);
    const Tensor x = data.range(nn::Part::test, 0, 200, c.rng("test")).images;
    const auto vrnn = train(c, data, log_px_of, measured);
    note_kl(*vrnn, x, c.rng("kl"), measured);
    Rng rng = c.rng("samples");
    panels = {drawing("strokes of the data", slice(x, 0, 0, 25)),
              drawing("strokes that VRNN draws", vrnn->generate(25, x.dim(1), rng))};
  });
  claims_of_training(c, r);
  claim_of_the_least_scale(c, scale);
  panels.push_back(kl_of_steps(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C109",
       .title = "VRNN: latents in a network that draws",
       .source = "Chung et al. 2015, section 4; UDL 17",
       .mutants = {{"constant_on_one_side", "log 2 pi is left out of one of the two bounds"},
                   {"no_least_scale", "a scale may be 0"}}},
      program);
}
