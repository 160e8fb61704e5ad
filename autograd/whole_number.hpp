#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "autograd/error.hpp"
#include "autograd/json_text.hpp"

namespace tapestry {

/// The whole number that `j` holds, at least `least` and in the range of T. Throws E, naming `what`;
/// the JSON library itself would make some whole number of 1.5, 1e300 or 2^40 without a word. A template
/// over the type of a value, so that this header does not include that library.
template <class T, class E = DataError, class Json>
T whole_number(const Json& j, std::string_view what, T least = std::numeric_limits<T>::min()) {
  constexpr T kMost = std::numeric_limits<T>::max();
  const bool fits = j.is_number_unsigned()
                        ? std::in_range<T>(j.template get<std::uint64_t>()) &&
                              std::cmp_greater_equal(j.template get<std::uint64_t>(), least)
                        : j.is_number_integer() &&
                              std::in_range<T>(j.template get<std::int64_t>()) &&
                              std::cmp_greater_equal(j.template get<std::int64_t>(), least);
  check<E>(fits, "{} must be a whole number from {} to {}, not {}", what, least, kMost,
           fits ? "" : brief(j));
  return j.template get<T>();
}

}  // namespace tapestry
