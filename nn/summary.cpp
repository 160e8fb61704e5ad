#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "nn/module.hpp"

namespace tapestry::nn {

namespace {

/// The class's own name: "tapestry::nn::Child<tapestry::nn::Linear>" becomes "Linear".
std::string class_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  std::string name = text ? text.get() : type.name();
  const std::string child = "tapestry::nn::Child<";
  if (name.starts_with(child)) name = name.substr(child.size(), name.size() - child.size() - 1);
  const std::size_t colon = name.substr(0, name.find('<')).rfind(':');
  return colon == std::string::npos ? name : name.substr(colon + 1);
}

/// Columns padded to their widest cell; numbers on the right.
std::string format_table(const std::vector<std::array<std::string, 4>>& rows) {
  std::array<std::size_t, 4> width{};
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string text;
  for (const auto& row : rows) {
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}\n", row[0], width[0], row[1], width[1],
                        row[2], width[2], row[3], width[3]);
  }
  return text;
}

}  // namespace

std::string Module::summary() const {
  std::vector<std::array<std::string, 4>> rows{{"name", "type", "shape", "parameters"}};
  const auto add_module = [&](const std::string& path, const Module& m) {
    const std::optional<Shape> shape = m.output_shape();
    rows.push_back({path, m.describe(), shape ? "-> " + to_string(*shape) : "", ""});
  };
  add_module(path_, *this);
  walk([&](const std::string& path, const Member& m) {
    if (m.module) add_module(path, *m.module);
    if (m.buffer) rows.push_back({path, "buffer", to_string(m.buffer->value().shape()), ""});
    if (!m.param) return;
    rows.push_back({path, m.param->trainable() ? "" : "frozen", to_string(m.param->shape()),
                    std::to_string(m.param->size())});
  });
  rows.push_back({"total", "", "", std::to_string(parameter_count())});
  return format_table(rows);
}

std::string Module::describe() const { return class_name(typeid(*this)); }

}  // namespace tapestry::nn
