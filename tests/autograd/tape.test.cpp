#include "autograd/backward.hpp"

#include <thread>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"

namespace tapestry {
namespace {

template <class E, class Fn>
E thrown(Fn fn) {
  try {
    fn();
  } catch (const E& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("not reached");
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// Recording ------------------------------------------------------------------------------------------

TEST_CASE("without a tape ops compute and record nothing", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  CHECK(Tape::active() == nullptr);
  CHECK_FALSE((p * p).tracked());
}

TEST_CASE("a tape records ops on parameters and watched tensors only", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  CHECK(Tape::active() == &tape);
  CHECK_FALSE((tensor({1, 2}) * 2.0).tracked());
  CHECK(tape.nodes().empty());
  CHECK((p * 2.0).tracked());
  CHECK(exp(tape.watch(tensor({1, 2}))).tracked());
}

TEST_CASE("a frozen parameter is a constant", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2})), q("q", tensor({3, 4}));
  p.set_trainable(false);
  Tape tape;
  CHECK_FALSE(exp(p).tracked());
  tape.backward(sum(p * q));
  CHECK_FALSE(p.grad().defined());
  CHECK(q.grad().to_vector() == std::vector<double>{1, 2});
}

TEST_CASE("backward adds into Parameter::grad until zero_grad", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2, 3}));
  for (int round = 1; round <= 3; ++round) {
    Tape tape;
    tape.backward(sum(square(p)));
    CHECK(p.grad().to_vector() == std::vector<double>{2.0 * round, 4.0 * round, 6.0 * round});
  }
  p.zero_grad();
  CHECK_FALSE(p.grad().defined());
}

TEST_CASE("grads returns the gradients and leaves Parameter::grad alone", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2})), unused("unused", tensor({5}));
  Tape tape;
  const auto grads = tape.grads(sum(exp(p)));
  REQUIRE(grads.size() == 1);
  CHECK(grads[0].parameter == &p);
  CHECK(grads[0].grad.at({1}) == Approx(std::exp(2.0)));
  CHECK_FALSE(p.grad().defined());
}

TEST_CASE("a parameter used twice has one leaf and the sum of both gradients", "[autograd][tape]") {
  Parameter p("p", tensor({3, -2}));
  Tape tape;
  const Tensor y = sum(p * p + 4.0 * p);
  int leaves = 0;
  for (const Node& node : tape.nodes()) leaves += node.parameter == &p;
  CHECK(leaves == 1);
  tape.backward(y);
  CHECK(p.grad().to_vector() == std::vector<double>{10, 0});
}

TEST_CASE("a tensor that feeds many nodes gathers all contributions", "[autograd][tape]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({2.0}));
  const Tensor y = exp(x);
  Tensor total = y;
  for (int i = 0; i < 9; ++i) total = total + y;
  tape.backward(total);
  CHECK(tape.grad(x).item() == Approx(10 * std::exp(2.0)));
}

TEST_CASE("NoGrad pauses recording and ends with its block", "[autograd][tape]") {
  Parameter p("p", tensor({1}));
  Tape tape;
  {
    const NoGrad no_grad;
    CHECK(Tape::active() == nullptr);
    CHECK_FALSE(exp(p).tracked());
    Tape inner;  // a tape inside NoGrad records again
    CHECK(exp(p).tracked());
  }
  CHECK(exp(p).tracked());
}

TEST_CASE("the innermost tape records; outer tensors are constants there unless watched",
          "[autograd][tape]") {
  Parameter p("p", tensor({3}));
  Tape outer;
  const Tensor x = square(p);  // 9
  {
    Tape inner;
    CHECK_FALSE((x * 2.0).tracked());
    const Tensor w = inner.watch(x);
    CHECK(w.node().tape == inner.serial());
    const Tensor y = w * w;
    CHECK(y.node().tape == inner.serial());
    inner.backward(sum(y));
    CHECK(inner.grad(w).item() == 18);
    CHECK_FALSE(p.grad().defined());  // nothing flowed through x to the outer tape
  }
}

TEST_CASE("an inner sweep adds into Parameter::grad and the outer tape goes on",
          "[autograd][tape]") {
  Parameter p("p", tensor({3}));
  Tape outer;
  const Tensor y = sum(square(p));
  {
    Tape inner;
    inner.backward(sum(p * 5.0));
  }
  CHECK(p.grad().item() == 5);
  outer.backward(y);
  CHECK(p.grad().item() == 11);
}

TEST_CASE("ops inside backward functions are not recorded", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor y = sum(softplus(p));
  const std::size_t before = tape.nodes().size();
  tape.backward(y);
  CHECK(tape.nodes().size() == before);
}

TEST_CASE("nodes carry op, line, module and label", "[autograd][tape]") {
  Parameter p("encoder.fc1.weight", tensor({1, 2}));
  Tape tape;
  Tensor y;
  std::uint32_t line = 0, from = 0;
  {
    from = __LINE__ + 1;
    const Scope scope("encoder.fc1");
    line = __LINE__ + 1;
    y = exp(p);
  }
  y.named("hidden");
  const Node& node = tape.nodes()[static_cast<std::size_t>(y.node().index)];
  CHECK(std::string(node.op->name) == "exp");
  CHECK(node.src.line == line);
  CHECK(contains(node.src.file, "tape.test.cpp"));
  CHECK(scope_info(node.scope).path == "encoder.fc1");
  CHECK(scope_info(node.scope).from.line == from);
  CHECK(std::string(node.label) == "hidden");
  CHECK(tape.nodes()[static_cast<std::size_t>(tape.input(node, 0))].parameter == &p);
}

TEST_CASE("concat takes any number of operands, and each gets its piece", "[autograd][tape]") {
  Tape tape;
  std::vector<Tensor> parts;
  for (int i = 0; i < 40; ++i) parts.push_back(tape.watch(full({1 + i % 3}, i)));
  const Tensor y = concat(parts, 0);
  const Node& node = tape.nodes()[static_cast<std::size_t>(y.node().index)];
  CHECK(node.arity == 40);
  for (int i = 0; i < 40; ++i)
    CHECK(tape.input(node, i) == parts[static_cast<std::size_t>(i)].node().index);
  tape.backward(sum(y * arange(y.size())));
  double next = 0;
  for (const Tensor& part : parts) {
    for (const double g : tape.grad(part).to_vector()) CHECK(g == next++);
  }
}

TEST_CASE("a chain of 100,000 nodes runs back without recursion", "[autograd][tape]") {
  Parameter p("p", tensor({1.0}));
  Tape tape;
  Tensor y = p * 1.0;
  for (int i = 0; i < 100000; ++i) y = y + 1.0;
  CHECK(tape.nodes().size() > 100000);
  tape.backward(sum(y));
  CHECK(p.grad().item() == 1);
}

// Watching and reading gradients --------------------------------------------------------------------

TEST_CASE("watch keeps the gradient of an inner tensor; others are freed", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor a = exp(p), b = tape.watch(square(a)), loss = sum(b);
  tape.backward(loss);
  CHECK(tape.grad(b).to_vector() == std::vector<double>{1, 1});
  const TapeError error = thrown<TapeError>([&] { tape.grad(a); });
  CHECK(contains(error.what(), "freed during the sweep"));
  CHECK(contains(error.what(), "watch"));
}

TEST_CASE("the gradient of a watched tensor that the loss does not use is zero",
          "[autograd][tape]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({1, 2})), unused = tape.watch(tensor({3, 4, 5}));
  CHECK_THROWS_AS(tape.grad(x), TapeError);  // nothing there before backward
  tape.backward(sum(x));
  CHECK(tape.grad(unused).to_vector() == std::vector<double>{0, 0, 0});
}

TEST_CASE("Keep::all keeps values and gradients and allows a second sweep", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape({.keep = Keep::all});
  const Tensor a = exp(p), loss = sum(a);
  tape.backward(loss);
  tape.backward(loss);
  CHECK(tape.grad(a).to_vector() == std::vector<double>{1, 1});
  CHECK(p.grad().at({0}) == Approx(2 * std::exp(1.0)));
  for (const Node& node : tape.nodes()) CHECK(node.out.defined());
}

TEST_CASE("a backward function that overwrites what forward left finds it again on a kept tape",
          "[autograd][tape]") {
  Parameter logits("logits", tensor({{0.5, -1.0}, {2.0, 0.0}}));
  const Tensor x = tensor({{1.0, 0.0}, {0.0, 1.0}});
  const auto gradient = [&](Keep keep, int sweeps) {
    logits.zero_grad();
    Tape tape({.keep = keep});
    const Tensor loss = sum(tensor({3.0, -2.0}) * bernoulli_log_prob(logits, x, 1));
    for (int i = 0; i < sweeps; ++i) tape.backward(loss);
    return (logits.grad() / static_cast<double>(sweeps)).to_vector();
  };
  const std::vector<double> once = gradient(Keep::needed, 1);
  CHECK(once[0] == Approx(3 * (1 - 1 / (1 + std::exp(-0.5)))));
  CHECK(gradient(Keep::all, 1) == once);
  CHECK(gradient(Keep::all, 2) == once);
}

TEST_CASE("backward frees what it used", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor loss = sum(exp(p) * 2.0);
  tape.backward(loss);
  for (const Node& node : tape.nodes()) {
    CHECK_FALSE(node.out.defined());
    CHECK_FALSE(node.aux.defined());
    CHECK_FALSE(node.grad.defined());
  }
}

TEST_CASE("backward from a tensor with a seed is a vector-Jacobian product", "[autograd][tape]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({1, 2, 3}));
  tape.backward(square(x), tensor({1, 10, 100}));
  CHECK(tape.grad(x).to_vector() == std::vector<double>{2, 40, 600});
}

// The slot rule: the first contribution is kept by handle, later ones never write into it while it is
// shared. Both tests go wrong when accumulate or target skips the check.

TEST_CASE("one dout that is the slot of two operands is not added to in place",
          "[autograd][tape]") {
  Tape tape;
  const Tensor a = tape.watch(tensor({1.0})), b = tape.watch(tensor({2.0}));
  const Tensor c = a * 3.0;
  const Tensor d = a + b;  // hands the same tensor to both slots
  tape.backward(sum(c + d));
  CHECK(tape.grad(a).item() == 4);
  CHECK(tape.grad(b).item() == 1);
}

TEST_CASE("a gemm that adds into a shared slot leaves the other owner alone", "[autograd][tape]") {
  Tape tape;
  const Tensor w = tape.watch(tensor({{1, 2}, {3, 4}})), v = tape.watch(tensor({{5, 6}, {7, 8}}));
  const Tensor x = tensor({{1, 1}});
  const Tensor product = linear(x, w);  // its backward adds into w's slot by gemm
  const Tensor both = w + v;            // runs back first: w and v share one gradient
  tape.backward(sum(product) + sum(both));
  CHECK(tape.grad(w).to_vector() == std::vector<double>{2, 2, 2, 2});
  CHECK(tape.grad(v).to_vector() == std::vector<double>{1, 1, 1, 1});
}

TEST_CASE("the gradients of two parameters never share storage with later sums",
          "[autograd][tape]") {
  Parameter p("p", tensor({1, 1})), q("q", tensor({1, 1}));
  for (int round = 1; round <= 2; ++round) {
    Tape tape;
    tape.backward(sum(p + q));
  }
  {
    Tape tape;
    tape.backward(sum(p * 5.0));
  }
  CHECK(p.grad().to_vector() == std::vector<double>{7, 7});
  CHECK(q.grad().to_vector() == std::vector<double>{2, 2});
}

// Misuse ---------------------------------------------------------------------------------------------

TEST_CASE("a tensor of a dead tape throws and names the line that made it", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tensor kept;
  std::uint32_t line = 0;
  {
    Tape tape;
    line = __LINE__ + 1;
    kept = exp(p);
  }
  CHECK(kept.at({0}) == Approx(std::exp(1.0)));  // reading is fine
  Tape tape;
  const TapeError error = thrown<TapeError>([&] { kept * 2.0; });
  CHECK(contains(error.what(), fmt::format("tape.test.cpp:{}", line)));
  CHECK(contains(error.what(), "ended"));
  CHECK(contains(error.what(), "detach()"));
  CHECK_FALSE((kept.detach() * 2.0).tracked());
}

TEST_CASE("reset forgets: old tensors throw, new ones work", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor old = exp(p);
  tape.reset();
  CHECK(tape.nodes().empty());
  CHECK_THROWS_AS(old * 2.0, TapeError);
  CHECK_THROWS_AS(tape.backward(sum(old.detach())), TapeError);
  tape.backward(sum(exp(p)));
  CHECK(p.grad().at({1}) == Approx(std::exp(2.0)));
}

TEST_CASE("a second backward says where the first one freed the values", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor loss = sum(exp(p));
  const std::uint32_t line = __LINE__ + 1;
  tape.backward(loss);
  const TapeError error = thrown<TapeError>([&] { tape.backward(loss); });
  CHECK(contains(error.what(), fmt::format("tape.test.cpp:{}", line)));
  CHECK(contains(error.what(), "Keep::all"));
}

TEST_CASE("a parameter changed between forward and backward: the error names four things",
          "[autograd][tape]") {
  Parameter w("encoder.fc1.weight", tensor({{1, 2}, {3, 4}}));
  Tape tape;
  const std::uint32_t saved = __LINE__ + 1;
  const Tensor y = matmul(tape.watch(tensor({{1, 1}})), w);
  const std::uint32_t changed = __LINE__ + 1;
  w.update([](Tensor& value) { value.mutate<float>()[0] = 9; });
  const TapeError error = thrown<TapeError>([&] { tape.backward(sum(y)); });
  CHECK(contains(error.what(), "back_matmul"));                           // the op that needs it
  CHECK(contains(error.what(), fmt::format("tape.test.cpp:{}", saved)));  // who saved it
  CHECK(contains(error.what(), fmt::format("tape.test.cpp:{} before", changed)));  // who changed it
  CHECK(contains(error.what(), "parameter encoder.fc1.weight"));                   // which one
}

TEST_CASE("a parameter changed between two uses gets a leaf for each version", "[autograd][tape]") {
  Parameter p("p", tensor({2.0}));
  Tape tape;
  const Tensor before =
      p + 1.0;  // its gradient needs no value of p, so the change below is harmless
  p.update([](Tensor& value) { value.mutate<float>()[0] = 5; });
  const Tensor after = square(p);
  CHECK(before.item() == 3);
  CHECK(after.item() == 25);
  tape.backward(sum(before + after));
  CHECK(p.grad().item() == 11);
}

TEST_CASE("backward needs one number, recorded here", "[autograd][tape]") {
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  CHECK_THROWS_AS(tape.backward(exp(p)), ShapeError);
  CHECK_THROWS_AS(tape.backward(tensor(1.0)), TapeError);
  CHECK_THROWS_AS(tape.backward(exp(p), tensor({1, 2, 3})), ShapeError);
  CHECK_THROWS_AS(tape.grads(exp(p)), ShapeError);
}

TEST_CASE("backward needs a seed with values, of the dtype of y", "[autograd][tape]") {
  Parameter p("p", tensor(2.0));
  Tape tape;
  const Tensor y = square(p);
  CHECK(contains(thrown<TapeError>([&] { tape.backward(y, Tensor()); }).what(), "seed"));
  CHECK_THROWS_AS(tape.backward(y, ones({}, DType::f64)), DTypeError);
  tape.backward(y, tensor(1.0));  // untouched by the attempts
  CHECK(p.grad().item() == 4);
}

TEST_CASE("a backward function that gives a wrong dtype is named", "[autograd][tape]") {
  const OpInfo op{.name = "half",
                  .args = "x",
                  .forward = [](Inputs in) { return in[0].clone(); },
                  .backward = [](BackwardCtx& c) { c.accumulate(0, c.dout().to(DType::f64)); }};
  Parameter p("p", tensor(2.0));
  Tape tape;
  const auto error = thrown<DTypeError>([&] { tape.backward(apply(op, {p})); });
  CHECK(contains(error.what(), "back_half: gradient of input 0 is f64, the input f32"));
}

TEST_CASE("a backward function that gives a wrong shape is named", "[autograd][tape]") {
  static constexpr OpInfo kBad{"bad_shape",
                               "x",
                               "y = x",
                               "",
                               [](Inputs in, const Attrs&, Tensor*) { return in[0]; },
                               [](BackwardCtx& ctx) { ctx.accumulate(0, zeros({7})); },
                               kSaveNothing,
                               nullptr};
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor y = apply(kBad, {p});
  const ShapeError error = thrown<ShapeError>([&] { tape.backward(sum(y)); });
  CHECK(error.op == "back_bad_shape");
  CHECK(contains(error.what(), "[7]"));
  CHECK(contains(error.what(), "[2]"));
}

TEST_CASE("a backward function that reads what its row does not save is told so",
          "[autograd][tape]") {
  static constexpr OpInfo kForgot{
      "forgot",
      "x",
      "y = x",
      "",
      [](Inputs in, const Attrs&, Tensor*) { return in[0]; },
      [](BackwardCtx& ctx) { ctx.accumulate(0, ctx.in(0).clone() * 1.0); },
      kSaveNothing,
      nullptr};
  Parameter p("p", tensor({1, 2}));
  Tape tape;
  const Tensor y = apply(kForgot, {p});
  CHECK_THROWS_AS(tape.backward(sum(y)), Error);
}

// Memory ---------------------------------------------------------------------------------------------

TEST_CASE("from the second identical step on nothing is asked from malloc",
          "[autograd][tape][pool]") {
  if (pool_stats().cached == 0) {
    zeros({16});
    if (pool_stats().cached == 0) return;  // an ASan build or TAPESTRY_POOL=off: there is no pool
  }
  Parameter w("w", zeros({20, 30})), b("b", zeros({20}));
  Rng rng(1);
  const auto step = [&] {
    const Tensor x = rng.normal({16, 30});
    Tape tape;
    const Tensor h = linear(x, w, b, Activation::tanh);
    const Tensor loss = mean(square(softplus(h) - sum(h, 1, true))) + sum(logsumexp(h, 1));
    w.zero_grad();
    b.zero_grad();
    tape.backward(loss);
    for (Parameter* p : {&w, &b}) {
      p->update([&](Tensor& value) {
        const auto g = p->grad().view<float>();
        auto v = value.mutate<float>();
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= 0.01f * g[i];
      });
    }
    return loss.item();
  };
  step();
  step();
  const std::uint64_t fresh = pool_stats().fresh, reused = pool_stats().reused;
  for (int i = 0; i < 5; ++i) step();
  CHECK(pool_stats().fresh == fresh);
  CHECK(pool_stats().reused > reused);
}

TEST_CASE("a tape refuses to work on another thread than its own", "[autograd][tape][threads]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({1, 2}));
  const Tensor loss = sum(x);
  std::string messages[3];
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const TapeError& error) {
      return error.what();
    }
    return "no error";
  };
  std::thread([&] {
    messages[0] = message([&] { tape.backward(loss); });
    messages[1] = message([&] { tape.watch(tensor(1.0)); });
    messages[2] = message([&] { tape.reset(); });
  }).join();
  for (const std::string& text : messages) {
    CHECK(text.find("belongs to another thread, which opened it at tests/autograd/tape.test.cpp") !=
          std::string::npos);
  }
  tape.backward(loss);  // untouched by the attempts
  CHECK(tape.grad(x).to_vector() == std::vector<double>{1, 1});
}

TEST_CASE("a tensor of another thread's tape is refused as one", "[autograd][tape][threads]") {
  Tape tape;
  const Tensor x = tape.watch(tensor(1.0));
  std::string text;
  std::thread([&] {
    Tape own;
    text = thrown<TapeError>([&] { exp(x); }).what();
  }).join();
  CHECK(contains(text, "or on another thread's"));
}

TEST_CASE("each thread has its own tapes", "[autograd][tape][threads]") {
  Tape tape;
  const Tensor x = tape.watch(tensor({1, 2}));
  double gradients[4] = {};
  bool saw_none[4] = {};  // Catch2's assertions are for one thread: checked after the join
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      saw_none[i] = Tape::active() == nullptr;
      for (int round = 0; round < 50; ++round) {
        Tape mine;
        const Tensor w = mine.watch(full({100}, i + 1.0));
        mine.backward(sum(square(w)));
        gradients[i] = mine.grad(w).at({99});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 4; ++i) CHECK((saw_none[i] && gradients[i] == 2.0 * (i + 1)));
  tape.backward(sum(x));
  CHECK(tape.grad(x).to_vector() == std::vector<double>{1, 1});
}

TEST_CASE("recorded: a parameter as a tensor is its leaf on the active tape, and else its value") {
  Parameter p("p", tensor({2.0, 3.0}));
  CHECK_FALSE(recorded(p).tracked());
  CHECK(recorded(p).shares_storage(p.value()));

  Tape tape;
  const Tensor x = recorded(p);
  CHECK(x.node() == recorded(p).node());  // one leaf, however often
  CHECK(tape.nodes().size() == 1);
  tape.backward(sum(x * p));
  CHECK(p.grad().to_vector() == std::vector<double>{4.0, 6.0});

  p.set_trainable(false);
  CHECK_FALSE(recorded(p).tracked());
}

TEST_CASE("stack names the first part whose shape is another", "[autograd][shape]") {
  const std::vector<Tensor> parts{zeros({2, 1}), zeros({2, 1}), zeros({2, 3})};
  const auto error = thrown<ShapeError>([&] { stack(parts, 0); });
  CAPTURE(std::string(error.what()));
  CHECK(contains(error.what(), "stack"));
  CHECK(contains(error.what(), "part 2 has the shape [2,3], part 0 [2,1]; they must be equal"));
}

TEST_CASE("stack counts its axis from either end and refuses another", "[autograd][shape]") {
  const Tensor a = tensor({1.0, 2.0}), b = tensor({3.0, 4.0});
  CHECK(stack({a, b}, -1).to_vector() == std::vector<double>{1, 3, 2, 4});
  CHECK(stack({a, b}, -2).to_vector() == std::vector<double>{1, 2, 3, 4});
  for (const int axis : {2, -3}) {
    const auto error = thrown<ShapeError>([&] { stack({a, b}, axis); });
    CAPTURE(std::string(error.what()));
    CHECK(contains(error.what(), "stack"));
    CHECK(contains(error.what(), std::to_string(axis)));
  }
}

TEST_CASE("a leaf belongs to the scope that is open where it enters the tape", "[autograd][tape]") {
  const auto scopes = [] {
    Tape tape;
    const Tensor outside = tape.watch(tensor(1.0));
    const Scope encoder("encoder");
    const Tensor inside = tape.watch(tensor(2.0));
    std::vector<std::string> paths;
    for (const Node& node : tape.nodes()) paths.push_back(scope_info(node.scope).path);
    return paths;
  };
  for (int pass = 0; pass < 2; ++pass)  // the second takes over the nodes of the first
    CHECK(scopes() == std::vector<std::string>{"", "encoder"});
  Tape tape;
  const Tensor first = tape.watch(tensor(1.0)), second = tape.watch(tensor(1.0));
  for (const Node& node : tape.nodes()) CHECK(node.scope == 0);
}

}  // namespace tapestry
