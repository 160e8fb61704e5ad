#include "nn/optim/adam.hpp"

#include "nn/optim/adam_chunk.hpp"

namespace tapestry::nn {

Adam::Adam(std::vector<Parameter*> parameters, const AdamOptions& options)
    : Optimizer("adam", std::move(parameters), options.lr, {"m", "v"}), options_(options) {
  check_option("beta1", options.beta1, 0, 1);
  check_option("beta2", options.beta2, 0, 1);
  check_option("eps", options.eps, 0);
  check_option("weight_decay", options.weight_decay, 0);
}

bool Adam::update(const Chunk<float>& chunk) const { return adam_chunk(chunk, options_); }
bool Adam::update(const Chunk<double>& chunk) const { return adam_chunk(chunk, options_); }

}  // namespace tapestry::nn
