#include "autograd/health.hpp"

namespace tapestry {
namespace {

constinit thread_local Health level = Health::loss;

}  // namespace

Health health() { return level; }
void set_health(Health now) { level = now; }

}  // namespace tapestry
