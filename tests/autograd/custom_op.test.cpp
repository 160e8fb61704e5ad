#include "autograd/custom_op.hpp"

#include "support/catch.hpp"

using namespace tapestry;

namespace {

// y = |x|^3 / 3, once for each form that a forward function may have.
void back_cube(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto x) { return dy * x * std::fabs(x); }, c.dout(), c.in(0)));
}
Tensor forward_plain(Inputs in) {
  return map([]<class T>(T x) { return std::fabs(x) * x * x / T(3); }, in[0]);
}
Tensor forward_with_attrs(Inputs in, const Attrs& a) {
  return map([p = a.f[0]]<class T>(T x) { return math::pow(std::fabs(x), T(p)) / T(p); }, in[0]);
}
Tensor forward_with_aux(Inputs in, const Attrs&, Tensor* aux) {
  if (aux) *aux = map([](auto x) { return x * std::fabs(x); }, in[0]);
  return forward_plain(in);
}
void back_from_aux(BackwardCtx& c) {
  c.accumulate(0, map([](auto dy, auto slope) { return dy * slope; }, c.dout(), c.aux()));
}

OpInfo row(Forward forward, void (*backward)(BackwardCtx&)) {
  return {.name = "cube",
          .args = "x",
          .formula = "y = |x|^3 / 3",
          .gradient = "dx += dy x |x|",
          .forward = forward,
          .backward = backward,
          .saves = kSaveIn0,
          .test_inputs = test_inputs::positive};
}

}  // namespace

TEST_CASE("custom op: a forward function asks for attributes and aux only if it needs them") {
  const OpInfo rows[] = {row(forward_plain, back_cube), row(forward_with_attrs, back_cube),
                         row(forward_with_aux, back_from_aux),
                         row([](Inputs in) { return forward_plain(in); }, back_cube)};
  for (const OpInfo& op : rows) {
    for (TestInput at : op.test_inputs()) {
      at.attrs = {.f = {3, 0}};
      const GradReport report = check_op(op, at);
      INFO(report.text);
      CHECK(report.ok);
    }
    Parameter p("p", tensor({3.0}));
    Tape tape;
    const Tensor y = apply(op, {p}, {.f = {3, 0}});
    CHECK(y.item() == Approx(9));
    tape.backward(y);
    CHECK(p.grad().item() == Approx(9));
  }
}

TEST_CASE("custom op: a row for messages alone has a name and operands, and nothing else") {
  constexpr OpInfo kRow{.name = "argmax", .args = "x"};
  CHECK(kRow.backward == nullptr);
  CHECK(kRow.test_inputs == nullptr);
  CHECK(std::string(kRow.formula).empty());
}

TEST_CASE("custom op: three operands may be plain numbers, and more are refused") {
  const OpInfo op{.name = "total", .args = "part", .forward = [](Inputs in) {
                    double sum = 0;
                    for (int i = 0; i < in.size(); ++i) sum += in[i].item();
                    return tensor(sum);
                  }};
  const Tensor four = tensor(4.0);
  CHECK(tapestry::apply(op, {1.0, 2.0, 3.0, four}).item() == 10);
  CHECK(tapestry::apply(op, {1.0, four, 2.0, four, 3.0}).item() == 14);
  std::vector<Arg> many;
  for (int i = 1; i <= 20; ++i) {
    many.emplace_back(static_cast<double>(i));
    if (i > 3) CHECK_THROWS_AS(tapestry::apply(op, many), ConfigError);
  }
}
