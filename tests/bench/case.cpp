#include "case.hpp"

#include <fmt/format.h>

namespace tapestry::bench {
namespace {

vae::VaeConfig mlp(std::vector<std::int64_t> hidden, std::int64_t latent, Activation activation) {
  vae::VaeConfig c;
  c.hidden = std::move(hidden);
  c.latent = latent;
  c.activation = activation;
  return c;
}

std::vector<Case> make_cases() {
  const vae::VaeConfig small = mlp({400}, 20, Activation::relu);
  vae::VaeConfig conv = mlp({256}, 20, Activation::relu);
  conv.kind = vae::VaeConfig::Kind::conv;
  std::vector<Case> cases = {
      {"vae", "784-400-20, relu, batch 128", small, 128},
      {"aevb", "784-500-20, tanh, batch 100", mlp({500}, 20, Activation::tanh), 100},
  };
  for (const int k : {1, 5, 50}) {
    cases.push_back({fmt::format("iwae-{}", k),
                     fmt::format("784-200-200-50, tanh, batch 20, {} samples", k),
                     mlp({200, 200}, 50, Activation::tanh), 20, k});
  }
  cases.push_back({"conv", "1-32-64 (4x4, stride 2), 256-20, relu, batch 128", conv, 128});
  for (const int batch : {1, 4, 16, 64, 256, 1024, 4096}) {
    cases.push_back({fmt::format("batch-{}", batch),
                     fmt::format("784-400-20, relu, batch {}", batch), small, batch});
  }
  for (const int layers : {2, 4, 8, 16, 32, 64}) {
    const auto half = static_cast<std::size_t>(layers / 2);
    cases.push_back({fmt::format("depth-{}", layers),
                     fmt::format("{} hidden layers of 64 units, latent 20, relu, batch 32", layers),
                     mlp(std::vector<std::int64_t>(half, 64), 20, Activation::relu), 32});
  }
  return cases;
}

}  // namespace

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = make_cases();
  return cases;
}

std::vector<Case> cases_named(const std::vector<std::string>& names) {
  if (names.empty()) return all_cases();
  std::vector<Case> found;
  for (const std::string& name : names) {
    const std::size_t before = found.size();
    for (const Case& c : all_cases()) {
      if (c.name == name || c.name.starts_with(name + "-")) found.push_back(c);
    }
    if (found.size() == before) {
      throw ConfigError(fmt::format("there is no case {}", name), "bench list shows them");
    }
  }
  return found;
}

}  // namespace tapestry::bench
