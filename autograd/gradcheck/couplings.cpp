#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "autograd/gradcheck/elements.hpp"
#include "autograd/gradcheck/evidence.hpp"

// The outputs that an element reaches, and the outputs that its gradient comes from.

namespace tapestry::checking {
namespace {

using Perhaps = std::optional<Guess>;

bool reaches(double slope) { return std::fabs(slope) > 1e-7; }

std::string x_text(const Evidence& e, std::size_t k) {
  return operand_name(e.op, e.input) + index_text(e.shape(), e.elements[k]);
}
std::string y_text(const Evidence& e, std::size_t j) {
  return "y" + index_text(e.y.shape(), static_cast<std::int64_t>(j));
}

Perhaps not_transposed(const Evidence& e) {
  const Jacobian& J = e.jacobian;
  if (!e.complete() || J.outputs != e.elements.size()) return {};
  bool symmetric = true;
  for (std::size_t k = 0; k < J.outputs; ++k) {
    for (std::size_t j = 0; j < J.outputs; ++j) {
      if (!close(J.analytic[J.at(k, j)], J.numeric[J.at(j, k)])) return {};
      symmetric = symmetric && close(J.numeric[J.at(k, j)], J.numeric[J.at(j, k)]);
    }
  }
  if (symmetric) return {};
  return Guess{GradFault::transpose,
               "it is the Jacobian times dout; the gradient is its transpose times dout, so what "
               "flowed from x[i] to y[j] must flow back from dy[j] to dx[i]"};
}

// Correct slopes, but from only some of the outputs.
Perhaps partial_sum(const Evidence& e) {
  const Jacobian& J = e.jacobian;
  bool found = false;
  std::size_t where = 0, most = 0, taken = 0;
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    std::size_t reached = 0, heard = 0;
    for (std::size_t j = 0; j < J.outputs; ++j) {
      const double a = J.analytic[J.at(k, j)], n = J.numeric[J.at(k, j)];
      if (a != 0 && !close(a, n)) return {};
      reached += reaches(n);
      heard += reaches(a);
    }
    if (reached && !heard) return {};
    if (heard < reached && !found) {
      found = true;
      where = k;
      most = reached;
      taken = heard;
    }
  }
  if (!found) return {};
  const std::string facts = fmt::format(
      "{} goes into {} outputs, and its gradient takes {} of them", x_text(e, where), most, taken);
  const std::vector<int> axes = repeated_axes(e.shape(), e.y.shape());
  if (!broadcasts(e.shape(), e.y.shape()) || axes.empty())
    return Guess{GradFault::missing_term, facts + ": a part of the sum is missing"};
  return Guess{
      GradFault::missing_broadcast_sum,
      fmt::format("{}: sum over {}, along which the operand was repeated", facts, axes_text(axes))};
}

// Bit i is set when some element and some output that it is tied to differ in axis i.
std::uint32_t tied_axes(const Evidence& e, const std::vector<double>& slopes) {
  std::uint32_t axes = 0;
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    const auto here = index_of(e.shape(), e.elements[k]);
    for (std::size_t j = 0; j < e.jacobian.outputs; ++j) {
      if (!reaches(slopes[e.jacobian.at(k, j)])) continue;
      const auto there = index_of(e.y.shape(), static_cast<std::int64_t>(j));
      for (std::size_t i = 0; i < here.size(); ++i) axes |= (here[i] != there[i] ? 1u : 0u) << i;
    }
  }
  return axes;
}

std::string axes_in(std::uint32_t mask) {
  std::vector<int> axes;
  for (int i = 0; i < Shape::kMaxRank; ++i) {
    if (mask >> i & 1) axes.push_back(i);
  }
  return axes_text(axes);
}

// y has x's shape: along which axes does forward mix the elements, and along which backward?
Perhaps other_axes(const Evidence& e) {
  if (e.y.shape() != e.shape()) return {};
  const std::uint32_t there = tied_axes(e, e.jacobian.numeric),
                      here = tied_axes(e, e.jacobian.analytic);
  if (here == there) return {};
  if ((here & there) == here) {
    const std::string axes = axes_in(there & ~here);
    return Guess{
        GradFault::missing_term,
        fmt::format("forward mixes the elements along {}, backward does not: a sum over {} "
                    "is missing",
                    axes, axes)};
  }
  return Guess{GradFault::wrong_axis,
               there ? fmt::format("forward mixes the elements along {}, backward along {}",
                                   axes_in(there), axes_in(here))
                     : fmt::format("forward keeps the elements apart, backward mixes them along {}",
                                   axes_in(here))};
}

// An element whose gradient comes from an output that it does not reach, or misses one.
Perhaps other_outputs(const Evidence& e) {
  const Jacobian& J = e.jacobian;
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    std::optional<std::size_t> both, missed, invented;
    for (std::size_t j = 0; j < J.outputs; ++j) {
      const bool there = reaches(J.numeric[J.at(k, j)]), here = reaches(J.analytic[J.at(k, j)]);
      if (there && here) both = j;
      if (there && !here && !missed) missed = j;
      if (here && !there && !invented) invented = j;
    }
    if (missed && invented) {
      return Guess{
          GradFault::wrong_axis,
          fmt::format("{0} goes into {1}, but its gradient is taken from {2}, which it does "
                      "not reach",
                      x_text(e, k), y_text(e, *missed), y_text(e, *invented))};
    }
    if (missed && both) {
      return Guess{
          GradFault::missing_term,
          fmt::format("{} also goes into {}, and its gradient does not hear of it: a term is "
                      "missing",
                      x_text(e, k), y_text(e, *missed))};
    }
  }
  return {};
}

}  // namespace

Perhaps guess_couplings(const Evidence& evidence) {
  if (evidence.jacobian.outputs == 0) return {};
  for (const auto guess : {not_transposed, partial_sum, other_axes, other_outputs}) {
    if (Perhaps found = guess(evidence)) return found;
  }
  return {};
}

}  // namespace tapestry::checking
