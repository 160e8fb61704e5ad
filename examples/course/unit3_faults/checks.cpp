// The checks of unit 3. What was found is compared with what was planted (faults.toml), and a program
// that was put right is run beside the right one, which the judge has.

#include "checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "programs.hpp"
#include "variation.hpp"

using namespace course;
using namespace tapestry;

namespace {

// --- 3.1 to 3.5: what was found ---------------------------------------------------------------------

/// "gain" -> "3.1"
inline const char* task_of(const std::string& program) {
  return program == "gain"         ? "3.1"
         : program == "fit"        ? "3.2"
         : program == "divergence" ? "3.3"
         : program == "mixture"    ? "3.4"
                                   : "3.5";
}

inline std::string found(const std::string& program, const char* what) {
  return filled_in("findings." + program + "." + what, task_of(program));
}

/// A number that somebody filled in may be of any size.
inline int number_found(const std::string& program, const char* what) {
  return static_cast<int>(std::clamp(std::atof(found(program, what).c_str()), -1e6, 1e6));
}

template <const char* program>
void the_line() {
  judge([] {
    const int said = number_found(program, "line");
    const int right = static_cast<int>(fact_number(std::string(program) + ".line"));
    note(fmt::format("you say line {} of programs.cpp, as you got it", said));
    const bool near = std::abs(said - right) <= 3;
    expect(said == right, "what is wrong in this program is on that line", near ? "near" : "line");
  });
}

/// "8:sub 9:mean": nodes of the same line that may be named too.
inline bool also(const std::string& program, int node, const std::string& op) {
  std::istringstream others(fact(program + ".also"));
  for (std::string other; others >> other;)
    if (other == fmt::format("{}:{}", node, op)) return true;
  return false;
}

template <const char* program>
void the_node() {
  judge([] {
    const std::string name = program, op = found(name, "op");
    const int said = number_found(name, "node");
    const int right = static_cast<int>(fact_number(name + ".node"));
    note(fmt::format("you say node {}, {}", said, op));
    if (also(name, said, op)) return;
    expect(said <= right, "nothing before this node is wrong", "later");
    expect(said >= right, "this node is not as it should be", "earlier");
    expect(op == fact(name + ".op"), "that is what `list` calls this node", "op");
  });
}

template <const char* program>
void the_kind() {
  judge([] {
    const std::string said = found(program, "kind");
    static const char* const kinds[] = {"sign",  "sum_or_mean", "axis",  "broadcast",
                                        "cut",   "scale",       "twice", "no_sample",
                                        "stale", "slope",       "mask"};
    note(fmt::format("you say {}", said));
    bool known = false;
    for (const char* kind : kinds) known = known || said == kind;
    expect(known, "the kind is one of the words that findings.toml lists", "words");
    expect(said == fact(std::string(program) + ".kind"), "that is what is wrong", "kind");
  });
}

// --- 3.1 to 3.5: what was put right -----------------------------------------------------------------

std::vector<double> flat(const programs::Result& result) {
  std::vector<double> all{result.loss};
  all.insert(all.end(), result.gradients.begin(), result.gradients.end());
  return all;
}

void compared(const std::string& program, const programs::Sizes& sizes, std::uint64_t seed) {
  // A program that nobody has looked at is not begun.
  judge([&] { found(program, "line"); });
  const std::vector<double> got = answer([&] { return flat(programs::run(program, sizes, seed)); });
  judge([&] {
    const programs::Result right = programs::run(program, sizes, seed);
    note(fmt::format(
        "programs::run(\"{}\", {{.batch = {}, .data = {}, .width = {}, .latent = {}}}, {})",
        program, sizes.batch, sizes.data, sizes.width, sizes.latent, seed));
    expect(got.size() == flat(right).size(), "every parameter has its gradient", "gradient");
    const bool fit = program == "fit";
    const std::vector<double> gradients(got.begin() + 1, got.end());
    expect(std::isfinite(got[0]), "the loss is a number", "value");
    for (const double g : gradients) expect(std::isfinite(g), "every gradient is a number", "nan");
    expect(std::abs(got[0] - right.loss) <= 1e-9 * std::max(1.0, std::abs(right.loss)),
           fmt::format("{} is {:.6g}; yours is {:.6g}", fit ? "the sum of the weights" : "the loss",
                       right.loss, got[0]),
           "value");
    for (std::size_t i = 0; i < gradients.size(); ++i)
      expect(std::abs(gradients[i] - right.gradients[i]) <= 1e-8,
             fmt::format("{} number {} is {:.6g}; yours is {:.6g}", fit ? "weight" : "gradient", i,
                         right.gradients[i], gradients[i]),
             "gradient");
  });
}

template <const char* program>
void put_right() {
  Draw draw;
  compared(program, {.batch = 5, .data = 4, .width = 3, .latent = 2},
           static_cast<std::uint64_t>(draw.near(1e6)));
}

template <const char* program>
void put_right_at_random() {
  Draw draw;
  for (int i = 0; i < 3; ++i) {
    const programs::Sizes sizes{.batch = 2 + draw.below(5),
                                .data = 2 + draw.below(4),
                                .width = 2 + draw.below(4),
                                .latent = 2 + draw.below(2)};
    compared(program, sizes, static_cast<std::uint64_t>(draw.uniform(1, 1e9)));
  }
}

// --- 3.6 a test -------------------------------------------------------------------------------------

/// Operands as tensors of the tape.
Tensor each(const Arg& loc, const Arg& log_sigma) {
  return variation_each(as_tensor(loc, DType::f64), as_tensor(log_sigma, DType::f64));
}

Tensor right_sum(Arg loc, Arg log_sigma) { return sum(each(loc, log_sigma), {1}); }
Tensor right_mean(Arg loc, Arg log_sigma) {
  return mean(each(loc, log_sigma), {1}) * static_cast<double>(loc.shape()[1]);
}

Tensor wrong_mean(Arg loc, Arg log_sigma) { return mean(each(loc, log_sigma), {1}); }
Tensor wrong_sign(Arg loc, Arg log_sigma) { return -sum(each(loc, log_sigma), {1}); }
Tensor wrong_sigma(Arg loc, Arg log_sigma) { return sum(each(loc, 0.5 * log_sigma), {1}); }
Tensor wrong_rows(Arg loc, Arg log_sigma) {
  const Tensor rows = sum(each(loc, log_sigma), {1});
  return broadcast_to(mean(rows), rows.shape());
}
Tensor wrong_cut(Arg loc, Arg log_sigma) {
  return sum(each(loc, as_tensor(log_sigma, DType::f64).detach()), {1});
}
Tensor wrong_constant(Arg loc, Arg log_sigma) { return sum(each(loc, log_sigma) + 0.5, {1}); }

struct WrongPart {
  programs::Part part;
  const char *what, *hint;
};
constexpr WrongPart kWrong[] = {
    {wrong_mean, "the mean over a row in the place of the sum", "value"},
    {wrong_sign, "with a minus before it", "value"},
    {wrong_sigma, "log_sigma is read as the logarithm of a variance", "sigma"},
    {wrong_rows, "every row has the mean of all rows", "rows"},
    {wrong_cut, "log_sigma comes from detach()", "gradient"},
    {wrong_constant, "1/2 too much for every number of a row", "value"},
};

template <int which>
void test_finds() {
  Draw draw;
  const WrongPart& wrong = kWrong[which];
  int turn = 0;  // of the student's program alone
  check_test(draw, 6, {"two right ways to write it", wrong.what, wrong.hint}, [&](bool right) {
    return programs::is_right(!right ? wrong.part : ++turn % 2 == 0 ? right_sum : right_mean);
  });
}

constexpr char kGain[] = "gain", kFit[] = "fit", kDivergence[] = "divergence",
               kMixture[] = "mixture", kVae[] = "vae";

#define OF_PROGRAM(task, name)                                                               \
  {task, Kind::shape, "the line", 4, the_line<name>, "line"},                                \
      {task, Kind::shape, "the node and its op", 3, the_node<name>, "later"},                \
      {task, Kind::shape, "the kind", 2, the_kind<name>, "kind"},                            \
      {task, Kind::worked, "the program that was put right", 4, put_right<name>, "value"}, { \
    task, Kind::property, "the same at other sizes", 3, put_right_at_random<name>, "value"   \
  }

constexpr Check kChecks[] = {
    OF_PROGRAM("3.1", kGain),
    OF_PROGRAM("3.2", kFit),
    OF_PROGRAM("3.3", kDivergence),
    OF_PROGRAM("3.4", kMixture),
    OF_PROGRAM("3.5", kVae),
    {"3.6", Kind::property, "finds a mean in the place of the sum", 3, test_finds<0>, "value"},
    {"3.6", Kind::property, "finds a wrong sign", 3, test_finds<1>, "value"},
    {"3.6", Kind::property, "finds a log variance", 3, test_finds<2>, "sigma"},
    {"3.6", Kind::property, "finds rows that are mixed", 4, test_finds<3>, "rows"},
    {"3.6", Kind::gradient, "finds a gradient that is cut", 4, test_finds<4>, "gradient"},
    {"3.6", Kind::property, "finds a constant too much", 3, test_finds<5>, "value"},
};

}  // namespace

std::span<const Check> course::checks() { return kChecks; }
