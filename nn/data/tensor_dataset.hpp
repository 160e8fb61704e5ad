#pragma once

#include "nn/data/dataset.hpp"

namespace tapestry::nn {

/// One part of a TensorDataset.
struct TensorPart {
  Tensor rows = {};    ///< [N, ...], of any dtype
  Tensor labels = {};  ///< [N, ...], of any dtype; undefined without labels
};

/// Rows that are in memory as tensors: clicks, points, sequences, latents.
///
///     nn::TensorDataset data({x, y}, {test_x, test_y});
///     nn::TensorDataset clicks({x});  // no labels, no test part
class TensorDataset : public Dataset {
 public:
  /// ShapeError unless labels are as many as their rows, and the rows of both parts have one shape.
  explicit TensorDataset(TensorPart train, TensorPart test = {});

  std::int64_t size(Part part) const override;
  Batch batch(Part part, std::span<const std::int32_t> index, const Rng& rng,
              std::int64_t epoch) const override;
  std::uint64_t fingerprint() const override;

 private:
  const TensorPart& of(Part part) const { return part == Part::train ? train_ : test_; }

  TensorPart train_, test_;
};

}  // namespace tapestry::nn
