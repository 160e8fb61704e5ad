#include "variation.hpp"

const char* variation_name() { return "the expected log prior"; }
