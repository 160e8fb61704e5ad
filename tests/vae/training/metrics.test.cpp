#include "vae/training/metrics.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/layers/linear.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/training/diagnosis.hpp"
#include "vae/training/explainer.hpp"
#include "vae/training/metrics_log.hpp"

using namespace tapestry;

TEST_CASE("evaluate_active_units: two rows are enough for a variance, one is not",
          "[vae][training]") {
  nn::Linear model(2, 1);
  const auto units = [&](const Tensor& test) {
    const nn::TensorDataset data({zeros({4, 2})}, {test});
    return vae::evaluate_active_units(
        model, [](const nn::Batch& b) { return b.images; }, data, nn::Part::test, Rng(1));
  };
  CHECK(units(tensor({{1.0f, 5.0f}, {2.0f, 5.0f}})) == 1);
  CHECK(units(tensor({{1.0f, 5.0f}})) == -1);
}

TEST_CASE("evaluate_perplexity: of four codes used alike 4, of one 1", "[vae][training]") {
  nn::Linear model(2, 1);
  const nn::TensorDataset data({zeros({4, 2})}, {zeros({4, 2})});
  const auto of = [&](const Tensor& codes) {
    return vae::evaluate_perplexity(
        model, [&](const nn::Batch&) { return codes.to(DType::i32); }, data, nn::Part::test,
        Rng(1));
  };
  CHECK(of(tensor({{0.0, 1.0}, {2.0, 3.0}, {0.0, 1.0}, {2.0, 3.0}})) == Approx(4));
  CHECK(of(full({4, 1}, 7.0)) == Approx(1));
}

TEST_CASE("evaluate_log_px: each row, and mean, standard error and sample size by hand",
          "[vae][training]") {
  nn::Linear model(1, 1);
  // Each row is its own log p(x): all its weights are alike.
  const nn::TensorDataset data({zeros({4, 1})},
                               {reshape(tensor({-1.0, -2.0, -6.0, -50.0}), {4, 1})});
  const auto weights = [](const nn::Batch& batch, Rng&, int samples) {
    return reshape(batch.images, {1, -1}) + zeros({samples, 1}, batch.images.dtype());
  };
  // With 4000 samples each row is a minibatch of its own.
  for (const int samples : {2, 4000}) {
    const vae::LogPx rows =
        vae::log_px_of_rows(model, weights, data, nn::Part::test, 3, Rng(1), samples);
    CHECK(rows.log_px.dtype() == DType::f64);
    CHECK(rows.log_px.to_vector() == std::vector<double>{-1, -2, -6});
    CHECK(rows.ess.shape() == Shape{3});
    const vae::LogPxReport r =
        vae::evaluate_log_px(model, weights, data, nn::Part::test, 3, Rng(1), samples);
    CHECK(r.images == 3);
    CHECK(r.samples == samples);
    CHECK(r.log_px == Approx(-3));
    CHECK(r.se == Approx(std::sqrt((4.0 + 1 + 9) / 2 / 3)));
    CHECK(r.ess == Approx(samples).epsilon(1e-4));
  }
  CHECK(vae::evaluate_log_px(model, weights, data, nn::Part::test, 1, Rng(1), 2).se == 0);
  CHECK(vae::evaluate_log_px(model, weights, data, nn::Part::test, 99, Rng(1), 2).images == 4);
}

TEST_CASE("metrics log: numbers become one JSON object a line, what is not finite null",
          "[vae][training]") {
  const ScratchFolder folder;
  vae::MetricsLog log(folder / "metrics.jsonl");
  CHECK(log.size() == 0);
  log.append_numbers({{"epoch", 2}, {"loss", 1.5}, {"gap", std::nan("")}, {"top", HUGE_VAL}});
  log.append_numbers({{"epoch", 3}});
  const std::string want = "{\"epoch\":2,\"loss\":1.5,\"gap\":null,\"top\":null}\n{\"epoch\":3}\n";
  CHECK(slurp(folder / "metrics.jsonl") == want);
  CHECK(log.size() == want.size());
}

TEST_CASE("elbo: a closed KL below 0 is named with its place, rounding is let by",
          "[vae][errors]") {
  using test::throws_with;
  const auto checked = [](const Tensor& kl) {
    return [kl] { vae::detail::check_not_negative(kl); };
  };
  CHECK_NOTHROW(checked(tensor({0.0, -1e-4, 3.0}))());
  CHECK(throws_with<DomainError>(checked(tensor({0.1, -0.5, 3.0})),
                                 "KL[1] = -0.5, but no KL divergence is below 0"));
  CHECK(
      throws_with<DomainError>(checked(tensor({0.1, -0.5})), "formula of this kl(q, p) is wrong"));
  CHECK(throws_with<DomainError>(checked(full({}, -2.0)), "KL = -2, but"));
}

TEST_CASE("diagnosis: a NaN that was averted says where it was and what is left",
          "[vae][training]") {
  DomainError error("NaN is born", "look");
  error.op = "exp";
  error.when = "step 7";
  const vae::Finding first = vae::nan_averted(error, {}, 1e-3);
  CHECK(first.name == "NaN averted");
  CHECK(first.evidence == "exp: NaN is born (step 7)");
  CHECK(first.advice.find("no epoch was finished; try --lr 0.0001, --clip 1") == 0);
  vae::EpochReport done;
  done.epoch = 4;
  const vae::Finding later = vae::nan_averted(DomainError("bad", ""), {done}, 0.5);
  CHECK(later.evidence == "bad");
  CHECK(later.advice.find("the model of epoch 4 is whole in checkpoint.safetensors; try --lr "
                          "0.001,") == 0);
}

TEST_CASE("explainer: an epoch's numbers in words", "[vae][training]") {
  vae::EpochNumbers n;
  n.gradient_norm = 1.23;
  n.gradient_share = {{"encoder", 0.31}, {"decoder", 0.69}};
  CHECK(vae::in_words(n) == "gradient 1.2: encoder 31 % decoder 69 %");
  n.kl = {1, 2, 0};
  n.active = 2;
  n.information = 6.06;
  n.most_information = 7.6;
  CHECK(vae::in_words(n) ==
        "2 of 3 active, I(x;z) 6.1 of at most 7.6 nats, gradient 1.2: encoder 31 % decoder 69 %");
}
