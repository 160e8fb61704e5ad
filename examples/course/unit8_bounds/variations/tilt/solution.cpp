// --- 8.7  A claim -----------------------------------------------------------------------------------
// Your row, tilt: what beta does. The best q of beta is p(z) p(x|z)^(1/beta) / C, and with it the
// objective is beta log E_p(z)[p(x|z)^(1/beta)]. Your program is about library.beta_objective and
// library.best_q.

// SOLUTION 8.7 begin
// STARTER // Functions of your own go here.
/// beta log sum_z p(z) p(x|z)^(1/beta): what the best q of beta must reach.
static double largest(const Model& model, double beta) {
  double sum = 0;
  for (std::size_t z = 0; z < model.prior.size(); ++z)
    sum += model.prior[z] * std::exp(model.log_likelihood[z] / beta);
  return beta * std::log(sum);
}
// SOLUTION 8.7 end

std::vector<NamedMistake> mistakes() {
  // SOLUTION 8.7 begin
  // STARTER todo("8.7", "two mistakes");
  return {{"posterior", "q is the posterior, whatever beta is"},
          {"reconstruction", "beta weighs the reconstruction, not the divergence"}};
  // SOLUTION 8.7 end
}

void program(Concept& c) {
  // SOLUTION 8.7 begin
  // STARTER todo("8.7", "a program with four claims");
  const auto best = [&](double beta) {
    return c.library.best_q(c.model, c.broken("posterior") ? 1 : beta);
  };
  const auto value = [&](const Table& q, double beta) {
    if (c.broken("reconstruction")) return beta * c.library.beta_objective(q, c.model, 1 / beta);
    return c.library.beta_objective(q, c.model, beta);
  };
  for (const int beta : {1, 2, 4})
    c.exact("the best q reaches beta log E[p(x|z)^(1/beta)], beta = " + std::to_string(beta),
            value(best(beta), beta), largest(c.model, beta));

  // What q loses against the best one is beta times its divergence from it.
  const double lost = value(best(2), 2) - value(c.q, 2);
  c.exact("another q loses beta KL(q || best)", lost, 2 * kl(c.q, best(2)));

  // The best value falls with beta, and its slope is minus the divergence that beta weighs.
  const double h = 1e-4, up = value(best(2 + h), 2 + h), down = value(best(2 - h), 2 - h);
  c.exact("the slope of the best value by beta is -KL(best || prior)", (up - down) / (2 * h),
          -kl(best(2), c.model.prior), 1e-6);
  // SOLUTION 8.7 end
}
