#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/gradcheck/elements.hpp"
#include "autograd/gradcheck/evidence.hpp"

// Names the fault of a gradient from its numbers. Each function recognises one kind of fault; the
// first match counts, so the special kinds come before the general ones.

namespace tapestry::checking {

bool close(double a, double b) { return std::fabs(a - b) <= 1e-8 + 1e-5 * std::fabs(b); }

namespace {

using Perhaps = std::optional<Guess>;

Perhaps not_finite(const Evidence& e) {
  const auto bad = std::count_if(e.analytic.begin(), e.analytic.end(),
                                 [](double v) { return !std::isfinite(v); });
  if (!bad) return {};
  return Guess{
      GradFault::not_finite,
      fmt::format("it is not finite in {} of {} elements, where the slope is: look for 0 / 0 "
                  "and 0 * inf, and select before the operation, not after it",
                  bad, e.analytic.size())};
}

Perhaps zero(const Evidence& e) {
  if (!std::all_of(e.analytic.begin(), e.analytic.end(), [](double v) { return v == 0; }))
    return {};
  return Guess{GradFault::zero, "it is zero: nothing was accumulated for this operand"};
}

// A constant factor -------------------------------------------------------------------------------

// The factor that takes the numeric gradient to the analytic one, in the elements where `use` holds.
template <class Use>
std::optional<double> ratio(const Evidence& e, Use use) {
  double nn = 0, an = 0;
  for (std::size_t k = 0; k < e.numeric.size(); ++k) {
    if (!use(k)) continue;
    nn += e.numeric[k] * e.numeric[k];
    an += e.analytic[k] * e.numeric[k];
  }
  if (nn == 0) return {};
  for (std::size_t k = 0; k < e.numeric.size(); ++k) {
    if (use(k) && !close(e.analytic[k], an / nn * e.numeric[k])) return {};
  }
  return an / nn;
}

bool whole(double v) { return std::fabs(v - std::round(v)) < 1e-6 * std::max(1.0, std::fabs(v)); }

// Where a number of elements stands in the shapes: "the size of axis 1 of x".
std::string size_text(const Evidence& e, double n) {
  const auto in = [&](const Shape& shape, const std::string& name) -> std::string {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (close(static_cast<double>(shape[axis]), n) && n > 1)
        return fmt::format("the size of axis {} of {}", axis, name);
    }
    if (close(static_cast<double>(shape.size()), n) && n > 1)
      return fmt::format("the number of elements of {}", name);
    return {};
  };
  const std::string here = in(e.shape(), operand_name(e.op, e.input));
  return here.empty() ? in(e.y.shape(), "y") : here;
}

Perhaps constant_factor(const Evidence& e) {
  const std::optional<double> r = ratio(e, [](std::size_t) { return true; });
  if (!r) return {};
  if (close(*r, -1)) return Guess{GradFault::sign, "it has the wrong sign"};
  // Any two numbers have a ratio; that of a single element counts only if it is round.
  const auto seen = std::count_if(e.numeric.begin(), e.numeric.end(),
                                  [](double v) { return std::fabs(v) > 1e-6; });
  if (seen < 2 && !whole(*r) && !whole(1 / *r)) return {};
  std::string text = fmt::format("it is {:.6g} times the right one: a constant factor", *r);
  if (*r < 0) text += ", and the sign";
  if (const std::string size = size_text(e, std::fabs(*r)); !size.empty()) {
    text += fmt::format(" ({:.6g} is {})", std::fabs(*r), size);
  } else if (const std::string share = size_text(e, 1 / std::fabs(*r)); !share.empty()) {
    text +=
        fmt::format(" (1/{:.6g}, and {:.6g} is {})", 1 / std::fabs(*r), 1 / std::fabs(*r), share);
  }
  return Guess{GradFault::factor, text};
}

// The right numbers in other places --------------------------------------------------------------

// Whether the analytic gradient at element i is the numeric one at element from(i).
template <class From>
bool moved(const Evidence& e, From from) {
  for (std::size_t i = 0; i < e.numeric.size(); ++i) {
    if (!close(e.analytic[i],
               e.numeric[static_cast<std::size_t>(from(static_cast<std::int64_t>(i)))]))
      return false;
  }
  return true;
}

Perhaps other_places(const Evidence& e) {
  const Shape& shape = e.shape();
  if (!e.complete() || shape.size() < 2) return {};
  if (shape.rank() >= 2) {
    const std::int64_t R = shape[-2], C = shape[-1];
    // Its memory is that of a [C,R] matrix.
    const auto transposed = [=](std::int64_t i) {
      const std::int64_t k = i % (R * C);
      return i - k + k % R * C + k / R;
    };
    if (R > 1 && C > 1 && moved(e, transposed))
      return Guess{GradFault::transpose, "it is the transpose of the right one"};
  }
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t n = shape[axis], inner = shape.size(axis + 1, shape.rank());
    const auto at = [=](std::int64_t i, auto place) {
      const std::int64_t here = i / inner % n;
      return i + (place(here) - here) * inner;
    };
    if (n > 1 && moved(e, [&](std::int64_t i) {
          return at(i, [=](std::int64_t k) { return n - 1 - k; });
        })) {
      return Guess{GradFault::misplaced, fmt::format("it runs backwards along axis {}", axis)};
    }
    for (std::int64_t shift = 1; shift < n; ++shift) {
      if (!moved(e, [&](std::int64_t i) {
            return at(i, [=](std::int64_t k) { return (k + shift) % n; });
          })) {
        continue;
      }
      return Guess{GradFault::misplaced, fmt::format("it is shifted along axis {}, by {}", axis,
                                                     2 * shift <= n ? -shift : n - shift)};
    }
  }
  std::vector<double> a = e.analytic, b = e.numeric;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  if (!std::equal(a.begin(), a.end(), b.begin(), close)) return {};
  return Guess{GradFault::misplaced, "it has the right numbers in the wrong places"};
}

// Whether the analytic gradient is, all along one axis, the sum or the mean of the numeric one.
Perhaps over_an_axis(const Evidence& e) {
  if (!e.complete()) return {};
  for (int axis = 0; axis < e.shape().rank(); ++axis) {
    const std::int64_t n = e.shape()[axis], inner = e.shape().size(axis + 1, e.shape().rank());
    if (n < 2) continue;
    bool sums = true, means = true;
    for (std::size_t i = 0; i < e.numeric.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const std::int64_t first = at / (n * inner) * n * inner + at % inner;
      double total = 0;
      for (std::int64_t k = 0; k < n; ++k)
        total += e.numeric[static_cast<std::size_t>(first + k * inner)];
      sums = sums && close(e.analytic[i], total);
      means = means && close(e.analytic[i], total / static_cast<double>(n));
    }
    if (!sums && !means) continue;
    return Guess{GradFault::summed_over_axis,
                 fmt::format("it is {} over axis {}, which the operand has",
                             sums ? "summed" : "averaged", axis)};
  }
  return {};
}

// Right here, wrong there ------------------------------------------------------------------------

bool zero_here(double v) { return std::fabs(v) < 1e-8; }

Perhaps inverted_mask(const Evidence& e) {
  std::size_t lost = 0, extra = 0, wrong = 0;
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    if (!e.wrong[k]) continue;
    ++wrong;
    lost += e.analytic[k] == 0;
    extra += zero_here(e.numeric[k]);
  }
  if (!lost || !extra || lost + extra != wrong) return {};
  return Guess{GradFault::inverted_mask,
               "it is zero where it should not be, and the other way round: is the mask inverted?"};
}

// Two branches with exchanged slopes: a times the right one here, 1/a times there.
Perhaps exchanged_branches(const Evidence& e) {
  double first = 0;
  bool both = false;
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    if (!e.wrong[k]) continue;
    const double r = e.analytic[k] / e.numeric[k];
    if (!std::isfinite(r) || r == 0) return {};
    if (first == 0) first = r;
    const bool other = close(r * first, 1) && !close(r, first);
    if (!other && !close(r, first)) return {};
    both = both || other;
  }
  if (!both) return {};
  return Guess{
      GradFault::inverted_mask,
      fmt::format("it is {:.4g} times the right one in some elements and {:.4g} times in the "
                  "others: are the two branches exchanged?",
                  std::min(first, 1 / first), std::max(first, 1 / first))};
}

Perhaps some_elements(const Evidence& e) {
  bool some_right = false;
  for (std::size_t k = 0; k < e.elements.size(); ++k)
    some_right = some_right || (!e.wrong[k] && !zero_here(e.numeric[k]));
  if (!some_right) return {};
  const auto wrong = [&](std::size_t k) { return static_cast<bool>(e.wrong[k]); };
  const std::string where = where_wrong(e);
  const std::string there = where.empty() ? "in the failing elements" : where;
  if (const std::optional<double> r = ratio(e, wrong)) {
    if (std::count(e.wrong.begin(), e.wrong.end(), true) > 1) {
      return Guess{GradFault::some_elements,
                   *r == 0
                       ? fmt::format("it is zero {}, and right in the others: does a loop or a "
                                     "mask leave them out?",
                                     there)
                       : fmt::format("it is {:.6g} times the right one {}, and right in the others",
                                     *r, there)};
    }
  }
  if (where.empty()) return {};
  return Guess{GradFault::some_elements,
               fmt::format("it is wrong {}, and right in the others", where)};
}

// An error that is the same, or a straight line in x, or a multiple of y all along an axis comes from
// a sum over that axis: each element of a random gradient would make an error of its own.
Perhaps missing_sum(const Evidence& e) {
  const Shape& shape = e.shape();
  if (!e.complete() || e.y.shape() != shape) return {};
  const std::vector<double> x = e.x().to_vector(), y = e.y.to_vector();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t n = shape[axis], inner = shape.size(axis + 1, shape.rank());
    if (n < 3) continue;
    bool same = true, line = n > 3, times_y = true;
    for (std::int64_t i = 0; i < shape.size(); ++i) {
      const auto first = static_cast<std::size_t>(i / (n * inner) * n * inner + i % inner),
                 second = first + static_cast<std::size_t>(inner), at = static_cast<std::size_t>(i);
      const auto error = [&](std::size_t k) { return e.analytic[k] - e.numeric[k]; };
      same = same && close(error(at), error(first));
      line = line && close((error(at) - error(first)) * (x[second] - x[first]),
                           (error(second) - error(first)) * (x[at] - x[first]));
      times_y = times_y && close(error(at) * y[first], error(first) * y[at]);
    }
    if (!same && !line && !times_y) continue;
    return Guess{
        GradFault::missing_term,
        fmt::format("along axis {} the error is {}: a sum or mean over that axis is missing", axis,
                    same      ? "the same"
                    : times_y ? "a multiple of y"
                              : "a straight line in " + operand_name(e.op, e.input))};
  }
  return {};
}

}  // namespace

Guess guess_fault(const Evidence& evidence) {
  constexpr Perhaps (*kGuesses[])(const Evidence&) = {
      not_finite,    zero,          constant_factor,    other_places, over_an_axis, guess_couplings,
      inverted_mask, some_elements, exchanged_branches, missing_sum,  guess_terms};
  for (const auto guess : kGuesses) {
    if (Perhaps found = guess(evidence)) return *found;
  }
  return {};
}

}  // namespace tapestry::checking
