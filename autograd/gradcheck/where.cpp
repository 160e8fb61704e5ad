#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/gradcheck/elements.hpp"
#include "autograd/gradcheck/evidence.hpp"

// Where the wrong elements lie: a condition that separates them from the right ones.

namespace tapestry::checking {
namespace {

// The range of a quantity over the wrong elements and over the right ones.
struct Ranges {
  double wrong_low = std::numeric_limits<double>::infinity(), wrong_high = -wrong_low;
  double right_low = wrong_low, right_high = -wrong_low;
};

template <class Quantity>
Ranges ranges(const Evidence& e, Quantity quantity) {
  Ranges r;
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    const auto q = static_cast<double>(quantity(e.elements[k]));
    double& low = e.wrong[k] ? r.wrong_low : r.right_low;
    double& high = e.wrong[k] ? r.wrong_high : r.right_high;
    low = std::min(low, q);
    high = std::max(high, q);
  }
  return r;
}

std::string by_sign(const Ranges& r, const std::string& name) {
  if (r.wrong_high < 0 && r.right_low >= 0) return fmt::format("where {} < 0", name);
  if (r.wrong_low > 0 && r.right_high <= 0) return fmt::format("where {} > 0", name);
  return {};
}

std::string by_size(const Ranges& r, const std::string& name) {
  if (r.right_high < r.wrong_low) return fmt::format("where {} >= {:.4g}", name, r.wrong_low);
  if (r.wrong_high < r.right_low) return fmt::format("where {} <= {:.4g}", name, r.wrong_high);
  return {};
}

std::string span_text(std::int64_t low, std::int64_t high) {
  return low == high ? fmt::format(" {}", low) : fmt::format("s {} to {}", low, high);
}

// All wrong at some indices of one axis, and right at all others.
std::string by_axis(const Evidence& e) {
  const Shape& shape = e.shape();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto coordinate = [&](std::int64_t element) {
      return element / shape.size(axis + 1, shape.rank()) % shape[axis];
    };
    const Ranges r = ranges(e, coordinate);
    bool apart = true;
    for (std::size_t k = 0; k < e.elements.size(); ++k) {
      const auto at = static_cast<double>(coordinate(e.elements[k]));
      apart = apart && (e.wrong[k] || at < r.wrong_low || at > r.wrong_high);
    }
    if (!apart) continue;
    const auto low = static_cast<std::int64_t>(r.wrong_low),
               high = static_cast<std::int64_t>(r.wrong_high);
    if (shape.rank() == 1) return "at element" + span_text(low, high);
    if (shape.rank() == 2) return (axis ? "in column" : "in row") + span_text(low, high);
    return fmt::format("at axis {}, place{}", axis, span_text(low, high));
  }
  return {};
}

std::string by_order(const Evidence& e) {
  const Ranges r = ranges(e, [](std::int64_t element) { return element; });
  if (r.right_high < r.wrong_low)
    return fmt::format("from {} on", index_text(e.shape(), static_cast<std::int64_t>(r.wrong_low)));
  if (r.wrong_high < r.right_low)
    return fmt::format("up to {}", index_text(e.shape(), static_cast<std::int64_t>(r.wrong_high)));
  return {};
}

}  // namespace

std::string where_wrong(const Evidence& e) {
  const auto wrong = std::count(e.wrong.begin(), e.wrong.end(), true);
  const auto right = static_cast<std::ptrdiff_t>(e.wrong.size()) - wrong;
  if (wrong < 2 || right < 1) return {};

  struct Quantity {
    std::string name;
    std::vector<double> values;
  };
  std::vector<Quantity> quantities;
  const auto add = [&](std::string name, const Tensor& t) {
    if (t.shape() == e.shape()) quantities.push_back({std::move(name), t.to_vector()});
  };
  add(operand_name(e.op, e.input), e.x());
  for (std::size_t i = 0; i < e.inputs.size(); ++i) {
    if (static_cast<int>(i) != e.input) add(operand_name(e.op, static_cast<int>(i)), e.inputs[i]);
  }
  add("y", e.y);
  add("dout", e.dout);

  const auto of = [&](const Quantity& q) {
    return ranges(e, [&](std::int64_t i) { return q.values[static_cast<std::size_t>(i)]; });
  };
  // With fewer than two on a side some quantity would separate them by chance; only an axis counts.
  const bool enough = wrong >= 2 && right >= 2;
  if (enough) {
    for (const Quantity& q : quantities) {
      if (std::string text = by_sign(of(q), q.name); !text.empty()) return text;
    }
  }
  if (std::string text = by_axis(e); !text.empty()) return text;
  if (enough) {
    for (const Quantity& q : quantities) {
      if (std::string text = by_size(of(q), q.name); !text.empty()) return text;
    }
  }
  return by_order(e);
}

}  // namespace tapestry::checking
