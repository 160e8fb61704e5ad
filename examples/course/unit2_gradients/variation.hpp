#pragma once

#include "agree.hpp"

/// What the judge knows about the op of task 2.5: a matrix {n, d} and a vector {d}. A folder of
/// variations/ defines it in facts.cpp; an instructor's overlay may hold others.
const Truth& variation();
