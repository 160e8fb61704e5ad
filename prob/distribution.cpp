#include "prob/distribution.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

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

std::vector<std::int64_t> without_ones(const Shape& shape) {
  std::vector<std::int64_t> sizes;
  for (const std::int64_t size : shape)
    if (size != 1) sizes.push_back(size);
  return sizes;
}

/// True if `few`, which has fewer axes, and `many` differ only in axes of size 1 but stretch each
/// other: [4] against [4,1] gives [4,4], by mistake. Written in full, [1,4] against [4,1], it is
/// intended.
bool stretches(const Shape& few, const Shape& many) {
  if (few.rank() >= many.rank()) return false;
  bool grows = false;
  for (int i = 1; i <= few.rank(); ++i) grows |= many[-i] == 1 && few[-i] != 1;
  return grows && without_ones(few) == without_ones(many);
}

/// The hint: the shape to write in place of `few`.
std::string stretch_hint(const Shape& few, const Shape& many) {
  Shape full = few;
  while (full.rank() < many.rank()) full = full.inserted(0, 1);
  return fmt::format(
      "an axis of size 1 too many or too few? if each is to meet each, reshape {} to {}", few,
      full);
}

}  // namespace

void check_location_scale(Caller caller, const Tensor& loc, const Tensor& scale, int event_dims) {
  common_shape(caller, {{"loc", loc}, {"scale", scale}}, event_dims);
  check_values(caller, "loc", loc, kFinite);
  check_values(caller, "scale", scale, kPositive);
}

void check_dtypes(Caller caller, std::initializer_list<Named> parameters) {
  const Named& first = *parameters.begin();
  for (const Named& p : parameters) {
    if (!p.tensor.defined()) [[unlikely]]
      fail<ShapeError>(caller, fmt::format("{} is an undefined tensor", p.name));
    if (p.tensor.dtype() != first.tensor.dtype()) [[unlikely]]
      fail<DTypeError>(caller,
                       fmt::format("{} is {}, but {} is {}", first.name, name(first.tensor.dtype()),
                                   p.name, name(p.tensor.dtype())));
  }
}

void check_event_dims(Caller caller, const Shape& shape, int event_dims, int least_event_dims) {
  if (event_dims < least_event_dims || event_dims > shape.rank()) [[unlikely]]
    fail<ShapeError>(caller, fmt::format("event_dims = {} must be in [{}, {}] for shape {}",
                                         event_dims, least_event_dims, shape.rank(), shape));
}

Shape common_shape(Caller caller, std::initializer_list<Named> parameters, int event_dims,
                   int least_event_dims) {
  check_dtypes(caller, parameters);
  Shape shape;
  for (const Named& p : parameters) {
    if (!broadcasts(shape, p.tensor.shape())) [[unlikely]]
      fail<ShapeError>(caller, fmt::format("parameters do not broadcast: {} (event_dims = {})",
                                           list(parameters), event_dims));
    const Shape& other = p.tensor.shape();
    const bool fewer = other.rank() < shape.rank();
    const Shape &few = fewer ? other : shape, &many = fewer ? shape : other;
    if (stretches(few, many)) [[unlikely]]
      fail<ShapeError>(
          caller,
          fmt::format("parameters would grow to {}: {}", broadcast(few, many), list(parameters)),
          stretch_hint(few, many));
    shape = broadcast(shape, other);
  }
  check_event_dims(caller, shape, event_dims, least_event_dims);
  return shape;
}

void check_value_shape(Caller caller, const Shape& shape, int event_dims, const Shape& x) {
  bool fits = x.rank() >= event_dims && broadcasts(shape, x);
  for (int i = 1; fits && i <= event_dims; ++i) fits = shape[-i] == x[-i];
  if (!fits) [[unlikely]]
    fail<ShapeError>(caller,
                     fmt::format("a value of shape {} does not fit parameters of shape {} with "
                                 "event_dims = {}",
                                 x, shape, event_dims));
  const bool column = event_dims == 0 && shape.rank() > 0 && shape[-1] > 1 && x == join(shape, {1});
  if (stretches(x, shape) || column) [[unlikely]]
    fail<ShapeError>(caller,
                     fmt::format("a value of shape {} against parameters of shape {} would give "
                                 "densities of shape {}",
                                 x, shape, broadcast(shape, x)),
                     column ? stretch_hint(shape, x) : stretch_hint(x, shape));
}

void check_same_events(Caller pair, const Shape& q, int q_event_dims, const Shape& p,
                       int p_event_dims) {
  bool same = q_event_dims == p_event_dims && broadcasts(q, p);
  for (int i = 1; same && i <= q_event_dims; ++i) same = q[-i] == p[-i];
  if (!same) [[unlikely]]
    fail<ShapeError>(pair, fmt::format("q has shape {} with event_dims = {}, but p has shape {} "
                                       "with event_dims = {}",
                                       q, q_event_dims, p, p_event_dims));
  const bool fewer = p.rank() < q.rank();
  if (stretches(fewer ? p : q, fewer ? q : p)) [[unlikely]]
    fail<ShapeError>(
        pair,
        fmt::format("q of shape {} against p of shape {} would grow to {}", q, p, broadcast(q, p)),
        stretch_hint(fewer ? p : q, fewer ? q : p));
}

Shape join(const Shape& front, const Shape& back) {
  Shape shape = front;
  for (const std::int64_t size : back) shape = shape.inserted(shape.rank(), size);
  return shape;
}

Tensor sum_last(const Tensor& x, int axes) {
  switch (axes) {  // Axes takes a list of fixed length
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
