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
#include "concepts/applications/train_vae.hpp"
#include "nn/checkpoint.hpp"
#include "nn/checksum.hpp"
#include "nn/file.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/models/mlp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

using std::filesystem::path;

// --- model

/// 36 digits of the model: z from the prior, and the mean of p(x|z).
Tensor draw_digits(vae::MlpVae& vae, const nn::ImageDataset&, Rng& rng) {
  return vae::generate(vae, 36, rng);
}

/// What of the VAE is the model: the decoder. (The prior N(0, I) has no parameters.)
void save_model(const path& file, vae::MlpVae& vae) { nn::save(file, vae.decoder); }

// --- wrong versions

Tensor reconstruct_digits(vae::MlpVae& vae, const nn::ImageDataset& data, Rng& rng) {
  return vae::reconstruct(vae, nn::image_tensor(data.test, 0, 36, {}, rng), rng);
}

void save_vae(const path& file, vae::MlpVae& vae) { nn::save(file, vae); }

// --- claims

double numbers_in(const path& file) {
  std::int64_t numbers = 0;
  for (const auto& [name, value] : nn::load_tensors(file).tensors) numbers += value.size();
  return static_cast<double>(numbers);
}

/// How often `word` occurs in the file, in its symbols for one.
double occurrences(const path& file, const std::string& word) {
  const std::string bytes = nn::read_file(file);
  double count = 0;
  for (auto at = bytes.find(word); at != std::string::npos; at = bytes.find(word, at + 1)) ++count;
  return count;
}

std::uint64_t digest(const path& file) { return nn::checksum(nn::read_file(file)); }

/// The other program's digits, drawn by what `decoder` holds; undefined where it failed.
Tensor claims(Concept& c, vae::MlpVae& vae, const Tensor& before, const path& decoder) {
  const path by_vae = c.out("by_vae.safetensors"), by_decoder = c.out("by_decoder.safetensors");
  nn::save_tensors(by_vae, {{"digits", before}});
  const std::int64_t tool = vae.encoder.parameter_count();
  c.identity("numbers in the file", numbers_in(decoder),
             static_cast<double>(vae.parameter_count() - tool), 0);

  const path self = std::filesystem::read_symlink("/proc/self/exe");
  const path other = self.parent_path() / "sample_decoder";
  c.at_least("'MlpEncoder' in this executable", occurrences(self, "MlpEncoder"), 1);
  c.identity("'MlpEncoder' in sample_decoder", occurrences(other, "MlpEncoder"), 0, 0);

  const std::string command = fmt::format("'{}' '{}' '{}' {}", other.string(), decoder.string(),
                                          by_decoder.string(), c.seed());
  const int status = std::system(command.c_str());
  c.identity("exit status of sample_decoder", WEXITSTATUS(status), 0, 0);
  if (status != 0) return {};
  const Tensor after = nn::load_tensors(by_decoder).tensors.at(0).value;
  fmt::print("digest of 36 digits: {:016x} by the VAE, {:016x} by sample_decoder\n", digest(by_vae),
             digest(by_decoder));
  c.identity("digests are the same", digest(by_vae) == digest(by_decoder), 1, 0);
  c.identity("largest difference of a pixel", max(abs(before - after)).item(), 0, 0);
  return after;
}

// --- picture

std::vector<Plot> picture(const Tensor& before, const Tensor& after, const nn::ImageDataset& data) {
  const auto sheet = [&](const std::string& title, const Tensor& digits) {
    return Plot(title, "", "").images(data.as_images(digits));
  };
  return {sheet("drawn by the VAE", before), sheet("drawn by the program without encoder", after),
          sheet("their difference: 0 everywhere", abs(before - after))};
}

// --- program

void program(Concept& c) {
  const auto digits = c.broken("from_codes") ? reconstruct_digits : draw_digits;
  const auto save = c.broken("whole_vae") ? save_vae : save_model;
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1500, 500);
  const auto trained = support::train_vae(c, data, {.hidden = {400}, .latent = 20},
                                          {.epochs = c.choose(10, 3), .lr = c.choose(1e-3, 3e-3)});
  vae::MlpVae& vae = *trained;
  Rng rng(c.seed());
  const Tensor before = digits(vae, data, rng);
  const path decoder = c.out("decoder.safetensors");
  save(decoder, vae);
  const Tensor after = claims(c, vae, before, decoder);
  if (after.defined()) c.draw(picture(before, after, data));
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
