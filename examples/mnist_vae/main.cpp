// mnist_vae: train a variational autoencoder on MNIST, with numbers, pictures, checkpoints and resume
// data: mnist

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <new>
#include <string_view>

#include "autograd/debug/environment.hpp"
#include "autograd/threads.hpp"
#include "command_line.hpp"
#include "folder.hpp"
#include "nn/nn.hpp"
#include "parts.hpp"
#include "pictures.hpp"
#include "ranks.hpp"
#include "report.hpp"
#include "vae/training/progress.hpp"

using namespace tapestry;
using namespace mnist_vae;

namespace {

// Ctrl-C, an end of the session or a terminal that closes asks the trainer to save and stop; the same signal again
// ends the program at once.
void save_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { vae::Trainer::interrupt(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction before = {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // nohup ignores it
}

// In the place of a closed stream the next file that is opened would get the words meant for it.
void open_closed_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 0) ::close(fd);
}

// The status, or 1 if the words of a run that ended well are lost.
int said(int status) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
  fmt::print(stderr, "mnist_vae: standard output: cannot write; the files are complete\n");
  return status == 0 ? 1 : status;
}

// Other libraries ask for memory in destructors and in functions that throw nothing, and then nobody
// can catch that there is none.
void end_without_memory() {
  static std::atomic<bool> no_memory = false;
  static std::terminate_handler before;
  std::set_new_handler([] {
    no_memory = true;
    throw std::bad_alloc();
  });
  before = std::set_terminate([] {
    bool is_thrown = no_memory && std::uncaught_exceptions() > 0;  // not caught, nor to be rethrown
    try {
      if (const std::exception_ptr fault = std::current_exception()) std::rethrow_exception(fault);
    } catch (const std::bad_alloc&) {
      is_thrown = true;
    } catch (...) {}
    if (is_thrown) {
      constexpr std::string_view kText = "mnist_vae: no memory\n";
      if (::write(STDERR_FILENO, kText.data(), kText.size()) < 0) {}
      std::_Exit(1);  // files are whole at any time
    }
    before();
  });
}

// --explain: the run and what is wrong with it. Returns the exit status.
int train_and_explain(const Config& c, const vae::AnyVae& model, nn::Optimizer& optimizer,
                      const nn::ImageDataset& data, vae::Trainer& trainer) {
  vae::Explainer explainer(model, data, explain_options(c));
  explainer.follow(trainer);
  try {
    const auto outcome = trainer.run();
    std::vector<vae::Finding> findings;
    if (outcome != vae::Trainer::Outcome::interrupted)
      findings = explainer.findings(trainer, player(c, model, optimizer, data), c.batch);
    const int status = report_run(c, model, data, trainer, outcome);
    if (status == 0) report_findings(c, findings);
    return status;
  } catch (const DomainError& error) {
    report_findings(c, {vae::nan_averted(error, trainer.history(), c.lr)});
    std::fflush(stdout);
    throw;
  }
}

// `ready` is called when nothing is left to prepare.
int run(Config c, nn::Communicator& ranks, const std::function<void()>& ready) {
  debug::set_page_folder(c.out);
  if (c.threads > 0) set_threads(c.threads);
  const nn::ImageDataset data = load_images(c);
  const vae::AnyVae model = make_model(c, data);
  const auto team = make_team(c, ranks, *model.module);
  print_header(c, model, data);
  if (team) fmt::print("team   {}\n", team_text(c, ranks));
  if (!c.load.empty()) {
    nn::load(c.load / "model.safetensors", *model.module);
    ready();
    report_model(c, model, data);
    return 0;
  }
  nn::init::torch_default(*model.module, Rng(c.seed).stream("init"));
  const auto optimizer = make_optimizer(c, model.module->parameters());
  vae::TrainerOptions options = trainer_options(c);
  options.team = team.get();
  vae::Trainer trainer({player(c, model, *optimizer, data)}, data, options);
  if (ranks.rank() > 0) {
    if (c.resume) trainer.resume();
    ready();
    save_on_interrupt();
    trainer.run();
    return 0;
  }
  open_run(c, trainer);
  ready();
  vae::Progress progress(c.epochs, c.binarize == "none" ? "grey" : c.binarize, c.active_units);
  progress.follow(trainer);
  draw_while_training(c, model, data, trainer);
  save_on_interrupt();
  if (c.explain) return train_and_explain(c, model, *optimizer, data, trainer);
  const vae::Trainer::Outcome outcome = trainer.run();
  if (team)
    fmt::print("team     {:.1f} s on gradients, {:.1f} s on the exchange with the others\n",
               team->seconds().gradients, team->seconds().exchange);
  return report_run(c, model, data, trainer, outcome);
}

}  // namespace

// The hint for MemoryError.
constexpr const char* kLess = "a smaller --batch, --samples, --hidden or --latent needs less";

int main(int argc, char** argv) {
  end_without_memory();
  open_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond a limit is an error like a full disk, not the end
  std::unique_ptr<nn::Communicator> ranks;
  bool preparing = true;
  // While processes prepare, one speaks for all; a fault of one in training ends all.
  const auto failed = [&](int status, std::string line) {
    if (ranks && ranks->size() > 1) {
      if (status == 1 || !preparing) line = fmt::format("[rank {}] {}", ranks->rank(), line);
      if (!preparing) ranks->abort(line);
      line = first_fault(*ranks, line);
    }
    if (!ranks || ranks->rank() == 0) fmt::print(stderr, "{}\n", line);
    return status;
  };
  struct Elsewhere {
    std::string line;
  };
  const auto all_are_well = [&] {
    if (std::string fault = first_fault(*ranks, {}); !fault.empty()) throw Elsewhere{fault};
  };
  try {
    ranks = join_ranks();
    const Config config = parse(argc, argv);
    all_are_well();  // nobody writes before all have looked at the folder
    return said(run(config, *ranks, [&] {
      all_are_well();
      preparing = false;
    }));
  } catch (const Elsewhere& fault) {
    if (ranks->rank() == 0) fmt::print(stderr, "{}\n", fault.line);
    return 1;
  } catch (const ConfigError& error) {
    return failed(2, fmt::format("mnist_vae: {}{}{}", error.message, error.hint.empty() ? "" : "; ",
                                 error.hint));
  } catch (const DataError& error) {
    if (!error.operands.empty() || error.op.empty()) return failed(1, error.what());
    return failed(1, fmt::format("mnist_vae: {}: {}{}{}", error.op, error.message,
                                 error.hint.empty() ? "" : "; ", error.hint));
  } catch (const MemoryError& error) {
    return failed(1, fmt::format("mnist_vae: {}; {}", error.message, kLess));
  } catch (const std::bad_alloc&) {
    return failed(1, fmt::format("mnist_vae: no memory; {}", kLess));
  } catch (const std::exception& error) {
    return failed(1, error.what());
  }
}
