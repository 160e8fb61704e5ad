// one_sample_is_enough: a step needs many images, but of each image one z will do
// C43, AEVB section 2.3 (S1: L = 1 if M is large, e.g. 100), the pipeline of S2, UDL equation 17.23
//
//     the gradient of a step:   g = 1/M sum_i 1/L sum_l g_il       image x_i, noise e_il
//     its variance:             A / M + B / (M L)
//
// B comes from the noise, A from the images. More z (L) reduce B alone, more images (M) both.
#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/concept.hpp"
#include "support/images.hpp"
#include "vae/analysis/gradient_noise.hpp"
#include "vae/trainer.hpp"

using namespace tapestry;
using support::Concept;

namespace {

const std::string kStays = ", rate stays", kFalls = ", rate falls";  // to 0, along a cosine

struct Step {
  int images;   ///< M
  int samples;  ///< L
  std::string name() const { return fmt::format("M={} L={}", images, samples); }
};

/// Every run sees every image equally often.
std::unique_ptr<vae::Vae> train(const Concept& c, const nn::ImageDataset& data, const Step& step,
                                const std::string& rate, support::Record& r) {
  auto model = vae::make_vae({.hidden = {c.choose(200, 50)}, .latent = c.choose(10, 5)});
  nn::init::torch_default(*model, c.rng("init"));
  nn::Adam adam(model->parameters(), {.lr = c.choose(3e-3, 2e-2)});
  vae::TrainerOptions options{.epochs = c.choose(60, 10), .batch = step.images, .binarize = {}};
  options.elbo.samples = step.samples;
  options.seed = c.seed();
  const std::int64_t steps = options.epochs * data.train.count / step.images;
  if (rate == kFalls) options.schedule = nn::schedule::cosine(adam.lr(), steps);
  vae::Trainer trainer(*model, data, adam, options);
  trainer.on_epoch = [&](const vae::EpochReport& e) {
    r.add(step.name() + rate, double(e.epoch * data.train.count * step.samples), e.test.neg_elbo());
  };
  trainer.run();
  return model;
}

/// The variance of g over all parameters; its part due to e, from two g of the same images.
void measure_variance(const Concept& c, vae::Vae& model, const Tensor& x, const Step& step,
                      support::Record& r) {
  const auto images = [&](Rng& rng) {  // M of the thousand, at random
    return take_rows(x, (1000 * rng.uniform({step.images})).to(DType::i32));
  };
  const int samples = c.broken("copied_noise") ? 1 : step.samples;
  const auto bound = [&](const Tensor& batch, Rng& rng) {
    const Tensor each = model.elbo(batch, rng, {.samples = samples}).elbo();
    return c.broken("sum_over_images") ? sum(each) : mean(each);
  };
  const auto variance = [&](const std::function<Tensor(Rng&)>& estimate) {
    Rng rng = c.rng("noise");
    return vae::gradient_noise(estimate, model.parameters(), 200, rng).total_variance();
  };
  r.numbers[step.name() + ", all"] = variance([&](Rng& rng) { return bound(images(rng), rng); });
  r.numbers[step.name() + ", noise"] = 0.5 * variance([&](Rng& rng) {
                                         const Tensor batch = images(rng);
                                         return bound(batch, rng) - bound(batch, rng);
                                       });
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const int l = c.choose(10, 5);
  const Step one{100, 1}, traded{100 / l, l}, more{100, l}, few{5, 1};
  const support::Record r = c.record([&](support::Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 500);
    nn::keep_first(data, 5000, 2000);
    measured.data_rule = fmt::format("{} grey images of {}", data.train.count, data.name);
    std::unique_ptr<vae::Vae> model;
    for (const std::string& rate : {kFalls, kStays})
      for (const Step& step : {few, more, one}) model = train(c, data, step, rate, measured);
    const Tensor x = nn::image_tensor(data.train, 0, 1000, {}, c.rng("none"));
    for (const Step& s : {one, traded, more, few}) measure_variance(c, *model, x, s, measured);
  });
  const auto end = [&](const Step& s, auto& rate) { return r.curve(s.name() + rate).last(); };
  c.within(more.name() + " - M=100 L=1, nats" + kFalls, end(more, kFalls) - end(one, kFalls),
           c.choose(-0.3, -10.0), c.choose(0.3, 10.0));
  c.at_least("M=5 L=1 - M=100 L=1, nats" + kStays, end(few, kStays) - end(one, kStays), 1);
  const double unit = r.number("M=100 L=1, all");
  const auto part = [&](const Step& s, const char* of) { return r.number(s.name() + of) / unit; };
  for (const Step& s : {traded, more, few})
    c.within("noise's variance times M L: " + s.name() + " / M=100 L=1",
             part(s, ", noise") / part(one, ", noise") * s.images * s.samples / 100, 0.85, 1.15);
  c.at_least("variance: fewer images, more samples / M=100 L=1", part(traded, ", all"), 2);
  support::Plot learning("learning", "images decoded", "test -ELBO, nats");
  for (const Step& s : {one, more, few}) {
    const auto &falls = r.curve(s.name() + kFalls), &stays = r.curve(s.name() + kStays);
    learning.line(s.name() + kFalls, falls.x, falls.y).same_colour();
    learning.dashed(s.name() + kStays, stays.x, stays.y);
  }
  std::vector<double> a, b;
  for (const Step& s : {one, traded, more})
    b.push_back(part(s, ", noise")), a.push_back(part(s, ", all") - b.back());
  support::Plot bars("the gradient of one step", "", "variance; M=100 L=1 is 1");
  bars.stacked().bars("A / M: images differ", a).bars("B / (M L): noise differs", b);
  c.draw({learning.log_x().x_range(2e4, 4e6).y_range(c.choose(115, 140), c.choose(150, 220)),
          bars.names({one.name(), traded.name(), more.name()}).y_range(0, 6)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C43",
       .title = "Minibatches of 100 need one z an image",
       .source = "AEVB section 2.3 (S1), S2, UDL equation 17.23",
       .mutants = {{"copied_noise", "the L draws of z are copies of one draw"},
                   {"sum_over_images", "a sum over the images of a step, not a mean"}}},
      program);
}
