#pragma once

#include <cstdint>
#include <span>

#include "autograd/random.hpp"
#include "nn/data/batch.hpp"

namespace tapestry::nn {

enum class Part { train, test };

/// Rows to learn from and rows to test on, of any shape, with labels or without. Derive from this
/// class to train on data of your own.
///
///     nn::Batcher batches(data, rng.stream("batches"), {.batch = 128});
///     for (const nn::Batch& batch : batches.epoch()) step(batch.images, batch.labels);
///
///     const nn::Batch test = data.range(nn::Part::test, 0, 500, rng.stream("pixels"));
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t size(Part part) const = 0;
  /// The rows with the numbers `index`, with their labels. Whatever is random in a row is a pure
  /// function of `rng`, `epoch` and the row's number: it does not depend on how an epoch is cut
  /// into batches, and is the same in a resumed run.
  virtual Batch batch(Part part, std::span<const std::int32_t> index, const Rng& rng,
                      std::int64_t epoch) const = 0;

  /// A number that other rows or labels would hardly have: a run goes on with the data that it began
  /// with. 0: not known.
  virtual std::uint64_t fingerprint() const { return 0; }

  /// Rows first..first+count-1, as `batch` gives them in epoch 0: the same at each call. The batch
  /// has no `index`. ShapeError for a range outside the part.
  Batch range(Part part, std::int64_t first, std::int64_t count, const Rng& rng) const;
};

}  // namespace tapestry::nn
