#pragma once

#include "vae/exact/factor_analysis.hpp"

// Expectation maximisation for linear Gaussian models. The E-step, the posterior, and the M-step, least squares, need
// no data but the covariance S of its rows, so a step costs two products with S whatever the number of
// rows, and inverts K x K matrices alone. The mean of the model is the data's from the start.

namespace tapestry::vae {

/// M = W^T W + sigma^2 I;  W' = S W (sigma^2 I + M^-1 W^T S W)^-1;  sigma'^2 = tr(S - S W M^-1 W'^T) / D
///
/// Tipping and Bishop 1999, appendix B. S [D, D]; not recorded.
exact::Ppca em_step(const exact::Ppca& model, const Tensor& covariance);

/// B = G W^T Psi^-1;  W' = S B^T (G + B S B^T)^-1;  Psi' = diag(S - W' B S)
///
/// Rubin and Thayer 1982. S [D, D]; not recorded. DomainError where Psi' is not positive: a number that the
/// factors explain wholly, or that never varies.
exact::FactorAnalysis em_step(const exact::FactorAnalysis& model, const Tensor& covariance);

}  // namespace tapestry::vae
