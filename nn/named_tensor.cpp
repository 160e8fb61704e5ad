#include "nn/named_tensor.hpp"

namespace tapestry::nn {

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
