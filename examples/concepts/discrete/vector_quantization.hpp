#pragma once

#include "vae/models/vq.hpp"

// The parts of vae/models/vq.hpp that programs of this chapter share.

namespace concepts {

using namespace tapestry;
using vae::Pulls, vae::VqVae, vae::log_codes, vae::pulls, vae::straight_through;

}  // namespace concepts
