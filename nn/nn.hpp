#pragma once

#include "nn/checkpoint.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/module.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/optimizer.hpp"
#include "nn/param.hpp"
