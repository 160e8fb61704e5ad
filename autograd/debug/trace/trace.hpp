#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/attributes.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/debug/trace/picture.hpp"
#include "autograd/tape.hpp"

namespace tapestry::debug {

/// An op, from its OpInfo row.
struct TraceOp {
  std::string name, formula, gradient;
  std::vector<std::string> operands;  ///< names: "x", "weight", "bias"
};

/// A line of a file; both are numbers: of Trace::files and of the line in it, from 1; -1, 0 = unknown.
struct TracePlace {
  std::int32_t file = -1;
  std::int32_t line = 0;
};

/// A call of a module. Number 0 is what lies outside all modules.
struct TraceScope {
  std::int32_t parent = -1;
  std::string path;  ///< "encoder.fc1"
  TracePlace from;   ///< the line that called it
};

/// One tensor, measured. A tensor that was not kept has `known` false and no more.
struct TraceTensor {
  bool known = false;
  Stats stats;
  Histogram histogram;         ///< empty where the trace had to be small
  HeatMap heat_map;            ///< the same
  std::vector<double> values;  ///< row major; only of small or chosen tensors
};

/// One term of a gradient, in order of arrival.
struct TraceContribution {
  std::int32_t from = -1;  ///< the node that sent it
  std::int32_t operand = 0;
  double norm = 0;
  double sum_norm = 0;  ///< of the gradient, with this term added
  std::int64_t not_finite = 0;
};

struct TraceNode {
  std::int32_t op = -1;  ///< of Trace::ops; -1 = a leaf: parameter, watched tensor or constant
  std::vector<std::int32_t> inputs;
  std::int32_t scope = 0;
  TracePlace place;
  std::string label;
  std::string parameter;  ///< the parameter's name, for its leaf
  DType dtype = DType::f32;
  Shape shape;
  bool needs_grad = false;            ///< some parameter or watched tensor is upstream
  std::vector<Attribute> attributes;  ///< arguments besides the operands: axis, stride
  TraceTensor value, gradient;
  std::vector<TraceContribution> contributions;
  std::string wrong;  ///< the fault of its backward function by finite differences; empty = none
};

/// Lines of a file around places of the trace.
struct TraceSource {
  std::int32_t file = -1;
  std::int32_t first = 1;  ///< number of the first line
  std::vector<std::string> lines;
};

/// A tape and its reverse pass, frozen: plain data that outlives both. The viewer shows it, and
/// docs/reference/trace.md describes it as JSON.
struct Trace {
  std::string title;
  std::int32_t root = -1;  ///< the node where the reverse pass began
  std::vector<std::string> files;
  std::vector<TraceOp> ops;
  std::vector<TraceScope> scopes;
  std::vector<TraceNode> nodes;
  std::vector<std::int32_t> order;  ///< nodes in the order in which their backward functions ran
  std::vector<TraceSource> sources;
};

struct TraceOptions {
  std::string title = {};  ///< empty: the program's name
  /// Tensors of at most so many elements are kept whole.
  std::int64_t values_up_to = 64;
  /// So are the nodes with these labels or parameter names, whatever their size.
  std::vector<std::string> values_of = {};
  /// Bytes that histograms, heat maps and values may take in the JSON; each is made coarser or left
  /// out on tapes with many nodes.
  std::int64_t detail_bytes = 3'000'000;
  /// Where recorded paths begin. Empty: looked for upwards from the working folder and from the
  /// program; a trace of a program without sources has no excerpts.
  std::filesystem::path source_folder = {};
};

/// Runs a reverse pass to its end, on gradients of its own, and records it. The tape and
/// Parameter::grad stay as they are. Errors are those of debug::Session.
Trace trace(Tape& tape, const Tensor& loss, const TraceOptions& options = {});

/// "17 softplus", "3 encoder.fc1.weight", "5 constant".
std::string node_name(const Trace& trace, std::int32_t node);

// The trace for other tools ----------------------------------------------------------------------

/// Writes the schema of docs/reference/trace.md. Throws DataError if the file cannot be written.
void write_json(const Trace& trace, const std::filesystem::path& path);
/// Throws DataError for a file that is missing, no trace, of another version or inconsistent.
Trace read_json(const std::filesystem::path& path);
std::string to_json(const Trace& trace);
/// `origin` is named in errors.
Trace from_json(std::string_view json, const std::string& origin = "trace");

/// One line a node: number, name, shape, value and gradient, place.
std::string to_text(const Trace& trace);
/// A graph for Graphviz; modules are boxes, and colour is the logarithm of the gradient's norm.
std::string to_dot(const Trace& trace);

}  // namespace tapestry::debug
