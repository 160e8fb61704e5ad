#pragma once

#include <cstdint>

#include "autograd/tensor.hpp"

// How many of its codes a discrete latent space uses.

namespace tapestry::vae {

/// The share of each of `codes` codes among `code`, i32 of any shape: f64 [codes], which sum to 1.
/// DomainError for a code outside 0..codes-1, ShapeError for no code at all.
Tensor code_shares(const Tensor& code, std::int64_t codes);

/// exp of the entropy of probabilities [K]: the number of equally likely outcomes that would be as
/// hard to guess. From 1, all in one, to K. DomainError unless they are >= 0 and sum to 1.
double perplexity(const Tensor& probabilities);

}  // namespace tapestry::vae
