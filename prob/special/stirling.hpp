#pragma once

namespace tapestry::prob {

// Combinations of lgamma and digamma whose large terms cancel: for large arguments Stirling's formula
// takes these out before they are rounded (Loader, Fast and accurate computation of binomial
// probabilities, 2000; Didonato and Morris, ACM TOMS 18, 1992, algorithm 708). All arguments positive.

double log_beta(double a, double b);      ///< lgamma(a) + lgamma(b) - lgamma(a + b)
double digamma_step(double a, double h);  ///< digamma(a + h) - digamma(a)

double gamma_log_density(double a, double rate, double x);
double beta_log_density(double a, double b, double x);

double gamma_entropy(double a);      ///< of Gamma(a, 1)
double student_t_entropy(double v);  ///< of v degrees of freedom, scale 1
double beta_entropy(double a, double b);

/// A gamma density: concentration a, rate.
struct GammaParameters {
  double a, rate;
};
double gamma_kl(GammaParameters q, GammaParameters p);  ///< KL(Gamma(q) || Gamma(p))

}  // namespace tapestry::prob
