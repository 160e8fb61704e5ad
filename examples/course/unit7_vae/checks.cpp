// The checks of unit 7. Models are small and their parameters set by hand, so that every number is known; runs are
// compared with the same run of the judge's own model.

#include "checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "agree.hpp"
#include "vae.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

constexpr double kClose = 1e-4;  // of f32 numbers that were computed in another order
constexpr double kRun = 1e-3;    // of losses after some steps, relative

inline void note_rows(const std::string& name, const Tensor& t) {
  note(fmt::format("{}: {}", name, to_string(t, "{:.4g}")));
}

// --- 7.1 the encoder --------------------------------------------------------------------------------

void encoder_parts() {
  const std::string got = answer([&] { return names_and_shapes(*make_encoder(kSmall)); });
  judge([&] {
    note("16 pixels, 5 hidden units, 3 numbers in z; asked for:");
    note(names_and_shapes(*true_encoder(kSmall)));
    note("yours:");
    note(got);
    expect(got == names_and_shapes(*true_encoder(kSmall)), "the parameters by name and shape",
           "parts");
  });
}

void encoder_worked() {
  Draw draw;
  const auto seed = static_cast<std::uint64_t>(draw.below(1000));
  const Tensor x = draw_images(draw, 2, kSmall);
  const std::vector<double> got = answer([&] {
    const auto encoder = make_encoder(kSmall);
    fill(*encoder, seed);
    const prob::Normal q = encoder->encode(x);
    return joined(numbers(q.loc), numbers(q.scale));
  });
  judge([&] {
    const Known known = known_encoding(kSmall, seed, x);
    note("two images, parameters set by the check; loc [2,3], then scale [2,3]");
    expect_numbers("loc and scale of q", got, known.right, known.wrong, kClose);
  });
}

void encoder_event() {
  Draw draw;
  const Tensor x = draw_images(draw, 2, kSmall);
  const int got = answer([&] {
    const auto encoder = make_encoder(kSmall);
    fill(*encoder, 1);
    return encoder->encode(x).event_dims;
  });
  judge([&] {
    expect_equal("event_dims of q: the numbers of one z belong together", got, 1, "event");
  });
}

void encoder_narrow() {
  Draw draw;
  const double v = -draw.beyond(20);
  const Tensor x = draw_images(draw, 2, kSmall);
  const std::vector<double> got = answer([&] {
    const auto encoder = make_encoder(kSmall);
    fill(*encoder, 1);
    const auto parameters = named(*encoder);
    for (const char* name : {"log_variance.weight", "log_variance.bias"})
      if (parameters.contains(name))
        parameters.at(name)->set_value(
            full(parameters.at(name)->shape(), std::string(name).ends_with("bias") ? v : 0.0));
    return numbers(log(encoder->encode(x).scale));
  });
  judge([&] {
    note(fmt::format("log_variance is {:.4g} for every z", v));
    expect_numbers("log of the scale", got, std::vector<double>(6, v / 2),
                   std::vector<Mistake>{{"half", std::vector<double>(6, v)}, {"positive", {}}},
                   kClose);
  });
}

void encoder_gradient() {
  Draw draw;
  const Tensor x = draw_images(draw, 4, kSmall), a = draw_tensor(draw, {4, 3}),
               b = draw_tensor(draw, {4, 3});
  const auto gradient = [&](Encoder& encoder) {
    fill(encoder, 3);
    Tape tape;
    const prob::Normal q = encoder.encode(x);
    Tensor l = sum(q.loc * a) + sum(q.scale * b);
    for (const auto& [name, p] : named(encoder)) l += 0.0 * sum(*p);
    tape.backward(l);
    return gradients(encoder);
  };
  const std::vector<double> got = answer([&] { return gradient(*make_encoder(kSmall)); });
  judge([&] {
    note("the gradient of sum(a loc) + sum(b scale) in all parameters, by name");
    expect_numbers("gradients", got, gradient(*true_encoder(kSmall)),
                   std::vector<Mistake>{{"recorded", {}}}, kClose);
  });
}

// --- 7.2 a sample -----------------------------------------------------------------------------------

/// q of two images with three numbers in z.
std::pair<Tensor, Tensor> draw_q(Draw& draw) {
  std::vector<double> loc{1, -2, 3, 10, 20, -30}, scale{0.5, 1, 2, 0.25, 3, 1.5};
  for (double& x : loc) x = draw.near(x);
  for (double& x : scale) x = draw.near(x);
  return {rows(loc, 3), rows(scale, 3)};
}

void sample_shape() {
  Draw draw;
  const int n = draw.count_near(4, 2, 6);
  const std::vector<int> got = answer([&] {
    Rng rng(1);
    const Tensor z = sample(prob::Normal(zeros({n, 3}), ones({n, 3}), 1), rng);
    return std::vector<int>(z.shape().begin(), z.shape().end());
  });
  judge([&] {
    note(fmt::format("q of {} images with 3 numbers in z", n));
    expect(got == std::vector<int>{n, 3}, "z is [B, Z]", "shape");
  });
}

void sample_worked() {
  Draw draw;
  const auto [loc, scale] = draw_q(draw);
  const auto seed = static_cast<std::uint64_t>(draw.below(1000));
  const std::vector<double> got = answer([&] {
    Rng rng(seed);
    return numbers(sample(prob::Normal(loc, scale, 1), rng));
  });
  judge([&] {
    const auto e = [&](const Shape& shape) { return Rng(seed).normal(shape); };
    const auto z = [&](const Tensor& s, const Tensor& noise) { return numbers(loc + s * noise); };
    note_rows("loc", loc);
    note_rows("scale", scale);
    note_rows("e, drawn from rng", e({2, 3}));
    const Mistake mistakes[] = {{"variance", z(square(scale), e({2, 3}))},
                                {"variance", z(sqrt(scale), e({2, 3}))},
                                {"one_epsilon", z(scale, e({3}))},
                                {"one_epsilon", z(scale, e({1, 3}))},
                                {"one_epsilon", z(scale, e({}))},
                                {"one_epsilon", z(scale, e({2, 1}))},
                                {"noise", numbers(loc)},
                                {"noise", z(scale, Rng(seed).uniform({2, 3}))},
                                {"formula", {}}};
    expect_numbers("z", got, z(scale, e({2, 3})), mistakes, kClose);
  });
}

void sample_goes_on() {
  Draw draw;
  const auto seed = static_cast<std::uint64_t>(draw.below(1000));
  const std::vector<double> got = answer([&] {
    Rng rng(seed);
    const prob::Normal q(zeros({2, 2}), ones({2, 2}), 1);
    const Tensor first = sample(q, rng);
    return joined(numbers(first), numbers(sample(q, rng)));
  });
  judge([&] {
    Rng rng(seed);
    const std::vector<double> first = numbers(rng.normal({2, 2}));
    note("two samples in a row from one rng; loc 0, scale 1, two images, two numbers in z");
    const Mistake mistakes[] = {{"goes_on", joined(first, first)}, {"formula", {}}};
    expect_numbers("z, and z again", got, joined(first, numbers(rng.normal({2, 2}))), mistakes,
                   kClose);
  });
}

void sample_gradient() {
  Draw draw;
  const auto [l, s] = draw_q(draw);
  const auto seed = static_cast<std::uint64_t>(draw.below(1000));
  const std::vector<double> got = answer([&] {
    Rng rng(seed);
    Parameter loc("loc", l), scale("scale", s);
    Tape tape;
    const prob::Normal q(1.0 * loc, 1.0 * scale, 1);
    tape.backward(sum(sample(q, rng)) + 0.0 * sum(loc) + 0.0 * sum(scale));
    return joined(numbers(loc.grad()), numbers(scale.grad()));
  });
  judge([&] {
    const Tensor e = Rng(seed).normal({2, 3});
    note_rows("e, drawn from rng", e);
    note("the gradient of sum(z) in loc [2,3], then in scale [2,3]");
    const Mistake mistakes[] = {
        {"tape", std::vector<double>(12, 0)},
        {"tape", joined(std::vector<double>(6, 1), std::vector<double>(6, 0))},
        {"formula", {}}};
    expect_numbers("dz/dloc and dz/dscale", got, joined(std::vector<double>(6, 1), numbers(e)),
                   mistakes, kClose);
  });
}

// --- 7.3 the decoder --------------------------------------------------------------------------------

void decoder_parts() {
  const std::string got = answer([&] { return names_and_shapes(*make_decoder(kSmall)); });
  judge([&] {
    const std::string asked = names_and_shapes(*variation().make(kSmall));
    note("a side of 4, 5 hidden units, 3 numbers in z; asked for:");
    note(asked);
    note("yours:");
    note(got);
    expect(got == asked, "the parameters by name and shape", "parts");
  });
}

void decoder_shape() {
  Draw draw;
  const int n = draw.count_near(3, 2, 6);
  const Tensor z = draw_tensor(draw, {n, 3}), x = draw_images(draw, n, kSmall);
  const std::vector<int> got = answer([&] {
    const auto decoder = make_decoder(kSmall);
    fill(*decoder, 1);
    const Tensor l = decoder->log_likelihood(z, x);
    return std::vector<int>(l.shape().begin(), l.shape().end());
  });
  judge([&] {
    note(fmt::format("{} images", n));
    expect(got == std::vector<int>{n}, "log p(x|z) is one number an image, [B]", "event");
  });
}

/// log p(x|z) of three images, as asked for; weights reach so far.
void likelihood(Draw& draw, double reach, const char* hint) {
  const auto seed = static_cast<std::uint64_t>(draw.below(1000));
  const Tensor z = draw_tensor(draw, {3, 3}), x = draw_images(draw, 3, kSmall);
  const std::vector<double> got = answer([&] {
    const auto decoder = make_decoder(kSmall);
    fill(*decoder, seed, reach);
    return numbers(decoder->log_likelihood(z, x));
  });
  judge([&] {
    const auto decoder = variation().make(kSmall);
    fill(*decoder, seed, reach);
    const Tensor right = decoder->log_likelihood(z, x);
    note("three images of 16 pixels, parameters set by the check");
    std::vector<Mistake> mistakes{{"pixels", numbers(right / 16.0)},
                                  {"sign", numbers(-right)},
                                  {"event", {mean(right).item()}},
                                  {"event", {sum(right).item()}}};
    for (const Mistake& m : variation().mistakes(*decoder, z, x)) mistakes.push_back(m);
    mistakes.push_back({hint, {}});
    expect_numbers("log p(x|z)", got, numbers(right), mistakes, kClose);
  });
}

void likelihood_worked() {
  Draw draw;
  likelihood(draw, 1, "formula");
}

void likelihood_far() {
  Draw draw;
  likelihood(draw, draw.beyond(100), "far");
}

void picture_worked() {
  Draw draw;
  const Tensor z = draw_tensor(draw, {2, 3});
  const std::vector<double> got = answer([&] {
    const auto decoder = make_decoder(kSmall);
    fill(*decoder, 5);
    return numbers(decoder->picture(z));
  });
  judge([&] {
    const auto decoder = variation().make(kSmall);
    fill(*decoder, 5);
    const Tensor right = decoder->picture(z);
    const Tensor logits = log(right / (1.0 - right));
    note("two pictures of 16 pixels");
    const Mistake mistakes[] = {
        {"picture", numbers(logits)}, {"twice", numbers(sigmoid(right))}, {"formula", {}}};
    expect_numbers("the mean of p(x|z)", got, numbers(right), mistakes, kClose);
  });
}

void decoder_gradient() {
  Draw draw;
  const Tensor z = draw_tensor(draw, {3, 3}), x = draw_images(draw, 3, kSmall);
  const auto gradient = [&](Decoder& decoder) {
    fill(decoder, 4);
    Parameter code("z", z);
    Tape tape;
    Tensor l = sum(decoder.log_likelihood(1.0 * code, x)) + 0.0 * sum(code);
    for (const auto& [name, p] : named(decoder)) l += 0.0 * sum(*p);
    tape.backward(l);
    return joined(gradients(decoder), numbers(code.grad()));
  };
  const std::vector<double> got = answer([&] { return gradient(*make_decoder(kSmall)); });
  judge([&] {
    note("the gradient of sum(log p(x|z)) in all parameters, by name, and in z");
    expect_numbers("gradients", got, gradient(*variation().make(kSmall)),
                   std::vector<Mistake>{{"formula", {}}}, kClose);
  });
}

// --- 7.4 the bound ----------------------------------------------------------------------------------

/// An encoder and a decoder that are known, and an x for them: 2 images of 4 pixels, 3 numbers in z.
struct Known4 {
  Tensor loc, log_scale, weight, x;
  std::uint64_t seed;
};
Known4 draw_known(Draw& draw) {
  std::vector<double> loc{1, -1, 0.5, 2, 0, -0.5}, scale{0.5, 2, 1, 0.25, 1.5, 3};
  for (double& v : loc) v = draw.near(v);
  for (double& v : scale) v = std::log(draw.near(v));
  return {rows(loc, 3), rows(scale, 3), draw_tensor(draw, {3, 4}), draw_tensor(draw, {2, 4}, 0, 1),
          static_cast<std::uint64_t>(draw.below(1000))};
}

void terms_shape() {
  Draw draw;
  const Known4 k = draw_known(draw);
  const std::vector<int> got = answer([&] {
    KnownEncoder encoder(k.loc, k.log_scale);
    KnownDecoder decoder(k.weight);
    Rng noise(1);
    const Terms t = terms(encoder, decoder, k.x, noise);
    std::vector<int> all(t.log_likelihood.shape().begin(), t.log_likelihood.shape().end());
    all.push_back(-1);
    for (const std::int64_t n : t.kl.shape()) all.push_back(static_cast<int>(n));
    return all;
  });
  judge([&] {
    note("two images");
    expect(got == std::vector<int>{2, -1, 2}, "both terms are one number an image, [2] and [2]",
           "shape");
  });
}

void terms_worked() {
  Draw draw;
  const Known4 k = draw_known(draw);
  const auto ask = [&](bool likelihood) {
    return answer([&] {
      KnownEncoder encoder(k.loc, k.log_scale);
      KnownDecoder decoder(k.weight);
      Rng noise(k.seed);
      const Terms t = terms(encoder, decoder, k.x, noise);
      return numbers(likelihood ? t.log_likelihood : t.kl);
    });
  };
  const std::vector<double> kl = ask(false), likelihood = ask(true);
  judge([&] {
    const Tensor scale = exp(k.log_scale), m2 = square(k.loc);
    note_rows("loc of q", k.loc);
    note_rows("scale of q", scale);
    const Tensor right = sum(true_kl(k.loc, scale), -1);
    const Mistake kl_mistakes[] = {
        {"kl_sign", numbers(-right)},
        {"kl_scale", numbers(0.5 * sum(scale + m2 - 1.0 - log(scale), -1))},
        {"kl_scale", numbers(0.5 * sum(scale + m2 - 1.0, -1) - sum(log(scale), -1))},
        {"kl_scale", numbers(0.5 * sum(square(scale) + m2 - 1.0 - log(scale), -1))},
        {"kl_mean", numbers(right / 3.0)},
        {"kl_batch", {mean(right).item()}},
        {"kl", {}}};
    expect_numbers("KL(q || N(0, 1))", kl, numbers(right), kl_mistakes, kClose);

    KnownDecoder decoder(k.weight);
    Rng rng(k.seed);
    const Tensor z = prob::Normal(k.loc, scale, 1).rsample(rng);
    const Tensor l = decoder.log_likelihood(z, k.x);
    note("p(x|z) = N(z W, 1), with a W of the check");
    const Mistake mistakes[] = {{"pixels", numbers(l / 4.0)},
                                {"likelihood_sign", numbers(-l)},
                                {"noise", numbers(decoder.log_likelihood(k.loc, k.x))},
                                {"likelihood", {}}};
    expect_numbers("log p(x|z) at z = sample(q, noise)", likelihood, numbers(l), mistakes, kClose);
  });
}

void terms_far() {
  Draw draw;
  const double s = draw.beyond(30);
  const std::vector<double> got = answer([&] {
    KnownEncoder encoder(zeros({2, 1}), rows({-s, -s / 2}, 1));
    KnownDecoder decoder(zeros({1, 4}));
    Rng noise(1);
    return numbers(terms(encoder, decoder, zeros({2, 4}), noise).kl);
  });
  judge([&] {
    note(fmt::format("loc 0, scales exp({:.3g}) and exp({:.3g})", -s, -s / 2));
    expect_numbers("KL(q || N(0, 1))", got, {s - 0.5, s / 2 - 0.5},
                   std::vector<Mistake>{{"kl_far", {}}}, kClose);
  });
}

void loss_worked() {
  Draw draw;
  const double a = -draw.near(80), b = -draw.near(120), c = draw.near(10), d = draw.near(5);
  const double got = answer([&] { return loss({tensor({a, b}), tensor({c, d})}).item(); });
  judge([&] {
    note(fmt::format("log p(x|z) of two images: {:.4g} and {:.4g}; KL: {:.4g} and {:.4g}", a, b, c,
                     d));
    const double right = (c + d - a - b) / 2;
    const Mistake mistakes[] = {{"elbo", {-right}},
                                {"kl_sign", {(-c - d - a - b) / 2}},
                                {"rows", {2 * right}},
                                {"no_kl", {(-a - b) / 2}},
                                {"pixels", {right / 784}},
                                {"pixels", {(c + d) / 2 - (a + b) / 2 / 784}},
                                {"loss", {}}};
    expect_number("the loss", got, right, mistakes, kClose);
  });
}

/// The gradient of the loss in q and in the decoder.
void bound_gradient(Draw& draw) {
  const Known4 k = draw_known(draw);
  const auto gradient = [&](const Objective& objective) {
    Vae vae(std::make_unique<KnownEncoder>(k.loc, k.log_scale),
            std::make_unique<KnownDecoder>(k.weight));
    Rng noise(k.seed);
    Tape tape;
    Tensor l = objective(*vae.encoder, *vae.decoder, k.x, noise);
    for (const auto& [name, p] : named(vae)) l += 0.0 * sum(*p);
    tape.backward(l);
    return gradients(vae);
  };
  const std::vector<double> got = answer([&] {
    return gradient([](Encoder& encoder, Decoder& decoder, const Tensor& x, Rng& noise) {
      return loss(terms(encoder, decoder, x, noise));
    });
  });
  judge([&] {
    const std::vector<double> outside = gradient([](Encoder& encoder, Decoder& decoder,
                                                    const Tensor& x, Rng& noise) {
      const prob::Normal q = encoder.encode(x);
      return mean(sum(true_kl(q.loc, q.scale), -1) - decoder.log_likelihood(q.sample(noise), x));
    });
    note("the gradient of the loss in the decoder's W [3,4], in loc [2,3] and in log scale [2,3]");
    expect_numbers("gradients", got, gradient(true_loss),
                   std::vector<Mistake>{{"tape", outside}, {"gradient", {}}}, kClose);
  });
}

void loss_gradient() {
  Draw draw;
  bound_gradient(draw);
}

// --- 7.5 the loop -----------------------------------------------------------------------------------

/// A problem with two weights, five rows of two numbers and a noise that counts.
struct Toy {
  Tensor x, start;
  double rate;
  std::uint64_t seed;
};
Toy draw_toy(Draw& draw) {
  return {draw_tensor(draw, {5, 2}), draw_tensor(draw, {2}), 0.1 * draw.near(1),
          static_cast<std::uint64_t>(draw.below(1000))};
}

/// The losses of some epochs, then the weights.
using Epoch = std::function<std::vector<double>(const Loss&, nn::Optimizer&, nn::Batcher&, Rng&)>;
std::vector<double> toy_run(const Toy& toy, int epochs, const Epoch& epoch) {
  Parameter w("w", toy.start);
  const nn::TensorDataset data({toy.x});
  nn::Batcher batches(data, Rng(toy.seed).stream("order"), {.batch = 2});
  nn::Sgd descent({&w}, {.lr = toy.rate});
  Rng noise = Rng(toy.seed).stream("noise");
  const Loss loss = [&](const Tensor& x, Rng& rng) {
    return mean(square(sum(x * w, -1) - rng.normal({x.dim(0)})));
  };
  std::vector<double> all;
  for (int e = 0; e < epochs; ++e)
    all = joined(std::move(all), epoch(loss, descent, batches, noise));
  return joined(std::move(all), numbers(w.value()));
}

void toy_epochs(int epochs) {
  Draw draw;
  const Toy toy = draw_toy(draw);
  const std::vector<double> got = answer([&] { return toy_run(toy, epochs, train_epoch); });
  judge([&] {
    const auto with = [&](const Habits& habits) {
      const Epoch epoch = [&](const Loss& loss, nn::Optimizer& optimizer, nn::Batcher& batches,
                              Rng& noise) {
        Rng own = noise;
        return true_epoch(loss, optimizer, batches, habits.noise_goes_on ? noise : own, habits);
      };
      return toy_run(toy, epochs, epoch);
    };
    note("five rows in minibatches of 2, two weights, descent: the losses of three minibatches");
    note(epochs == 1 ? "and the two weights after them"
                     : "of each of two epochs, and the two weights after them");
    const Mistake mistakes[] = {{"zero", with({.zero = false})},
                                {"last", with({.last = false})},
                                {"before", with({.before_the_step = false})},
                                {"uphill", with({.uphill = true})},
                                {"step", with({.rate_factor = 0})},
                                {"noise", with({.noise_goes_on = false})},
                                {"loop", {}}};
    expect_numbers("losses and weights", got, with({}), mistakes, kClose);
  });
}

void epoch_worked() { toy_epochs(1); }
void epochs_go_on() { toy_epochs(2); }

void run_of_its_own(std::int64_t epochs) {
  Draw draw;
  Run run{.seed = draw.below(1000), .images = 120, .batch = 20, .epochs = epochs};
  run.data_seed = draw.below(1000);
  run.hidden = 8 + draw.below(8);
  run.latent = 3;
  run.rate = 0.02 * draw.near(1);
  const std::vector<double> got = answer([&] {
    Vae vae(make_encoder(sizes_of(run)), make_decoder(sizes_of(run)));
    std::vector<double> all;
    for (const std::vector<double>& epoch : trained(vae, run)) all = joined(std::move(all), epoch);
    return all;
  });
  judge([&] {
    note(fmt::format(
        "120 digits in minibatches of 20, {} hidden units, seed {}, rate {:.3g}: the loss of",
        run.hidden, run.seed, run.rate));
    note(epochs == 1 ? "the six minibatches of one epoch" : "each minibatch of three epochs");
    const auto with = [&](const Habits& habits) { return true_run(run, habits); };
    const std::vector<double> right = with({});
    const bool begins = !got.empty() && std::abs(got[0] - right[0]) <= kRun * std::abs(right[0]);
    const Mistake mistakes[] = {{"shuffle", with({.shuffle = false})},
                                {"noise", with({.noise_goes_on = false})},
                                {"zero", with({.zero = false})},
                                {"rate", with({.rate_factor = 0.001 / run.rate})},
                                {begins ? "later" : "streams", {}}};
    expect_equal("how many losses there are", static_cast<int>(got.size()),
                 static_cast<int>(right.size()), "epochs");
    expect_numbers("losses", got, right, mistakes, kRun);
  });
}

void train_epoch_of_digits() { run_of_its_own(1); }
void train_several() { run_of_its_own(3); }

// --- 7.6 one epoch, again ---------------------------------------------------------------------------

/// The first epoch of strokes.toml by the student's program.
inline std::vector<double> first_epoch(Run run) {
  run.epochs = 1;
  Vae vae(make_encoder(sizes_of(run)), make_decoder(sizes_of(run)));
  return trained(vae, run).at(0);
}

/// Asks for it, unless the run is refused. In the judge, ends the check in that case.
std::vector<double> ask_first_epoch(const Run& run) {
  const std::string refused = refusal(run);
  const std::vector<double> got = answer([&] {
    const std::unique_ptr<Encoder> begun = make_encoder(kSmall);  // a TODO goes before all else
    return refused.empty() ? first_epoch(run) : std::vector<double>{};
  });
  judge([&] { expect(refused.empty(), "strokes.toml is a run: " + refused, "settings"); });
  return got;
}

/// numbers.toml as it is written, word by word.
inline std::vector<std::string> handed_in_words() {
  std::istringstream in(filled_in("numbers.strokes", "7.6"));
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}
inline std::vector<double> handed_in_numbers() {
  std::vector<double> all;
  for (const std::string& word : handed_in_words())
    all.push_back(std::strtod(word.c_str(), nullptr));
  return all;
}
inline void note_first(const std::string& name, const std::vector<double>& losses) {
  std::string line = name + ":";
  for (std::size_t i = 0; i < std::min<std::size_t>(losses.size(), 3); ++i)
    line += fmt::format(" {:#.9g}", losses[i]);
  note(line + (losses.size() > 3 ? " ..." : ""));
}
inline bool near_in(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](double x, double y) {
    return std::abs(x - y) <= tolerance * std::max(1.0, std::abs(y));
  });
}

void settings_are_yours() {
  const Run run = handed_in_run("strokes"), sprites = handed_in_run("sprites");
  answer([&] { return make_encoder(kSmall) && make_decoder(kSmall); });
  judge([&] {
    const auto seed = static_cast<std::int64_t>(drawn_number("data_seed"));
    note(fmt::format("your data seed is {}, your decoder {}", seed, variation().name));
    for (const auto& [file, r] : {std::pair{"strokes", run}, std::pair{"sprites", sprites}}) {
      const std::string refused = refusal(r);
      expect(refused.empty(), fmt::format("{}.toml is a run: {}", file, refused), "settings");
      expect(r.data == file, fmt::format("{}.toml is a run on {}", file, file), "settings");
      expect_equal(fmt::format("data_seed of {}.toml", file), static_cast<int>(r.data_seed),
                   static_cast<int>(seed), "data_seed");
      expect(r.pixels == variation().pixels,
             fmt::format("pixels of {}.toml are {}, as this decoder needs them", file,
                         variation().pixels),
             "grey");
    }
  });
}

void numbers_are_of_this_run() {
  const Run run = handed_in_run("strokes");
  const std::vector<double> got = ask_first_epoch(run);
  judge([&] {
    const std::vector<double> written = handed_in_numbers();
    note_first("handed in", written);
    note_first("your program, again", got);
    expect_equal("how many numbers there are, one for each minibatch",
                 static_cast<int>(written.size()), static_cast<int>(got.size()), "count");
    const double off = std::abs(written[0] - got[0]) / std::abs(got[0]);
    expect(off < 0.1, "the first loss is one that a VAE can begin with", "invented");
    expect(off < kRun, "the first loss, before any step, is the same", "settings_differ");
    expect(near_in(written, got, kRun), "the others are the same, to three digits", "later_differ");
  });
}

void numbers_to_the_last_digit() {
  const std::vector<double> got = ask_first_epoch(handed_in_run("strokes"));
  judge([&] {
    const std::vector<std::string> words = handed_in_words();
    note_first("handed in", handed_in_numbers());
    note_first("your program, again", got);
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    if (line == printed(got)) return;
    expect(near_in(handed_in_numbers(), got, kRun),
           "the handed-in numbers are those of this program and these settings", "settings_differ");
    bool nine = true;
    for (const std::string& word : words) nine = nine && word.size() >= 9;
    expect(!nine, "every digit is the same: these agree to four digits and not to nine", "machine");
    expect(false, "every number has nine digits, as ./course play writes them", "digits");
  });
}

void numbers_are_a_vae() {
  Run run = handed_in_run("strokes");
  const std::vector<double> got = ask_first_epoch(run);
  judge([&] {
    run.epochs = 1;
    const std::vector<double> right = true_run(run);
    note_first("your program", got);
    note_first("the judge's", right);
    expect(near_in(got, right, kRun), "a right VAE comes to the same numbers, to three digits",
           "not_a_vae");
  });
}

// --- 7.7 two data sets ------------------------------------------------------------------------------

void nats(const char* file, Facts::Band Facts::*band) {
  const Run run = handed_in_run(file);
  const std::string refused = refusal(run);
  const std::vector<double> got = answer([&] {
    const Sizes sizes = sizes_of(run);
    if (!refused.empty()) return flat(*make_encoder(kSmall));
    Vae vae(make_encoder(sizes), make_decoder(sizes));
    trained(vae, run);
    return flat(vae);
  });
  judge([&] {
    expect(refused.empty(), fmt::format("{}.toml is a run: {}", file, refused), "settings");
    const double loss = held_out(run, got);
    note(
        fmt::format("the parameters after your run, in the judge's model: -ELBO of 100 test images "
                    "is {:.2f} nats",
                    loss));
    const Facts::Band& asked = variation().*band;
    expect(loss <= asked.most, fmt::format("it is not above {:g} nats", asked.most), "above");
    expect(loss >= asked.least, fmt::format("it is not below {:g} nats", asked.least), "below");
  });
}

void nats_of_strokes() { nats("strokes", &Facts::strokes); }
void nats_of_sprites() { nats("sprites", &Facts::sprites); }

// --- 7.8 collapse -----------------------------------------------------------------------------------

void kl_of_dimensions() {
  Draw draw;
  const auto [loc, scale] = draw_q(draw);
  const std::vector<double> got =
      answer([&] { return numbers(kl_per_dimension(prob::Normal(loc, scale, 1))); });
  judge([&] {
    note_rows("loc of two images", loc);
    note_rows("scale", scale);
    const Tensor each = true_kl(loc, scale);
    const Mistake mistakes[] = {{"images", numbers(sum(each, 0))},
                                {"images", numbers(mean(each, -1))},
                                {"images", numbers(sum(each, -1))},
                                {"images", {mean(sum(each, -1)).item()}},
                                {"kl", {}}};
    expect_numbers("mean KL of each dimension", got, numbers(mean(each, 0)), mistakes, kClose);
  });
}

void units_counted() {
  Draw draw;
  const double k = draw.near(1);
  // Variances 0, twice 0.005 about 0, 0.005 about 1, 0.02 and more.
  const double a = std::sqrt(0.005), b = std::sqrt(0.02) * std::max(k, 1.0);
  const Tensor loc = tensor({{2, a, -a, 1 + a, b, 0.1, -b},
                             {2, -a, a, 1 - a, -b, 0.5, b},
                             {2, a, -a, 1 + a, b, -0.7, 3 + b},
                             {2, -a, a, 1 - a, -b, 0.9, b}});
  const int got = answer([&] { return static_cast<int>(active_units(loc)); });
  judge([&] {
    note_rows("loc of four images", loc);
    expect_equal("dimensions whose mean moves by a variance above 0.01", got, 3,
                 got == 6 ? "root" : "variance");
  });
}

void blind_sees_nothing() {
  Draw draw;
  const Tensor z = draw_tensor(draw, {3, 3}), x = draw_images(draw, 3, kSmall);
  const std::vector<double> got = answer([&] {
    auto decoder = make_decoder(kSmall);
    fill(*decoder, 2);
    const Tensor at_zero = decoder->log_likelihood(zeros({3, 3}), x);
    const Tensor picture = decoder->picture(zeros({3, 3}));
    const auto shut = blind(std::move(decoder));
    return joined(numbers(shut->log_likelihood(z, x) - at_zero),
                  numbers(shut->picture(z) - picture));
  });
  judge([&] {
    note(
        "log p(x|z) and the picture of the blind decoder at a drawn z, minus those of the other "
        "one at z = 0");
    expect_numbers("differences", got, std::vector<double>(3 + 48, 0),
                   std::vector<Mistake>{{"blind", {}}}, kClose);
  });
}

void collapse_happens() {
  Draw draw;
  const Run run{.data_seed = draw.below(1000),
                .seed = draw.below(1000),
                .images = 200,
                .batch = 20,
                .epochs = 12,
                .hidden = 16,
                .latent = 4,
                .rate = 0.01};
  const auto ask = [&](bool shut) {
    return answer([&] {
      const Sizes sizes = sizes_of(run);
      auto decoder = make_decoder(sizes);
      Vae vae(make_encoder(sizes), shut ? blind(std::move(decoder)) : std::move(decoder));
      trained(vae, run);
      const prob::Normal q =
          vae.encoder->encode(data_of(run).range(nn::Part::test, 0, 100, Rng(1)).images);
      return joined(numbers(q.loc), numbers(q.scale));
    });
  };
  const std::vector<double> open = ask(false), shut = ask(true);
  judge([&] {
    const auto about = [&](const char* which, const std::vector<double>& q) {
      expect_equal(std::string("numbers of q with ") + which, static_cast<int>(q.size()), 800,
                   "experiment");
      for (std::size_t i = 0; i < q.size(); ++i)
        expect(std::isfinite(q[i]) && (i < 400 || q[i] > 0), "q is a normal", "experiment");
      const Tensor loc = rows({q.begin(), q.begin() + 400}, 4),
                   scale = rows({q.begin() + 400, q.end()}, 4);
      const Tensor kl = mean(true_kl(loc, scale), 0);
      const Tensor variance = mean(square(loc - mean(loc, 0, true)), 0);
      note(fmt::format("{}: KL of each dimension {}", which, to_string(kl, "{:.3f}")));
      return std::pair{max(kl).item(), max(variance).item()};
    };
    note("200 digits, 12 epochs, 4 numbers in z");
    const auto seeing = about("a decoder that sees z", open);
    const auto closed = about("a decoder that does not", shut);
    expect(seeing.first > 0.3 && seeing.second > 0.01,
           "with z some dimension carries more than 0.3 nats", "learns");
    expect(closed.first < 0.05 && closed.second < 0.01,
           "without, every dimension is the prior: less than 0.05 nats, and no active unit",
           "experiment");
  });
}

// --- 7.9 a test -------------------------------------------------------------------------------------

enum class Wrong {
  none,
  kl_sign,
  no_kl,
  sum_of_rows,
  by_pixels,
  scale_for_variance,
  no_noise,
  outside,
  one_epsilon
};

Objective subject(Wrong wrong) {
  return [wrong](Encoder& encoder, Decoder& decoder, const Tensor& x, Rng& noise) {
    const prob::Normal q = encoder.encode(x);
    const Shape drawn = wrong == Wrong::one_epsilon ? Shape{1, q.loc.dim(-1)} : q.shape();
    Tensor z = q.loc + q.scale * noise.normal(drawn);
    if (wrong == Wrong::no_noise) z = q.loc;
    if (wrong == Wrong::outside) z = z.detach();
    const Tensor variance = wrong == Wrong::scale_for_variance ? q.scale : square(q.scale);
    Tensor kl = 0.5 * sum(variance + square(q.loc) - 1.0 - log(variance), -1);
    if (wrong == Wrong::kl_sign) kl = -kl;
    if (wrong == Wrong::no_kl) kl = 0.0 * kl;
    const Tensor each = kl - decoder.log_likelihood(z, x);
    if (wrong == Wrong::sum_of_rows) return sum(each);
    if (wrong == Wrong::by_pixels) return mean(each) / static_cast<double>(x.dim(-1));
    return mean(each);
  };
}

void test_of(Wrong wrong, const char* what, const char* hint) {
  Draw draw;
  check_test(draw, 4, {"right losses", what, hint},
             [&](bool right) { return is_the_loss(subject(right ? Wrong::none : wrong)); });
}

void test_kl_sign() { test_of(Wrong::kl_sign, "one that rewards the KL", "value"); }
void test_no_kl() { test_of(Wrong::no_kl, "one without the KL", "value"); }
void test_rows() { test_of(Wrong::sum_of_rows, "the sum over the images, not the mean", "batch"); }
void test_pixels() {
  test_of(Wrong::by_pixels, "the loss divided by the number of pixels", "value");
}
void test_scale() {
  test_of(Wrong::scale_for_variance, "one with the scale of q where its square belongs", "scale");
}
void test_noise() {
  test_of(Wrong::no_noise, "one that takes the mean of q as its sample", "noise");
}
void test_outside() { test_of(Wrong::outside, "one whose sample carries no gradient", "gradient"); }
void test_epsilon() {
  test_of(Wrong::one_epsilon, "one with the same noise for all images", "one_epsilon");
}

constexpr Check kChecks[] = {
    {"7.1", Kind::shape, "the parameters have the names and shapes of vae.hpp", 2, encoder_parts,
     "parts"},
    {"7.1", Kind::shape, "the numbers of one z are one event", 1, encoder_event, "event"},
    {"7.1", Kind::worked, "loc and scale of q for two images", 3, encoder_worked, "layers"},
    {"7.1", Kind::gradient, "gradients arrive in every parameter", 2, encoder_gradient, "recorded"},
    {"7.1", Kind::edge, "a q that is very sure", 1, encoder_narrow, "positive"},

    {"7.2", Kind::shape, "a z for each image", 1, sample_shape, "shape"},
    {"7.2", Kind::worked, "z = loc + scale e", 4, sample_worked, "formula"},
    {"7.2", Kind::gradient, "gradients pass to loc and scale", 3, sample_gradient, "tape"},
    {"7.2", Kind::property, "the next sample has other noise", 2, sample_goes_on, "goes_on"},

    {"7.3", Kind::shape, "the parameters have the names and shapes of vae.cpp", 2, decoder_parts,
     "parts"},
    {"7.3", Kind::shape, "log p(x|z) is one number an image", 1, decoder_shape, "event"},
    {"7.3", Kind::worked, "log p(x|z) of three images", 4, likelihood_worked, "formula"},
    {"7.3", Kind::worked, "the mean of p(x|z)", 2, picture_worked, "picture"},
    {"7.3", Kind::gradient, "gradients arrive in every parameter and in z", 1, decoder_gradient,
     "formula"},
    {"7.3", Kind::edge, "weights that are far too large", 1, likelihood_far, "far"},

    {"7.4", Kind::shape, "both terms are one number an image", 1, terms_shape, "shape"},
    {"7.4", Kind::worked, "the two terms of two images", 5, terms_worked, "kl"},
    {"7.4", Kind::worked, "the loss of two images", 3, loss_worked, "loss"},
    {"7.4", Kind::gradient, "the gradient of the loss in q and in the decoder", 3, loss_gradient,
     "gradient"},
    {"7.4", Kind::edge, "a q that is very sure", 1, terms_far, "kl_far"},

    {"7.5", Kind::worked, "an epoch of three minibatches, the last one short", 4, epoch_worked,
     "loop"},
    {"7.5", Kind::property, "the next epoch goes on", 3, epochs_go_on, "loop"},
    {"7.5", Kind::worked, "an epoch of digits", 3, train_epoch_of_digits, "streams"},
    {"7.5", Kind::property, "three epochs of digits", 4, train_several, "later"},

    {"7.6", Kind::shape, "both files are runs of yours", 2, settings_are_yours, "settings"},
    {"7.6", Kind::property, "your program comes to the handed-in numbers", 3,
     numbers_are_of_this_run, "settings_differ"},
    {"7.6", Kind::property, "to the last digit", 2, numbers_to_the_last_digit, "machine"},
    {"7.6", Kind::property, "and a right VAE does", 3, numbers_are_a_vae, "not_a_vae"},

    {"7.7", Kind::property, "drawn digits", 5, nats_of_strokes, "above"},
    {"7.7", Kind::property, "sprites", 5, nats_of_sprites, "above"},

    {"7.8", Kind::worked, "the KL of each dimension", 2, kl_of_dimensions, "kl"},
    {"7.8", Kind::worked, "active units", 2, units_counted, "variance"},
    {"7.8", Kind::property, "a blind decoder sees nothing of z", 2, blind_sees_nothing, "blind"},
    {"7.8", Kind::property, "and q becomes the prior", 3, collapse_happens, "experiment"},

    {"7.9", Kind::property, "a KL with the wrong sign", 1, test_kl_sign, "value"},
    {"7.9", Kind::property, "no KL", 1, test_no_kl, "value"},
    {"7.9", Kind::property, "a sum over the images", 1, test_rows, "batch"},
    {"7.9", Kind::property, "a loss divided by the pixels", 1, test_pixels, "value"},
    {"7.9", Kind::property, "the scale in the place of the variance", 1, test_scale, "scale"},
    {"7.9", Kind::property, "the mean of q in the place of a sample", 1, test_noise, "noise"},
    {"7.9", Kind::property, "a sample outside of the tape", 2, test_outside, "gradient"},
    {"7.9", Kind::property, "one noise for all images", 2, test_epsilon, "one_epsilon"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
