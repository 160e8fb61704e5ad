#include "nn/checkpoint.hpp"

namespace tapestry::nn {

void save(const std::filesystem::path& path, const Module& module, const Metadata& metadata) {
  save_tensors(path, module.state(), metadata);
}

Metadata load(const std::filesystem::path& path, Module& module) {
  TensorFile file = load_tensors(path);
  try {
    module.load_state(file.tensors);
  } catch (const DataError& e) {
    throw DataError(path.string() + ": " + e.message);
  }
  return std::move(file.metadata);
}

}  // namespace tapestry::nn
