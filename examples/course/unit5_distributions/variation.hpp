#pragma once

#include "agree.hpp"

/// What the judge knows about the density of task 5.5. A folder of variations/ defines it in facts.cpp; an
/// instructor's overlay may hold others.
const Density& variation();
