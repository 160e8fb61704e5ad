#pragma once

#include <filesystem>

#include "nn/module.hpp"
#include "nn/safetensors.hpp"

namespace tapestry::nn {

/// Writes the parameters and buffers of the module, by their names below it, as a safetensors file.
void save(const std::filesystem::path& path, const Module& module, const Metadata& metadata = {});

/// Loads the values of the file into the module; returns its metadata. DataError if the file is bad
/// or does not fit (Module::load_state); the module is then unchanged.
Metadata load(const std::filesystem::path& path, Module& module);

}  // namespace tapestry::nn
