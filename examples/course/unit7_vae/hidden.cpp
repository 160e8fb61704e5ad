// Checks of which a student sees the kind and nothing else. These are public with the rest of the
// project; an instructor's overlay may hold another hidden.cpp (docs/course/instructor.md).

#include "agree.hpp"
#include "checks.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

Sizes draw_sizes(Draw& draw) {
  return {.side = draw.below(2) ? 8 : 4, .hidden = 2 + draw.below(6), .latent = 1 + draw.below(5)};
}

void encoder_of_any_size() {
  Draw draw;
  const Sizes sizes = draw_sizes(draw);
  const Tensor x = draw_images(draw, 3, sizes);
  const std::vector<double> got = answer([&] {
    const auto encoder = make_encoder(sizes);
    fill(*encoder, 6);
    const prob::Normal q = encoder->encode(x);
    return joined(numbers(q.loc), numbers(q.scale));
  });
  judge([&] { expect_numbers("loc and scale", got, known_encoding(sizes, 6, x).right, {}, 1e-4); });
}

void decoder_of_any_size() {
  Draw draw;
  const Sizes sizes = draw_sizes(draw);
  const Tensor z = draw_tensor(draw, {3, sizes.latent}), x = draw_images(draw, 3, sizes);
  const auto ask = [&](Decoder& decoder) {
    fill(decoder, 7);
    return joined(numbers(decoder.log_likelihood(z, x)), numbers(decoder.picture(z)));
  };
  const std::vector<double> got = answer([&] { return ask(*make_decoder(sizes)); });
  judge([&] {
    expect_numbers("log p(x|z) and picture", got, ask(*variation().make(sizes)), {}, 1e-4);
  });
}

void loss_at_random() {
  Draw draw;
  const std::int64_t n = 1 + draw.below(6), z = 1 + draw.below(4);
  const Tensor loc = draw_tensor(draw, {n, z}), log_scale = draw_tensor(draw, {n, z}),
               weight = draw_tensor(draw, {z, 4}), x = draw_tensor(draw, {n, 4});
  const auto ask = [&](const Objective& objective) {
    KnownEncoder encoder(loc, log_scale);
    KnownDecoder decoder(weight);
    Rng noise(8);
    return objective(encoder, decoder, x, noise).item();
  };
  const double got = answer([&] {
    return ask([](Encoder& q, Decoder& p, const Tensor& images, Rng& noise) {
      return loss(terms(q, p, images, noise));
    });
  });
  judge([&] { expect_number("the loss", got, ask(true_loss), {}, 1e-4); });
}

void kl_at_random() {
  Draw draw;
  const std::int64_t n = 1 + draw.below(6), z = 1 + draw.below(4);
  const Tensor loc = draw_tensor(draw, {n, z}), scale = draw_tensor(draw, {n, z}, 0.1, 2);
  const std::vector<double> got =
      answer([&] { return numbers(kl_per_dimension(prob::Normal(loc, scale, 1))); });
  judge([&] {
    expect_numbers("mean KL of each dimension", got, numbers(mean(true_kl(loc, scale), 0)), {},
                   1e-4);
  });
}

constexpr Check kHidden[] = {
    {"7.1", Kind::property, "other sizes", 1, encoder_of_any_size},
    {"7.3", Kind::property, "other sizes", 1, decoder_of_any_size},
    {"7.4", Kind::property, "other numbers of images and of z", 1, loss_at_random},
    {"7.8", Kind::property, "other numbers of images and of z", 1, kl_at_random},
};

}  // namespace

std::span<const Check> course::hidden_checks() { return kHidden; }
