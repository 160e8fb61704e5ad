#include "autograd/debug/session/session.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "autograd/debug/names.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/sweep.hpp"

namespace tapestry::debug {
namespace {

// Whether a module path is `scope` or lies inside it; the empty path holds everything.
bool inside(std::string_view path, std::string_view scope) {
  return scope.empty() || path == scope || (path.starts_with(scope) && path[scope.size()] == '.');
}

std::int64_t largest_element(const Tensor& t) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < t.size(); ++i) {
    if (std::fabs(element(t, i)) > std::fabs(element(t, best))) best = i;
  }
  return best;
}

// Gradients are handed out as handles, so a sum is always a new tensor.
Tensor plus(const Tensor& a, const Tensor& b) {
  Tensor sum = a.clone();
  add_into(sum, b);
  return sum;
}

const char* condition_text(Condition c) {
  switch (c) {
    case Condition::not_finite:
      return "not finite";
    case Condition::norm_above:
      return "norm above";
    case Condition::norm_below:
      return "norm below";
    case Condition::ratio_above:
      return "ratio above";
    case Condition::sign_change:
      return "sign change";
    case Condition::exact_zero:
      return "exact zero";
    case Condition::element_change:
      return "change of";
    case Condition::version_change:
      return "new version";
  }
  return "";
}

}  // namespace

// Construction -----------------------------------------------------------------------------------

Session::Session(Tape& tape, const Tensor& loss) : tape_(tape) {
  check<ShapeError>(loss.size() == 1,
                    "debug::Session: the loss has the shape {}; reduce it to one number",
                    loss.shape());
  begin(loss, ones_like(loss));
}

Session::Session(Tape& tape, const Tensor& y, const Tensor& seed) : tape_(tape) {
  begin(y, seed.detach());
}

Session::Session(Tape& tape, std::function<void(Session&)> on_stop)
    : tape_(tape), phase_(Phase::forward), on_stop_(std::move(on_stop)) {
  step();                                       // the first node stops
  looking_on_.reset(new ObserverScope(*this));  // a private base: accessible only here
}

Session::~Session() = default;

void Session::reverse(const Tensor& loss) {
  check<TapeError>(phase_ == Phase::forward, "debug::Session: the reverse pass began before");
  check<ShapeError>(loss.size() == 1,
                    "debug::Session: the loss has the shape {}; reduce it to one number",
                    loss.shape());
  looking_on_.reset();
  begin(loss, ones_like(loss));
}

void Session::begin(const Tensor& y, const Tensor& seed) {
  Sweep::expect_ready(tape_, y, seed);
  loss_ = y;
  root_ = y.node().index;
  slots_.assign(tape_.nodes().size(), {});
  order_.clear();
  std::vector<bool> reached(slots_.size());
  reached[static_cast<std::size_t>(root_)] = true;
  for (std::int32_t i = root_; i >= 0; --i) {
    if (!reached[static_cast<std::size_t>(i)] || !node(i).op) continue;
    order_.push_back(i);
    for (int k = 0; k < node(i).arity; ++k) {
      const std::int32_t input = tape_.input(node(i), k);
      if (!node(input).needs_grad) continue;
      reached[static_cast<std::size_t>(input)] = true;
      slots_[static_cast<std::size_t>(input)].last_sender = i;
    }
  }
  slots_[static_cast<std::size_t>(root_)].grad = seed;
  sent_.clear();
  position_ = 0;
  operand_ = 0;
  outgoing_known_ = false;
  phase_ = order_.empty() ? Phase::finished : Phase::reverse;
}

// Queries ----------------------------------------------------------------------------------------

const Node& Session::node(std::int32_t index) const { return node_at(tape_, index); }

const Session::Slot& Session::slot(std::int32_t index) const {
  static const Slot nothing;
  if (phase_ == Phase::forward) return nothing;
  check<TapeError>(index >= 0 && static_cast<std::size_t>(index) < slots_.size(),
                   "there is no node {}; the tape holds 0 to {}", index,
                   static_cast<std::int64_t>(slots_.size()) - 1);
  return slots_[static_cast<std::size_t>(index)];
}

std::int32_t Session::at() const {
  if (phase_ == Phase::forward) return newest_;
  return phase_ == Phase::finished ? -1 : order_[position_];
}

Arrival Session::arrival(std::int32_t index) const {
  const Slot& s = slot(index);
  if (!s.grad.defined()) return Arrival::none;
  const bool complete = phase_ == Phase::finished || index == root_ || s.last_sender > at();
  return complete ? Arrival::complete : Arrival::partial;
}

bool Session::reachable(std::int32_t index) const {
  return index == root_ || slot(index).last_sender >= 0;
}

Tensor Session::grad(const Parameter& parameter) const {
  Tensor sum;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Tensor& g = slots_[i].grad;
    if (tape_.nodes()[i].parameter == &parameter && g.defined()) {
      sum = sum.defined() ? plus(sum, g) : g;
    }
  }
  return sum;
}

std::span<const Tensor> Session::outgoing() {
  if (phase_ != Phase::reverse) return {};
  if (!outgoing_known_) {
    outgoing_ = Sweep::contributions(tape_, at(), grad(at()));
    outgoing_known_ = true;
  }
  return outgoing_;
}

// Motions ----------------------------------------------------------------------------------------

void Session::skip_silent() {
  while (position_ < order_.size() && !grad(order_[position_]).defined()) ++position_;
  if (position_ == order_.size()) phase_ = Phase::finished;
}

void Session::send_one(Stop& stop) {
  const std::int32_t from = at(), to = tape_.input(node(from), operand_);
  const Tensor part = outgoing()[static_cast<std::size_t>(operand_)];
  Slot& target = slots_[static_cast<std::size_t>(to)];
  const Tensor before = target.grad;
  sent_.push_back({position_, operand_, part.defined() ? to : -1, before});
  if (part.defined()) {
    target.grad = before.defined() ? plus(before, part) : part;
    target.parts.push_back({from, operand_, part});
  }
  const Tensor dout = grad(from);
  const bool last = ++operand_ == node(from).arity;
  if (last) {
    ++position_;
    operand_ = 0;
    outgoing_known_ = false;
    skip_silent();
  }
  if (watchpoints_.empty()) return;
  if (part.defined()) {
    check_ratio(dout, part, from, stop);
    check_contribution(to, before, stop);
  }
  for (int k = 0; last && k < node(from).arity; ++k) {
    const std::int32_t input = tape_.input(node(from), k);
    if (slot(input).last_sender == from && grad(input).defined()) check_complete(input, stop);
  }
}

void Session::unsend_one() {
  const Sent last = std::move(sent_.back());
  sent_.pop_back();
  if (last.to >= 0) {
    Slot& target = slots_[static_cast<std::size_t>(last.to)];
    target.grad = last.before;
    target.parts.pop_back();
  }
  if (position_ != last.position) outgoing_known_ = false;
  position_ = last.position;
  operand_ = last.operand;
  phase_ = Phase::reverse;
}

Stop Session::end() { return {Stop::Why::end, 0, {}}; }

Stop Session::advance(const std::function<bool()>& arrived) {
  if (phase_ == Phase::forward) return wish(arrived);
  Stop stop{Stop::Why::stepped, 0, {}};
  while (phase_ == Phase::reverse) {
    const std::size_t here = position_;
    do {
      send_one(stop);
      if (stop.why == Stop::Why::watchpoint) return stop;
    } while (phase_ == Phase::reverse && position_ == here);
    if (phase_ == Phase::reverse && (at_breakpoint(at(), stop) || arrived())) return stop;
  }
  return end();
}

Stop Session::wish(std::function<bool()> arrived) {
  wished_ = std::move(arrived);
  return {Stop::Why::stepped, 0, {}};
}

Stop Session::step() {
  return advance([] { return true; });
}

Stop Session::step_into() {
  if (phase_ != Phase::reverse) return advance([] { return true; });
  Stop stop{Stop::Why::stepped, 0, {}};
  send_one(stop);
  return phase_ == Phase::finished && stop.why == Stop::Why::stepped ? end() : stop;
}

std::string Session::scope_path() const {
  return at() < 0 ? std::string() : scope_info(node(at()).scope).path;
}

Stop Session::next_in_scope() {
  return advance([this, scope = scope_path()] {
    const std::string now = scope_path();
    return now == scope || !inside(now, scope);
  });
}

Stop Session::finish_scope() {
  return advance([this, scope = scope_path()] { return !inside(scope_path(), scope); });
}

Stop Session::run() {
  return advance([] { return false; });
}

Stop Session::run_to(std::int32_t target) {
  if (phase_ == Phase::forward) return wish([this, target] { return newest_ == target; });
  // `reachable` refuses a number that is no node; node_name would not.
  if (!reachable(target)) throw TapeError("no gradient flows to " + node_name(tape_, target));
  if (!node(target).op) {  // a leaf: until everything has arrived
    if (arrival(target) == Arrival::complete) return {Stop::Why::stepped, 0, {}};
    return advance([this, target] { return arrival(target) == Arrival::complete; });
  }
  if (target == at()) return {Stop::Why::stepped, 0, {}};
  if (phase_ == Phase::finished || target > at()) {
    throw TapeError(fmt::format("node {} has run already", target),
                    "go back, or restart the reverse pass");
  }
  return advance([this, target] { return at() == target; });
}

Stop Session::run_to(const Breakpoint& target) {
  return advance([this, target] { return target.matches({tape_, at(), node(at()), grad(at())}); });
}

Stop Session::back() {
  check<TapeError>(phase_ != Phase::forward, "the forward pass cannot go back");
  if (sent_.empty()) return {Stop::Why::start, 0, {}};
  const std::size_t undone = sent_.back().position;
  while (!sent_.empty() && sent_.back().position == undone) unsend_one();
  return {Stop::Why::stepped, 0, {}};
}

Stop Session::restart() {
  check<TapeError>(phase_ != Phase::forward, "the forward pass cannot go back");
  while (!sent_.empty()) unsend_one();
  return {Stop::Why::start, 0, {}};
}

void Session::recorded(const Tape& tape, std::int32_t index, Inputs, const Tensor&) {
  if (&tape != &tape_) return;
  newest_ = index;
  Stop stop{Stop::Why::stepped, 0, {}};
  if (!at_breakpoint(index, stop) && !(wished_ && wished_())) return;
  wished_ = nullptr;
  on_stop_(*this);
}

// Break- and watchpoints -------------------------------------------------------------------------

int Session::add(Breakpoint breakpoint) {
  breakpoint.number = ++last_number_;
  breakpoints_.push_back(std::move(breakpoint));
  return last_number_;
}

int Session::add(Watchpoint w) {
  check<TapeError>(w.node < std::ssize(tape_.nodes()), "there is no node {} to watch", w.node);
  check<TapeError>(w.node < std::ssize(slots_),
                   "node {} has no gradient to watch yet: the reverse pass has not begun", w.node);
  check<ConfigError>(w.condition != Condition::element_change || (w.node >= 0 && w.element >= 0),
                     "watch an element of one node: both must be given");
  if (w.node >= 0) {
    check<ShapeError>(w.element < node(w.node).out.size(), "node {} has {} elements, not {}",
                      w.node, node(w.node).out.size(), w.element + 1);
  }
  w.number = ++last_number_;
  w.text = condition_text(w.condition);
  const bool bounded = w.condition == Condition::norm_above ||
                       w.condition == Condition::norm_below ||
                       w.condition == Condition::ratio_above;
  if (bounded) w.text += " " + number_text(w.bound);
  if (w.element >= 0) w.text += " " + index_text(node(w.node).out.shape(), w.element);
  w.text += w.node < 0 ? " of any gradient" : " of the gradient of " + node_name(tape_, w.node);
  watchpoints_.push_back(std::move(w));
  return last_number_;
}

bool Session::remove(int number) {
  const auto has = [number](const auto& p) { return p.number == number; };
  return std::erase_if(breakpoints_, has) + std::erase_if(watchpoints_, has) > 0;
}

bool Session::at_breakpoint(std::int32_t index, Stop& stop) {
  for (Breakpoint& b : breakpoints_) {
    if (!b.matches({tape_, index, node(index), grad(index)})) continue;
    ++b.hits;
    if (b.ignore > 0) {
      --b.ignore;
      continue;
    }
    stop = {Stop::Why::breakpoint, b.number, b.text};
    return true;
  }
  return false;
}

namespace {

void hit(Watchpoint& w, std::string seen, Stop& stop) {
  ++w.hits;
  if (w.ignore > 0) {
    --w.ignore;
  } else if (stop.why == Stop::Why::stepped) {
    stop = {Stop::Why::watchpoint, w.number, fmt::format("{}: {}", w.text, seen)};
  }
}

}  // namespace

void Session::check_ratio(const Tensor& dout, const Tensor& part, std::int32_t from, Stop& stop) {
  for (Watchpoint& w : watchpoints_) {
    if (w.condition != Condition::ratio_above || (w.node >= 0 && w.node != from)) continue;
    const double in = stats(dout).norm, out = stats(part).norm;
    if (out > w.bound * in) {
      hit(w,
          fmt::format("{} received norm {} and sent norm {}", node_name(tape_, from),
                      number_text(in), number_text(out)),
          stop);
    }
  }
}

void Session::check_contribution(std::int32_t to, const Tensor& before, Stop& stop) {
  const Tensor& now = grad(to);
  for (Watchpoint& w : watchpoints_) {
    if (w.node >= 0 && w.node != to) continue;
    if (w.condition == Condition::not_finite) {
      if (stats(now).not_finite && !(before.defined() && stats(before).not_finite)) {
        hit(w, fmt::format("{} has {}", node_name(tape_, to), gradient_text(now)), stop);
      }
    } else if (w.condition == Condition::sign_change && before.defined()) {
      const std::int64_t e = w.element >= 0 ? w.element : largest_element(now);
      if (element(before, e) * element(now, e) < 0) {
        hit(w,
            fmt::format("{} went from {} to {} at {}", node_name(tape_, to),
                        number_text(element(before, e)), number_text(element(now, e)),
                        index_text(now.shape(), e)),
            stop);
      }
    } else if (w.condition == Condition::element_change) {
      const double is = element(now, w.element);
      if (before.defined() && element(before, w.element) == is) continue;
      const std::string was =
          before.defined() ? number_text(element(before, w.element)) : std::string("none");
      hit(w, fmt::format("from {} to {}", was, number_text(is)), stop);
    }
  }
}

void Session::check_complete(std::int32_t index, Stop& stop) {
  const Stats s = stats(grad(index));
  for (Watchpoint& w : watchpoints_) {
    if (w.node >= 0 && w.node != index) continue;
    const bool fits = (w.condition == Condition::norm_above && s.norm > w.bound) ||
                      (w.condition == Condition::norm_below && s.norm < w.bound) ||
                      (w.condition == Condition::exact_zero && s.zeros == s.size);
    if (fits) {
      const std::string seen =
          s.zeros == s.size ? "is 0 everywhere" : "has " + gradient_text(grad(index));
      hit(w, fmt::format("{} {}", node_name(tape_, index), seen), stop);
    }
    const Parameter* p = node(index).parameter;
    if (w.condition == Condition::version_change && p && p->version() != node(index).version) {
      hit(w,
          fmt::format("{} was updated at {} since it was recorded", p->name(),
                      place_text(p->last_update())),
          stop);
    }
  }
}

}  // namespace tapestry::debug
