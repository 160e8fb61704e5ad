#include "vae/bounds/means.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

double mean_of(const Tensor& t) { return mean(t.detach()).item(); }

std::vector<std::string> names_of(const Means& means) {
  std::vector<std::string> names;
  for (const auto& [name, mean] : means.parts) names.push_back(name);
  return names;
}

}  // namespace

void Means::add(const Objective& objective) {
  const NoGrad no_grad;
  const std::int64_t more = objective.value.size();
  const double share = static_cast<double>(more) / static_cast<double>(images + more);
  if (images == 0)
    for (const NamedPart& part : objective.parts) parts.emplace_back(part.name, 0.0);
  const bool same = std::ranges::equal(
      parts, objective.parts, {}, [](const auto& p) { return p.first; }, &NamedPart::name);
  check<ConfigError>(same, "the objective has other parts than before, which were {}",
                     fmt::join(names_of(*this), ", "));
  const auto add_to = [&](double& sum, double mean) { sum += share * (mean - sum); };
  add_to(value, mean_of(objective.value));
  for (std::size_t i = 0; i < parts.size(); ++i)
    add_to(parts[i].second, mean_of(objective.parts[i].value));
  if (!objective.bound.defined())
    bound = std::numeric_limits<double>::quiet_NaN();
  else if (is_elbo())  // to the last digit the difference of the two means that are reported
    bound = part("log_lik") - part("kl");
  else
    add_to(bound, mean_of(objective.bound));
  images += more;
}

bool Means::is_elbo() const {
  return has_bound() && parts.size() >= 2 && parts[0].first == "log_lik" && parts[1].first == "kl";
}

double Means::part(std::string_view name) const {
  const auto found = std::ranges::find(parts, name, [](const auto& p) { return p.first; });
  if (found != parts.end()) return found->second;
  throw ConfigError(fmt::format("the objective has no part '{}'", name),
                    parts.empty() ? "no image was added, or the objective has no parts"
                                  : fmt::format("it has {}", fmt::join(names_of(*this), ", ")));
}

}  // namespace tapestry::vae
