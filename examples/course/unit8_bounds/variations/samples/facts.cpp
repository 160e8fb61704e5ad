#include "row.hpp"

const char* row_name() { return "samples: what k does, with expected_iwae and spread"; }
