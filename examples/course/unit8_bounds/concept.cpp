#include "concept.hpp"

#include <algorithm>
#include <numeric>

namespace tiny {

// VARIATION 8.7

}  // namespace tiny
