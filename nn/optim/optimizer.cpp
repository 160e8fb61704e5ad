#include "nn/optim/optimizer.hpp"

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>

#include "autograd/address.hpp"
#include "autograd/health.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/observer.hpp"
#include "autograd/progress.hpp"

namespace tapestry::nn {

Optimizer::Optimizer(const char* name, std::vector<Parameter*> parameters, double lr,
                     std::vector<const char*> states)
    : name_(name), parameters_(std::move(parameters)), states_(std::move(states)) {
  if (parameters_.empty()) {
    throw ConfigError(fmt::format("{}: there are no parameters to optimise", name_),
                      "members of a module register themselves: nn::Child<nn::Linear> name{*this, "
                      "\"name\", ...} and nn::Param name{*this, \"name\", ...}");
  }
  std::unordered_set<const Parameter*> seen;
  for (const Parameter* p : parameters_) {
    check<ConfigError>(seen.insert(p).second, "{}: parameter {} is listed twice", name_, p->name());
    check<ConfigError>(p->value().defined(), "{}: parameter {} has no values yet", name_,
                       p->name());
  }
  set_lr(lr);
  slots_.resize(parameters_.size());
  values_.resize(parameters_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    for (std::size_t s = 0; s < states_.size(); ++s) {
      slots_[i].state[s] = zeros_like(parameters_[i]->value());
    }
  }
}

void Optimizer::set_lr(double lr) {
  check<ConfigError>(std::isfinite(lr) && lr >= 0,
                     "{}: the learning rate must be finite and not negative, not {}", name_, lr);
  lr_ = lr;
}

void Optimizer::check_option(const char* option, double value, double low, double high) const {
  check<ConfigError>(value >= low && value < high, "{}: {} must be in [{}, {}), not {}", name_,
                     option, low, high, value);
}

void Optimizer::zero_grad() {
  for (Parameter* p : parameters_) p->zero_grad();
}

namespace {

/// A pointer to the values, for writing. Values that another handle shares are copied first.
void* writable(Tensor& t) {
  if (!t.sole_owner()) t = t.clone();
  return dispatch(t.dtype(), [&](auto tag) -> void* { return t.mutate<decltype(tag)>().data(); });
}

}  // namespace

void Optimizer::collect_jobs(SourceLoc where) {
  jobs_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& p = *parameters_[i];
    if (!p.trainable() || !p.grad().defined()) continue;
    check<DTypeError>(p.grad().dtype() == p.value().dtype(), "{}: the gradient of {} is {}, not {}",
                      name_, p.name(), tapestry::name(p.grad().dtype()),
                      tapestry::name(p.value().dtype()));
    for (std::size_t s = 0; s < states_.size(); ++s) {
      Tensor& state = slots_[i].state[s];
      if (state.dtype() != p.value().dtype()) state = state.to(p.value().dtype());
      writable(state);
    }
    if (!told_stale_ && p.grad_passes() > 1 && p.grad_began() != p.version()) tell_stale(p, where);
    // The pointer stays valid after `update`: nothing else runs before this step is over.
    p.update([&](Tensor& value) { values_[i] = writable(value); }, where);
    ++slots_[i].step;
    for (std::int64_t offset = 0; offset < p.size(); offset += kChunk) {
      jobs_.push_back(
          {static_cast<std::int32_t>(i), offset, std::min(kChunk, p.size() - offset), true});
    }
  }
}

template <class T>
Chunk<T> Optimizer::chunk(const Job& job) {
  const auto i = static_cast<std::size_t>(job.parameter);
  const Parameter& p = *parameters_[i];
  Slot& slot = slots_[i];
  Chunk<T> c{static_cast<T*>(values_[i]) + job.offset,
             p.grad().view<T>().data() + job.offset,
             {},
             job.size,
             slot.step,
             lr_};
  for (std::size_t s = 0; s < states_.size(); ++s) {
    c.state[s] = slot.state[s].template mutate<T>().data() + job.offset;
  }
  return c;
}

void Optimizer::step(SourceLoc where) {
  collect_jobs(where);
  if (jobs_.empty()) {
    throw ConfigError(fmt::format("{}: no parameter has a gradient", name_),
                      "call tape.backward(loss) before step()");
  }
  const auto count = static_cast<std::int64_t>(jobs_.size());
  parallel_rows(count, kChunk, [this](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end;) {
      Job& first = jobs_[static_cast<std::size_t>(j)];
      Job run = first;  // with the chunks of the same parameter that follow
      while (++j < end && jobs_[static_cast<std::size_t>(j)].parameter == run.parameter) {
        run.size += jobs_[static_cast<std::size_t>(j)].size;
      }
      const Parameter& p = *parameters_[static_cast<std::size_t>(run.parameter)];
      first.finite =
          p.value().dtype() == DType::f32 ? update(chunk<float>(run)) : update(chunk<double>(run));
    }
  });
  if (health() != Health::off) {
    for (const Job& job : jobs_) {
      if (!job.finite) throw_not_finite(job, where);
    }
  }
  ObserverScope::for_each([&](Observer& o) {
    for (const Job& job : jobs_) {
      if (job.offset == 0) o.updated(*parameters_[static_cast<std::size_t>(job.parameter)], where);
    }
  });
  TrainingProgress& now = progress();
  now.optimizer = name_;
  now.steps = slots_[static_cast<std::size_t>(jobs_.front().parameter)].step;
  if (steps_ < kIdleSteps && ++steps_ == kIdleSteps) name_idle(where);
}

std::vector<const Parameter*> Optimizer::idle() const {
  std::vector<const Parameter*> list;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i]->trainable() && slots_[i].step == 0) list.push_back(parameters_[i]);
  }
  return list;
}

void Optimizer::tell_stale(const Parameter& p, SourceLoc where) {
  told_stale_ = true;
  std::fflush(stdout);  // the program's earlier output comes first
  fmt::print(
      stderr,
      "tapestry: {}: the gradient of {} still holds what an earlier step has used: {} passes\n"
      "    at   {}:{}\n"
      "    hint: zero_grad() before each backward, or after each step\n",
      name_, p.name(), p.grad_passes(), where.file, where.line);
}

void Optimizer::name_idle(SourceLoc where) const {
  const auto list = idle();
  if (list.empty()) return;
  constexpr std::size_t kShown = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    names += (i > 0 ? ", " : "") + list[i]->name();
  }
  if (list.size() > kShown) names += fmt::format(" and {} more", list.size() - kShown);
  std::fflush(stdout);  // the program's earlier output comes first
  fmt::print(stderr,
             "tapestry: {}: no gradient in {} steps, so these never change: {}\n"
             "    at   {}:{}\n"
             "    hint: p.value() in an expression is a constant, p or 1.0 * p is not; "
             "p.set_trainable(false) says that it shall stay\n",
             name_, kIdleSteps, names, where.file, where.line);
}

void Optimizer::throw_state_not_finite(const Job& job, SourceLoc where) const {
  const auto i = static_cast<std::size_t>(job.parameter);
  const Parameter& p = *parameters_[i];
  for (std::size_t s = 0; s < states_.size(); ++s) {
    const std::vector<double> state = slots_[i].state[s].to_vector();
    for (auto at = static_cast<std::size_t>(job.offset); at < state.size(); ++at)
      if (!std::isfinite(state[at]))
        throw_at(where,
                 DomainError(fmt::format("{}: {} of {}{} became {} in step {}; its gradient is {}",
                                         name_, states_[s], p.name(),
                                         index_text(p.shape(), static_cast<std::int64_t>(at)),
                                         state[at], slots_[i].step, p.grad().to_vector()[at]),
                             "the square of such a gradient is beyond all numbers: clip gradients "
                             "before step(), see nn/optim/clip.hpp"));
  }
  throw Error("optimizer: unreachable");
}

void Optimizer::throw_not_finite(const Job& job, SourceLoc where) const {
  const Parameter& p = *parameters_[static_cast<std::size_t>(job.parameter)];
  ObserverScope::for_each([&](Observer& o) { o.refused(p, where); });
  dispatch(p.value().dtype(), [&](auto tag) {
    using T = decltype(tag);
    const auto value = p.value().view<T>(), grad = p.grad().view<T>();
    auto at = static_cast<std::size_t>(job.offset);
    while (at < value.size() && std::isfinite(value[at])) ++at;
    if (at == value.size()) throw_state_not_finite(job, where);
    DomainError error(
        fmt::format("{}: {}{} became {} in step {}; its gradient is {}", name_, p.name(),
                    index_text(p.shape(), static_cast<std::int64_t>(at)), value[at],
                    slots_[static_cast<std::size_t>(job.parameter)].step, grad[at]),
        std::isfinite(grad[at]) ? "a smaller learning rate" : kBirthHint);
    throw_at(where, std::move(error));
  });
  throw Error("optimizer: unreachable");
}

std::string Optimizer::state_name(std::size_t state, const Parameter& p) const {
  return fmt::format("{}.{}.{}", name_, states_[state], p.name());
}

NamedTensors Optimizer::state() const {
  NamedTensors list;
  std::vector<std::int32_t> steps;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    for (std::size_t s = 0; s < states_.size(); ++s) {
      list.push_back({state_name(s, *parameters_[i]), slots_[i].state[s]});
    }
    steps.push_back(static_cast<std::int32_t>(slots_[i].step));
  }
  const auto count = static_cast<std::int64_t>(steps.size());
  list.push_back({fmt::format("{}.step", name_), index_tensor(steps, {count})});
  return list;
}

void Optimizer::load_state(const NamedTensors& state) {
  std::unordered_map<std::string, const Tensor*> given;
  for (const NamedTensor& t : state) given[t.name] = &t.value;
  check<DataError>(given.size() == parameters_.size() * states_.size() + 1,
                   "{}: {} tensors of state, but {} parameters need {}", name_, given.size(),
                   parameters_.size(), parameters_.size() * states_.size() + 1);
  const auto take = [&](const std::string& name, const Shape& shape, DType dtype) {
    const auto found = given.find(name);
    check<DataError>(found != given.end(), "{}: the state has no tensor {}", name_, name);
    const Tensor& t = *found->second;
    check<DataError>(t.shape() == shape && t.dtype() == dtype,
                     "{}: state {} is {} {}, but the parameter needs {} {}", name_, name,
                     tapestry::name(t.dtype()), t.shape(), tapestry::name(dtype), shape);
    return t;
  };
  std::vector<Slot> slots(slots_.size());
  const auto count = static_cast<std::int64_t>(slots.size());
  const Tensor steps = take(fmt::format("{}.step", name_), {count}, DType::i32);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Parameter& p = *parameters_[i];
    for (std::size_t s = 0; s < states_.size(); ++s) {
      slots[i].state[s] = take(state_name(s, p), p.shape(), p.value().dtype());
    }
    slots[i].step = steps.view<std::int32_t>()[i];
    check<DataError>(slots[i].step >= 0, "{}: a negative step count for {}", name_, p.name());
  }
  slots_ = std::move(slots);
}

}  // namespace tapestry::nn
