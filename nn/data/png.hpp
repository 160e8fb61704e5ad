#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "nn/data/idx.hpp"

namespace tapestry::nn {

/// One grey (1, 2, 4 or 8 bits) or RGB (8 bits) picture of a PNG file in memory; `name` is the file that a message is
/// about. The bytes of the file are the pixels: no gamma, no colour profile. DataError for another kind of picture, with
/// the line of Python that converts it, and for a damaged file; allocates no more than the file can hold.
ByteImages parse_png(std::span<const std::uint8_t> bytes, const std::filesystem::path& name);

}  // namespace tapestry::nn
