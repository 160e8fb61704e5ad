#include "nn/named_tensor.hpp"

namespace tapestry::nn {

std::string_view bytes_of(const Tensor& t) {
  const void* data = t.dtype() == DType::i32
                         ? static_cast<const void*>(t.view<std::int32_t>().data())
                         : dispatch(t.dtype(), [&](auto tag) -> const void* {
                             return t.view<decltype(tag)>().data();
                           });
  return {static_cast<const char*>(data), static_cast<std::size_t>(t.size()) * size_of(t.dtype())};
}

void add_prefixed(NamedTensors& all, const std::string& prefix, const NamedTensors& part) {
  for (const NamedTensor& t : part) all.push_back({prefix + t.name, t.value});
}

NamedTensors take_prefixed(const NamedTensors& all, const std::string& prefix) {
  NamedTensors part;
  for (const NamedTensor& t : all) {
    if (t.name.starts_with(prefix)) part.push_back({t.name.substr(prefix.size()), t.value});
  }
  return part;
}

}  // namespace tapestry::nn
