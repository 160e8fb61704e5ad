#pragma once

// The only include of an op that you write: docs/howto/add_an_op.md.

#include "autograd/backward.hpp"             // BackwardCtx, what back_NAME receives
#include "autograd/gradcheck/gradcheck.hpp"  // check_op
#include "autograd/kernels/map.hpp"          // map, map_broadcast: loops over elements
#include "autograd/kernels/math.hpp"         // exp, tanh, softplus, ..., vectorised
#include "autograd/kernels/reduce.hpp"       // sum_to, the adjoint of broadcasting
#include "autograd/op.hpp"                   // OpInfo, the row; apply
#include "autograd/ops/test_inputs.hpp"      // inputs for the gradient check
