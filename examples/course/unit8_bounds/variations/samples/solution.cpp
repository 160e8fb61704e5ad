// --- 8.7  A claim -----------------------------------------------------------------------------------
// Your row, samples: what k does. The bound of k samples is the ELBO at k = 1, grows with k, never
// passes log p(x), and misses nearly spread / (2k). Your program is about library.expected_iwae and
// library.spread.

// SOLUTION 8.7 begin
// STARTER // Functions of your own go here.
static Table posterior(const Model& model) {
  Table p;
  for (std::size_t z = 0; z < model.prior.size(); ++z)
    p.push_back(model.prior[z] * std::exp(model.log_likelihood[z]));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= sum;
  return p;
}
static double log_px(const Model& model) {
  double sum = 0;
  for (std::size_t z = 0; z < model.prior.size(); ++z)
    sum += model.prior[z] * std::exp(model.log_likelihood[z]);
  return std::log(sum);
}
// SOLUTION 8.7 end

std::vector<NamedMistake> mistakes() {
  // SOLUTION 8.7 begin
  // STARTER todo("8.7", "two mistakes");
  return {{"one_sample", "k is left out: always one sample"},
          {"sum", "the sum of the weights in the place of their mean"}};
  // SOLUTION 8.7 end
}

void program(Concept& c) {
  // SOLUTION 8.7 begin
  // STARTER todo("8.7", "a program with four claims");
  const auto bound = [&](const Table& q, int k) {
    const double value = c.library.expected_iwae(q, c.model, c.broken("one_sample") ? 1 : k);
    return c.broken("sum") ? value + std::log(k) : value;
  };
  const Table p = posterior(c.model);
  const double evidence = log_px(c.model);
  c.exact("one sample: the ELBO", bound(c.q, 1),
          mean(c.q, c.model.log_likelihood) - kl(c.q, c.model.prior));
  c.exact("q is the posterior: log p(x), with three samples too", bound(p, 3), evidence);

  int falls = 0, above = 0;
  for (int k = 1; k <= 4; ++k) {
    falls += bound(c.q, k + 1) <= bound(c.q, k);
    above += bound(c.q, k) > evidence;
  }
  c.exact("times that a sample more does not help, of 4", falls, 0);
  c.exact("times above log p(x), of 4", above, 0);

  // E_q[w^2] / p(x)^2 is the mean of w / p(x) = posterior / q under the posterior.
  Table ratio;
  for (std::size_t z = 0; z < p.size(); ++z) ratio.push_back(p[z] / c.q[z]);
  c.exact("the spread, from the posterior", c.library.spread(c.q, c.model), mean(p, ratio) - 1);

  // Near the posterior the next term is small, so that the size of the gap can be claimed.
  Table near = p;
  for (double& x : near) x = 0.99 * x + 0.01 / static_cast<double>(p.size());
  c.within("the gap of 5 samples over spread / 10",
           (evidence - bound(near, 5)) * 10 / c.library.spread(near, c.model), 0.9, 1.1);
  // SOLUTION 8.7 end
}
