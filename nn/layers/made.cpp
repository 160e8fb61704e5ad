#include "nn/layers/made.hpp"

#include <vector>

#include "nn/layers/sizes.hpp"

namespace tapestry::nn {
namespace {

const MadeSizes& checked(const MadeSizes& s) {
  sizes("made", {s.size, s.hidden, s.outputs});
  check<ConfigError>(s.context >= 0, "made: the context's size is {}, expected at least 0",
                     s.context);
  return s;
}

/// 1 ... Z or Z ... 1, and again for each further block.
std::vector<std::int32_t> of_elements(const MadeSizes& s, std::int64_t blocks) {
  std::vector<std::int32_t> places;
  for (std::int64_t i = 0; i < blocks * s.size; ++i)
    places.push_back(std::int32_t(s.reversed ? s.size - i % s.size : i % s.size + 1));
  return places;
}

/// 0 ... Z-1 in turn. The units at 0 depend on the context alone: the first element's outputs depend on them.
std::vector<std::int32_t> of_units(const MadeSizes& s) {
  std::vector<std::int32_t> places;
  for (std::int64_t i = 0; i < s.hidden; ++i) places.push_back(std::int32_t(i % s.size));
  return places;
}

}  // namespace

Made::Made(const MadeSizes& of)
    : sizes(checked(of)),
      hidden(*this, "hidden", order_mask(of_elements(of, 1), of_units(of), Sees::same)),
      out(*this, "out", order_mask(of_units(of), of_elements(of, of.outputs), Sees::earlier)) {
  if (of.context > 0) context.emplace(*this, "context", of.context, of.hidden);
}

Tensor Made::forward(const Tensor& z) {
  check<ShapeError>(!context, "made: it has a context of {} numbers, give it z and h",
                    sizes.context);
  return out(elu(hidden(z)));
}

Tensor Made::forward(const Tensor& z, const Tensor& h) {
  check<ShapeError>(context.has_value(), "made: it has no context, give it z alone");
  return out(elu(hidden(z) + (*context)(h)));
}

std::string Made::describe() const {
  return fmt::format("Made {} -> {} x {}{}", sizes.size, sizes.outputs, sizes.size,
                     sizes.reversed ? ", last to first" : "");
}

}  // namespace tapestry::nn
