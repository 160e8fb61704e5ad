#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "concepts/applications/anomaly_detection.hpp"
#include "concepts/autoencoders/grey_rows.hpp"
#include "nn/data/sprites.hpp"

// Usual rows to learn from, and odd ones to find among them.

namespace concepts {

using namespace tapestry;

/// Known shapes, and larger than any: size 7 where the others are 3 to 5.
inline Tensor large_sprites() {
  std::vector<Tensor> rows;
  for (const auto shape :
       {nn::SpriteShape::square, nn::SpriteShape::disc, nn::SpriteShape::triangle})
    for (double x = 6.5; x < 10; ++x)
      for (double y = 6.5; y < 10; ++y)
        rows.push_back(reshape(nn::draw_sprite(x, y, 7, shape), {256}));
  return stack(rows, 0);
}

/// A shape that is none of the three: crosses of five squares, as large as the usual sprites.
inline Tensor crosses() {
  std::vector<Tensor> rows;
  for (const double size : {3, 4, 5}) {
    const double side = size / std::sqrt(5.0);
    for (double x = 4.5; x < 12; x += 2)
      for (double y = 4.5; y < 12; y += 2) {
        Tensor cross = zeros({16, 16});
        for (const auto& [right, down] : {std::pair(0, 0), {1, 0}, {-1, 0}, {0, 1}, {0, -1}})
          cross +=
              nn::draw_sprite(x + side * right, y + side * down, side, nn::SpriteShape::square);
        rows.push_back(reshape(minimum(cross, 1.0), {256}));
      }
  }
  return stack(rows, 0);
}

struct OddRows {
  Tensor train;                       ///< usual, to learn from
  Tensor usual;                       ///< usual, to test on
  std::map<std::string, Tensor> odd;  ///< by kind, to test on
};

/// Four fifths of all sprites to learn from; odd are crosses and large sprites.
inline OddRows odd_sprites(int positions, Rng rng) {
  const Tensor all = nn::all_sprites({.positions = positions}).flat();
  const std::int64_t N = all.dim(0), n = N * 4 / 5;
  const Tensor mixed = take_rows(all, index_tensor(rng.permutation(N), {N}));
  return {slice(mixed, 0, 0, n),
          slice(mixed, 0, n, N),
          {{"crosses", crosses()}, {"large sprites", large_sprites()}}};
}

/// Usual are nine digits, odd is the tenth.
inline OddRows odd_digit(const nn::ImageDataset& data, int odd) {
  const auto is_usual = [&](int digit) { return digit != odd; };
  const auto is_odd = [&](int digit) { return digit == odd; };
  const auto rows = [](const nn::ByteImages& images, const auto& labels, const auto& wanted) {
    return grey_rows(tapestry::concepts::choose(images, labels, wanted), false);
  };
  return {rows(data.train, data.train_labels, is_usual),
          rows(data.test, data.test_labels, is_usual),
          {{std::to_string(odd), rows(data.test, data.test_labels, is_odd)}}};
}

}  // namespace concepts
