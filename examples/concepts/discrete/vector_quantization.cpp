// vector_quantization: a VAE whose latents are numbers of vectors in a learned codebook
// C104, van den Oord, Vinyals and Kavukcuoglu 2017, equations 1 to 3; UDL, notes of chapter 17
//
//     k = argmin_j |e - e_j|^2,   e = encoder(x)                               at each of P positions
//     log p(x|z = e_k) - |sg(e) - e_k|^2 - beta |e - sg(e_k)|^2                the objective
//     log p(x) >= log p(x|z) - P log K                                         the bound
//
// sg, stop gradient, makes a constant. The choice of k has no slope: the decoder's gradient goes straight to e.
// The model is in vae/models/vq.hpp.
#include "concepts/discrete/vector_quantization_faults.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/analysis/codebook_usage.hpp"
#include "vae/pictures/image_grid.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// 3 codes at 4 positions are 81 maps: log p(x) and the posterior by trying all.
void claims_of_the_bound(Concept& c, const auto& kl) {
  VqVae model({.side = 8, .channels = 4, .codes = 3, .code_width = 2});
  nn::init::torch_default(model, c.rng("tiny"));
  model.kl = kl;
  const Tensor x = less(c.rng("bits").uniform({50, 64}), 0.5).to(DType::f64);
  std::vector<std::int32_t> maps;
  for (int m = 0; m < 81; ++m)
    for (const int power : {1, 3, 9, 27}) maps.push_back(m / power % 3);
  const Tensor all = take_rows(model.codebook.weight.value(), index_tensor(maps, {81, 4}));
  const Tensor log_lik = model.decode(all).log_prob(reshape(x, {50, 1, 64}));  // [50, 81]
  const Tensor log_px = logsumexp(log_lik, 1) - 4 * std::log(3.0);
  const Tensor code = model.codebook.nearest(model.encode(x)).code;
  const Tensor chosen =
      sum(code.to(DType::f64) * tensor({1.0, 3.0, 9.0, 27.0}), -1, true).to(DType::i32);
  const Tensor log_posterior = reshape(gather(log_softmax(log_lik, 1), 1, chosen), {50});
  const Tensor bound = model.objective(x).bound;
  c.identity("bound - log p(x) - log p(code|x), largest",
             max(abs(bound - log_px - log_posterior)).item(), 0, 1e-10);
  c.at_most("bound - log p(x), largest", max(bound - log_px).item(), 0);
  c.exact("49 log 64, nats an image", 49 * std::log(64.0), 203.785, 1e-3);
}

/// The test images: their squared error, and which codes they use.
void measure(VqVae& model, const nn::ImageDataset& data, const std::string& name, Record& r) {
  const NoGrad no_grad;
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const auto [code, z] = model.codebook.nearest(model.encode(x));
  r.numbers[name + ", error"] = mean(sum(square(model.decode(z).mean() - x), -1)).item();
  const Tensor shares = vae::code_shares(code, model.sizes.codes);
  r.numbers[name + ", perplexity"] = vae::perplexity(shares);
  for (int k = 0; k < shares.size(); ++k) r.add(name + ", share", k, shares.at({k}));
}

/// Trains with "learned codes", or with "random codes" that stay where they start.
std::unique_ptr<VqVae> train(const Concept& c, const nn::ImageDataset& data,
                             const std::string& name, Record& r) {
  const bool learned = name == "learned codes";
  const std::int64_t batch = c.choose(100, 20), steps = 8 * data.train.count / batch;
  auto model = std::make_unique<VqVae>(vae::VqSizes{.channels = c.choose(16, 8)});
  nn::init::torch_default(*model, c.rng("init"));
  model->codebook.weight.set_trainable(learned);
  model->restart_until = learned ? 3 * steps / 4 : 0;
  const auto play = [&](const nn::Batch& b, Rng& rng) { return model->objective(b, rng); };
  const auto note = [&](const vae::EpochReport& e) {
    r.add(name + ", -log p(x|z)", e.epoch, -e.test.part("log_lik"));
    c.keep(r, fmt::format("{}, epoch {}: {:.2f}", name, e.epoch, e.test.part("log_lik")));
  };
  support::train(*model, play, data, {8, batch, 2e-3, c.seed()}, note);
  measure(*model, data, name, r);
  return model;
}

void claims_of_training(Concept& c, const Record& r) {
  c.within("perplexity of the test codes", r.number("learned codes, perplexity"), 16, 64);
  c.within("test -log p(x|z)", r.curve("learned codes, -log p(x|z)").last(), 50, c.choose(67, 105));
  const double ratio = r.number("random codes, error") / r.number("learned codes, error");
  c.at_least("squared error: random codes / learned codes", ratio, c.choose(2.0, 1.5));
}

// --- picture

/// Test images, their maps of codes as grey values, and what the decoder makes of them.
std::vector<Plot> pictures(VqVae& model, const nn::ImageDataset& data) {
  const NoGrad no_grad;
  const Tensor x = data.range(nn::Part::test, 0, 10, Rng(1)).images;
  const auto [code, z] = model.codebook.nearest(model.encode(x));
  const Tensor maps = code.to(DType::f32).with_shape({10, model.map, model.map}) / 63.0;
  return {Plot("test digits, and below each what comes back", "", "")
              .images(vae::interleave_rows(data.as_images(x),
                                           data.as_images(model.decode(z).mean()), 5),
                      5),
          Plot("their 7 x 7 codes, a grey value for each of 64", "", "").images(maps, 5)};
}

/// How often each code is used, most used first.
Plot usage(const Record& r) {
  Plot plot("codes of the test images", "code, most used first", "share");
  for (const std::string name : {"learned codes", "random codes"}) {
    std::vector<double> shares = r.curve(name + ", share").y;
    std::sort(shares.rbegin(), shares.rend());
    plot.line(name, r.curve(name + ", share").x, shares);
  }
  return plot.dashed("all alike", {0, 63}, {1.0 / 64, 1.0 / 64});
}

// --- program

void program(Concept& c) {
  const auto kl = c.broken("one_log_k") ? log_codes_once : vae::log_codes;
  claims_of_the_bound(c, kl);
  const DTypeScope f32(DType::f32);
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = support::load_images(c, "mnist", 1000, 500);
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    const auto model = train(c, data, "learned codes", measured);
    train(c, data, "random codes", measured);
    panels = pictures(*model, data);
  });
  claims_of_training(c, r);
  panels.push_back(usage(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C104",
       .title = "VQ-VAE: latents that are numbers of learned vectors",
       .source = "van den Oord, Vinyals and Kavukcuoglu 2017, equations 1 to 3; UDL 17",
       .mutants = {{"one_log_k", "the image costs log K, not each position"}}},
      program);
}
