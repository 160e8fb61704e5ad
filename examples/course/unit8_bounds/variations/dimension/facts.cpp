#include "row.hpp"

const char* row_name() { return "dimension: what more latents do, with expected_iwae and spread"; }
