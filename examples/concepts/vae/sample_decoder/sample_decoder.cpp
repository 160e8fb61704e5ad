// sample_decoder: draws digits from the file of a decoder; there is no encoder in this program
// C58, UDL section 17.9
//
//     z ~ N(0, I),   x | z ~ Ber(sigmoid(decoder(z)))
//
// That is the whole model. decoder_is_the_model trains it with a VAE, writes the file and runs this
// program, which is built without the library's vae/.
#include <fmt/format.h>

#include "nn/callable.hpp"
#include "nn/checkpoint.hpp"
#include "nn/layers/linear.hpp"
#include "prob/bernoulli.hpp"
#include "prob/standard_normal.hpp"

using namespace tapestry;

namespace {

struct Decoder : nn::Callable<Decoder> {
  Decoder(std::int64_t latent, std::int64_t width, std::int64_t pixels)
      : out(*this, "out", width, pixels) {
    hidden.add(latent, width, Activation::relu);
  }
  prob::Bernoulli forward(const Tensor& z) { return prob::Bernoulli(out(hidden[0](z)), 1); }

  nn::ChildList<nn::Linear> hidden{*this, "hidden"};
  nn::Child<nn::Linear> out;
};

void sample(const std::string& from, const std::string& to, std::uint64_t seed) {
  Decoder decoder(20, 400, 784);
  nn::load(from, decoder);
  Rng rng(seed);
  const Tensor z = prob::StandardNormal({20}, 1).sample(rng, {36});
  nn::save_tensors(to, {{"digits", decoder(z).mean()}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: sample_decoder DECODER.safetensors DIGITS.safetensors SEED\n");
    return 2;
  }
  try {
    sample(argv[1], argv[2], std::stoull(argv[3]));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sample_decoder: {}\n", error.what());
    return 1;
  }
}
