#include "vae/training/explainer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <numeric>

#include "autograd/json_text.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/file.hpp"
#include "vae/analysis/active_units.hpp"
#include "vae/analysis/aggregate.hpp"
#include "vae/training/eval_mode.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kRows = 1000;

// Rows that are spread over a part: its order may be that of classes.
std::vector<std::int32_t> spread_rows(std::int64_t size, std::int64_t most = kRows) {
  const std::int64_t count = std::min(size, most);
  std::vector<std::int32_t> index(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    index[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i * size / count);
  return index;
}

// The expected value of a pixel under the rule of the data.
double value_of(std::uint8_t byte, nn::Binarize rule) {
  return rule == nn::Binarize::threshold ? byte > 127 : byte / 255.0;
}

nn::NamedTensors copies(const nn::NamedTensors& tensors) {
  nn::NamedTensors list;
  for (const nn::NamedTensor& t : tensors) list.push_back({t.name, t.value.clone()});
  return list;
}

}  // namespace

DataFacts data_facts(const nn::ImageDataset& data, DecoderKind decoder) {
  const std::int64_t D = data.image_size();
  const auto width = static_cast<std::size_t>(D);
  DataFacts facts{.pixels = D, .coins = decoder == DecoderKind::bernoulli, .largest_byte = 0};
  const std::vector<std::int32_t> rows = spread_rows(data.train.count, 5000);
  const double n = static_cast<double>(rows.size()), all = n * static_cast<double>(D);
  std::vector<double> mean(width), square(width);
  double grey = 0;
  for (const std::int32_t row : rows) {
    const auto image = data.train.image(row);
    const auto [least, most] = std::ranges::minmax(image);
    facts.largest_byte = std::max<int>(facts.largest_byte, most);
    facts.blank += (least == most) / n;
    for (std::size_t i = 0; i < width; ++i) {
      const double v = value_of(image[i], data.binarize);
      mean[i] += v / n;
      square[i] += v * v / n;
      grey += data.binarize == nn::Binarize::none && image[i] != 0 && image[i] != 255;
    }
  }
  facts.grey_share = grey / all;
  double variance = 0;
  for (std::size_t i = 0; i < width; ++i)
    variance += std::max(0.0, square[i] - mean[i] * mean[i]) / static_cast<double>(D);
  facts.spread = std::sqrt(variance);
  if (decoder == DecoderKind::continuous_bernoulli || data.test.count == 0) return facts;

  const std::vector<std::int32_t> tests = spread_rows(data.test.count, 5000);
  double nats = 0;
  const double least_variance = 1 / (256.0 * 256.0), sigma2 = std::max(variance, least_variance);
  for (const std::int32_t row : tests) {
    const auto image = data.test.image(row);
    for (std::size_t i = 0; i < width; ++i) {
      const double v = value_of(image[i], data.binarize);
      if (facts.coins) {
        const double p = std::clamp(mean[i], 1e-3, 1 - 1e-3);
        nats -= v * std::log(p) + (1 - v) * std::log(1 - p);
      } else {
        const double far = v - mean[i];
        nats += 0.5 * (std::log(2 * std::numbers::pi * sigma2) + far * far / sigma2);
      }
    }
  }
  facts.baseline = nats / static_cast<double>(tests.size());
  return facts;
}

double decoder_reach(const AnyVae& model, std::int64_t latent, Rng rng) {
  if (!model.picture || latent == 0) return std::nan("");
  const EvalMode mode(*model.module);
  constexpr std::int64_t kDraws = 64;
  const Tensor x = model.picture(rng.normal({kDraws, latent})).to(DType::f64);
  return std::sqrt(mean(square(x - mean(x, 0))).item());
}

RateProbe probe_rate(const Player& player, const nn::Dataset& data, std::int64_t batch,
                     std::int64_t step, const Rng& rng, int steps) {
  nn::Optimizer& optimizer = player.optimizer;
  const nn::NamedTensors model = copies(player.model.state());
  const nn::NamedTensors moments = copies(optimizer.state());
  const double lr = optimizer.lr();
  const bool was_training = player.model.training();
  const std::vector<std::int32_t> rows = spread_rows(data.size(nn::Part::train));
  const auto loss = [&] {
    const EvalMode mode(player.model);
    nn::Batch some = data.batch(nn::Part::train, rows, rng.stream("pixels"), 0);
    some.step = step;
    Rng latent = rng.stream("latent");
    return player.play(some, latent).loss().item();
  };
  const auto after = [&](double rate) {
    nn::Batcher batches(data, rng.stream("batches"), {.batch = batch});
    Rng latent = rng.stream("steps");
    double result = HUGE_VAL;
    player.model.train();
    try {
      for (int k = 0; k < steps; ++k) {
        nn::Batch some = batches.next();
        some.step = step;
        optimizer.set_lr(rate);
        optimizer.zero_grad();
        Tape tape;
        tape.backward(player.play(some, latent).loss());
        optimizer.step();
        if (player.after_step) player.after_step();
      }
      result = loss();
    } catch (const DomainError&) {
      // Not finite: this rate is no better.
    }
    player.model.load_state(model);
    optimizer.load_state(moments);
    optimizer.set_lr(lr);
    return std::isfinite(result) ? result : HUGE_VAL;
  };
  RateProbe probe{.lr = lr, .steps = steps, .before = loss()};
  probe.same = after(lr);
  probe.lower = after(lr / 10);
  probe.higher = after(10 * lr);
  optimizer.zero_grad();
  player.model.train(was_training);
  return probe;
}

Explainer::Explainer(const AnyVae& model, const nn::ImageDataset& data, Options options)
    : model_(model), data_(data), options_(std::move(options)) {}

EpochNumbers Explainer::numbers(int epoch) const {
  EpochNumbers n{.epoch = epoch};
  std::map<std::string, double> parts;
  for (const nn::NamedParameter& p : model_.module->named_parameters()) {
    const Tensor& grad = p.parameter->grad();
    if (!grad.defined()) continue;
    const NoGrad no_grad;
    parts[p.name.substr(0, p.name.find('.'))] += sum(square(grad.to(DType::f64))).item();
  }
  double total = 0;
  for (const auto& [name, square] : parts) total += square;
  n.gradient_norm = std::sqrt(total);
  for (const auto& [name, square] : parts)
    n.gradient_share.emplace_back(name, total > 0 ? square / total : 0);

  const Rng rng = Rng(options_.seed).stream("explain");
  if (!model_.posterior || data_.test.count < 2) return n;
  const EvalMode mode(*model_.module);
  const nn::Batch rows = data_.batch(nn::Part::test, spread_rows(data_.test.count),
                                     Rng(options_.seed).stream("test").stream("pixels"), 0);
  const prob::Normal q = model_.posterior(rows);
  const CollapseReport report = collapse_report(q);
  n.kl = report.kl.to_vector();
  n.active = report.active();
  Rng draws = rng.stream("draws");
  n.information = kl_surgery(q, 500, draws).information.mean.item();
  n.most_information = std::log(static_cast<double>(rows.images.dim(0)));
  return n;
}

void Explainer::follow(Trainer& trainer) {
  const std::filesystem::path file = options_.out / "explain.jsonl";
  if (!options_.out.empty() && std::filesystem::exists(file)) {
    // The lines of epochs that a resumed run has not finished, or of a run that is gone, are left out.
    std::ifstream in(file);
    std::string kept, line;
    for (int epoch = 1; epoch < trainer.epoch() && std::getline(in, line); ++epoch)
      kept += line + "\n";
    nn::write_file_atomically(file, kept);
  }
  trainer.on_epoch = [this, file, before = trainer.on_epoch](const EpochReport& report) {
    if (before) before(report);
    last_ = numbers(report.epoch);
    if (options_.print) fmt::print("         {}\n", in_words(*last_));
    if (options_.out.empty()) return;
    nlohmann::ordered_json line = {{"epoch", report.epoch},
                                   {"gradient_norm", last_->gradient_norm}};
    for (const auto& [name, share] : last_->gradient_share) line["gradient_share"][name] = share;
    if (!last_->kl.empty()) {
      line["kl"] = last_->kl;
      line["active"] = last_->active;
      line["information"] = last_->information;
      line["most_information"] = last_->most_information;
    }
    MetricsLog(file).append(json_text(line));
  };
}

std::vector<Finding> Explainer::findings(const Trainer& trainer, const Player& player,
                                         std::int64_t batch) const {
  RunFacts run{.data = data_facts(data_, options_.decoder),
               .history = trainer.history(),
               .last = last_ ? *last_ : numbers(trainer.epoch() - 1)};
  const Rng rng = Rng(options_.seed).stream("explain");
  run.reach = decoder_reach(model_, options_.latent, rng.stream("reach")) / run.data.spread;
  const std::int64_t steps = (data_.train.count + batch - 1) / batch;
  run.probe = probe_rate(player, data_, batch, (trainer.epoch() - 1) * steps, rng.stream("probe"));
  return diagnose(run);
}

std::string in_words(const EpochNumbers& n) {
  std::string text;
  if (n.active >= 0) text += fmt::format("{} of {} active, ", n.active, n.kl.size());
  if (!std::isnan(n.information))
    text +=
        fmt::format("I(x;z) {:.1f} of at most {:.1f} nats, ", n.information, n.most_information);
  text += fmt::format("gradient {:.2g}:", n.gradient_norm);
  for (const auto& [name, share] : n.gradient_share)
    text += fmt::format(" {} {:.0f} %", name, 100 * share);
  return text;
}

}  // namespace tapestry::vae
