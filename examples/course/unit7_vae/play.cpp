// A place to play: both runs, a blind one, their pictures, and numbers.toml, which you hand in. Change it as you like.
// ./course play builds and runs it in this folder; ./course play strokes does the first run alone.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "vae.hpp"
#include "vae/pictures/image_grid.hpp"

using namespace tiny;

namespace {

double mean_of(const std::vector<double>& losses) {
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

/// -ELBO of the test images, in nats an image, with one sample each.
double test_loss(Vae& vae, const nn::ImageDataset& data) {
  const NoGrad no_grad;
  Rng noise(1);
  const Tensor x = data.range(nn::Part::test, 0, 100, Rng(1)).images;
  return loss(terms(*vae.encoder, *vae.decoder, x, noise)).item();
}

/// What 7.8 measures; the runs are shown without it, too.
void measure(Vae& vae, const nn::ImageDataset& data) try {
  const prob::Normal q = vae.encoder->encode(data.range(nn::Part::test, 0, 100, Rng(1)).images);
  const std::vector<double> kls = kl_per_dimension(q).to_vector();
  const auto active = static_cast<int>(active_units(q.loc));
  std::printf("  KL of each dimension:");
  for (const double kl : kls) std::printf(" %.2f", kl);
  std::printf("\n  active units: %d\n\n", active);
} catch (const NotImplemented&) {
  std::printf("  the measures of 7.8 are still to be written\n\n");
}

/// Ten test images, below each its picture after encoder and decoder, and ten pictures of z from N(0, 1).
void draw(Vae& vae, const nn::ImageDataset& data, const Sizes& sizes, const char* file) {
  const std::int64_t count = 10, side = sizes.side;
  const Tensor x = data.range(nn::Part::test, 0, count, Rng(1)).images;
  const Tensor again = vae.decoder->picture(vae.encoder->encode(x).loc);
  const Tensor fresh = vae.decoder->picture(Rng(2).normal({count, sizes.latent}));
  tapestry::vae::write_image_grid(
      file, reshape(concat({x, again, fresh}, 0), {3 * count, side, side}), {.columns = count});
  std::printf("  pictures:                     %s\n", file);
}

/// A run and its data. What is wrong with a setting is said with the name of the file.
std::pair<Run, nn::ImageDataset> settings(const std::string& file) try {
  const Run run = run_in(file);
  refuse_beyond_limits(run);
  return {run, data_of(run)};
} catch (const std::invalid_argument& error) {
  throw std::invalid_argument(file + ": " + error.what());
}

void show(const char* file, bool see, const char* pictures) {
  const auto [run, data] = settings(file);
  const Sizes sizes{.side = data.rows(), .hidden = run.hidden, .latent = run.latent};
  std::unique_ptr<Decoder> decoder = make_decoder(sizes);
  Vae vae(make_encoder(sizes), see ? std::move(decoder) : blind(std::move(decoder)));
  const std::vector<std::vector<double>> epochs = train(vae, data, run);

  std::printf("%s%s\n", file, see ? "" : ", with a decoder that ignores z");
  for (std::size_t e = 0; e < epochs.size(); ++e)
    if (e < 2 || e + 1 == epochs.size())
      std::printf("  epoch %2zu, the mean loss:      %9.2f nats\n", e + 1, mean_of(epochs[e]));
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
  draw(vae, data, sizes, pictures);
  std::fflush(stdout);
  measure(vae, data);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> asked(argv + 1, argv + argc);
  const auto wanted = [&](const char* part) {
    return asked.empty() || std::find(asked.begin(), asked.end(), part) != asked.end();
  };
  if (wanted("strokes")) show("strokes.toml", true, "strokes.png");
  if (wanted("sprites")) show("sprites.toml", true, "sprites.png");
  if (wanted("blind")) show("strokes.toml", false, "blind.png");
}
