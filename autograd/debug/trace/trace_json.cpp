#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "autograd/debug/trace/trace.hpp"
#include "autograd/json_text.hpp"
#include "autograd/whole_number.hpp"

// The schema is described in docs/reference/trace.md; a change of meaning takes a new kVersion.

namespace tapestry::debug {
namespace {

using Json = nlohmann::ordered_json;
using FoundJson = nlohmann::json;  // of other hands: many keys cost no time

constexpr const char* kFormat = "tapestry trace";
constexpr int kVersion = 1;
constexpr int kOneLine = -1;

// Numbers ------------------------------------------------------------------------------------------

// JSON has no NaN and no infinity; they are texts here.
Json number(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  return v;
}

// Nine digits: enough to name every f32, and to tell statistics apart.
Json short_number(double v) {
  if (!std::isfinite(v)) return number(v);
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", v);
  return std::strtod(text, nullptr);
}

double read_number(const FoundJson& j) {
  return j.is_string() ? std::strtod(j.get_ref<const std::string&>().c_str(), nullptr)
                       : j.get<double>();
}

// Writing ------------------------------------------------------------------------------------------

std::string hex(const std::vector<std::uint8_t>& levels) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t level : levels) {
    text += kDigits[level / 16];
    text += kDigits[level % 16];
  }
  return text;
}

Json place_json(TracePlace place) { return Json::array({place.file, place.line}); }

Json tensor_json(const TraceTensor& t, DType dtype) {
  Json j = Json::object();
  j["min"] = short_number(t.stats.min);
  j["mean"] = short_number(t.stats.mean);
  j["max"] = short_number(t.stats.max);
  j["norm"] = short_number(t.stats.norm);
  if (t.stats.zeros) j["zeros"] = t.stats.zeros;
  if (t.stats.not_finite) {
    j["not_finite"] = t.stats.not_finite;
    j["first_not_finite"] = t.stats.first_not_finite;
  }
  if (!t.histogram.counts.empty()) {
    j["histogram"] = {{"low", short_number(t.histogram.low)},
                      {"high", short_number(t.histogram.high)},
                      {"counts", t.histogram.counts}};
  }
  if (!t.heat_map.levels.empty()) {
    j["heat_map"] = {{"rows", t.heat_map.rows},
                     {"columns", t.heat_map.columns},
                     {"low", short_number(t.heat_map.low)},
                     {"high", short_number(t.heat_map.high)},
                     {"levels", hex(t.heat_map.levels)}};
  }
  for (const double v : t.values) {
    j["values"].push_back(dtype == DType::f64 ? number(v) : short_number(v));
  }
  return j;
}

Json node_json(const TraceNode& n) {
  Json j = Json::object();
  if (n.op >= 0) {
    j["op"] = n.op;
    j["inputs"] = n.inputs;
  }
  if (n.scope) j["scope"] = n.scope;
  if (n.place.line) j["place"] = place_json(n.place);
  if (!n.label.empty()) j["label"] = n.label;
  if (!n.parameter.empty()) j["parameter"] = n.parameter;
  j["dtype"] = name(n.dtype);
  j["shape"] = std::vector<std::int64_t>(n.shape.begin(), n.shape.end());
  if (n.needs_grad) j["needs_grad"] = true;
  for (const Attribute& a : n.attributes) j["attributes"].push_back({a.name, a.text});
  if (!n.wrong.empty()) j["wrong"] = n.wrong;
  if (n.value.known) j["value"] = tensor_json(n.value, n.dtype);
  if (n.gradient.known) j["gradient"] = tensor_json(n.gradient, n.dtype);
  for (const TraceContribution& c : n.contributions) {
    j["contributions"].push_back(
        {c.from, c.operand, short_number(c.norm), short_number(c.sum_norm), c.not_finite});
  }
  return j;
}

// A list of the document, one entry a line: such files can be compared and read.
template <class T, class Fn>
void write_list(std::string& out, const char* key, const std::vector<T>& list, Fn&& entry) {
  out += std::string(",\n\"") + key + "\": [";
  const char* separator = "\n";
  for (const T& item : list) {
    out += separator + json_text(Json(entry(item)), kOneLine, NotUtf8::replace);
    separator = ",\n";
  }
  out += "]";
}

// Reading ------------------------------------------------------------------------------------------

// Where a document is wrong; from_json adds the file.
[[noreturn]] void bad(const std::string& what) { throw DataError(what); }

std::int32_t number_of(const FoundJson& j, std::size_t count, const char* what) {
  const auto number = whole_number<std::int32_t>(j, what);
  if (number < 0 || static_cast<std::size_t>(number) >= count) {
    bad(fmt::format("there is no {} {}; there are {}", what, number, count));
  }
  return number;
}

TracePlace read_place(const FoundJson& j, const Trace& t) {
  if (j.at(0) == -1) return {};
  return {number_of(j.at(0), t.files.size(), "file"),
          whole_number<std::int32_t>(j.at(1), "a line")};
}

DType read_dtype(const std::string& text) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i32}) {
    if (text == name(dtype)) return dtype;
  }
  bad(fmt::format("unknown dtype {}", text));
}

std::uint8_t read_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  bad("the levels of a heat map are pairs of the digits 0-9 and a-f");
}

HeatMap read_heat_map(const FoundJson& j) {
  HeatMap map;
  map.rows = whole_number<int>(j.at("rows"), "rows");
  map.columns = whole_number<int>(j.at("columns"), "columns");
  map.low = read_number(j.at("low"));
  map.high = read_number(j.at("high"));
  const auto& text = j.at("levels").get_ref<const std::string&>();
  if (map.rows < 1 || map.columns < 1 ||
      text.size() !=
          2 * static_cast<std::size_t>(map.rows) * static_cast<std::size_t>(map.columns)) {
    bad(fmt::format("a heat map of {} x {} cells has {} digits, not two a cell", map.rows,
                    map.columns, text.size()));
  }
  for (std::size_t i = 0; i < text.size(); i += 2) {
    map.levels.push_back(
        static_cast<std::uint8_t>(read_digit(text[i]) * 16 + read_digit(text[i + 1])));
  }
  return map;
}

std::int64_t read_count(const FoundJson& j, const char* key, std::int64_t otherwise) {
  return j.contains(key) ? whole_number<std::int64_t>(j[key], key) : otherwise;
}

std::vector<std::int64_t> read_counts(const FoundJson& list, const char* what) {
  std::vector<std::int64_t> counts;
  for (const FoundJson& j : list) counts.push_back(whole_number<std::int64_t>(j, what));
  return counts;
}

TraceTensor read_tensor(const FoundJson& j, std::int64_t size) {
  TraceTensor t;
  t.known = true;
  t.stats.size = size;
  t.stats.min = read_number(j.at("min"));
  t.stats.mean = read_number(j.at("mean"));
  t.stats.max = read_number(j.at("max"));
  t.stats.norm = read_number(j.at("norm"));
  t.stats.zeros = read_count(j, "zeros", 0);
  t.stats.not_finite = read_count(j, "not_finite", 0);
  t.stats.first_not_finite = read_count(j, "first_not_finite", -1);
  if (j.contains("histogram")) {
    const FoundJson& h = j["histogram"];
    t.histogram.low = read_number(h.at("low"));
    t.histogram.high = read_number(h.at("high"));
    t.histogram.counts = read_counts(h.at("counts"), "a count");
  }
  if (j.contains("heat_map")) t.heat_map = read_heat_map(j["heat_map"]);
  if (j.contains("values")) {
    for (const FoundJson& v : j["values"]) t.values.push_back(read_number(v));
    if (std::ssize(t.values) != size) {
      bad(fmt::format("{} values for {} elements", t.values.size(), size));
    }
  }
  return t;
}

// `t` holds everything but the nodes from this one on.
TraceNode read_node(const FoundJson& j, const Trace& t, std::size_t nodes) {
  TraceNode n;
  if (j.contains("op")) {
    n.op = number_of(j["op"], t.ops.size(), "op");
    // Operands stand before the node that uses them.
    for (const FoundJson& in : j.at("inputs")) {
      n.inputs.push_back(number_of(in, t.nodes.size(), "earlier node"));
    }
  }
  if (j.contains("scope")) n.scope = number_of(j["scope"], t.scopes.size(), "scope");
  if (j.contains("place")) n.place = read_place(j["place"], t);
  n.label = j.value("label", "");
  n.parameter = j.value("parameter", "");
  n.dtype = read_dtype(j.at("dtype"));
  n.shape = Shape(read_counts(j.at("shape"), "a size"));
  check_sizes(n.shape);
  n.needs_grad = j.value("needs_grad", false);
  if (j.contains("attributes")) {
    for (const FoundJson& a : j["attributes"]) n.attributes.push_back({a.at(0), a.at(1)});
  }
  n.wrong = j.value("wrong", "");
  if (j.contains("value")) n.value = read_tensor(j["value"], n.shape.size());
  if (j.contains("gradient")) n.gradient = read_tensor(j["gradient"], n.shape.size());
  if (j.contains("contributions")) {
    for (const FoundJson& c : j["contributions"]) {
      n.contributions.push_back({.from = number_of(c.at(0), nodes, "node"),
                                 .operand = whole_number<std::int32_t>(c.at(1), "operand"),
                                 .norm = read_number(c.at(2)),
                                 .sum_norm = read_number(c.at(3)),
                                 .not_finite = whole_number<std::int64_t>(c.at(4), "not_finite")});
    }
  }
  return n;
}

Trace read(const FoundJson& j) {
  if (!j.is_object() || j.value("format", "") != kFormat) bad("this is no trace of a tape");
  if (j.at("version") != kVersion) {
    throw DataError(fmt::format("a trace of version {}; this library reads version {}",
                                json_text(j.at("version")), kVersion),
                    "write it anew with the library that reads it");
  }
  Trace t;
  t.title = j.at("title");
  t.files = j.at("files").get<std::vector<std::string>>();
  for (const FoundJson& op : j.at("ops")) {
    t.ops.push_back({op.at("name"), op.at("formula"), op.at("gradient"), op.at("operands")});
  }
  for (const FoundJson& s : j.at("scopes")) {
    const bool first = t.scopes.empty();
    whole_number<std::int32_t>(s.at("parent"), "parent");  // the first has none
    t.scopes.push_back({first ? -1 : number_of(s.at("parent"), t.scopes.size(), "earlier scope"),
                        s.at("path"), read_place(s.at("from"), t)});
  }
  if (t.scopes.empty()) bad("there are no scopes; number 0 is what lies outside all modules");
  for (const FoundJson& s : j.at("sources")) {
    t.sources.push_back({number_of(s.at("file"), t.files.size(), "file"),
                         whole_number<std::int32_t>(s.at("first"), "the first line"),
                         s.at("lines")});
  }
  const std::size_t nodes = j.at("nodes").size();
  for (const FoundJson& n : j.at("nodes")) t.nodes.push_back(read_node(n, t, nodes));
  t.root = number_of(j.at("root"), nodes, "node");
  for (const FoundJson& n : j.at("order")) t.order.push_back(number_of(n, nodes, "node"));
  return t;
}

}  // namespace

std::string to_json(const Trace& trace) {
  Json head = Json::object();
  head["format"] = kFormat;
  head["version"] = kVersion;
  head["title"] = trace.title;
  head["root"] = trace.root;
  std::string out = json_text(head, kOneLine, NotUtf8::replace);
  out.pop_back();  // the brace; the lists follow
  const auto same = [](const auto& item) { return item; };
  write_list(out, "files", trace.files, same);
  write_list(out, "ops", trace.ops, [](const TraceOp& op) {
    return Json{{"name", op.name},
                {"operands", op.operands},
                {"formula", op.formula},
                {"gradient", op.gradient}};
  });
  write_list(out, "scopes", trace.scopes, [](const TraceScope& s) {
    return Json{{"parent", s.parent}, {"path", s.path}, {"from", place_json(s.from)}};
  });
  write_list(out, "sources", trace.sources, [](const TraceSource& s) {
    return Json{{"file", s.file}, {"first", s.first}, {"lines", s.lines}};
  });
  write_list(out, "nodes", trace.nodes, node_json);
  out += ",\n\"order\": " + json_text(Json(trace.order)) + "\n}\n";
  return out;
}

Trace from_json(std::string_view json, const std::string& origin) {
  try {
    return read(parse_json(json));
  } catch (const FoundJson::exception& error) {
    throw DataError(fmt::format("{}: {}", origin, error.what()));
  } catch (const Error& error) {
    throw DataError(fmt::format("{}: {}", origin, error.message), error.hint);
  }
}

void write_json(const Trace& trace, const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  file << to_json(trace);
  check<DataError>(static_cast<bool>(file.flush()), "{}: cannot be written", path.string());
}

Trace read_json(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  check<DataError>(static_cast<bool>(file), "{}: cannot be read", path.string());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return from_json(text, path.string());
}

}  // namespace tapestry::debug
