#include "prob/distribution.hpp"

#include "autograd/ops.hpp"
#include "prob/constraint.hpp"

namespace tapestry::prob {

namespace {

/// "loc [4,3], scale [4,2]"
std::string list(std::initializer_list<Named> parameters) {
  std::string text;
  for (const Named& p : parameters)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", p.name, p.tensor.shape());
  return text;
}

bool broadcasts(const Shape& a, const Shape& b) {
  for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i)
    if (a[-i] != b[-i] && a[-i] != 1 && b[-i] != 1) return false;
  return true;
}

}  // namespace

void check_dtypes(const char* distribution, std::initializer_list<Named> parameters) {
  const Named& first = *parameters.begin();
  for (const Named& p : parameters) {
    if (!p.tensor.defined()) [[unlikely]]
      fail<ShapeError>(distribution, fmt::format("{} is an undefined tensor", p.name));
    if (p.tensor.dtype() != first.tensor.dtype()) [[unlikely]]
      fail<DTypeError>(distribution,
                       fmt::format("{} is {}, but {} is {}", first.name, name(first.tensor.dtype()),
                                   p.name, name(p.tensor.dtype())));
  }
}

void check_event_dims(const char* distribution, const Shape& shape, int event_dims,
                      int least_event_dims) {
  if (event_dims < least_event_dims || event_dims > shape.rank()) [[unlikely]]
    fail<ShapeError>(distribution, fmt::format("event_dims = {} must be in [{}, {}] for shape {}",
                                               event_dims, least_event_dims, shape.rank(), shape));
}

Shape common_shape(const char* distribution, std::initializer_list<Named> parameters,
                   int event_dims, int least_event_dims) {
  check_dtypes(distribution, parameters);
  Shape shape;
  for (const Named& p : parameters) {
    if (!broadcasts(shape, p.tensor.shape())) [[unlikely]]
      fail<ShapeError>(distribution,
                       fmt::format("parameters do not broadcast: {} (event_dims = {})",
                                   list(parameters), event_dims));
    shape = broadcast(shape, p.tensor.shape());
  }
  check_event_dims(distribution, shape, event_dims, least_event_dims);
  return shape;
}

void check_value_shape(const char* distribution, const Shape& shape, int event_dims,
                       const Shape& x) {
  bool fits = x.rank() >= event_dims && broadcasts(shape, x);
  for (int i = 1; fits && i <= event_dims; ++i) fits = shape[-i] == x[-i];
  if (!fits) [[unlikely]]
    fail<ShapeError>(distribution,
                     fmt::format("a value of shape {} does not fit parameters of shape {} with "
                                 "event_dims = {}",
                                 x, shape, event_dims));
}

void check_same_events(const char* pair, const Shape& q, int q_event_dims, const Shape& p,
                       int p_event_dims) {
  bool same = q_event_dims == p_event_dims && broadcasts(q, p);
  for (int i = 1; same && i <= q_event_dims; ++i) same = q[-i] == p[-i];
  if (!same) [[unlikely]]
    fail<ShapeError>(pair, fmt::format("q has shape {} with event_dims = {}, but p has shape {} "
                                       "with event_dims = {}",
                                       q, q_event_dims, p, p_event_dims));
}

Shape join(const Shape& front, const Shape& back) {
  Shape shape = front;
  for (const std::int64_t size : back) shape = shape.inserted(shape.rank(), size);
  return shape;
}

Tensor sum_last(const Tensor& x, int axes) {
  switch (axes) {  // Axes wants a list that is known here
    case 0:
      return x;
    case 1:
      return sum(x, -1);
    case 2:
      return sum(x, {-1, -2});
    case 3:
      return sum(x, {-1, -2, -3});
    default:
      return sum_last(sum(x, {-1, -2, -3}), axes - 3);
  }
}

Tensor expanded(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : broadcast_to(x, shape);
}

}  // namespace tapestry::prob
