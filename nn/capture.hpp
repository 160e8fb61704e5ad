#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "autograd/random.hpp"
#include "nn/module.hpp"
#include "nn/optim/optimizer.hpp"
#include "nn/safetensors.hpp"

namespace tapestry::nn {

/// Everything that one training step depends on: what a bug report needs so that another machine
/// can make the same step.
///
///     nn::Capture before = nn::capture(model, &adam);
///     before.inputs = {{"x", x}};
///     before.rngs = {{"latent", rng.state()}};
///     before.notes = {{"program", "mnist_vae --batch 128"}};
///     nn::save_capture("step.safetensors", before);
///
/// and there
///
///     const nn::Capture before = nn::load_capture("step.safetensors");
///     nn::restore(before, model, &adam);
///     Rng rng = before.rng("latent");
///     step(before.input("x"), rng);
///
/// The step has the same bits again on the same processor and number of threads; matrix products may
/// differ in their last bits elsewhere.
struct Capture {
  NamedTensors module;     ///< parameters and buffers
  NamedTensors optimizer;  ///< moments and step counts; empty without an optimizer
  double lr = 0;           ///< of the optimizer
  NamedTensors inputs;     ///< the batch, under names that you choose
  std::map<std::string, Rng::State> rngs;
  Metadata notes;  ///< for people: program, flags, what to look for

  /// The tensor or generator of this name; DataError lists the names there are.
  const Tensor& input(const std::string& name) const;
  Rng rng(const std::string& name) const;
};

/// The state of a module and its optimizer; the caller fills in inputs, generators and notes.
Capture capture(const Module& module, const Optimizer* optimizer = nullptr);
/// Puts the captured state back. DataError if it does not fit (Module::load_state,
/// Optimizer::load_state), or if an optimizer is given and none was captured, ConfigError for a
/// learning rate that is none; then both are as they were.
void restore(const Capture& from, Module& module, Optimizer* optimizer = nullptr);

/// One safetensors file, which Python reads too.
void save_capture(const std::filesystem::path& path, const Capture& capture);
/// DataError, naming the file, unless it is a whole capture.
Capture load_capture(const std::filesystem::path& path);
/// The same for the bytes of a file, which errors call `origin`.
Capture parse_capture(std::string_view bytes, const std::string& origin);

}  // namespace tapestry::nn
