#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "autograd/gradcheck/evidence.hpp"

// Which outputs an element reaches, and of which of them its gradient hears.

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

// Whether every axis of the operand is one of y's, or was repeated to be.
bool repeated(const Evidence& e) {
  const Shape &x = e.shape(), &y = e.y.shape();
  if (x.rank() > y.rank() || x.size() >= y.size()) return false;
  for (int axis = 1; axis <= x.rank(); ++axis) {
    if (x[-axis] != y[-axis] && x[-axis] != 1) return false;
  }
  return true;
}

// Right as far as it goes, but it takes some of the outputs only.
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
  if (!repeated(e)) return Guess{GradFault::missing_term, facts + ": a part of the sum is missing"};
  return Guess{GradFault::missing_broadcast_sum,
               facts + ": sum over the axes along which the operand was repeated"};
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

std::string axes_text(std::uint32_t axes) {
  std::vector<int> list;
  for (int i = 0; i < Shape::kMaxRank; ++i) {
    if (axes >> i & 1) list.push_back(i);
  }
  return fmt::format("{} {}", list.size() == 1 ? "axis" : "axes", fmt::join(list, ", "));
}

// y has x's shape: along which axes does forward mix the elements, and along which backward?
Perhaps other_axes(const Evidence& e) {
  if (e.y.shape() != e.shape()) return {};
  const std::uint32_t there = tied_axes(e, e.jacobian.numeric),
                      here = tied_axes(e, e.jacobian.analytic);
  if (here == there) return {};
  if ((here & there) == here) {
    const std::string axes = axes_text(there & ~here);
    return Guess{
        GradFault::missing_term,
        fmt::format("forward mixes the elements along {}, backward does not: a sum over {} "
                    "is missing",
                    axes, axes)};
  }
  return Guess{GradFault::wrong_axis,
               there ? fmt::format("forward mixes the elements along {}, backward along {}",
                                   axes_text(there), axes_text(here))
                     : fmt::format("forward keeps the elements apart, backward mixes them along {}",
                                   axes_text(here))};
}

// An element that hears of an output which it does not reach, or not of one which it does.
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
