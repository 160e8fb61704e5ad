// decoder_is_the_model: a VAE learns the model, which is decoder and prior; the encoder can then go
// C58, UDL section 17.9 and the chapter's introduction
//
//     the model:  z ~ N(0, I),  x ~ p(x | z) given by the decoder     (a nonlinear latent model)
//     the VAE:    the encoder q(z | x) and the bound, by which the model is learned
//
// "VAE" is often said of both. Here the decoder alone goes into a file. A second program reads it,
// sample_decoder/sample_decoder.cpp: its executable holds no encoder, and draws the very same digits.
#include <sys/wait.h>

#include <cstdlib>

#include "autograd/ops.hpp"
#include "nn/checkpoint.hpp"
#include "nn/file.hpp"
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/coding/checksum.hpp"
#include "vae/variants/mlp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

double numbers_in(const std::filesystem::path& file) {
  std::int64_t numbers = 0;
  for (const auto& [name, value] : nn::load_tensors(file).tensors) numbers += value.size();
  return static_cast<double>(numbers);
}

/// How often `word` occurs in the file, in its symbols for one.
double occurrences(const std::filesystem::path& file, const std::string& word) {
  const std::string bytes = nn::read_file(file);
  double count = 0;
  for (auto at = bytes.find(word); at != std::string::npos; at = bytes.find(word, at + 1)) ++count;
  return count;
}

std::uint64_t digest(const std::filesystem::path& file) {
  return vae::coding::checksum(nn::read_file(file));
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1500, 500);
  const auto vae = support::train_vae(c, data, {.hidden = {400}, .latent = 20},
                                      {.epochs = c.choose(10, 3), .lr = c.choose(1e-3, 3e-3)});
  auto& model = dynamic_cast<vae::MlpVae&>(*vae);
  Rng rng(c.seed());
  const Tensor before = c.broken("from_codes")
                            ? model.reconstruct(nn::image_tensor(data.test, 0, 36, {}, rng), rng)
                            : model.generate(36, rng);
  const std::filesystem::path decoder = c.out("decoder.safetensors"),
                              by_vae = c.out("by_vae.safetensors"),
                              by_decoder = c.out("by_decoder.safetensors");
  nn::save_tensors(by_vae, {{"digits", before}});
  if (c.broken("whole_vae")) {
    nn::save(decoder, model);
  } else {
    nn::save(decoder, model.decoder);
  }
  const std::int64_t tool = model.encoder.parameter_count();
  c.identity("numbers in the file", numbers_in(decoder),
             static_cast<double>(model.parameter_count() - tool), 0);

  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  const auto other = self.parent_path() / "sample_decoder";
  c.at_least("'MlpEncoder' in this executable", occurrences(self, "MlpEncoder"), 1);
  c.identity("'MlpEncoder' in sample_decoder", occurrences(other, "MlpEncoder"), 0, 0);

  const std::string command = fmt::format("'{}' '{}' '{}' {}", other.string(), decoder.string(),
                                          by_decoder.string(), c.seed());
  const int status = std::system(command.c_str());
  c.identity("exit status of sample_decoder", WEXITSTATUS(status), 0, 0);
  if (status != 0) return;
  const Tensor after = nn::load_tensors(by_decoder).tensors.at(0).value;
  fmt::print("digest of 36 digits: {:016x} by the VAE, {:016x} by sample_decoder\n", digest(by_vae),
             digest(by_decoder));
  c.identity("digests are the same", digest(by_vae) == digest(by_decoder), 1, 0);
  c.identity("largest difference of a pixel", max(abs(before - after)).item(), 0, 0);
  const auto sheet = [&](const std::string& title, const Tensor& digits) {
    return Plot(title, "", "").images(data.as_images(digits));
  };
  c.draw({sheet("drawn by the VAE", before), sheet("drawn by the program without encoder", after)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C58",
       .title = "The VAE is a tool; the model is decoder and prior",
       .source = "UDL section 17.9 and the chapter's introduction",
       .mutants = {{"whole_vae", "the encoder goes into the file too"},
                   {"from_codes", "latents from q(z|x) of test images, in place of the prior"}}},
      program);
}
