#include "report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "autograd/json_text.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/threads.hpp"
#include "card.hpp"
#include "models.hpp"
#include "nn/checkpoint.hpp"
#include "nn/file.hpp"
#include "pictures.hpp"
#include "vae/training/progress.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

// Notes on the settings: numbers that are no bound or no probability, a weight of the KL that never
// reaches its goal.
std::vector<std::string> warnings(const Config& c) {
  std::vector<std::string> list;
  if (c.binarize == "none" && c.decoder == "bernoulli")
    list.push_back(
        "with grey pixels a Bernoulli likelihood is a cross entropy:\n"
        "       the numbers are no bound on log p(x)");
  if (c.decoder != "bernoulli")
    list.push_back(
        "p(x|z) is a density of grey pixels: it may exceed 1 and -log p(x|z)\n"
        "       be negative; compare with the same decoder only");
  if (c.kl_warmup > c.epochs)
    list.push_back(
        fmt::format("the weight of the KL grows for {} epochs, but the run has {}:\n"
                    "       it ends at {:.2g} of --beta",
                    c.kl_warmup, c.epochs, static_cast<double>(c.epochs) / c.kl_warmup));
  if (model_of(c).kind == vae::VaeConfig::Kind::vq)
    list.push_back(
        "samples draw each code by itself, the prior of the bound; digits need\n"
        "       a prior that is learned (docs/concepts/discrete.md, C105)");
  return list;
}

// With fewer effective samples the average of the weights is that of a few of them.
constexpr double kEnoughSamples = 10;

// Returns it for the summary; nothing if it is not wanted, or cannot be.
std::optional<vae::LogPxReport> report_log_px(const Config& c, const vae::AnyVae& model,
                                              const nn::ImageDataset& data) {
  if (c.log_px == 0) return {};
  if (!model.log_weights) {
    fmt::print(
        "log p(x) is not estimated: given x the codes are certain, so each sample would\n"
        "         be the same, and their mean the bound above\n");
    return {};
  }
  const vae::LogPxReport r =
      vae::evaluate_log_px(*model.module, model.log_weights, data, nn::Part::test, 2000,
                           Rng(c.seed).stream("test"), c.log_px);
  fmt::print(
      "log p(x) {:.2f} +- {:.2f} nats/image, {} samples, first {} test images\n"
      "         effective sample size {:.1f}{}\n",
      r.log_px, r.se, r.samples, r.images, r.ess,
      r.ess < kEnoughSamples ? ": too few, so it is too low (--log-px 500?)" : "");
  if (!c.load.empty()) return r;
  vae::MetricsLog(c.out / "metrics.jsonl")
      .append_numbers({{"log_px", r.log_px},
                       {"log_px_se", r.se},
                       {"samples", static_cast<double>(r.samples)},
                       {"images", static_cast<double>(r.images)},
                       {"ess", r.ess}});
  return r;
}

// The bound of the model in model.safetensors, and the best one if that is another. Returns the first.
vae::EpochReport report_bound(const Config& c, const vae::Trainer& trainer,
                              const nn::ImageDataset& data) {
  const auto of_epoch = [&](int epoch) {
    return trainer.history()[static_cast<std::size_t>(epoch - 1)];
  };
  const int last = static_cast<int>(trainer.history().size()), best = trainer.best_epoch();
  const vae::EpochReport kept = of_epoch(c.patience > 0 ? best : last);
  fmt::print(
      "test -ELBO {:.2f} nats/image after epoch {}, in model.safetensors\n"
      "         {} images, sampled z\n"
      "         pixels {}\n",
      kept.test.neg_elbo(), kept.epoch, vae::with_commas(static_cast<double>(data.test.count)),
      data_rule(c));
  if (kept.epoch != best)
    fmt::print("best     {:.2f} after epoch {}, in best.safetensors (--patience stops there)\n",
               of_epoch(best).test.neg_elbo(), best);
  return kept;
}

// summary.json: the run in one object, for tables of several.
void write_summary(const Config& c, const vae::AnyVae& model, const vae::Trainer& trainer,
                   const vae::EpochReport& kept, const std::optional<vae::LogPxReport>& log_px) {
  nlohmann::ordered_json json = {{"model", c.model},
                                 {"data", c.data},
                                 {"pixels", data_rule(c)},
                                 {"parameters", model.module->parameter_count()},
                                 {"epochs", trainer.history().size()},
                                 {"epoch", kept.epoch},
                                 {"test_neg_elbo", kept.test.neg_elbo()},
                                 {"test_neg_log_lik", kept.test.neg_log_lik()},
                                 {"test_kl", kept.test.kl()}};
  if (kept.perplexity > 0) json["test_perplexity"] = kept.perplexity;
  if (log_px) json.update({{"log_px", log_px->log_px}, {"log_px_se", log_px->se}});
  double seconds = 0;
  for (const vae::EpochReport& epoch : trainer.history()) seconds += epoch.seconds;
  json["seconds"] = seconds;
  nn::write_file_atomically(c.out / "summary.json", json_text(json, 2) + "\n");
}

void draw(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data) {
  const double seconds = draw_model(c, model, data);
  if (seconds >= 1) fmt::print("pictures {:.1f} s to draw\n", seconds);
}

}  // namespace

void print_header(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data) {
  fmt::print("data   {}, {} + {} images {}x{}{}, from {}\n", data.name,
             vae::with_commas(static_cast<double>(data.train.count)),
             vae::with_commas(static_cast<double>(data.test.count)), data.rows(), data.cols(),
             data.channels() == 3 ? " in colour" : "", data.origin);
  if (!data.note.empty()) fmt::print("       {}\n", data.note);
  fmt::print("pixels {}\n", data_rule(c));
  fmt::print("model  {} {}, {} parameters\n", c.model, shape_text(c, data.image_size()),
             vae::with_commas(static_cast<double>(model.module->parameter_count())));
  fmt::print("run    {}, seed {}, {} threads, {}\n", c.out.string(), c.seed, threads(),
             blas_description());
  if (!c.chosen.empty())
    fmt::print("note   chosen for these data and this model; flags go over it:\n       {}\n",
               c.chosen);
  for (const std::string& warning : warnings(c)) fmt::print("note   {}\n", warning);
  std::fflush(stdout);
}

void report_model(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data) {
  std::filesystem::create_directories(c.out);
  const vae::Means test = vae::evaluate(model, data, Rng(c.seed).stream("test"));
  fmt::print(
      "test -ELBO {:.2f} = {:.2f} reconstruction + {:.2f} KL nats/image\n"
      "         {} images, sampled z\n"
      "         pixels {}\n",
      test.neg_elbo(), test.neg_log_lik(), test.kl(),
      vae::with_commas(static_cast<double>(test.images)), data_rule(c));
  report_log_px(c, model, data);
  write_witness(c, model, data);
  draw(c, model, data);
  fmt::print("pictures in {}\n", c.out.string());
}

void report_findings(const Config& c, const std::vector<vae::Finding>& findings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const vae::Finding& f : findings) {
    fmt::print("explain  {}: {}\n         try: {}\n", f.name, f.evidence, f.advice);
    json.push_back({{"name", f.name}, {"evidence", f.evidence}, {"advice", f.advice}});
  }
  if (findings.empty()) fmt::print("explain  nothing is wrong that the numbers could show\n");
  nn::write_file_atomically(c.out / "findings.json", json_text(json, 2) + "\n");
}

int report_run(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data,
               const vae::Trainer& trainer, vae::Trainer::Outcome outcome) {
  if (outcome == vae::Trainer::Outcome::interrupted) {
    fmt::print("\ninterrupted; saved. Go on with: examples/run mnist_vae --resume --out {}\n",
               shell_word(c.out.string()));
    return 130;
  }
  if (outcome == vae::Trainer::Outcome::stopped_early)
    fmt::print("stopped: no better test bound since epoch {}\n", trainer.best_epoch());
  if (c.patience > 0) nn::load(c.out / "model.safetensors", *model.module);
  const vae::EpochReport kept = report_bound(c, trainer, data);
  write_summary(c, model, trainer, kept, report_log_px(c, model, data));
  write_card(c, model, data, kept);
  write_witness(c, model, data);
  draw(c, model, data);
  draw_curves(c, trainer.history());
  fmt::print("numbers, pictures and model in {}\n", c.out.string());
  return 0;
}

}  // namespace mnist_vae
