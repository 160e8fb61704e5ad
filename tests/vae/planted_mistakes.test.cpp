// Everyday mistakes, planted one by one: what the tools say must lead to each of them. The table of
// docs/howto/find_a_mistake.md has them in the same order.

#include <unistd.h>

#include <cstdio>

#include "autograd/autograd.hpp"
#include "autograd/backward.hpp"
#include "autograd/debug/health_scope.hpp"
#include "autograd/debug/screen/stepper.hpp"
#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops/test_inputs.hpp"
#include "nn/nn.hpp"
#include "support/text.hpp"
#include "vae/vae.hpp"

using namespace tapestry;

namespace {

std::string read_back(std::FILE* file) {
  std::fflush(file);
  std::rewind(file);
  std::string text;
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  return text;
}

/// What the stepper answers to the commands, about the pass from `loss`.
std::string stepper(const std::string& commands, Tape& tape, const Tensor& loss) {
  std::FILE* in = std::tmpfile();
  std::FILE* out = std::tmpfile();
  std::fputs(commands.c_str(), in);
  std::rewind(in);
  debug::Session session(tape, loss);
  debug::LineReader lines(in, out);
  debug::Stepper(session, lines, out).talk();
  const std::string text = read_back(out);
  std::fclose(in);
  std::fclose(out);
  return text;
}

std::string thrown(const auto& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// What is printed on stderr meanwhile.
std::string on_stderr(const auto& fn) {
  std::fflush(stderr);
  const int kept = dup(2);
  std::FILE* file = std::tmpfile();
  dup2(fileno(file), 2);
  fn();
  std::fflush(stderr);
  dup2(kept, 2);
  close(kept);
  const std::string text = read_back(file);
  std::fclose(file);
  return text;
}

const TapeOptions kKeep{.keep = Keep::all};

// y = x^2 / 2, whose gradient has a sign too many.
Tensor forward_half_square(Inputs in, const Attrs&, Tensor*) { return 0.5 * square(in[0]); }
void back_half_square(BackwardCtx& c) { c.accumulate(0, -(c.dout() * c.in(0))); }
constexpr OpInfo kHalfSquare{
    "half_square",    "x",      "y = x^2 / 2",    "dx += dy x", forward_half_square,
    back_half_square, kSaveIn0, test_inputs::real};

struct Orphaned : nn::Callable<Orphaned> {
  nn::Linear hidden{2, 3};
  nn::Child<nn::Linear> out{*this, "out", 3, 1};

  Tensor forward(const Tensor& x) { return out(hidden(x)); }
};

}  // namespace

TEST_CASE("mistake 1: a wrong sign in a backward function", "[mistakes]") {
  Parameter w("w", tensor({1.0, 2.0}));
  Tape tape(kKeep);
  const Tensor loss = sum(apply(kHalfSquare, {w}));
  const std::string text = stepper("check all\nc\nwhy w\n", tape, loss);
  check_contains(text, "1 half_square: ");
  check_contains(text, "back_half_square: wrong gradient of x");
  check_contains(text, "1 half_square, which sent it, has a WRONG backward function");
}

TEST_CASE("mistake 2: the same, before the op was ever used", "[mistakes]") {
  check_contains(check_op(kHalfSquare, {{tensor({1.0, 2.0}).to(DType::f64)}}).text,
                 "it has the wrong sign");
}

TEST_CASE("mistake 3: log of 0 behind a mask", "[mistakes]") {
  Parameter x("x", tensor({0.0, 2.0}));
  const debug::HealthScope scope(Health::nodes);
  const std::string text = thrown([&] {
    Tape tape;
    tape.backward(sum(where(greater(x, 0.0), log(x), 0.0)));
  });
  check_contains(text, "-inf is born in the value of node 1 log");
  check_contains(text, "planted_mistakes.test.cpp");
}

TEST_CASE("mistake 4: f32 and f64 in one op", "[mistakes]") {
  const std::string text = thrown([] { ones({2}, DType::f32) + ones({2}, DType::f64); });
  check_contains(text, "f32 (tests/vae/planted_mistakes.test.cpp:");
  check_contains(text, "x.to(dtype)");
}

TEST_CASE("mistake 5: the KL with the wrong sign", "[mistakes]") {
  const vae::ElboTerms terms{.log_lik = full({50}, -100.0),
                             .kl = -normal_kl_standard(ones({50, 5}), ones({50, 5}), 1)};
  const std::string text = thrown([&] { terms.loss(); });
  check_contains(text, "the KL of all 50 images is below 0, on average -2.5 nats");
}

TEST_CASE("mistake 6: a copy without a gradient", "[mistakes]") {
  Parameter w("w", tensor({1.0, 2.0})), v("v", tensor({1.0, 1.0}));
  Tape tape(kKeep);
  const Tensor h = exp(w);
  const Tensor loss = sum(v * h.detach());
  const std::string text = stepper("why w\n", tape, loss);
  check_contains(text, "w has no gradient: the loss does not depend on it");
  check_contains(text, "holds the same values: detach() or value() let no gradient through");
}

TEST_CASE("mistake 7: a learning rate that explodes", "[mistakes]") {
  Parameter log_scale("log_scale", tensor({0.0}));
  nn::Sgd sgd({&log_scale}, {.lr = 1e4});
  const auto train = [&] {
    for (int i = 0; i < 3; ++i) {
      sgd.zero_grad();
      Tape tape;
      const Scope scope("decoder");
      tape.backward(-sum(prob::Normal(0.0, exp(log_scale)).log_prob(tensor({0.01}))));
      sgd.step();
    }
  };
  const std::string text = thrown(train);
  check_contains(text, "Normal: scale must be positive, but scale[0] = 0");
  check_contains(text, "in decoder");
  check_contains(text, "when after step 1 of sgd");
  check_contains(text, "scale = f32 [1]  from 1 exp at");
  check_contains(text, "is the learning rate too high?");
}

TEST_CASE("mistake 8: a forgotten zero_grad", "[mistakes]") {
  Parameter w("w", tensor({1.0, 2.0}));
  nn::Sgd sgd({&w}, {.lr = 0.1});
  std::string why;
  const std::string text = on_stderr([&] {
    for (int i = 0; i < 3; ++i) {
      Tape tape(kKeep);
      const Tensor loss = sum(square(w));
      if (i == 2) why = stepper("why w\n", tape, loss);
      tape.backward(loss);
      sgd.step();
    }
  });
  check_contains(text,
                 "sgd: the gradient of w still holds what an earlier step has used: 2 passes");
  check_contains(text, "hint: zero_grad()");
  check_contains(why, "from 2 earlier passes; this one is added: zero_grad?");
}

TEST_CASE("mistake 9: softmax over the wrong axis", "[mistakes]") {
  Parameter w("w", tensor({{1.0, 2.0}, {0.5, 0.1}}));
  Tape tape(kKeep);
  const Tensor loss = sum(square(softmax(w, 0)));
  check_contains(stepper("to softmax\n", tape, loss), "node 1 softmax  axis=0");
}

TEST_CASE("mistake 10: a mean where a sum belongs", "[mistakes]") {
  Parameter w("w", ones({4, 784}));
  Tape tape(kKeep);
  const Tensor loss = mean(square(w));
  check_contains(stepper("list 0-9\n", tape, loss), "mean axes=0,1 n=3136");
}

TEST_CASE("mistake 11: a tensor of a tape that has ended", "[mistakes]") {
  Parameter w("w", tensor({1.0}));
  Tensor h;
  {
    Tape tape;
    h = exp(w);
  }
  Tape tape;
  const std::string text = thrown([&] { h* w; });
  check_contains(text, "it was recorded at tests/vae/planted_mistakes.test.cpp:");
  check_contains(text, "on a tape that has ended");
}

TEST_CASE("mistake 12: a weight that changes before backward", "[mistakes]") {
  Parameter w("w", tensor({1.0}));
  Tape tape;
  const Tensor loss = sum(square(w));
  w.set_value(tensor({2.0}));
  check_contains(thrown([&] { tape.backward(loss); }), "parameter w, saved here, was changed at");
}

TEST_CASE("mistake 13: event_dims forgotten", "[mistakes]") {
  const vae::ElboTerms terms{
      .log_lik = zeros({50}),
      .kl = prob::kl(prob::Normal(zeros({50, 5}), ones({50, 5})), prob::StandardNormal({5}))};
  check_contains(thrown([&] { terms.loss(); }), "event_dims, as in Normal(loc, scale, 1)?");
}

TEST_CASE("mistake 14: a member module without Child", "[mistakes]") {
  Orphaned net;
  nn::init::torch_default(net, Rng(1));
  nn::init::torch_default(net.hidden, Rng(1));
  const std::string text = thrown([&] { net(ones({1, 2})); });
  check_contains(text, "is no member of it that registered itself");
  check_contains(text, "nn::Child<...>");
}

TEST_CASE("mistake 15: value() of a parameter in a distribution", "[mistakes]") {
  Parameter loc("loc", tensor({0.5})), scale("scale", tensor({1.0}));
  nn::Sgd sgd({&loc, &scale}, {.lr = 0.1});
  const std::string text = on_stderr([&] {
    for (int i = 0; i < nn::Optimizer::kIdleSteps; ++i) {
      sgd.zero_grad();
      Tape again;
      again.backward(-sum(prob::Normal(loc.value(), scale).log_prob(tensor({1.0}))));
      sgd.step();
    }
  });
  check_contains(text, "so these never change: loc");
}

TEST_CASE("mistake 16: sample for rsample", "[mistakes]") {
  Parameter loc("loc", tensor({0.5}));
  Rng rng(1);
  Tape tape(kKeep);
  const Tensor mu = recorded(loc);
  const Tensor z = prob::Normal(mu, 1.0).sample(rng);
  Parameter w("w", tensor({2.0}));
  const Tensor loss = sum(square(z * w));
  const std::string text = stepper("why loc\n", tape, loss);
  check_contains(text, "has no gradient: the loss does not depend on it");
  check_contains(text, "its way ends in");
}

TEST_CASE("mistake 17: backward of a loss that is not one number", "[mistakes]") {
  Parameter w("w", tensor({1.0, 2.0}));
  Tape tape;
  const std::string text = thrown([&] { tape.backward(square(w)); });
  check_contains(text, "backward: the loss has the shape [2]");
  check_contains(text, "at   tests/vae/planted_mistakes.test.cpp:");
  check_contains(text, "loss = f32 [2]  from 1 square at");
}

TEST_CASE("mistake 18: a log scale taken for a scale", "[mistakes]") {
  Parameter log_scale("log_scale", tensor({-0.5}));
  Tape tape;
  const std::string text = thrown([&] { prob::Normal(0.0, log_scale); });
  check_contains(text, "scale must be positive, but scale[0] = -0.5");
  check_contains(text, "from parameter log_scale");
  check_contains(text, "exp or softplus makes it positive");
}

TEST_CASE("mistake 19: a unit that is dead", "[mistakes]") {
  Parameter w("w", tensor({-1.0, -2.0}));
  Tape tape(kKeep);
  const Tensor loss = sum(relu(w) * 3.0);
  const std::string text = stepper("c\nwhy w\n", tape, loss);
  check_contains(text, "0 everywhere");
  check_contains(text, "it became 0 in 1 relu at");
}

TEST_CASE("mistake 20: an axis that is not there, and parts that do not stack", "[mistakes]") {
  const std::string axis = thrown([] { sum(ones({2, 3}), 2); });
  check_contains(axis, "sum: axis 2 of a tensor with 2 axes");
  check_contains(axis, "at   tests/vae/planted_mistakes.test.cpp:");
  check_contains(axis, "x = f32 [2,3]");
  const std::string parts = thrown([] { stack({ones({2}), ones({3})}, 0); });
  check_contains(parts, "stack: part 1 has the shape [3], part 0 [2]");
  check_contains(parts, "at   tests/vae/planted_mistakes.test.cpp:");
}
