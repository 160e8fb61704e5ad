#include "row.hpp"

const char* row_name() { return "tilt: what beta does, with beta_objective and best_q"; }
