#pragma once

#include "prob/bernoulli.hpp"
#include "prob/cases.hpp"
#include "prob/constraint.hpp"
#include "prob/continuous_bernoulli.hpp"
#include "prob/distribution.hpp"
#include "prob/kl.hpp"
#include "prob/normal.hpp"
#include "prob/special.hpp"
#include "prob/standard_normal.hpp"
