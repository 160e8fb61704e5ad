#include "support/plot/tape_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace support {

using namespace tapestry;
using debug::Trace;
using debug::TraceNode;

namespace {

std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

/// The places of the nodes. The roots of the trees are unused nodes: the loss, and cut-off ones.
class Layout {
 public:
  Layout(const Trace& trace, int columns)
      : trace_(trace),
        x_(trace.nodes.size(), kNone),
        y_(trace.nodes.size(), kNone),
        falls_(trace.nodes.size()) {
    std::vector<bool> used(trace.nodes.size());
    for (const TraceNode& node : trace.nodes) {
      for (const std::int32_t in : node.inputs) used[at(in)] = true;
    }
    // Cut-off trees first, above: they begin at the left edge, the loss ends at the right one.
    for (std::int32_t i = 0; at(i) < used.size(); ++i) {
      if (!used[at(i)] && i != trace.root) place(i, depth(i));
    }
    place(trace.root, columns);
  }

  double x(std::int32_t node) const { return x_[at(node)]; }
  double y(std::int32_t node) const { return y_[at(node)]; }
  double lowest() const { return next_row_; }
  /// Whether the node's result is used by one that stands lower.
  bool falls(std::int32_t node) const { return falls_[at(node)]; }

 private:
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  int depth(std::int32_t i) const {
    int deepest = 0;
    for (const std::int32_t in : trace_.nodes[at(i)].inputs) {
      deepest = std::max(deepest, 1 + depth(in));
    }
    return deepest;
  }

  /// A leaf takes the next row; an op stands between its operands.
  void place(std::int32_t i, int column) {
    if (!std::isnan(y_[at(i)])) return;  // placed by another consumer
    x_[at(i)] = column;
    const std::vector<std::int32_t>& inputs = trace_.nodes[at(i)].inputs;
    double sum = 0;
    for (const std::int32_t in : inputs) {
      place(in, column - 1);
      sum += y_[at(in)];
    }
    y_[at(i)] = inputs.empty() ? next_row_-- : sum / static_cast<double>(inputs.size());
    for (const std::int32_t in : inputs) falls_[at(in)] = y_[at(i)] < y_[at(in)];
  }

  const Trace& trace_;
  std::vector<double> x_, y_;
  std::vector<bool> falls_;
  double next_row_ = 0;
};

/// "mu", "mul"; nothing for a constant.
std::string text_of(const Trace& trace, const TraceNode& node) {
  if (!node.parameter.empty()) return node.parameter;
  if (!node.label.empty() || node.op < 0) return node.label;
  return trace.ops[at(node.op)].name;
}

struct Lines {
  std::vector<double> x, y;
  void add(double x0, double y0, double x1, double y1) {
    const double gap = std::numeric_limits<double>::quiet_NaN();  // lifts the pen
    x.insert(x.end(), {x0, x1, gap});
    y.insert(y.end(), {y0, y1, gap});
  }
};

}  // namespace

Plot tape_plot(const std::string& title, const Trace& trace, int columns,
               const std::vector<std::string>& constants) {
  auto constant_name = constants.begin();
  const Layout layout(trace, columns);
  Lines carries, cut, constant;
  std::vector<double> x, y;
  Plot plot(title, "", "");
  for (std::int32_t i = 0; at(i) < trace.nodes.size(); ++i) {
    const TraceNode& node = trace.nodes[at(i)];
    for (const std::int32_t in : node.inputs) {
      const TraceNode& from = trace.nodes[at(in)];
      Lines& lines = !from.needs_grad ? constant : from.gradient.known ? carries : cut;
      lines.add(layout.x(in), layout.y(in), layout.x(i), layout.y(i));
    }
    x.push_back(layout.x(i));
    y.push_back(layout.y(i));
    std::string text = text_of(trace, node);
    if (text.empty() && constant_name != constants.end()) text = *constant_name++;
    // Leaves have room on their left, ops on the side where no edge leaves.
    if (node.op < 0) {
      plot.note(text, x.back() - 0.15 - 0.15 * static_cast<double>(text.size()), y.back());
    } else {
      plot.note(text, x.back(), y.back() + (layout.falls(i) || i == trace.root ? 0.4 : -0.4));
    }
  }
  return plot.line("a gradient comes back", carries.x, carries.y)
      .dashed("no gradient arrives", cut.x, cut.y)
      .dashed("a constant: none is wanted", constant.x, constant.y)
      .points("", x, y)
      .x_range(-0.6, columns + 0.7)
      .y_range(layout.lowest() - 2, 1)
      .key("bottom left")
      .bare();
}

}  // namespace support
