#include "autograd/debug/trace/trace.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "autograd/debug/screen/screen.hpp"
#include "autograd/debug/session/session.hpp"
#include "autograd/debug/source.hpp"
#include "autograd/gradcheck/gradcheck.hpp"

namespace tapestry::debug {
namespace {

/// Fewer elements than that are better read one by one than counted.
constexpr std::int64_t kMany = 8;

/// How much of each tensor a trace can hold.
struct Detail {
  int bins = 0;               ///< of a histogram
  int side = 0;               ///< of a heat map
  std::int64_t elements = 0;  ///< of a tensor that is kept whole
};

Detail detail(const TraceOptions& options, std::size_t nodes) {
  // A value and a gradient each; a cell takes two bytes in the JSON, a bin about three, a value ten.
  const auto bytes = options.detail_bytes / static_cast<std::int64_t>(2 * nodes + 1);
  Detail d{.elements = std::min(options.values_up_to, std::max<std::int64_t>(bytes / 20, 1))};
  if (bytes >= 100) d.bins = 24;
  for (const int side : {8, 16, 32}) {
    if (bytes >= 100 + 2 * side * side) d.side = side;
  }
  return d;
}

std::string program_name() {
  std::error_code ignored;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return ignored ? "tape" : path.filename().string();
}

/// Copies a tape into a trace, every text once.
class Recording {
 public:
  Recording(Session& session, const TraceOptions& options)
      : session_(session),
        tape_(session.tape()),
        options_(options),
        detail_(detail(options, tape_.nodes().size())) {
    trace_.title = options.title.empty() ? program_name() : options.title;
    trace_.root = session.root();
    scope(0);
    for (const Node& n : tape_.nodes()) trace_.nodes.push_back(copy(n));
  }

  Trace finish() {
    play();
    for (std::size_t i = 0; i < trace_.nodes.size(); ++i) {
      TraceNode& n = trace_.nodes[i];
      n.gradient = measure(session_.grad(static_cast<std::int32_t>(i)), n);
    }
    // A reverse pass with wrong gradients looks like any other, so the page marks them.
    for (const std::int32_t i : trace_.order) {
      if (all_finite_at(i) && wrong_at_a_glance(tape_, i))
        trace_.nodes[index(i)].wrong = check_node(tape_, i, {.max_elements = 8}).text;
    }
    add_sources();
    return std::move(trace_);
  }

 private:
  TraceNode copy(const Node& node) {
    TraceNode n;
    n.op = node.op ? op(*node.op) : -1;
    for (int i = 0; i < node.arity; ++i) n.inputs.push_back(tape_.input(node, i));
    n.scope = scope(node.scope);
    n.place = place(node.src);
    if (node.label) n.label = node.label;
    if (node.parameter) n.parameter = node.parameter->name();
    n.dtype = node.out.dtype();
    n.shape = node.out.shape();
    n.needs_grad = node.needs_grad;
    if (node.op) {
      const Shape first = node.arity ? tape_.nodes()[index(n.inputs[0])].out.shape() : Shape();
      n.attributes = attributes(*node.op, node.attrs, first);
    }
    // A parameter's value can be shown even if no gradient needed the tape to keep it.
    const Parameter* p = node.parameter;
    const bool same = p && !node.out.defined() && p->version() == node.version;
    n.value = measure(same ? p->value() : node.out, n);
    return n;
  }

  TraceTensor measure(const Tensor& x, const TraceNode& node) const {
    TraceTensor t;
    if (!x.defined()) return t;
    t.known = true;
    t.stats = stats(x);
    if (x.size() >= kMany) t.histogram = histogram(x, detail_.bins);
    t.heat_map = heat_map(x, detail_.side);
    if (x.size() <= detail_.elements || chosen(node.label) || chosen(node.parameter)) {
      t.values = x.to_vector();
    }
    return t;
  }

  bool chosen(const std::string& name) const {
    const auto& names = options_.values_of;
    return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
  }

  /// False if a value is not finite: the page reports that, and finite differences mean nothing.
  bool all_finite_at(std::int32_t i) const {
    const auto bad = [](const TraceTensor& t) { return t.stats.not_finite > 0; };
    const TraceNode& n = trace_.nodes[index(i)];
    bool finite = !bad(n.value) && !bad(n.gradient);
    for (const std::int32_t input : n.inputs) {
      const TraceNode& operand = trace_.nodes[index(input)];
      finite = finite && !bad(operand.value);
      for (const TraceContribution& part : operand.contributions)
        finite = finite && (part.from != i || part.not_finite == 0);
    }
    return finite;
  }

  /// The reverse pass, one contribution at a time.
  void play() {
    while (session_.phase() == Phase::reverse) {
      const std::int32_t from = session_.at();
      const int operand = session_.operand();
      if (operand == 0) trace_.order.push_back(from);
      const std::int32_t to = tape_.input(tape_.nodes()[index(from)], operand);
      const std::size_t before = session_.contributions(to).size();
      session_.step_into();
      if (session_.contributions(to).size() == before) continue;  // a constant, or no contribution
      const Stats part = stats(session_.contributions(to).back().value);
      trace_.nodes[index(to)].contributions.push_back({.from = from,
                                                       .operand = operand,
                                                       .norm = part.norm,
                                                       .sum_norm = stats(session_.grad(to)).norm,
                                                       .not_finite = part.not_finite});
    }
  }

  std::int32_t op(const OpInfo& info) {
    const auto [known, added] = ops_.try_emplace(&info, count(trace_.ops));
    if (added) {
      trace_.ops.push_back({info.name, info.formula, info.gradient, operand_names(info)});
    }
    return known->second;
  }

  std::int32_t scope(ScopeId id) {
    const auto known = scopes_.find(id);
    if (known != scopes_.end()) return known->second;
    const ScopeInfo& info = scope_info(id);
    const std::int32_t parent = id == 0 ? -1 : scope(info.parent);
    const std::int32_t number = count(trace_.scopes);
    trace_.scopes.push_back({parent, info.path, place(info.from)});
    return scopes_[id] = number;
  }

  TracePlace place(SourceLoc where) {
    if (!where.line) return {};
    const auto [known, added] = files_.try_emplace(where.file, count(trace_.files));
    if (added) trace_.files.emplace_back(where.file);
    return {known->second, static_cast<std::int32_t>(where.line)};
  }

  void add_sources() {
    constexpr std::int32_t kAround = 4;
    std::map<std::int32_t, std::vector<std::int32_t>> wanted;  // lines of each file
    const auto want = [&](TracePlace p) {
      if (p.line) wanted[p.file].push_back(p.line);
    };
    for (const TraceNode& n : trace_.nodes) want(n.place);
    for (const TraceScope& s : trace_.scopes) want(s.from);

    SourceFiles files(options_.source_folder);
    for (auto& [file, at] : wanted) {
      const auto lines = files.lines(trace_.files[index(file)]);
      std::sort(at.begin(), at.end());
      std::int32_t next = 1;  // the first line that is not in the trace yet
      for (const std::int32_t line : at) {
        const std::int32_t first = std::max(next, line - kAround);
        const auto last = std::min(static_cast<std::int32_t>(lines.size()), line + kAround);
        if (first > last) continue;
        const bool new_piece = first > next || next == 1;
        if (new_piece) trace_.sources.push_back({file, first, {}});
        auto& piece = trace_.sources.back().lines;
        piece.insert(piece.end(), lines.begin() + first - 1, lines.begin() + last);
        next = last + 1;
      }
    }
  }

  static std::size_t index(std::int32_t i) { return static_cast<std::size_t>(i); }
  template <class T>
  static std::int32_t count(const std::vector<T>& list) {
    return static_cast<std::int32_t>(list.size());
  }

  Session& session_;
  const Tape& tape_;
  const TraceOptions& options_;
  Detail detail_;
  Trace trace_;
  std::map<const OpInfo*, std::int32_t> ops_;
  std::map<ScopeId, std::int32_t> scopes_;
  std::map<std::string_view, std::int32_t> files_;
};

}  // namespace

Trace trace(Tape& tape, const Tensor& loss, const TraceOptions& options) {
  Session session(tape, loss);
  return Recording(session, options).finish();
}

std::string node_name(const Trace& trace, std::int32_t node) {
  const TraceNode& n = trace.nodes.at(static_cast<std::size_t>(node));
  if (n.op >= 0) {
    const std::string& op = trace.ops[static_cast<std::size_t>(n.op)].name;
    return n.label.empty() ? fmt::format("{} {}", node, op)
                           : fmt::format("{} {} ({})", node, op, n.label);
  }
  if (!n.parameter.empty()) return fmt::format("{} {}", node, n.parameter);
  return fmt::format("{} {}", node,
                     !n.label.empty() ? n.label
                     : n.needs_grad   ? "watched"
                                      : "constant");
}

}  // namespace tapestry::debug
