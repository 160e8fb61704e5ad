#include "autograd/gradcheck/fault.hpp"

namespace tapestry {

std::string_view name(GradFault fault) {
  switch (fault) {
    case GradFault::none:
      return "none";
    case GradFault::unexplained:
      return "unexplained";
    case GradFault::sign:
      return "wrong sign";
    case GradFault::factor:
      return "constant factor";
    case GradFault::zero:
      return "zero";
    case GradFault::formula:
      return "wrong formula";
    case GradFault::wrong_value:
      return "wrong value";
    case GradFault::missing_term:
      return "missing term";
    case GradFault::missing_broadcast_sum:
      return "missing broadcast sum";
    case GradFault::summed_over_axis:
      return "summed over an axis";
    case GradFault::wrong_axis:
      return "wrong axis";
    case GradFault::transpose:
      return "transposed";
    case GradFault::misplaced:
      return "misplaced";
    case GradFault::inverted_mask:
      return "inverted mask";
    case GradFault::some_elements:
      return "wrong in some elements";
    case GradFault::forgot_dout:
      return "forgot dout";
    case GradFault::not_linear:
      return "not linear in dout";
    case GradFault::assigned:
      return "assigned instead of added";
    case GradFault::not_overwritten:
      return "added to a fresh target";
    case GradFault::stale:
      return "stale value";
    case GradFault::not_finite:
      return "not finite";
    case GradFault::not_saved:
      return "value not saved";
    case GradFault::wrong_shape:
      return "wrong shape";
    case GradFault::throws:
      return "throws";
    case GradFault::not_repeatable:
      return "not repeatable";
    case GradFault::cut_path:
      return "cut path";
  }
  return "";
}

}  // namespace tapestry
