// --- 8.7  A claim -----------------------------------------------------------------------------------
// Your row, dimension: what more latents do. Of d independent copies of a model (z is a row of d
// numbers, x too) log p(x) and the ELBO add, 1 + spread is multiplied, and the gap of k samples
// grows faster than d for k > 1. Your program is about library.expected_iwae and library.spread.

// SOLUTION 8.7 begin
// STARTER // Functions of your own go here.
/// The table of all pairs.
static Table pairs(const Table& a, const Table& b, bool product) {
  Table all;
  for (const double x : a)
    for (const double y : b) all.push_back(product ? x * y : x + y);
  return all;
}
static Model twice(const Model& m) {
  return {pairs(m.prior, m.prior, true), pairs(m.log_likelihood, m.log_likelihood, false)};
}
static Table posterior(const Model& model) {
  Table p;
  for (std::size_t z = 0; z < model.prior.size(); ++z)
    p.push_back(model.prior[z] * std::exp(model.log_likelihood[z]));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= sum;
  return p;
}
// SOLUTION 8.7 end

std::vector<NamedMistake> mistakes() {
  // SOLUTION 8.7 begin
  // STARTER todo("8.7", "two mistakes");
  return {{"add", "the spreads of the copies are added"},
          {"one_sample", "k is left out: always one sample"}};
  // SOLUTION 8.7 end
}

void program(Concept& c) {
  // SOLUTION 8.7 begin
  // STARTER todo("8.7", "a program with four claims");
  const Model two = twice(c.model);
  const Table p = posterior(c.model), p2 = pairs(p, p, true), q2 = pairs(c.q, c.q, true);
  const auto bound = [&](const Table& q, const Model& model, int k) {
    return c.library.expected_iwae(q, model, c.broken("one_sample") ? 1 : k);
  };
  const double elbo = mean(c.q, c.model.log_likelihood) - kl(c.q, c.model.prior);
  const double evidence = std::log(c.model.prior[0] / p[0]) + c.model.log_likelihood[0];
  c.exact("two copies, one sample: twice the ELBO", bound(q2, two, 1), 2 * elbo);
  c.exact("two copies at the posterior: twice log p(x)", bound(p2, two, 2), 2 * evidence);

  int slower = 0;
  for (int k = 2; k <= 3; ++k) {
    const double one_gap = evidence - bound(c.q, c.model, k),
                 gap = 2 * evidence - bound(q2, two, k);
    slower += gap < 2 * one_gap + 1e-9;
  }
  c.exact("times that the gap of two copies is at most twice as large, of 2", slower, 0);

  Table ratio;
  for (std::size_t z = 0; z < p.size(); ++z) ratio.push_back(p[z] / c.q[z]);
  const double one = c.library.spread(c.q, c.model);
  c.exact("the spread of one copy, from the posterior", one, mean(p, ratio) - 1);
  c.exact("the spread of two copies", c.broken("add") ? 2 * one : c.library.spread(q2, two),
          (1 + one) * (1 + one) - 1);
  // SOLUTION 8.7 end
}
