#include "vae/elbo.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

Tensor ElboTerms::elbo() const { return log_lik - kl; }

Tensor ElboTerms::objective() const { return beta == 1 ? elbo() : log_lik - beta * kl; }

Tensor ElboTerms::loss() const { return -mean(objective()); }

Tensor ElboTerms::data_set_elbo(std::int64_t images) const {
  return (static_cast<double>(images) / static_cast<double>(log_lik.size())) * sum(elbo());
}

void ElboMeans::add(const ElboTerms& terms) {
  const NoGrad numbers_only;
  const std::int64_t more = terms.log_lik.size();
  const double share = static_cast<double>(more) / static_cast<double>(images + more);
  neg_log_lik += share * (-mean(terms.log_lik.detach()).item() - neg_log_lik);
  kl += share * (mean(terms.kl.detach()).item() - kl);
  images += more;
}

}  // namespace tapestry::vae
