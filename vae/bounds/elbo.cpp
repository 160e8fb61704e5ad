#include "vae/bounds/elbo.hpp"

#include <algorithm>

#include "autograd/address.hpp"
#include "autograd/ops.hpp"
#include "vae/bounds/estimators.hpp"

namespace tapestry::vae {

namespace {

void check_shapes(const Tensor& log_lik, const NamedPart& group, bool alone) {
  const Shape &of_lik = log_lik.shape(), &of_kl = group.value.shape();
  if (of_lik == of_kl || log_lik.size() == 1 || group.value.size() == 1) return;
  const std::string name = alone ? "kl" : "kl." + group.name;
  throw ShapeError(
      fmt::format("elbo: log_lik has shape {}, but {} has shape {}", of_lik, name, of_kl),
      "one number for each image in both: does q, the prior or p(x|z) lack its "
      "event_dims, as in Normal(loc, scale, 1)?");
}

void check_shapes(const ElboTerms& terms) {
  const auto& groups = terms.kl.groups();
  for (const NamedPart& group : groups) check_shapes(terms.log_lik, group, groups.size() == 1);
}

// The estimate of a KL may be negative for one image, by noise; not for all of many.
void check_sign(const Tensor& kl) {
  constexpr std::int64_t kMany = 16;
  if (kl.size() < kMany) return;
  double sum = 0;
  for (const double value : kl.to_vector()) {
    if (!(value < -1e-3)) return;
    sum += value;
  }
  const double mean = sum / static_cast<double>(kl.size());
  if (mean > -0.5) return;
  DomainError error(
      fmt::format(
          "elbo: the KL of all {} images is below 0, on average {:.3g} nats; no KL divergence is",
          kl.size(), mean),
      "is its sign turned, or are q and the prior swapped? the bound is log_lik - kl");
  error.operands.push_back(operand_line("kl", kl));
  throw_at({}, std::move(error));
}

Tensor weighted(const Tensor& log_lik, const Tensor& kl, double beta) {
  return beta == 1 ? log_lik - kl : log_lik - beta * kl;
}

}  // namespace

void detail::check_not_negative(const Tensor& kl) {
  const std::vector<double> values = kl.to_vector();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] < -1e-3)) continue;
    DomainError error(
        fmt::format("elbo: KL{} = {:.3g}, but no KL divergence is below 0",
                    kl.rank() ? index_text(kl.shape(), static_cast<std::int64_t>(i)) : "",
                    values[i]),
        "the formula of this kl(q, p) is wrong: a sign, or a log variance taken for a scale?");
    error.operands.push_back(operand_line("kl", kl));
    throw_at({}, std::move(error));
  }
}

Tensor KlGroups::total() const {
  check<DomainError>(!groups_.empty(), "elbo: the terms have no KL");
  Tensor total = groups_.front().value;
  for (std::size_t i = 1; i < groups_.size(); ++i) total = total + groups_[i].value;
  return total;
}

KlGroups& KlGroups::operator+=(const KlGroups& other) {
  for (const NamedPart& more : other.groups_) {
    const auto same = std::ranges::find(groups_, more.name, &NamedPart::name);
    if (same == groups_.end())
      groups_.push_back(more);
    else
      same->value = same->value + more.value;
  }
  return *this;
}

Tensor ElboTerms::elbo() const {
  check_shapes(*this);
  return log_lik - kl.total();
}

Tensor ElboTerms::objective() const {
  check_shapes(*this);
  const Tensor divergence = kl.total();
  check_sign(divergence);
  return weighted(log_lik, divergence, beta);
}

Tensor ElboTerms::loss() const { return -mean(objective()); }

Tensor ElboTerms::data_set_elbo(std::int64_t images) const {
  const Tensor each = elbo();
  return (static_cast<double>(images) / static_cast<double>(each.size())) * sum(each);
}

ElboTerms& ElboTerms::operator+=(const ElboTerms& next) {
  if (!log_lik.defined()) return *this = next;
  check<ConfigError>(beta == next.beta, "elbo: terms of beta {} and {} are no sum", beta,
                     next.beta);
  log_lik = log_lik + next.log_lik;
  kl += next.kl;
  return *this;
}

ElboTerms::operator Objective() const {
  check_shapes(*this);
  const Tensor divergence = kl.total();
  check_sign(divergence);
  Objective o{.value = weighted(log_lik, divergence, beta),
              .parts = {{"log_lik", log_lik}, {"kl", divergence}}};
  o.bound = beta == 1 ? o.value : log_lik - divergence;
  if (kl.groups().size() > 1)
    for (const NamedPart& group : kl.groups()) o.parts.push_back({"kl." + group.name, group.value});
  return o;
}

}  // namespace tapestry::vae
