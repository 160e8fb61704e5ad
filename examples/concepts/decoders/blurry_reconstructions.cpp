// blurry_reconstructions: a decoder with normal noise learns the mean of all data that share a z
// C118, UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 4
//
//     f*(z) = E_q(x|z)[x],   D sigma*^2 = E_q(z)[Var_q(x|z)],   q(x_n|z) = q(z|x_n) / sum_m q(z|x_m)
//
// 512 points of the curve F3, and q(z|x_n) = N(z_n, s^2) around the z that made x_n. Where the q of two points overlap,
// one z stands for both, and no f(z) is right for both. The wider q, the more is averaged. No network is to blame: f* is
// the best that any network can do, and a trained one finds it. What the paper does about it is in sequential_vae.cpp.
#include "concepts/decoders/blurry_reconstructions.hpp"

#include "nn/init.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::Curve;

namespace {

// --- wrong versions

Tensor means_of_q(const prob::Normal& q, Rng&) { return q.loc; }
Tensor curve_of_data(const FixedPosterior&, const Tensor& z) { return Curve::example().decode(z); }

// --- claims

using BestMean = Tensor (*)(const FixedPosterior&, const Tensor& z);
Tensor draws(const prob::Normal& q, Rng& rng) { return q.rsample(rng, {2}); }
Tensor best_mean(const FixedPosterior& q, const Tensor& z) { return q.best_mean(z); }

struct Steps {
  BestMean mean = best_mean;
  DrawLatents latents = draws;
  bool learn_sigma = true;
};

/// What f* cannot explain, as a share of the variance, over the width s of q.
struct Blur {
  std::vector<double> s, share;
  double noise = 0;  ///< the same of the noise in the data
};
Blur claims_of_width(Concept& c, const vae::exact::Draw& data, const Steps& steps) {
  Blur blur;
  for (const double s : {0.025, 0.05, 0.1, 0.2, 0.4, 0.8}) {
    const FixedPosterior q{data.x, {data.z, s}};
    const Variances v = variances(q, steps.mean(q, q.line.points));
    c.identity(fmt::format("s = {}: total variance - explained - blur", s),
               v.total - v.explained - v.error, 0, 1e-10);
    blur.s.push_back(s);
    blur.share.push_back(v.error / v.total);
    blur.noise = 2 * 0.04 / v.total;
  }
  c.within("share of blur, s = 0.1", blur.share[2], 0.15, 0.24);
  c.within("share of blur, s = 0.4", blur.share[4], 0.65, 0.85);
  return blur;
}

/// A network trained by the bound, against the mean that was computed.
void claims_of_training(Concept& c, const FixedPosterior& q, const Steps& steps) {
  CurveDecoder decoder;
  nn::init::torch_default(decoder, c.rng("init"));
  decoder.log_sigma.set_trainable(steps.learn_sigma);
  train(decoder, q, steps.latents, c.choose(6000, 600), c.rng("training"));
  const NoGrad no_grad;
  const Tensor z = q.line.points, f = decoder.decode(z).loc, best = steps.mean(q, z);
  const Tensor off = sqrt(sum(square(f - best), -1));
  c.at_most("trained f - f*, largest for |z| < 1.5", max(where(less(abs(z), 1.5), off, 0.0)).item(),
            c.choose(0.02, 0.2));
  const double blur = variances(q, best).error, error = variances(q, f).error;
  c.within("error of the trained f / blur", error / blur, 1, c.choose(1.01, 1.05));
  c.within("2 sigma^2, learned / blur", 2 * exp(2.0 * decoder.log_sigma).item() / blur,
           c.choose(0.99, 0.95), c.choose(1.01, 1.05));
}

// --- picture

struct Line {
  std::vector<double> x, y;
};
Line columns(const Tensor& points) {
  return {slice(points, -1, 0, 1).to_vector(), slice(points, -1, 1, 2).to_vector()};
}
Plot in_the_plane(const std::string& title, const Tensor& x) {
  const Line data = columns(x);
  return Plot(title, "x_1", "x_2")
      .dots("data", data.x, data.y)
      .x_range(-0.5, 2.2)
      .y_range(-1.8, 2.9);
}

std::vector<Plot> picture(const vae::exact::Draw& data, const Blur& blur) {
  const Tensor z = Grid(-2, 2, 200).points, one = tensor({-0.12});
  Plot means = in_the_plane("the best decoder f*(z)", data.x);
  for (const double s : {0.1, 0.4}) {
    const Line f = columns(FixedPosterior{data.x, {data.z, s}}.best_mean(z));
    means.line(fmt::format("q with s = {}", s), f.x, f.y);
  }
  const FixedPosterior q{data.x, {data.z, 0.4}};
  const Tensor weight = reshape(q.of_data(one), {-1});
  Line near;
  for (std::int64_t n = 0; n < data.x.dim(0); ++n)
    if (weight.at({n}) > 0.5 * max(weight).item()) {
      near.x.push_back(data.x.at({n, 0}));
      near.y.push_back(data.x.at({n, 1}));
    }
  const Line mean = columns(q.best_mean(one));
  Plot sharing = in_the_plane("s = 0.4: the data that share one z", data.x);
  sharing.points("x with much of q(x|z)", near.x, near.y)
      .points("their mean f*(z)", mean.x, mean.y);
  return {means, sharing,
          Plot("what f* cannot explain", "width s of q", "share of the variance")
              .line("blur", blur.s, blur.share)
              .dashed("noise of the data", blur.s, std::vector(blur.s.size(), blur.noise))
              .log_x()
              .y_range(0, 1)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  Steps steps;
  if (c.broken("means_not_draws")) steps.latents = means_of_q;
  if (c.broken("curve_of_the_data")) steps.mean = curve_of_data;
  if (c.broken("variance_not_learned")) steps.learn_sigma = false;
  Rng rng = c.rng("data");
  const vae::exact::Draw data = Curve::example().sample(rng, 512);
  const Blur blur = claims_of_width(c, data, steps);
  claims_of_training(c, {data.x, {data.z, 0.4}}, steps);
  c.draw(picture(data, blur));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C118",
       .title = "Why reconstructions are blurred",
       .source = "UDL chapter 17, notes; Zhao, Song and Ermon 2017, section 4; model F3",
       .mutants = {{"means_not_draws", "the decoder learns from the means of q, not from draws"},
                   {"curve_of_the_data", "the curve that made the data in the place of f*"},
                   {"variance_not_learned", "sigma stays 1"}}},
      program);
}
