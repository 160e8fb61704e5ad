#include "autograd/debug/trace/trace.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "autograd/autograd.hpp"
#include "autograd/backward.hpp"
#include "autograd/debug/trace/html.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"

using namespace tapestry;
using debug::Trace;
using debug::TraceNode;

namespace {

/// One neuron whose input reaches the loss on two ways, inside a module.
struct Neuron {
  Parameter w{"net.w", tensor({{0.5, -1.0}, {2.0, 0.25}})};
  Parameter unused{"net.unused", tensor(1.0)};
  Tape tape{{.keep = Keep::all}};
  Tensor x, loss;

  Neuron() {
    x = tape.watch(tensor({{1.0, 2.0}, {-3.0, 0.5}})).named("x");
    const Tensor aside = unused * 2.0;
    const Tensor h = [&] {
      const Scope scope("net");
      return tanh(x * w) + x;
    }();
    loss = sum(square(h)).named("loss");
  }
};

const TraceNode& node(const Trace& t, const std::string& name) {
  for (std::size_t i = 0; i < t.nodes.size(); ++i) {
    const TraceNode& n = t.nodes[i];
    const std::string op = n.op < 0 ? "" : t.ops[static_cast<std::size_t>(n.op)].name;
    if (op == name || n.label == name || n.parameter == name) return n;
  }
  throw std::runtime_error("no node " + name);
}

std::string error_of(const std::string& json) {
  try {
    debug::from_json(json, "some.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

// A valid document with one thing changed.
template <class Fn>
std::string changed(Fn&& change) {
  Neuron n;
  nlohmann::json j = nlohmann::json::parse(debug::to_json(debug::trace(n.tape, n.loss)));
  change(j);
  return j.dump();
}

}  // namespace

TEST_CASE("trace: values and gradients are those of the tape", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  n.tape.backward(n.loss);

  REQUIRE(t.nodes.size() == n.tape.nodes().size());
  for (std::size_t i = 0; i < t.nodes.size(); ++i) {
    const Node& there = n.tape.nodes()[i];
    INFO(debug::node_name(t, static_cast<std::int32_t>(i)));
    CHECK(t.nodes[i].value.values == there.out.to_vector());
    REQUIRE(t.nodes[i].gradient.known == there.grad.defined());
    if (there.grad.defined()) CHECK(t.nodes[i].gradient.values == there.grad.to_vector());
  }
}

TEST_CASE("trace: the tape and the parameters stay as they are", "[debug][trace]") {
  Neuron n;
  debug::trace(n.tape, n.loss);
  CHECK_FALSE(n.w.grad().defined());
  for (const Node& node : n.tape.nodes()) CHECK_FALSE(node.grad.defined());
}

TEST_CASE("trace: a node says what it is, where it was recorded and by whom", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  const TraceNode& tanh_node = node(t, "tanh");
  const debug::TraceOp& op = t.ops[static_cast<std::size_t>(tanh_node.op)];
  CHECK(op.formula == "y = tanh(x)");
  CHECK(op.gradient == "dx += dy * (1 - y^2)");
  CHECK(op.operands == std::vector<std::string>{"x"});
  const debug::TraceScope& scope = t.scopes[static_cast<std::size_t>(tanh_node.scope)];
  CHECK(scope.path == "net");
  CHECK(scope.parent == 0);
  CHECK(t.files[static_cast<std::size_t>(tanh_node.place.file)] ==
        "tests/autograd/debug/trace/trace.test.cpp");
  CHECK(scope.from.line == tanh_node.place.line - 1);
  CHECK(node(t, "mul").shape == Shape({}));  // the unused product stands first
  CHECK(node(t, "net.w").parameter == "net.w");
  CHECK(node(t, "net.w").needs_grad);
  CHECK(t.nodes[static_cast<std::size_t>(t.root)].label == "loss");
}

TEST_CASE("trace: contributions come in order of arrival, with the norm of their sum so far",
          "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  const TraceNode& x = node(t, "x");
  REQUIRE(x.contributions.size() == 2);
  const auto name = [&](std::size_t i) {
    const auto from = static_cast<std::size_t>(x.contributions[i].from);
    return t.ops[static_cast<std::size_t>(t.nodes[from].op)].name;
  };
  CHECK(name(0) == "add");
  CHECK(name(1) == "mul");
  CHECK(x.contributions[0].operand == 1);
  CHECK(x.contributions[0].sum_norm == x.contributions[0].norm);
  CHECK(x.contributions[1].sum_norm == x.gradient.stats.norm);
  CHECK(x.contributions[1].sum_norm != x.contributions[1].norm);
}

TEST_CASE("trace: a gradient that never comes is none, not zero", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  CHECK(node(t, "net.unused").needs_grad);
  CHECK_FALSE(node(t, "net.unused").gradient.known);
  CHECK(node(t, "net.unused").contributions.empty());
}

TEST_CASE("trace: it is called what it was told, or like the program", "[debug][trace]") {
  Neuron n;
  CHECK(debug::trace(n.tape, n.loss).title == "tests_autograd");
  CHECK(debug::trace(n.tape, n.loss, {.title = "step 3"}).title == "step 3");
}

TEST_CASE("trace: the order is that of the backward functions", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  REQUIRE(t.order.size() == 5);
  CHECK(t.order.front() == t.root);
  for (std::size_t i = 1; i < t.order.size(); ++i) CHECK(t.order[i] < t.order[i - 1]);
}

TEST_CASE("trace: NaN is counted, placed and followed", "[debug][trace]") {
  Parameter w("w", tensor({0.5, 0.0, 2.0}));
  Tape tape({.keep = Keep::all});
  const Tensor loss = sum(sqrt(w) * tensor({1.0, 0.0, 1.0}));
  const Trace t = debug::trace(tape, loss);
  CHECK(node(t, "w").gradient.stats.not_finite == 1);
  CHECK(node(t, "w").gradient.stats.first_not_finite == 1);
  CHECK(node(t, "w").contributions.at(0).not_finite == 1);
  CHECK(node(t, "w").gradient.heat_map.levels.at(1) == debug::HeatMap::kNotFinite);
  CHECK(node(t, "sqrt").gradient.stats.not_finite == 0);
}

TEST_CASE("trace: the lines around each place are quoted from the source", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  const TraceNode& tanh_node = node(t, "tanh");
  for (const debug::TraceSource& s : t.sources) {
    if (s.file != tanh_node.place.file || s.first > tanh_node.place.line) continue;
    const auto at = static_cast<std::size_t>(tanh_node.place.line - s.first);
    if (at < s.lines.size()) return check_contains(s.lines[at], "return tanh(x * w) + x;");
  }
  FAIL("the line is not quoted");
}

TEST_CASE("trace: a program without its sources has a trace without excerpts", "[debug][trace]") {
  Neuron n;
  const ScratchFolder empty;
  CHECK(debug::trace(n.tape, n.loss, {.source_folder = empty.path()}).sources.empty());
}

TEST_CASE("trace: only small or chosen tensors are kept whole", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss, {.values_up_to = 1, .values_of = {"x", "net.w"}});
  CHECK(node(t, "loss").value.values.size() == 1);
  CHECK(node(t, "tanh").value.values.empty());
  CHECK(node(t, "x").value.values.size() == 4);
  CHECK(node(t, "net.w").gradient.values.size() == 4);
}

TEST_CASE("trace: with less room, pictures become coarser and then go", "[debug][trace]") {
  Parameter w("w", ones({64, 64}));
  Tape tape({.keep = Keep::all});
  const Tensor loss = sum(w * 2.0);
  const auto value = [&](std::int64_t bytes) {
    return node(debug::trace(tape, loss, {.detail_bytes = bytes}), "w").value;
  };
  CHECK(value(1'000'000).heat_map.rows == 32);
  CHECK(value(10'000).heat_map.rows == 16);
  CHECK(value(10'000).histogram.counts.size() == 24);
  CHECK(value(1'200).heat_map.levels.empty());
  CHECK(value(100).histogram.counts.empty());
  CHECK(value(100).known);
}

TEST_CASE("histogram: counts add up to the finite elements", "[debug][trace]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const debug::Histogram h = debug::histogram(tensor({0.0, 1.0, 4.0, nan, 3.9}), 4);
  CHECK(h.low == 0);
  CHECK(h.high == 4);
  CHECK(h.counts == std::vector<std::int64_t>{1, 1, 0, 2});
  CHECK(debug::histogram(tensor({nan, nan}), 4).counts.empty());
  CHECK(debug::histogram(tensor({2.0, 2.0}), 3).counts == std::vector<std::int64_t>{2, 0, 0});
}

TEST_CASE("heat map: a cell is the mean of what lies under it", "[debug][trace]") {
  const Tensor x = tensor({{0.0, 2.0, 10.0, 10.0}, {0.0, 2.0, 10.0, 10.0}});
  const debug::HeatMap map = debug::heat_map(x, 2);
  CHECK(map.rows == 2);
  CHECK(map.columns == 2);
  CHECK(map.low == 1);
  CHECK(map.high == 10);
  CHECK(map.levels == std::vector<std::uint8_t>{0, 254, 0, 254});
  CHECK(debug::heat_map(tensor({1.0, 2.0, 3.0}), 32).rows == 1);
  CHECK(debug::heat_map(tensor(1.0), 32).levels.empty());
  CHECK(debug::heat_map(ones({5, 3, 40, 50}), 32).rows == 32);
}

TEST_CASE("trace: JSON gives back what was written", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss, {.title = "a \"title\" </script>"});
  const ScratchFolder folder;
  debug::write_json(t, folder / "t.json");
  const Trace back = debug::read_json(folder / "t.json");
  CHECK(debug::to_json(back) == debug::to_json(t));
  CHECK(back.title == t.title);
  CHECK(node(back, "x").value.values == node(t, "x").value.values);
  CHECK(node(back, "tanh").gradient.stats.norm ==
        Approx(node(t, "tanh").gradient.stats.norm).epsilon(1e-8));
}

TEST_CASE("trace: NaN and infinities survive in JSON", "[debug][trace]") {
  Parameter w("w", tensor({0.0, 1.0, -1.0}));
  Tape tape({.keep = Keep::all});
  const Tensor y = log(w).named("y");
  const Trace back = debug::from_json(debug::to_json(debug::trace(tape, sum(y))));
  const std::vector<double> values = node(back, "y").value.values;
  CHECK(values.at(0) == -std::numeric_limits<double>::infinity());
  CHECK(values.at(1) == 0);
  CHECK(std::isnan(values.at(2)));
  CHECK(node(back, "y").value.stats.not_finite == 2);
}

TEST_CASE("trace: a bad file is named with what is wrong in it", "[debug][trace]") {
  const ScratchFolder folder;
  try {
    debug::read_json(folder / "none.json");
    FAIL("no error");
  } catch (const DataError& error) {
    check_contains(error.what(), "none.json: cannot be read");
  }
  check_contains(error_of("{\"format\": 1"), "some.json: ");
  check_contains(error_of("[1, 2]"), "some.json: this is no trace of a tape");
  check_contains(error_of(changed([](auto& j) { j["version"] = 7; })),
                 "some.json: a trace of version 7; this library reads version 1");
  check_contains(error_of(changed([](auto& j) { j["nodes"][1]["scope"] = 99; })),
                 "there is no scope 99");
  check_contains(error_of(changed([](auto& j) { j["nodes"].back()["inputs"][0] = 50; })),
                 "there is no earlier node 50");
  check_contains(error_of(changed([](auto& j) { j["nodes"][0]["dtype"] = "f16"; })),
                 "unknown dtype f16");
  check_contains(error_of(changed([](auto& j) { j["nodes"][0]["value"]["values"] = {1.0}; })),
                 "1 values for 4 elements");
  check_contains(
      error_of(changed([](auto& j) { j["nodes"][0]["value"]["heat_map"]["levels"] = "00"; })),
      "has 2 digits");
  check_contains(error_of(changed([](auto& j) { j.erase("order"); })), "order");
}

TEST_CASE("trace: docs/reference/trace.md describes every field of the JSON, and no other",
          "[debug][trace]") {
  std::set<std::string> written, described;
  const auto collect = [&](const auto& self, const nlohmann::json& j) -> void {
    if (j.is_object()) {
      for (const auto& [key, value] : j.items()) written.insert(key), self(self, value);
    } else if (j.is_array()) {
      for (const auto& value : j) self(self, value);
    }
  };
  Parameter w("w", tensor({{0.0, 1.0, -1.0, 2.0}, {0.0, 1.0, -1.0, 2.0}}));
  constexpr OpInfo kWrong{"copy",
                          "x",
                          "y = x",
                          "dx += dy",
                          [](Inputs in, const Attrs&, Tensor*) { return in[0].clone(); },
                          [](BackwardCtx& c) { c.accumulate(0, -c.dout()); },
                          kSaveNothing,
                          nullptr};
  Tape tape({.keep = Keep::all});
  const Scope scope("net");
  const Tensor loss = (sum(log(w)) + sum(apply(kWrong, {w}))).named("loss");
  collect(collect, nlohmann::json::parse(debug::to_json(debug::trace(tape, loss))));

  std::istringstream page(slurp(TAPESTRY_TEST_DATA "/../../docs/reference/trace.md"));
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `")) described.insert(line.substr(3, line.find('`', 3) - 3));
  }
  CHECK(written == described);
}

TEST_CASE("trace: a fraction or a huge number in the place of a whole one is refused",
          "[debug][trace]") {
  Neuron n;
  const std::string text = debug::to_json(debug::trace(n.tape, n.loss));
  int refused = 0;
  for (const char* key : {"\"root\": ", "\"op\": ", "\"scope\": ", "\"first\": ", "\"parent\": ",
                          "\"shape\": [", "\"inputs\": [", "\"order\": [", "\"contributions\": [[",
                          "\"counts\": [", "\"rows\": ", "\"operands\": ", "\"zeros\": "}) {
    std::string compact = key;
    std::erase(compact, ' ');
    for (const std::string& k : {std::string(key), compact}) {
      for (std::size_t at = text.find(k); at != std::string::npos; at = text.find(k, at + 1)) {
        const std::size_t from = at + k.size(), to = text.find_first_not_of("-0123456789", from);
        if (to == from) continue;
        for (const char* number : {"7.77e19", "0.5", "1e300", "9223372036854775808"}) {
          INFO(k << number);
          std::string changed = text;
          changed.replace(from, to - from, number);
          CHECK_THROWS_AS(debug::from_json(changed), DataError);
          ++refused;
        }
        break;  // one place of each kind is enough
      }
    }
  }
  CHECK(refused >= 4 * 8);
}

TEST_CASE("trace: a file that cannot be written throws", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  CHECK_THROWS_AS(debug::write_json(t, "/no/such/folder/t.json"), DataError);
  CHECK_THROWS_AS(debug::write_html(t, "/no/such/folder/t.html"), DataError);
}

TEST_CASE("trace: as text, a node is a line", "[debug][trace]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss);
  const std::string text = debug::to_text(t);
  CHECK(std::count(text.begin(), text.end(), '\n') == std::ssize(t.nodes) + 1);
  check_contains(text, " tanh ");
  check_contains(text, "(loss)");
  check_contains(text, "tests/autograd/debug/trace/trace.test.cpp:");
  check_contains(text, " none ");  // the unused parameter
}

TEST_CASE("trace: as dot, modules are boxes and operands arrows", "[debug][trace]") {
  Neuron n;
  const std::string dot = debug::to_dot(debug::trace(n.tape, n.loss));
  check_contains(dot, "digraph tape {");
  check_contains(dot, "label=\"net\"");
  check_contains(dot, "n0 -> ");
  CHECK(std::count(dot.begin(), dot.end(), '{') == std::count(dot.begin(), dot.end(), '}'));
}

TEST_CASE("viewer: the page holds the trace, ends no element early and asks for no other file",
          "[debug][viewer]") {
  Neuron n;
  const Trace t = debug::trace(n.tape, n.loss, {.title = "a <b> & </script>"});
  const ScratchFolder folder;
  debug::write_html(t, folder / "t.html");
  const std::string page = slurp(folder / "t.html");

  const std::string begin = "<script type=\"application/json\" id=\"trace\">";
  const std::size_t from = page.find(begin) + begin.size();
  const std::string block = page.substr(from, page.find("</script>", from) - from);
  CHECK(debug::to_json(debug::from_json(block)) == debug::to_json(t));
  check_contains(page, "<title>a &lt;b> &amp; &lt;/script></title>");
  check_contains(page, "id=\"trace-before\">null</script>");
  for (const char* outside : {"src=", "@import", "url(", "<link rel=\"stylesheet\"", "<!-- "}) {
    INFO(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
}

TEST_CASE("viewer: a page of two traces holds both", "[debug][viewer]") {
  Neuron n;
  Trace before = debug::trace(n.tape, n.loss, {.title = "before"});
  const Trace after = debug::trace(n.tape, n.loss, {.title = "after"});
  const ScratchFolder folder;
  debug::write_html(before, after, folder / "t.html");
  const std::string page = slurp(folder / "t.html");
  check_contains(page, "<title>before / after</title>");
  CHECK(page.find("id=\"trace-before\">null") == std::string::npos);
}
