#pragma once

#include <cstdint>
#include <string_view>

namespace tapestry::nn {

/// FNV-1a of 64 bits (Fowler, Noll and Vo). Every step is a bijection of the sum so far, so a change
/// of a single byte is always found; other damage is missed with probability 2^-64.
std::uint64_t checksum(std::string_view bytes);

/// A checksum for many bytes, eight at a step; `sum` is that of what came before. Its steps are bijections
/// of the sum, too.
std::uint64_t fingerprint(std::string_view bytes, std::uint64_t sum = 0);

}  // namespace tapestry::nn
