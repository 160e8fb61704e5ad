// mnist_vae: train a variational autoencoder on MNIST, with numbers, pictures, checkpoints and resume
// data: mnist

#include <fmt/format.h>

#include <csignal>

#include "autograd/debug/environment.hpp"
#include "autograd/threads.hpp"
#include "command_line.hpp"
#include "folder.hpp"
#include "nn/nn.hpp"
#include "parts.hpp"
#include "pictures.hpp"
#include "report.hpp"
#include "vae/training/progress.hpp"

using namespace tapestry;
using namespace mnist_vae;

namespace {

// Ctrl-C asks the trainer to save and stop; a second one ends the program at once.
void save_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { vae::Trainer::interrupt(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int run(Config c) {
  debug::set_page_folder(c.out);
  if (c.threads > 0) set_threads(c.threads);
  const nn::ImageDataset data = load_images(c);
  const vae::AnyVae model = make_model(c, data);
  print_header(c, model, data);
  if (!c.load.empty()) {
    nn::load(c.load / "model.safetensors", *model.module);
    report_model(c, model, data);
    return 0;
  }
  nn::init::torch_default(*model.module, Rng(c.seed).stream("init"));
  const auto optimizer = make_optimizer(c, model.module->parameters());
  vae::Trainer trainer({player(c, model, *optimizer, data)}, data, trainer_options(c));
  open_run(c, trainer);
  vae::Progress progress(c.epochs, c.binarize == "none" ? "grey" : c.binarize, c.active_units);
  progress.follow(trainer);
  draw_while_training(c, model, data, trainer);
  save_on_interrupt();
  if (!c.explain) return report_run(c, model, data, trainer, trainer.run());

  vae::Explainer explainer(model, data, explain_options(c));
  explainer.follow(trainer);
  try {
    const auto outcome = trainer.run();
    std::vector<vae::Finding> findings;
    if (outcome != vae::Trainer::Outcome::interrupted)
      findings = explainer.findings(trainer, player(c, model, *optimizer, data), c.batch);
    const int status = report_run(c, model, data, trainer, outcome);
    if (status == 0) report_findings(c, findings);
    return status;
  } catch (const DomainError& error) {
    report_findings(c, {vae::nan_averted(error, trainer.history(), c.lr)});
    std::fflush(stdout);
    throw;
  }
}

}  // namespace

// The hint for MemoryError.
constexpr const char* kLess = "a smaller --batch, --samples, --hidden or --latent needs less";

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const ConfigError& error) {
    fmt::print(stderr, "mnist_vae: {}{}{}\n", error.message, error.hint.empty() ? "" : "; ",
               error.hint);
    return 2;
  } catch (const DataError& error) {
    if (error.operands.empty() && !error.op.empty())
      fmt::print(stderr, "mnist_vae: {}: {}{}{}\n", error.op, error.message,
                 error.hint.empty() ? "" : "; ", error.hint);
    else
      fmt::print(stderr, "{}\n", error.what());
    return 1;
  } catch (const MemoryError& error) {
    fmt::print(stderr, "mnist_vae: {}; {}\n", error.message, kLess);
    return 1;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "mnist_vae: no memory; {}\n", kLess);
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
