#include "nn/capture.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/json_text.hpp"
#include "autograd/whole_number.hpp"
#include "nn/file.hpp"

namespace tapestry::nn {
namespace {

using nlohmann::json;
constexpr const char* kKey = "tapestry.capture";

std::string names(const auto& list, auto name_of) {
  std::string text;
  for (const auto& entry : list) text += (text.empty() ? "" : ", ") + name_of(entry);
  return text.empty() ? "none" : text;
}

}  // namespace

const Tensor& Capture::input(const std::string& name) const {
  for (const NamedTensor& t : inputs) {
    if (t.name == name) return t.value;
  }
  throw DataError(fmt::format("capture: there is no input {}", name),
                  "the inputs are: " + names(inputs, [](const auto& t) { return t.name; }));
}

Rng Capture::rng(const std::string& name) const {
  const auto found = rngs.find(name);
  if (found == rngs.end()) {
    throw DataError(fmt::format("capture: there is no generator {}", name),
                    "the generators are: " + names(rngs, [](const auto& r) { return r.first; }));
  }
  Rng rng(0);
  rng.set_state(found->second);
  return rng;
}

Capture capture(const Module& module, const Optimizer* optimizer) {
  Capture c;
  c.module = module.state();
  if (optimizer) {
    c.optimizer = optimizer->state();
    c.lr = optimizer->lr();
  }
  return c;
}

void restore(const Capture& from, Module& module, Optimizer* optimizer) {
  check<DataError>(!optimizer || !from.optimizer.empty(),
                   "capture: it was made without an optimizer");
  const NamedTensors before = module.state();
  module.load_state(from.module);
  if (!optimizer) return;
  const double lr = optimizer->lr();
  try {
    optimizer->set_lr(from.lr);
    optimizer->load_state(from.optimizer);
  } catch (const Error&) {  // both as they were
    optimizer->set_lr(lr);
    module.load_state(before);
    throw;
  }
}

void save_capture(const std::filesystem::path& path, const Capture& c) {
  NamedTensors tensors;
  add_prefixed(tensors, "module.", c.module);
  add_prefixed(tensors, "optimizer.", c.optimizer);
  add_prefixed(tensors, "input.", c.inputs);
  json rngs = json::object();
  for (const auto& [name, s] : c.rngs) rngs[name] = {s.seed, s.stream, s.draw};
  Metadata metadata = c.notes;
  check<ConfigError>(!metadata.contains(kKey), "capture: a note may not be called {}", kKey);
  metadata[kKey] = json_text(json{{"lr", c.lr}, {"rngs", rngs}});
  save_tensors(path, tensors, metadata);
}

Capture load_capture(const std::filesystem::path& path) {
  return parse_capture(read_file(path), path.string());
}

Capture parse_capture(std::string_view bytes, const std::string& origin) {
  TensorFile file = parse_tensors(bytes, origin);
  const auto found = file.metadata.find(kKey);
  check<DataError>(found != file.metadata.end(), "{}: this is no captured step", origin);
  Capture c;
  try {
    const json state = parse_json(found->second);
    c.lr = state.at("lr");
    for (const auto& rng : state.at("rngs").items()) {
      const auto part = [&](std::size_t i) {
        return whole_number<std::uint64_t>(rng.value().at(i),
                                           "the state of generator " + rng.key());
      };
      c.rngs[rng.key()] = {.seed = part(0), .stream = part(1), .draw = part(2)};
    }
  } catch (const json::exception& fault) {
    throw DataError(fmt::format("{}: the captured step cannot be read ({})", origin, fault.what()));
  } catch (const DataError& fault) {
    throw DataError(
        fmt::format("{}: the captured step cannot be read ({})", origin, fault.message));
  }
  file.metadata.erase(found);
  c.notes = std::move(file.metadata);
  c.module = take_prefixed(file.tensors, "module.");
  c.optimizer = take_prefixed(file.tensors, "optimizer.");
  c.inputs = take_prefixed(file.tensors, "input.");
  return c;
}

}  // namespace tapestry::nn
