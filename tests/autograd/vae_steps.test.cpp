#include <map>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

// Three training steps of a small VAE, written with nothing but ops and an Adam of ten lines, against
// PyTorch in f64 (tests/data/vae_steps.json): every number of Kingma and Welling's two estimators, every
// gradient, every parameter after the update.

namespace tapestry {
namespace {

using Json = nlohmann::json;

struct Adam {
  double lr, beta1, beta2, eps;
  int step = 0;
  std::map<std::string, std::vector<double>> m = {}, v = {};

  void update(Parameter& p) {
    std::vector<double>&m1 = m[p.name()], &m2 = v[p.name()];
    m1.resize(static_cast<std::size_t>(p.size()));
    m2.resize(m1.size());
    p.update([&](Tensor& value) {
      const auto g = p.grad().view<double>();
      auto w = value.mutate<double>();
      for (std::size_t i = 0; i < w.size(); ++i) {
        m1[i] = beta1 * m1[i] + (1 - beta1) * g[i];
        m2[i] = beta2 * m2[i] + (1 - beta2) * g[i] * g[i];
        w[i] -= lr * m1[i] / (1 - std::pow(beta1, step)) /
                (std::sqrt(m2[i] / (1 - std::pow(beta2, step))) + eps);
      }
    });
  }
};

}  // namespace

TEST_CASE("three VAE training steps from plain ops agree with PyTorch to 1e-9",
          "[autograd][golden]") {
  const DTypeScope f64(DType::f64);
  const Json golden = test::read_golden("vae_steps.json");
  for (const Json& c : golden.at("cases")) {
    std::map<std::string, Parameter> p;
    for (const auto& [name, value] : c.at("params").items()) {
      p.try_emplace(name, name, test::golden_tensor(value));
    }
    const Json& a = c.at("adam");
    Adam adam{a.at("lr"), a.at("beta1"), a.at("beta2"), a.at("eps")};
    const auto agrees = [](const Tensor& actual, const Json& expected) {
      CHECK(test::difference(actual, test::golden_tensor(expected), 1e-9) == "");
    };

    REQUIRE(c.at("steps").size() == 3);
    for (const Json& step : c.at("steps")) {
      ++adam.step;
      INFO("step " << adam.step);
      const Tensor x = test::golden_tensor(step.at("x")), eps = test::golden_tensor(step.at("eps"));
      Tape tape;
      const Tensor h = linear(x, p.at("enc.w"), p.at("enc.b"), Activation::tanh);
      const Tensor mu = linear(h, p.at("mu.w"), p.at("mu.b"));
      const Tensor sigma = exp(linear(h, p.at("lv.w"), p.at("lv.b")) / 2.0);
      const Tensor z = mu + sigma * eps;
      const Tensor logits = linear(linear(z, p.at("dec.w"), p.at("dec.b"), Activation::tanh),
                                   p.at("out.w"), p.at("out.b"));
      const Tensor reconstruction = bernoulli_log_prob(logits, x, 1);
      const Tensor kl = normal_kl_standard(mu, sigma, 1);
      const Tensor estimator_a =
          reconstruction + normal_log_prob(z, 0.0, 1.0, 1) - normal_log_prob(z, mu, sigma, 1);
      const Tensor estimator_b = reconstruction - kl;
      const Tensor loss = -mean(estimator_b);
      agrees(reconstruction, step.at("reconstruction"));
      agrees(kl, step.at("kl"));
      agrees(estimator_a, step.at("sgvb_generic"));
      agrees(estimator_b, step.at("sgvb_analytic_kl"));
      CHECK(loss.item() == Approx(step.at("loss").get<double>()).epsilon(1e-12));

      tape.backward(loss);
      CHECK(step.at("grads").size() == p.size());
      for (auto& [name, parameter] : p) {
        INFO(name);
        agrees(parameter.grad(), step.at("grads").at(name));
        adam.update(parameter);
        parameter.zero_grad();
        agrees(parameter.value(), step.at("params_after_adam").at(name));
      }
    }
  }
}

}  // namespace tapestry
