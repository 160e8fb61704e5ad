#include "state.hpp"

#include <algorithm>
#include <bit>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "nn/init.hpp"

namespace tapestry::bench {

State fresh_state(const Case& c) {
  const vae::AnyVae model = vae::make_vae(c.model);
  nn::init::torch_default(*model.module, Rng(1).stream("init"));
  Rng pixels(7);
  const Tensor x = less(pixels.uniform({c.batch, c.model.rows * c.model.cols}), 0.13);
  return {.parameters = model.module->state(),
          .adam = {},
          .minibatches = {x.to(DType::f32)},
          .file = {}};
}

std::int64_t count_denormals(std::span<const float> numbers) {
  // By their bits: a comparison would take them for 0 where they are flushed.
  return std::count_if(numbers.begin(), numbers.end(), [](float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return (bits & 0x7f800000u) == 0 && (bits & 0x007fffffu) != 0;
  });
}

std::int64_t count_denormals(const nn::NamedTensors& tensors) {
  std::int64_t count = 0;
  for (const nn::NamedTensor& t : tensors) {
    if (t.value.dtype() == DType::f32) count += count_denormals(t.value.view<float>());
  }
  return count;
}

}  // namespace tapestry::bench
