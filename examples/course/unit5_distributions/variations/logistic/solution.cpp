// --- 5.5  A density of your own ---------------------------------------------------------------------
// logistic: p(x) = e^-z / (scale (1 + e^-z)^2), z = (x - loc) / scale, with the distribution function
// 1 / (1 + e^-z). Right for any z.
double variation_log_prob(double x, double loc, double scale) {
  // SOLUTION 5.5 begin
  // STARTER todo("5.5", "the log density of the logistic");
  const double z = std::abs(x - loc) / scale;
  return -z - std::log(scale) - 2 * std::log1p(std::exp(-z));
  // SOLUTION 5.5 end
}
double variation_sample(Rng& rng, double loc, double scale) {
  // SOLUTION 5.5 begin
  // STARTER todo("5.5", "a sample of the logistic");
  const double u = rng.uniform();
  return loc + scale * std::log(u / (1 - u));
  // SOLUTION 5.5 end
}
