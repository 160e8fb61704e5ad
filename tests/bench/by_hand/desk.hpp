#pragma once

#include "autograd/kernels/parallel.hpp"
#include "by_hand/dense.hpp"
#include "by_hand/maps.hpp"

namespace tapestry::bench {

constexpr std::int64_t kFirst = 32, kSecond = 64;  // channels
constexpr std::int64_t kGroup = 4;  // images at a time: their columns stay in the level-2 cache
using Pixels = Windows<1>;          // 28 x 28 pixels seen from 14 x 14 places
using Maps = Windows<kFirst>;       // 14 x 14 x 32 maps seen from 7 x 7 places
constexpr std::int64_t kTaps = Pixels::kTaps, kWide = Maps::kTaps;

/// What a thread needs for a group of images, and its share of the gradients and of the loss.
struct Desk {
  Desk(const Pixels& p, const Maps& m, std::size_t gradients)
      : pixels(p),
        maps(m),
        image(at(p.framed())),
        framed_image(image.size()),
        logits(at(p.pixels())),
        taps(at(kGroup * p.places() * kTaps)),
        map(at(m.framed())),
        framed_map(map.size()),
        plain(at(kGroup * m.pixels())),
        dplain(plain.size()),
        columns(at(kGroup * m.places() * kWide)),
        grad(gradients) {}

  /// to[14 x 14, 16]: the columns of one image without a frame.
  void copy_taps(const float* from, float* to) {
    pixels.rows([&](std::int64_t framed, std::int64_t bare, std::int64_t size) {
      std::copy_n(from + bare, size, &framed_image[at(framed)]);
    });
    pixels.copy(framed_image.data(), to);
  }
  /// The way back.
  void add_taps(const float* from, float* to) {
    pixels.add(from, image.data());
    pixels.rows([&](std::int64_t framed, std::int64_t bare, std::int64_t size) {
      std::copy_n(&image[at(framed)], size, to + bare);
    });
  }
  float* columns_of(std::int64_t b) { return &columns[at(b * maps.places() * kWide)]; }

  Pixels pixels;
  Maps maps;
  Floats image, framed_image;  // one image: sums of columns; within a frame that stays zero
  Floats logits, taps;         // one image without a frame; columns of the group's images
  Floats map, framed_map;      // the same for the maps of 14 x 14, ...
  Floats plain, dplain;        // ... but those of the whole group without frames
  Floats columns;              // of those maps
  Floats grad;
  double log_likelihood = 0;
};

/// A desk for every thread that may take part.
class Desks {
 public:
  Desks(const Pixels& p, const Maps& m, std::size_t gradients)
      : desks_(at(threads()), Desk(p, m, gradients)) {}

  /// fn(desk, first image, images) for all groups of the batch; then grad[size] becomes the sum of the
  /// desks' gradients.
  template <class Fn>
  void for_groups(std::int64_t batch, float* grad, std::size_t size, Fn fn) {
    const std::int64_t groups = (batch + kGroup - 1) / kGroup, count = std::ssize(desks_);
    parallel_rows(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t d = begin; d < end; ++d) {
        Desk& desk = desks_[at(d)];
        std::fill_n(desk.grad.begin(), size, 0.0f);
        for (std::int64_t g = groups * d / count; g < groups * (d + 1) / count; ++g) {
          fn(desk, g * kGroup, std::min(kGroup, batch - g * kGroup));
        }
      }
    });
    parallel_pieces(static_cast<std::int64_t>(size), kGrain,
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                        float sum = 0;
                        for (const Desk& d : desks_) sum += d.grad[at(i)];
                        grad[i] = sum;
                      }
                    });
  }

  /// The sum over the batch since the last call.
  double take_log_likelihood() {
    double total = 0;
    for (Desk& d : desks_) total += std::exchange(d.log_likelihood, 0);
    return total;
  }

 private:
  std::vector<Desk> desks_;
};

}  // namespace tapestry::bench
