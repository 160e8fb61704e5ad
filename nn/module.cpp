#include "nn/module.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>

#include "autograd/address.hpp"

namespace tapestry::nn {

namespace {

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

}  // namespace

Module::Module() {
  static std::atomic<std::uint64_t> count = 0;
  born_ = count++;
}

void Module::walk(const Visit& visit, const std::string& above) const {
  for (const Member& member : members_) {
    const std::string path = join(above, member.name);
    visit(path, member);
    if (member.module) member.module->walk(visit, path);
  }
}

std::vector<Parameter*> Module::parameters() const {
  std::vector<Parameter*> list;
  walk([&](const std::string&, const Member& m) {
    if (m.param) list.push_back(m.param);
  });
  return list;
}

std::vector<NamedParameter> Module::named_parameters() const {
  std::vector<NamedParameter> list;
  walk([&](const std::string& path, const Member& m) {
    if (m.param) list.push_back({path, m.param});
  });
  return list;
}

std::vector<NamedBuffer> Module::named_buffers() const {
  std::vector<NamedBuffer> list;
  walk([&](const std::string& path, const Member& m) {
    if (m.buffer) list.push_back({path, m.buffer});
  });
  return list;
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const Parameter* p : parameters()) count += p->size();
  return count;
}

void Module::zero_grad() {
  for (const Member& m : members_) {
    if (m.param) m.param->zero_grad();
    if (m.module) m.module->zero_grad();
  }
}

void Module::train(bool on) {
  training_ = on;
  for (const Member& m : members_)
    if (m.module) m.module->train(on);
}

void Module::set_trainable(bool on) {
  for (Parameter* p : parameters()) p->set_trainable(on);
}

void Module::convert(DType dtype) {
  walk([&](const std::string&, const Member& m) {
    if (m.param) m.param->convert(dtype);
    if (m.buffer) m.buffer->convert(dtype);
  });
}

void Module::seed(const Rng& rng) {
  for (const NamedBuffer& b : named_buffers()) b.buffer->seed(rng.stream(b.name));
}

NamedTensors Module::state() const {
  NamedTensors list;
  walk([&](const std::string& name, const Member& m) {
    if (m.param) list.push_back({name, m.param->value()});
    if (m.buffer) list.push_back({name, m.buffer->value()});
  });
  return list;
}

void Module::load_state(const NamedTensors& given) {
  std::unordered_map<std::string, const Tensor*> by_name;
  for (const NamedTensor& t : given) {
    check<DataError>(by_name.emplace(t.name, &t.value).second, "tensor {} is there twice", t.name);
  }
  const NamedTensors wanted = state();
  for (const NamedTensor& w : wanted) {
    const auto found = by_name.find(w.name);
    check<DataError>(found != by_name.end(), "tensor {} of the module is missing", w.name);
    const Tensor& t = *found->second;
    check<DataError>(t.shape() == w.value.shape(),
                     "tensor {} has shape {}, but the module's has {}", w.name, t.shape(),
                     w.value.shape());
    check<DataError>(t.dtype() == w.value.dtype(), "tensor {} is {}, but the module's is {}",
                     w.name, name(t.dtype()), name(w.value.dtype()));
  }
  if (by_name.size() > wanted.size()) {
    for (const NamedTensor& w : wanted) by_name.erase(w.name);
    const auto extra =
        std::ranges::find_if(given, [&](const NamedTensor& t) { return by_name.contains(t.name); });
    throw DataError(fmt::format("tensor {} is not in the module", extra->name));
  }
  walk([&](const std::string& name, const Member& m) {
    if (m.param) m.param->set_value(*by_name.at(name));
    if (m.buffer) m.buffer->set_value(*by_name.at(name));
  });
}

Member& Module::add_member(const std::string& name) {
  const bool taken = std::any_of(members_.begin(), members_.end(),
                                 [&](const Member& m) { return m.name == name; });
  check<ConfigError>(!taken, "module: the name {} is taken by an earlier member", name);
  check<ConfigError>(!name.empty() && name.find('.') == std::string::npos,
                     "module: a member's name is '{}'; it must not be empty or have a dot", name);
  return members_.emplace_back(Member{.name = name});
}

void Module::adopt(const char* name, Param& param) {
  add_member(name).param = &param;
  param.name_ = join(path_, name);
}

void Module::adopt(const char* name, Buffer& buffer) { add_member(name).buffer = &buffer; }

void Module::adopt(const std::string& name, Module& module) {
  add_member(name).module = &module;
  module.set_path(join(path_, name));
}

void Module::set_path(const std::string& path) {
  path_ = path;
  for (const Member& m : members_) {
    if (m.param) m.param->name_ = join(path_, m.name);
    if (m.module) m.module->set_path(join(path_, m.name));
  }
}

void Module::refuse_orphan(const Module& caller, SourceLoc from) const {
  const auto learned = parameters();
  if (std::none_of(learned.begin(), learned.end(), [](auto* p) { return p->trainable(); })) return;
  throw_at(from,
           ConfigError(fmt::format("{}, called by {}, is no member of it that registered "
                                   "itself: no optimizer finds its {} parameters",
                                   describe(), caller.describe(), parameter_count()),
                       "nn::Child<...> name{*this, \"name\", ...} in the module that has it, or "
                       "adopt(\"name\", module)"));
}

Scope Module::enter(SourceLoc from) const {
  for (const Member& m : members_) {
    if (m.param && !m.param->initialised()) {
      throw_at(from,
               ConfigError(fmt::format("{}: this parameter was never initialised", m.param->name()),
                           "call nn::init::torch_default(model, rng) or load a checkpoint"));
    }
  }
  // A module that another one only refers to was constructed before it.
  const auto* caller = static_cast<const Module*>(current_opener());
  if (caller && path_.empty() && caller != this && caller->born_ < born_) [[unlikely]]
    refuse_orphan(*caller, from);
  return Scope(path_, from, this);
}

Tensor Layer::operator()(Arg x) {
  return in_scope(x.loc, [&] { return x.tensor ? forward(*x.tensor) : forward(as_tensor(x)); });
}

}  // namespace tapestry::nn
