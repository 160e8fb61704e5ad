// A place to play: both runs, a blind one, and numbers.toml, which you hand in. Change it as you like.
// ./course play builds and runs it in this folder; ./course play strokes does the first run alone.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "vae.hpp"

using namespace tiny;

namespace {

/// -ELBO of the test images, in nats an image, with one sample each.
double test_loss(Vae& vae, const nn::ImageDataset& data) {
  const NoGrad no_grad;
  Rng noise(1);
  const Tensor x = data.range(nn::Part::test, 0, 100, Rng(1)).images;
  return loss(terms(*vae.encoder, *vae.decoder, x, noise)).item();
}

void show(const char* file, bool see) {
  const Run run = run_in(file);
  refuse_beyond_limits(run);
  const nn::ImageDataset data = data_of(run);
  const Sizes sizes{.side = data.rows(), .hidden = run.hidden, .latent = run.latent};
  std::unique_ptr<Decoder> decoder = make_decoder(sizes);
  Vae vae(make_encoder(sizes), see ? std::move(decoder) : blind(std::move(decoder)));
  const std::vector<std::vector<double>> epochs = train(vae, data, run);

  std::printf("%s%s\n", file, see ? "" : ", with a decoder that ignores z");
  for (std::size_t e = 0; e < epochs.size(); ++e)
    if (e < 2 || e + 1 == epochs.size())
      std::printf("  epoch %2zu, the last minibatch: %9.2f nats\n", e + 1, epochs[e].back());
  std::printf("  test images:                  %9.2f nats\n", test_loss(vae, data));
  if (see && run.data == "strokes") {
    std::ofstream("numbers.toml")
        << "# What ./course play wrote of the run in strokes.toml: the loss "
           "of each minibatch of its first epoch.\n"
        << "strokes = \"" << printed(epochs[0]) << "\"\n";
    std::printf("  the numbers of epoch 1 are in numbers.toml\n");
  }
  std::fflush(stdout);

  const NoGrad no_grad;
  const prob::Normal q = vae.encoder->encode(data.range(nn::Part::test, 0, 100, Rng(1)).images);
  std::printf("  KL of each dimension:");
  for (const double kl : kl_per_dimension(q).to_vector()) std::printf(" %.2f", kl);
  std::printf("\n  active units: %d\n\n", static_cast<int>(active_units(q.loc)));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> asked(argv + 1, argv + argc);
  const auto wanted = [&](const char* part) {
    return asked.empty() || std::find(asked.begin(), asked.end(), part) != asked.end();
  };
  if (wanted("strokes")) show("strokes.toml", true);
  if (wanted("sprites")) show("sprites.toml", true);
  if (wanted("blind")) show("strokes.toml", false);
}
