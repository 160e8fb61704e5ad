#include "autograd/debug/health_scope.hpp"

#include <cmath>
#include <functional>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"
#include "vae/models/mlp.hpp"

using namespace tapestry;
using debug::Birth;
using debug::HealthScope;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

void plant(Parameter& p, std::int64_t element, double value) {
  p.update([&](Tensor& t) {
    t.mutate<float>()[static_cast<std::size_t>(element)] = static_cast<float>(value);
  });
}

// A small VAE that trains, until something is planted.
struct Model {
  explicit Model(vae::DecoderKind decoder = vae::DecoderKind::bernoulli, double decoder_scale = 0)
      : net({.rows = 4,
             .cols = 4,
             .hidden = {5},
             .latent = 3,
             .activation = Activation::tanh,
             .decoder = decoder,
             .decoder_scale = decoder_scale}),
        adam(prepared(net)) {}

  static std::vector<Parameter*> prepared(nn::Module& m) {
    nn::init::torch_default(m, Rng(1).stream("init"));
    return m.parameters();
  }

  // One step; `more` may add to the loss.
  void step(const std::function<Tensor()>& more = nullptr) {
    adam.zero_grad();
    Tape tape;
    Tensor loss = vae::elbo(net, x, rng).loss();
    if (more) loss = loss + more();
    tape.backward(loss);
    adam.step();
  }

  Tensor x = greater(Rng(2).uniform({6, 16}), 0.5).to(DType::f32);
  Rng rng{3};
  vae::MlpVae net;
  nn::Adam adam;
};

// The error that a step ends with at the level `nodes`.
std::string report(const std::function<void()>& step) {
  const HealthScope scope(Health::nodes);
  try {
    step();
  } catch (const DomainError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("health: a NaN in a weight of the encoder is named before anything is computed from it",
          "[vae][health]") {
  Model m;
  plant(m.net.encoder.hidden[0].weight, 2 * 16 + 7, kNaN);
  const std::string text = report([&] { m.step(); });
  check_contains(text,
                 "linear: NaN comes in with node 1 encoder.hidden.0.weight, element [2,7]; "
                 "1 of 80 elements is not finite");
  check_contains(text, "nn/layers/linear.cpp:");
  check_contains(text, "in encoder.hidden.0");
  check_contains(text, "vae/models/mlp.cpp:");
  check_contains(text, "written at tests/vae/health.test.cpp:");
}

TEST_CASE("health: a NaN in an input pixel is named with its image and place", "[vae][health]") {
  Model m;
  std::vector<double> pixels = m.x.to_vector();
  pixels[4 * 16 + 9] = kNaN;
  m.x = tensor(pixels, m.x.shape(), DType::f32);
  const std::string text = report([&] { m.step(); });
  check_contains(text, "linear: NaN comes in with node 0 constant, element [4,9]");
  check_contains(text, "in encoder.hidden.0");
  check_contains(text, "look at the data");
}

TEST_CASE("health: a log variance that is too large is found where its exp overflows",
          "[vae][health]") {
  Model m;
  plant(m.net.encoder.log_variance.bias, 2, 400);
  const std::string text = report([&] { m.step(); });
  check_contains(text, "exp: inf is born in the value of node");
  check_contains(text, "element [0,2]; 6 of 18 elements are not finite");
  check_contains(text, "vae/models/mlp.cpp:18");
  check_contains(text, "in encoder\n");
  check_contains(text, "x = 199.9 at [0,2];  f32 [6,3]");
  check_contains(text, "exp overflows above 88.7 in f32");
}

TEST_CASE("health: an infinite bias of the decoder is named", "[vae][health]") {
  Model m;
  plant(m.net.decoder.out.bias, 3, kInf);
  const std::string text = report([&] { m.step(); });
  check_contains(text, "linear: inf comes in with node");
  check_contains(text, "decoder.out.bias, element [3]; 1 of 16 elements is not finite");
  check_contains(text, "in decoder.out");
}

TEST_CASE("health: an exp that overflows in a term of one's own is named with its line",
          "[vae][health]") {
  Model m;
  const int line = __LINE__ + 1;
  const auto term = [&] { return mean(exp(1000.0 * m.net.encode(m.x).scale)); };
  const std::string text = report([&] { m.step(term); });
  check_contains(text, "exp: inf is born");
  check_contains(text, fmt::format("tests/vae/health.test.cpp:{}", line));
  check_contains(text, "x = 9");
  check_contains(text, ", from 36 mul");
}

TEST_CASE("health: the logarithm of a pixel's probability 0 is named with the pixel",
          "[vae][health]") {
  Model m;
  plant(m.net.decoder.out.bias, 6, -200);  // sigmoid is 0 in f32
  const auto by_hand = [&] {
    const Tensor p = sigmoid(m.net.decoder.out(zeros({6, 5}, DType::f32)));
    return -mean(log(p));
  };
  const std::string text = report([&] { m.step(by_hand); });
  check_contains(text, "log: -inf is born");
  check_contains(text, "element [0,6]; 6 of 96 elements are not finite");
  check_contains(text, "x = 0 at [0,6];  f32 [6,16]");
  check_contains(text, "use the logits form");
}

TEST_CASE("health: the infinite slope of sqrt at 0 is found in the reverse pass", "[vae][health]") {
  Model m;
  plant(m.net.decoder.hidden[0].bias, 1, 0);
  const auto penalty = [&] { return sum(sqrt(square(m.net.decoder.hidden[0].bias))); };
  const std::string text = report([&] { m.step(penalty); });
  check_contains(text, "back_sqrt: inf is born in the gradient that node");
  check_contains(text, "square (its x), element [1]; 1 of 5 elements is not finite");
  check_contains(text, "y = 0 at [1]");
  check_contains(text, "dy = 1 at [1]");
  check_contains(text, "the slope at 0 is infinite");
}

TEST_CASE("health: 0 times infinity in a branch that a mask leaves out is told from other faults",
          "[vae][health]") {
  Model m;
  plant(m.net.decoder.hidden[0].bias, 4, 0);
  const auto masked = [&] {
    const Tensor b = square(m.net.decoder.hidden[0].bias);
    return sum(where(greater(b, 0.0), sqrt(b), 0.0));
  };
  const std::string text = report([&] { m.step(masked); });
  check_contains(text, "back_sqrt: NaN is born in the gradient that node");
  check_contains(text, "element [4]; 1 of 5 elements is not finite");
  check_contains(text, "dy = 0 at [4]");
  check_contains(text, "select before the op, not after");
}

TEST_CASE("health: a division of 0 by 0 shows both operands", "[vae][health]") {
  Model m;
  plant(m.net.encoder.loc.bias, 2, 0);
  const auto normalised = [&] {
    const Tensor b = Arg(m.net.encoder.loc.bias) * 1.0;
    return sum(b / abs(b));
  };
  const std::string text = report([&] { m.step(normalised); });
  check_contains(text, "div: NaN is born in the value of node");
  check_contains(text, "element [2]; 1 of 3 elements is not finite");
  check_contains(text, "left = 0 at [2]");
  check_contains(text, "right = 0 at [2]");
  check_contains(text, "0 / 0 is NaN");
}

TEST_CASE("health: a standard deviation that is almost 0 is found in both passes",
          "[vae][health]") {
  SECTION("the likelihood of a gaussian decoder overflows") {
    Model m(vae::DecoderKind::gaussian, 8.757e-27);
    const std::string text = report([&] { m.step(); });
    check_contains(text, "normal_log_prob: -inf is born in the value of node");
    check_contains(text, "element [0]; 6 of 6 elements are not finite");
    check_contains(text, "scale  f32 []  8.757e-27");
    check_contains(text, "x[0,:]  f32 [6,16]");
  }
  SECTION("it is no float any more") {
    Model m;
    plant(m.net.encoder.log_variance.bias, 1, -190);  // exp(-95) = 6e-42 is flushed to 0
    check_contains(report([&] { m.step(); }), "Normal: scale must be positive, but scale[0,1] = 0");
  }
}

TEST_CASE("health: a gradient that somebody made infinite is refused by the optimizer, by name",
          "[vae][health]") {
  Model m;
  m.step();
  const HealthScope scope(Health::collect);
  Tensor bad = zeros_like(m.net.decoder.out.bias.value());
  bad.mutate<float>()[5] = INFINITY;
  m.net.decoder.out.bias.set_grad(bad);
  try {
    m.adam.step();
    FAIL("no error");
  } catch (const DomainError& error) {
    check_contains(error.what(), "decoder.out.bias[5] became");
    check_contains(error.what(), "its gradient is inf");
    check_contains(error.what(), "TAPESTRY_DEBUG=nan");
  }
  REQUIRE(scope.births().size() == 1);
  CHECK(scope.births()[0].kind == Birth::Kind::update);
  CHECK(scope.births()[0].parameter == "decoder.out.bias");
  check_contains(scope.report(), "is born in the update of decoder.out.bias, element [5]");
}

TEST_CASE("health: whole healthy training steps raise no alarm", "[vae][health]") {
  using Kind = vae::VaeConfig::Kind;
  for (const Kind kind : {Kind::mlp, Kind::conv}) {
    for (const auto decoder : {vae::DecoderKind::bernoulli, vae::DecoderKind::continuous_bernoulli,
                               vae::DecoderKind::gaussian}) {
      for (const auto estimator : {vae::Estimator::analytic, vae::Estimator::generic}) {
        const vae::AnyVae model = vae::make_vae({.kind = kind,
                                                 .rows = 8,
                                                 .cols = 8,
                                                 .hidden = {6},
                                                 .latent = 2,
                                                 .activation = Activation::relu,
                                                 .decoder = decoder});
        nn::Adam adam(Model::prepared(*model.module), {.lr = 1e-2});
        Rng rng(5);
        const Tensor x = greater(rng.uniform({7, 64}), 0.8).to(DType::f32);
        const HealthScope scope(Health::nodes);
        for (int step = 0; step < 20; ++step) {
          adam.zero_grad();
          Tape tape;
          tape.backward(
              model.objective({.images = x}, rng, {.estimator = estimator, .samples = 2}).loss());
          adam.step();
        }
        CHECK(scope.births().empty());
      }
    }
  }
}
