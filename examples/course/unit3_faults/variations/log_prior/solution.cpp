// --- 3.6  A test ------------------------------------------------------------------------------------
// log_prior: E_q[log p(z)] in nats, for q = N(loc, sigma^2), sigma = exp(log_sigma), and p = N(0, 1): the
// sum over a row of -(loc^2 + sigma^2 + log(2 pi)) / 2.
bool is_right(Part part) {
  // SOLUTION 3.6 begin
  // STARTER todo("3.6", "a test of a part of the loss");
  const DTypeScope f64(DType::f64);
  Parameter loc("loc", tensor({{0.5, -1.0, 2.0}, {0.0, 0.3, -0.7}}));
  Parameter log_sigma("log_sigma", tensor({{0.2, -0.4, 0.0}, {-1.0, 0.6, 0.1}}));
  Tape tape;
  const Tensor got = part(loc, log_sigma);
  if (got.shape() != Shape{2}) return false;
  tape.backward(sum(got));
  const auto close = [](double a, double b) { return std::abs(a - b) < 1e-9; };
  for (int b = 0; b < 2; ++b) {
    double row = 0;
    for (int d = 0; d < 3; ++d) {
      const double m = loc.value().at({b, d}), l = log_sigma.value().at({b, d});
      row -= (m * m + std::exp(2 * l) + std::log(2 * std::numbers::pi)) / 2;
      // What does not reach a parameter has no gradient at all.
      if (!loc.grad().defined() || !close(loc.grad().at({b, d}), -m)) return false;
      if (!log_sigma.grad().defined() || !close(log_sigma.grad().at({b, d}), -std::exp(2 * l)))
        return false;
    }
    if (!close(got.at({b}), row)) return false;
  }
  return true;
  // SOLUTION 3.6 end
}
