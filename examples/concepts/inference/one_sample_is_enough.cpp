// one_sample_is_enough: a step needs many images, but of each image one z will do
// C43, AEVB section 2.3 (S1: L = 1 if M is large, e.g. 100), the pipeline of S2, UDL equation 17.23
//
//     the gradient of a step:   g = 1/M sum_i 1/L sum_l g_il       image x_i, noise e_il
//     its variance:             A / M + B / (M L)
//
// B comes from the noise, A from the images. More z (L) reduce B alone, more images (M) both.
#include "one_sample_is_enough.hpp"

#include "nn/init.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"

using namespace tapestry;
using namespace gradient_of_a_step;
using support::Concept;
using support::Plot;
using support::Record;

namespace {

const std::string kStays = ", rate stays", kFalls = ", rate falls";  // to 0, along a cosine

/// The part due to e, from the variance of a difference.
double of_one(double twice_noise) { return 0.5 * twice_noise; }

// --- wrong versions

double not_halved(double twice_noise) { return twice_noise; }
Tensor draw_from_twenty(const Tensor& x, int M, Rng& rng) {
  return draw_images(slice(x, 0, 0, 20), M, rng);
}
Tensor bound_of_copies(vae::MlpVae& model, const Tensor& x, int, Rng& rng) {
  return bound(model, x, 1, rng);  // L copies of one draw
}
Tensor summed_bound(vae::MlpVae& model, const Tensor& x, int L, Rng& rng) {
  return static_cast<double>(x.dim(0)) * bound(model, x, L, rng);
}

// --- claims

/// Every run sees every image equally often.
std::unique_ptr<vae::MlpVae> train(const Concept& c, const nn::ImageDataset& data, const Step& step,
                                   const std::string& rate, Record& r) {
  auto model = std::make_unique<vae::MlpVae>(
      vae::VaeConfig{.hidden = {c.choose(200, 50)}, .latent = c.choose(10, 5)});
  nn::init::torch_default(*model, c.rng("init"));
  const auto note = [&](const vae::EpochReport& e) {
    r.add(step.name() + rate, double(e.epoch * data.train.count * step.samples), e.test.neg_elbo());
  };
  support::train(*model, vae::bound_of(*model, {.samples = step.samples}), data,
                 {.epochs = c.choose(60, 10),
                  .batch = step.images,
                  .rate = c.choose(3e-3, 2e-2),
                  .seed = c.seed(),
                  .falls_to = rate == kFalls ? 0 : support::kConstantRate},
                 note);
  return model;
}

struct Steps {
  Step one, traded, more, few;
};

/// A number of the record in units of the variance of M=100 L=1.
double part(const Record& r, const Step& s, const std::string& of) {
  return r.number(s.name() + of) / r.number("M=100 L=1, all");
}

void claims(Concept& c, const Record& r, const Steps& s) {
  const auto end = [&](const Step& of, auto& rate) { return r.curve(of.name() + rate).last(); };
  c.within(s.more.name() + " - M=100 L=1, nats" + kFalls, end(s.more, kFalls) - end(s.one, kFalls),
           c.choose(-0.3, -22.0), c.choose(0.3, 18.0));
  // Which of the two is better is decided by the rate: what falls to 0 averages over many steps.
  c.within("M=5 L=1 - M=100 L=1, nats" + kStays, end(s.few, kStays) - end(s.one, kStays),
           c.choose(4.0, 0.5), c.choose(6.5, 50.0));
  c.within("M=5 L=1 - M=100 L=1, nats" + kFalls, end(s.few, kFalls) - end(s.one, kFalls),
           c.choose(-1.5, -40.0), c.choose(0.3, 5.0));
  const double b1 = part(r, s.one, ", noise");
  const double low = c.choose(0.85, 0.75), high = c.choose(1.15, 1.25);
  for (const Step& of : {s.traded, s.more, s.few})
    c.within("noise's variance times M L: " + of.name() + " / M=100 L=1",
             part(r, of, ", noise") / b1 * of.images * of.samples / 100, low, high);
  c.within("variance of M=10 L=10 or M=20 L=5: measured / by the formula, of M=100 L=1",
           part(r, s.traded, ", all") / ((1 - b1) * 100 / s.traded.images + b1), low, high);
  c.within("|mean of g - gradient of all images|^2 / (variance / 200), M=100 L=1",
           r.number("M=100 L=1, off"), 0.3, c.choose(5.0, 9.0));
}

// --- picture

std::vector<Plot> picture(const Record& r, const Steps& s, double low, double high) {
  Plot learning("solid: the rate falls to 0; dashed: it stays", "images decoded",
                "test -ELBO, nats");
  for (const Step& of : {s.one, s.more, s.few}) {
    const auto &falls = r.curve(of.name() + kFalls), &stays = r.curve(of.name() + kStays);
    learning.line(of.name(), falls.x, falls.y).same_colour().dashed("", stays.x, stays.y);
  }
  std::vector<double> a, b;
  for (const Step& of : {s.one, s.traded, s.more}) {
    b.push_back(part(r, of, ", noise"));
    a.push_back(part(r, of, ", all") - b.back());
  }
  Plot bars("the gradient of one step", "", "variance, in units of that of M=100 L=1");
  bars.stacked().bars("A / M: images differ", a).bars("B / (M L): noise differs", b);
  return {learning.log_x().x_range(2e4, 4e6).y_range(low, high),
          bars.names({s.one.name(), s.traded.name(), s.more.name()}).y_range(0, 6)};
}

// --- program

void program(Concept& c) {
  const auto draw = c.broken("few_images") ? draw_from_twenty : draw_images;
  const auto bound_of = c.broken("copied_noise")      ? bound_of_copies
                        : c.broken("sum_over_images") ? summed_bound
                                                      : bound;
  const auto noise_of = c.broken("not_halved") ? not_halved : of_one;
  const DTypeScope f32(DType::f32);
  const int l = c.choose(10, 5);
  const Steps s{{100, 1}, {100 / l, l}, {100, l}, {5, 1}};
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 500);
    nn::keep_first(data, 5000, 2000);
    measured.data_rule = fmt::format("{} grey images of {}", data.train.count, data.name);
    std::unique_ptr<vae::MlpVae> model;
    for (const std::string& rate : {kFalls, kStays})
      for (const Step& step : {s.few, s.more, s.one}) model = train(c, data, step, rate, measured);
    const Tensor x = nn::image_tensor(data.train, 0, 1000, {}, c.rng("none"));
    for (const Step& step : {s.one, s.traded, s.more, s.few}) {
      const Variances v = variances(*model, x, step, draw, bound_of, c.rng("noise"));
      measured.numbers[step.name() + ", all"] = v.all;
      measured.numbers[step.name() + ", noise"] = noise_of(v.twice_noise);
      measured.numbers[step.name() + ", off"] = v.off;
    }
  });
  claims(c, r, s);
  c.draw(picture(r, s, c.choose(115, 140), c.choose(150, 220)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C43",
       .title = "Minibatches of 100 need one z an image",
       .source = "AEVB section 2.3 (S1), S2, UDL equation 17.23",
       .mutants = {{"not_halved", "the noise of a difference is taken for that of one g"},
                   {"few_images", "the images are drawn from 20 of the thousand"},
                   {"copied_noise", "the L draws of z are copies of one draw"},
                   {"sum_over_images", "a sum over the images of a step, not a mean"}}},
      program);
}
