#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "nn/named_tensor.hpp"

/// Tensors on disk in the safetensors format, which Python's safetensors package reads and writes:
/// 8 bytes with the length of the header (little-endian), a JSON header with dtype, shape and place
/// of every tensor, then the values. Dtypes here: F32, F64, I32.
namespace tapestry::nn {

using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  NamedTensors tensors;  ///< in the order of their data
  Metadata metadata;
};

/// Writes the file whole or not at all (see nn/file.hpp), wider dtypes first so that everything is
/// aligned to its size. ConfigError for a name that is empty, reserved, there twice or not UTF-8.
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const Metadata& metadata = {});

/// Reads every tensor. DataError, naming the file and the fault, for anything but a well-formed
/// file: missing, truncated, bad JSON, unknown dtype, gaps or overlaps in the data, trailing bytes,
/// a name twice. A header above 100 MB is refused unread, like in the reference implementation.
TensorFile load_tensors(const std::filesystem::path& path);

/// The same for the bytes of a file, which errors call `name`. What it allocates is bounded by the
/// number of bytes, whatever the header says.
TensorFile parse_tensors(std::string_view file, const std::string& name);

}  // namespace tapestry::nn
