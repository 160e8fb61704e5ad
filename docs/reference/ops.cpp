// Prints docs/reference/ops.md from the rows of the ops, so that the page cannot say anything else.
//
//     op_reference                 prints the page
//     op_reference FILE            compares FILE with it; exit status 1 and the first difference
//     op_reference FILE --update   writes it

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "autograd/ops/families.hpp"
#include "prob/special/functions.hpp"

namespace tapestry {
namespace {

struct Family {
  const char* title;
  const char* file;
  OpFamily ops;
};

std::vector<Family> families() {
  return {
      {"Elementwise, one operand", "autograd/ops/elementwise.cpp", elementwise_ops()},
      {"Activations", "autograd/ops/activation.cpp", activation_ops()},
      {"Elementwise, two operands (broadcast)", "autograd/ops/binary.cpp", binary_ops()},
      {"Reductions", "autograd/ops/reduce.cpp", reduce_ops()},
      {"Shapes", "autograd/ops/shape.cpp", shape_ops()},
      {"Indexing", "autograd/ops/indexing.cpp", indexing_ops()},
      {"Matrix products", "autograd/ops/matmul.cpp", matmul_ops()},
      {"Factorisations", "autograd/ops/linalg.cpp", linalg_ops()},
      {"Affine map, fused", "autograd/ops/linear.cpp", linear_ops()},
      {"Likelihoods and KL, fused", "autograd/ops/likelihood.cpp", likelihood_ops()},
      {"Convolution", "autograd/ops/conv.cpp", conv_ops()},
      {"Pooling", "autograd/ops/pool.cpp", pool_ops()},
      {"Normalisation and dropout", "autograd/ops/norm.cpp", norm_ops()},
      {"Special functions of distributions", "prob/special/functions.hpp", prob::special_ops()},
  };
}

// The page is about every op: one that stands in no family above would be missing from it.
void expect_all(const std::vector<Family>& families) {
  for (const OpInfo* op : all_ops()) {
    const bool listed = std::any_of(families.begin(), families.end(), [&](const Family& f) {
      return std::find(f.ops.begin(), f.ops.end(), op) != f.ops.end();
    });
    check(listed, "op {} is in no family of docs/reference/ops.cpp", op->name);
  }
}

std::string saved(const OpInfo& op) {
  std::string text;
  const std::vector<std::string> names = operand_names(op);
  for (std::size_t i = 0; i < std::min<std::size_t>(3, names.size()); ++i) {
    if (op.saves & (kSaveIn0 << i)) text += fmt::format("{}{}", text.empty() ? "" : ", ", names[i]);
  }
  if (op.saves & kSaveOutput) text += text.empty() ? "result" : ", result";
  return text.empty() ? "-" : text;
}

// A bar would end the table's cell.
std::string code(std::string_view formula) {
  std::string text = "`";
  for (const char c : formula) {
    if (c == '|') text += '\\';
    text += c;
  }
  return text + "`";
}

std::string page() {
  const std::vector<Family> all = families();
  expect_all(all);
  std::string text = R"(# The ops

Generated from the `OpInfo` rows by docs/reference/ops.cpp; edit those and run
`build/release/tests/howto/op_reference docs/reference/ops.md --update`.

Written in autograd/ops.hpp; how to call each one, and what its options mean, stands there. In the
formulas `y` is the result, `dy` the gradient of the loss with respect to it, and `dx += ...` what the
op adds to the gradient of its operand `x`; `a` and `b` stand for `left` and `right`. *Saved* are the values
that the tape keeps for the gradient; all others are freed as soon as the program lets go of them. Some ops
also leave a tensor of their own for it: a mask, statistics, where the maximum was. The gradient of an op is
the function `back_` and its name, right under the value in the file above the table: `break back_matmul`.
)";
  for (const Family& family : all) {
    text += fmt::format("\n## {}\n\n[{}](../../{})\n\n", family.title, family.file, family.file);
    text += "| op | operands | value | gradient | saved |\n|---|---|---|---|---|\n";
    for (const OpInfo* op : family.ops) {
      text += fmt::format("| **{}** | {} | {} | {} | {} |\n", op->name, op->args, code(op->formula),
                          code(op->gradient), saved(*op));
    }
  }
  return text;
}

// Explains the first line where the file differs from the page.
bool same(const std::string& path, const std::string& expected) {
  std::ifstream file(path);
  check<DataError>(file.is_open(), "cannot read {}", path);
  std::istringstream lines(expected);
  std::string want, have;
  for (int number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(lines, want));
    const bool left = static_cast<bool>(std::getline(file, have));
    if (!more && !left) return true;
    if (more && left && want == have) continue;
    fmt::print("{}:{}: differs from the rows of the ops\n    file: {}\n    rows: {}\n", path,
               number, left ? have : "(ends)", more ? want : "(end)");
    fmt::print("write it anew with: op_reference {} --update\n", path);
    return false;
  }
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  check<DataError>(file.good(), "cannot write {}", path);
}

int run(int count, char** arguments) {
  const std::string text = page();
  if (count == 1) {
    fmt::print("{}", text);
    return 0;
  }
  if (count == 2) return same(arguments[1], text) ? 0 : 1;
  if (count == 3 && std::string_view(arguments[2]) == "--update") {
    write(arguments[1], text);
    return 0;
  }
  fmt::print(stderr, "usage: op_reference [FILE [--update]]\n");
  return 2;
}

}  // namespace
}  // namespace tapestry

int main(int count, char** arguments) {
  try {
    return tapestry::run(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
