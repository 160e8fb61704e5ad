#include "nn/data/tensor_dataset.hpp"

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "nn/checksum.hpp"
#include "nn/named_tensor.hpp"

namespace tapestry::nn {
namespace {

void check_part(const char* name, const TensorPart& part) {
  if (!part.rows.defined()) return;
  check<ShapeError>(part.rows.rank() >= 1, "data: the {} rows are a scalar, expected [N, ...]",
                    name);
  if (!part.labels.defined()) return;
  check<ShapeError>(part.labels.rank() >= 1 && part.labels.dim(0) == part.rows.dim(0),
                    "data: the {} rows have shape {}, their labels {}; expected as many labels",
                    name, part.rows.shape(), part.labels.shape());
}

Shape shape_of_row(const Tensor& rows) { return rows.shape().sub(1, rows.rank()); }

/// Those with these numbers, of any dtype: an i32 is a whole number in f64, too. Undefined for an undefined tensor.
Tensor rows_of(const Tensor& all, const Tensor& numbers) {
  if (!all.defined()) return {};
  if (all.dtype() != DType::i32) return take_rows(all, numbers);
  return take_rows(all.to(DType::f64), numbers).to(DType::i32);
}

}  // namespace

TensorDataset::TensorDataset(TensorPart train, TensorPart test)
    : train_(std::move(train)), test_(std::move(test)) {
  check<ShapeError>(train_.rows.defined(), "data: there are no rows to learn from");
  check_part("training", train_);
  check_part("test", test_);
  check<ShapeError>(!test_.rows.defined() || shape_of_row(test_.rows) == shape_of_row(train_.rows),
                    "data: the training rows have shape {}, the test rows {}; expected one shape "
                    "but for the first axis",
                    train_.rows.shape(), test_.rows.shape());
}

std::int64_t TensorDataset::size(Part part) const {
  return of(part).rows.defined() ? of(part).rows.dim(0) : 0;
}

Batch TensorDataset::batch(Part part, std::span<const std::int32_t> index, const Rng&,
                           std::int64_t) const {
  const TensorPart& from = of(part);
  check<ShapeError>(from.rows.defined(), "data: there are no test rows");
  const Tensor numbers = index_tensor(index, {std::ssize(index)});
  return {.images = rows_of(from.rows, numbers),
          .labels = rows_of(from.labels, numbers),
          .index = index};
}

std::uint64_t TensorDataset::fingerprint() const {
  std::uint64_t sum = 0;
  for (const Tensor* part : {&train_.rows, &train_.labels, &test_.rows, &test_.labels})
    if (part->defined()) sum = nn::fingerprint(bytes_of(*part), sum);
  return sum;
}

}  // namespace tapestry::nn
