#pragma once

#include "autograd/dtype.hpp"
#include "autograd/error.hpp"
#include "autograd/gradcheck.hpp"
#include "autograd/op.hpp"
#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "autograd/random.hpp"
#include "autograd/shape.hpp"
#include "autograd/source_loc.hpp"
#include "autograd/storage.hpp"
#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"
