#include <cmath>

#include "prob/cases/cases.hpp"

namespace tapestry::prob {

std::vector<Case> location_scale(const Case& valid) {
  return {
      valid,
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(kInfinity), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor({-0.3, 1.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
