#include <map>
#include <set>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/answers.hpp"
#include "support/catch.hpp"

// Every op of the table against PyTorch, at random shapes and numbers: broadcasting, sizes 0 and 1, one tensor as two
// operands, NaN, infinities, denormals, huge numbers. tests/answers/ops.py makes the cases and says why an answer may be
// off by how much.

namespace tapestry {
namespace {

const OpInfo& row(const std::string& name) {
  for (const OpInfo* op : all_ops()) {
    if (op->name == name) return *op;
  }
  throw DataError("no op " + name);
}

/// Empty, or what is not as the answer says.
std::string compare(const nlohmann::json& c) {
  const DType dtype = c.at("dtype") == "f32" ? DType::f32 : DType::f64;
  Tape tape;
  std::vector<Tensor> operands;
  for (const auto& x : c.at("in")) {
    if (x.is_number()) {
      operands.push_back(operands.at(x.get<std::size_t>()));
    } else {
      const Tensor t = test::case_tensor(x, dtype);
      operands.push_back(t.dtype() == DType::i32 ? t : tape.watch(t));
    }
  }
  Attrs attrs;
  for (std::size_t k = 0; const auto& value : c.at("i")) attrs.i.at(k++) = value;
  for (std::size_t k = 0; const auto& value : c.at("f")) attrs.f.at(k++) = value;
  const Tensor y =
      apply(row(c.at("op")), std::vector<Arg>(operands.begin(), operands.end()), attrs);
  if (auto text = test::disagreement(y, c.at("y")); !text.empty()) return "y: " + text;
  const auto& gradients = c.at("dx");
  Tensor dy = test::case_tensor(c.at("dy"), dtype);
  if (y.size() == 1) {  // a lone number that is not finite would be refused as a loss
    const Tensor zero = zeros({1}, dtype);
    tape.backward(concat({reshape(y, {1}), zero}, 0), concat({reshape(dy, {1}), zero}, 0));
  } else {
    tape.backward(y, dy);
  }
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (gradients[k].is_null()) continue;
    auto text = test::disagreement(tape.grad(operands[k]), gradients[k]);
    if (!text.empty()) return fmt::format("gradient of operand {}: {}", k, text);
  }
  return {};
}

}  // namespace

TEST_CASE("every op agrees with PyTorch in f32 and f64, value and gradient",
          "[autograd][compared]") {
  std::map<std::string, int> cases, wrong;
  int number = 0;
  test::for_answers("ops_answers.gz", "TAPESTRY_OPS_ANSWERS", [&](const nlohmann::json& c) {
    const std::string op = c.at("op");
    ++cases[op];
    ++number;
    std::string text;
    try {
      text = compare(c);
    } catch (const Error& error) {
      text = error.what();
    }
    if (text.empty() || ++wrong[op] > 3) return;  // the first three of an op say enough
    UNSCOPED_INFO("case " << number << ", " << c.dump() << ": " << text);
    CHECK(text.empty());
  });
  for (const auto& [op, count] : wrong) WARN(op << ": " << count << " of " << cases[op]);
  CHECK(wrong.empty());
  for (const OpInfo* op : all_ops()) {
    CAPTURE(op->name);
    CHECK(cases[op->name] >= 20);
  }
  CHECK(number >= 10000);
}

}  // namespace tapestry
