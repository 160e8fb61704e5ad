#include "nn/param.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "nn/module.hpp"

namespace tapestry::nn {

Start Start::weight(std::int64_t fan_in, std::int64_t fan_out) {
  return {Role::weight, fan_in, fan_out};
}
Start Start::bias(std::int64_t fan_in) { return {Role::bias, fan_in, 1}; }
Start Start::table() { return {Role::table, 1, 1}; }

namespace {

Tensor first_value(const Shape& shape, const Start& start) {
  const bool known = start.role == Start::Role::constant;
  return full(shape, known ? start.value : std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

Param::Param(Module& owner, const char* name, const Shape& shape, Start start)
    : Parameter(name, first_value(shape, start)), start_(start) {
  owner.adopt(name, *this);
}

Buffer::Buffer(Module& owner, const char* name, const Tensor& value) : value_(value.detach()) {
  owner.adopt(name, *this);
}

void Buffer::set_value(const Tensor& value) {
  check<ShapeError>(value.shape() == value_.shape(), "buffer: a value of shape {} for {}",
                    value.shape(), value_.shape());
  check<DTypeError>(value.dtype() == value_.dtype(), "buffer: a value of dtype {} for {}",
                    name(value.dtype()), name(value_.dtype()));
  value_ = value.detach();
}

void Buffer::convert(DType dtype) {
  if (value_.dtype() != DType::i32) value_ = value_.to(dtype);
}

namespace {

using StateWords = std::array<std::int32_t, 6>;  // three 64-bit numbers: seed, stream, draw

Tensor pack(const Rng::State& state) { return index_tensor(std::bit_cast<StateWords>(state), {6}); }

Rng::State unpack(const Tensor& packed) {
  StateWords words;
  std::ranges::copy(packed.view<std::int32_t>(), words.begin());
  return std::bit_cast<Rng::State>(words);
}

}  // namespace

RandomStream::RandomStream(Module& owner, const char* name) : Buffer(owner, name, pack({})) {}

void RandomStream::seed(const Rng& rng) { set_value(pack(rng.state())); }

Rng RandomStream::resume() const {
  const Rng::State state = unpack(value());
  if (state == Rng::State{}) {
    throw ConfigError("random stream: was never seeded",
                      "call nn::init::torch_default(model, rng) or model.seed(rng)");
  }
  Rng rng(state.seed);
  rng.set_state(state);
  return rng;
}

}  // namespace tapestry::nn
