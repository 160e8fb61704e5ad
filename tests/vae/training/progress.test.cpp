#include "vae/training/progress.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "vae/models/mlp.hpp"

using namespace tapestry;

namespace {

// Standard output goes to `file` while this lives.
class Redirected {
 public:
  explicit Redirected(int file) : kept_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    ::dup2(file, STDOUT_FILENO);
  }
  ~Redirected() {
    std::fflush(stdout);
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }

 private:
  int kept_;
};

// A trainer that is never run: its listeners are called by hand.
struct Idle {
  vae::MlpVae model{{.rows = 1, .cols = 6, .hidden = {8}, .latent = 2}};
  nn::Adam adam{model.parameters()};
  nn::TensorDataset data{{zeros({4, 6})}};
  vae::Trainer trainer{{vae::vae_player(model, adam)}, data, {}};
};

std::string printed_to_file(const std::function<void(vae::Trainer&)>& act, bool active = false) {
  Idle idle;
  const ScratchFolder folder;
  const int file = ::open((folder / "out").c_str(), O_CREAT | O_RDWR, 0600);
  {
    const Redirected out(file);
    vae::Progress progress(12, "dynamic", active);
    progress.follow(idle.trainer);
    act(idle.trainer);
  }
  ::close(file);
  return slurp(folder / "out");
}

vae::Means elbo_means(double log_lik, double kl) {
  return {.images = 100,
          .value = log_lik - kl,
          .bound = log_lik - kl,
          .parts = {{"log_lik", log_lik}, {"kl", kl}}};
}

}  // namespace

TEST_CASE("progress: times and large numbers are written for a reader", "[vae][training]") {
  CHECK(vae::clock_time(0) == "0:00");
  CHECK(vae::clock_time(61.4) == "1:01");
  CHECK(vae::clock_time(3599.4) == "59:59");
  CHECK(vae::clock_time(3599.6) == "1:00:00");
  CHECK(vae::clock_time(36061) == "10:01:01");
  CHECK(vae::with_commas(999.4) == "999");
  CHECK(vae::with_commas(38120.4) == "38,120");
  CHECK(vae::with_commas(1234567) == "1,234,567");
  CHECK(vae::with_commas(-123456) == "-123,456");
}

TEST_CASE("progress: a file gets one head, then a row an epoch", "[vae][training]") {
  const std::string text = printed_to_file([](vae::Trainer& trainer) {
    CHECK(!trainer.on_step);  // no line is drawn again in a file
    trainer.on_epoch({.epoch = 3,
                      .train = elbo_means(-90, 23.89),
                      .test = elbo_means(-87.64, 23.88),
                      .active_units = 7,
                      .seconds = 1.62});
    trainer.on_epoch(
        {.epoch = 4, .train = elbo_means(-80, 20), .test = elbo_means(-81, 21), .seconds = 2});
  });
  CHECK(text ==
        "  epoch  train -ELBO  test -ELBO = reconstruction + KL      nats, dynamic\n"
        "   3/12       113.89      111.52 =          87.64 + 23.88   1.6 s\n"
        "   4/12       100.00      102.00 =          81.00 + 21.00   2.0 s\n");
}

TEST_CASE("progress: further parts, perplexity and active latents follow, on a new line if long",
          "[vae][training]") {
  vae::EpochReport report{.epoch = 1,
                          .train = elbo_means(-80, 20),
                          .test = elbo_means(-81, 21),
                          .active_units = 7,
                          .seconds = 2};
  const auto shown = [&] {
    return printed_to_file([&](vae::Trainer& trainer) { trainer.on_epoch(report); }, true);
  };
  check_contains(shown(), "+ 21.00   2.0 s  7 active\n");
  report.perplexity = 12.34;
  report.test.parts.emplace_back("kl.z1", 4.5);
  check_contains(shown(), "+ 21.00   2.0 s\n         kl.z1 4.50  perplexity 12.3  7 active\n");
}

TEST_CASE("progress: a bound that is no ELBO, and a system without one, are named so",
          "[vae][training]") {
  const vae::Means iwae{.images = 10, .value = -95.5, .bound = -95.5};
  const vae::Means game{
      .images = 10, .value = -3.1, .bound = std::nan(""), .parts = {{"critic", 0.25}}};
  const std::string text = printed_to_file([&](vae::Trainer& trainer) {
    trainer.on_epoch({.epoch = 1, .train = iwae, .test = iwae, .seconds = 0.5});
    trainer.on_epoch({.epoch = 2, .train = game, .seconds = 0.5});
  });
  CHECK(text ==
        "  epoch  nats, dynamic\n"
        "   1/12  train -bound 95.50  test -bound 95.50  0.5 s\n"
        "   2/12  train objective -3.10  test none  critic 0.25  0.5 s\n");
}

TEST_CASE("progress: a terminal has a bar that is drawn again, but not with every step",
          "[vae][training]") {
  const int screen = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (screen < 0 || ::grantpt(screen) != 0 || ::unlockpt(screen) != 0) {
    WARN("no pseudo-terminal here");
    return;
  }
  const int terminal = ::open(::ptsname(screen), O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  Idle idle;
  const vae::Means train = elbo_means(-90, 23.42);
  {
    const Redirected out(terminal);
    vae::Progress progress(10, "dynamic");
    progress.follow(idle.trainer);
    const auto step = [&](std::int64_t k) {
      idle.trainer.on_step({.epoch = 3,
                            .step = k,
                            .steps = 400,
                            .train = train,
                            .images_per_second = 38120.4,
                            .seconds_left = 4});
    };
    step(200);
    step(201);  // too soon after the one before
    step(400);  // the last one is always drawn
    idle.trainer.on_epoch({.epoch = 3, .train = train, .test = train, .seconds = 1});
  }
  ::close(terminal);
  std::string text;
  std::array<char, 512> some;
  for (ssize_t n; (n = ::read(screen, some.data(), some.size())) > 0;)
    text.append(some.data(), static_cast<std::size_t>(n));
  ::close(screen);
  const std::string erase = "\r\033[K";
  check_contains(text, erase +
                           " 3/10 [========>       ]  200/400  38,120 images/s  0:04 left  "
                           "train -ELBO 113.42" +
                           erase + " 3/10 [================]  400/400  38,120 images/s");
  check_contains(text, "113.42" + erase + "  epoch  train -ELBO");
  CHECK(text.find("201/400") == std::string::npos);
}
