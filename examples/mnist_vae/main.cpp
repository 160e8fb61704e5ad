// mnist_vae: train a variational autoencoder on MNIST, with numbers, pictures, checkpoints and resume
// data: mnist

#include <fmt/format.h>
#include <omp.h>

#include <csignal>

#include "../support/debug.hpp"
#include "autograd/kernels/blas.hpp"
#include "nn/nn.hpp"
#include "pictures.hpp"
#include "vae/progress.hpp"

using namespace tapestry;
using namespace mnist_vae;

namespace {

// MNIST when it is there; otherwise, unless it was asked for by name, the built-in strokes.
nn::ImageDataset load_images(Config& c) {
  const bool may_replace = c.data == "mnist" && !c.was_given("data") && !c.resume && c.load.empty();
  if (may_replace && !nn::find_dataset("mnist")) {
    fmt::print(
        "MNIST is not on this machine; training on strokes, digits drawn by the program (see "
        "--data)\n");
    c.data = "strokes";
  }
  nn::ImageDataset data = nn::load_dataset(c.data);
  if (c.smoke) nn::keep_first(data, 2000, 2000);
  return data;
}

void print_header(const Config& c, const vae::Vae& model, const nn::ImageDataset& data) {
  fmt::print("data   {} ({}): {} + {} images {}x{}, {}\n", data.name, data.origin,
             vae::with_commas(static_cast<double>(data.train.count)),
             vae::with_commas(static_cast<double>(data.test.count)), data.rows(), data.cols(),
             data_rule(c));
  fmt::print("model  {} {}-{}-{} {}, {} decoder, {} parameters\n", c.model, data.image_size(),
             fmt::join(c.hidden, "-"), c.latent, c.activation, c.decoder,
             vae::with_commas(static_cast<double>(model.parameter_count())));
  fmt::print("run    {}, seed {}, {} threads, {}\n", c.out.string(), c.seed, omp_get_max_threads(),
             blas_description());
  if (!blas_shares_threads()) {
    fmt::print(
        "note   this OpenBLAS has a thread pool of its own, which slows training; install "
        "libopenblas-openmp-dev\n");
  }
  if (const std::string warning = bound_warning(c); !warning.empty())
    fmt::print("note   {}\n", warning);
  std::fflush(stdout);
}

void report_log_px(const Config& c, vae::Vae& model, const nn::ImageDataset& data) {
  if (c.log_px == 0) return;
  const vae::LogPxReport r = vae::evaluate_log_px(
      model, data.test, 2000, nn::binarize_rule(c.binarize), Rng(c.seed).stream("test"), c.log_px);
  fmt::print(
      "log p(x) {:.2f} +- {:.2f} nats/image ({} samples, first {} test images, effective sample "
      "size {:.1f}; {})\n",
      r.log_px, r.se, r.samples, r.images, r.ess, data_rule(c));
  if (!c.load.empty()) return;
  vae::MetricsLog(c.out / "metrics.jsonl")
      .append_numbers({{"log_px", r.log_px},
                       {"log_px_se", r.se},
                       {"samples", static_cast<double>(r.samples)},
                       {"images", static_cast<double>(r.images)},
                       {"ess", r.ess}});
}

int evaluate_finished(const Config& c, vae::Vae& model, const nn::ImageDataset& data) {
  nn::load(c.load / "model.safetensors", model);
  std::filesystem::create_directories(c.out);
  const vae::ElboMeans test =
      vae::evaluate(model, data.test, nn::binarize_rule(c.binarize), Rng(c.seed).stream("test"));
  fmt::print(
      "test -ELBO {:.2f} = {:.2f} reconstruction + {:.2f} KL nats/image ({} images, sampled z; "
      "{})\n",
      test.neg_elbo(), test.neg_log_lik, test.kl,
      vae::with_commas(static_cast<double>(test.images)), data_rule(c));
  report_log_px(c, model, data);
  draw_model(c, model, data);
  fmt::print("pictures in {}\n", c.out.string());
  return 0;
}

// Ctrl-C asks the trainer to save and stop; a second one ends the program at once.
void save_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { vae::Trainer::interrupt(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int train(const Config& c, vae::Vae& model, const nn::ImageDataset& data) {
  nn::init::torch_default(model, Rng(c.seed).stream("init"));
  const auto optimizer = make_optimizer(c, model.parameters());
  vae::Trainer trainer(model, data, *optimizer, trainer_options(c, data));
  if (c.resume) {
    if (trainer.resume()) {
      fmt::print("resume after epoch {}\n", trainer.history().size());
    } else {
      fmt::print("no checkpoint in {}: starting from the beginning\n", c.out.string());
    }
  }
  nn::write_file_atomically(c.out / "config.json", to_json(c));
  vae::Progress progress(c.epochs, c.binarize == "none" ? "grey" : c.binarize);
  progress.follow(trainer);
  save_on_interrupt();
  const vae::Trainer::Outcome outcome = trainer.run();
  if (outcome == vae::Trainer::Outcome::interrupted) {
    fmt::print("\ninterrupted; saved. Go on with: mnist_vae --resume --out {}\n", c.out.string());
    return 130;
  }
  if (outcome == vae::Trainer::Outcome::stopped_early) {
    fmt::print("stopped: no better test bound since epoch {}, whose model is kept\n",
               trainer.best_epoch());
  }
  if (c.patience > 0) nn::load(c.out / "model.safetensors", model);
  const vae::EpochReport& last = trainer.history()[static_cast<std::size_t>(
      c.patience > 0 ? trainer.best_epoch() - 1 : static_cast<int>(trainer.history().size()) - 1)];
  fmt::print("test -ELBO {:.2f} nats/image after epoch {} ({} images, sampled z; {})\n",
             last.test.neg_elbo(), last.epoch,
             vae::with_commas(static_cast<double>(data.test.count)), data_rule(c));
  report_log_px(c, model, data);
  draw_model(c, model, data);
  draw_curves(c, trainer.history());
  fmt::print("numbers, pictures and model in {}\n", c.out.string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Config config = parse(argc, argv);
    support::set_debug_folder(config.out);
    if (config.threads > 0) omp_set_num_threads(config.threads);
    const nn::ImageDataset data = load_images(config);
    const auto model = vae::make_vae(model_config(config, data));
    print_header(config, *model, data);
    return config.load.empty() ? train(config, *model, data)
                               : evaluate_finished(config, *model, data);
  } catch (const ConfigError& error) {
    fmt::print(stderr, "mnist_vae: {}{}{}\n", error.message, error.hint.empty() ? "" : "; ",
               error.hint);
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
