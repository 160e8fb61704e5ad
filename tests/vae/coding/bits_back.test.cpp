#include "vae/coding/bits_back.hpp"
#include "vae/models/mlp.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/init.hpp"
#include "prob/kl.hpp"
#include "prob/special/functions.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using test::throws_with;
using vae::coding::Ans;
using vae::coding::BitsBack;
using vae::coding::Symbols;

namespace {

std::unique_ptr<vae::MlpVae> tiny(std::int64_t latent, std::uint64_t seed = 1,
                                  vae::DecoderKind decoder = vae::DecoderKind::bernoulli) {
  auto model = std::make_unique<vae::MlpVae>(vae::VaeConfig{.rows = 4,
                                                            .cols = 3,
                                                            .hidden = {8},
                                                            .latent = latent,
                                                            .activation = Activation::tanh,
                                                            .decoder = decoder});
  nn::init::apply(*model, Rng(seed).stream("init"),
                  [](nn::Param& p, Rng& rng) { nn::init::normal(p, rng, 0, 0.4); });
  return model;
}

/// Coins, n images of 12 pixels.
Tensor coins(std::int64_t n, std::uint64_t seed) {
  Rng rng(seed);
  return prob::Bernoulli(zeros({n, 12})).sample(rng);
}

/// The bound of each image [N] for one latent: the mean of log p(x|z) over 200 quantiles of q.
Tensor exact_elbo(vae::MlpVae& model, const Tensor& x) {
  const NoGrad no_grad;
  const prob::Normal q = model.encode(x);
  const std::int64_t n = 200;
  const Tensor p = (arange(n) + 0.5) / static_cast<double>(n);
  const Tensor z = q.loc + q.scale * reshape(prob::normal_quantile(p), {n, 1, 1});
  return mean(model.decode(z).log_prob(x), 0) - prob::kl(q, model.prior());
}

}  // namespace

TEST_CASE("bits back: every pixel comes back through a file, and so does the first chunk",
          "[vae][coding]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    const auto model = tiny(5);
    const BitsBack code(*model);
    const Tensor x = coins(40, 2);
    Rng rng(3);
    const Ans start = Ans::random(code.first_chunk(), rng);
    Ans message = start;
    const std::vector<double> bits = code.encode(message, x);
    CHECK(bits.size() == 40);
    // The trailer's 96 bits cut the head at 32: that may cost or save up to a bit.
    CHECK(std::fabs(message.bits() - bits.back() - 96) < 1);

    const ScratchFolder scratch;
    message.save(scratch / "images");
    Ans read = Ans::load(scratch / "images");
    const Tensor again = code.decode(read);
    CHECK(again.dtype() == dtype);
    CHECK(again.shape() == x.shape());
    CHECK(again.to_vector() == x.to_vector());
    CHECK(read == start);
  }
}

TEST_CASE("bits back: an image takes -ELBO / ln 2 bits on average", "[vae][coding][statistical]") {
  const DTypeScope f64(DType::f64);
  const auto model = tiny(1);
  const BitsBack code(*model);
  const Tensor x = coins(4000, 4);
  Rng rng(5);
  Ans message = Ans::random(code.first_chunk(), rng);
  double before = message.bits(), sum = 0, squares = 0;
  const std::vector<double> elbo = exact_elbo(*model, x).to_vector();
  const std::vector<double> bits = code.encode(message, x);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const double excess = bits[i] - before + elbo[i] / std::log(2.0);
    before = bits[i];
    sum += excess;
    squares += excess * excess;
  }
  const double n = static_cast<double>(bits.size()), mean = sum / n;
  const double se = std::sqrt((squares / n - mean * mean) / n);
  CAPTURE(mean, se);
  CHECK(std::fabs(mean) <= 4 * se);
  CHECK(se < 0.05);  // of about 17 bits
}

TEST_CASE(
    "bits back: finer buckets and probabilities change little; coarse ones lose nothing either",
    "[vae][coding]") {
  const DTypeScope f64(DType::f64);
  const auto model = tiny(3);
  const Tensor x = coins(2000, 6);
  const auto bits = [&](const vae::coding::BitsBackOptions& options) {
    const BitsBack code(*model, options);
    Rng rng(7);
    const Ans start = Ans::random(code.first_chunk(), rng);
    Ans message = start;
    const double all = code.encode(message, x).back() - start.bits();
    CHECK(code.decode(message).to_vector() == x.to_vector());
    CHECK(message == start);
    return all;
  };
  const double usual = bits({});
  CHECK(bits({.latent_bits = 16, .pixel_precision = 28}) == Approx(usual).epsilon(0.03));
  bits({.latent_bits = 1, .posterior_precision = 2, .pixel_precision = 1});
}

TEST_CASE("bits back: the first chunk is enough for any image", "[vae][coding]") {
  // An encoder so sure of itself that it draws from the thinnest slices.
  const auto model = tiny(20);
  for (nn::NamedParameter p : model->named_parameters()) {
    if (p.name == "encoder.loc.bias") nn::init::constant(*p.parameter, 9);
    if (p.name == "encoder.log_variance.bias") nn::init::constant(*p.parameter, 9);
  }
  const BitsBack code(*model);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    Ans message = Ans::random(code.first_chunk(), rng);
    CHECK_NOTHROW(code.encode(message, coins(1, seed)));
  }
  Ans empty;
  CHECK(throws_with<DataError>([&] { code.encode(empty, coins(1, 1)); }, "random words"));
}

TEST_CASE("bits back: another model's images are refused", "[vae][coding]") {
  const auto model = tiny(2), other = tiny(2, 9);
  const BitsBack code(*model), wrong(*other);
  Rng rng(8);
  Ans message = Ans::random(100, rng);
  code.encode(message, coins(20, 10));
  Ans copy = message;
  CHECK(throws_with<DataError>([&] { wrong.decode(copy); }, "not those that were encoded"));
  Ans random = Ans::random(100, rng);
  CHECK_THROWS_AS(code.decode(random), DataError);
  CHECK_NOTHROW(code.decode(message));
}

TEST_CASE("bits back: grey pixels and other decoders are refused", "[vae][coding]") {
  const auto model = tiny(2), grey = tiny(2, 1, vae::DecoderKind::gaussian);
  Rng rng(9);
  Ans message = Ans::random(100, rng);
  const Tensor x = concat({coins(1, 1), 0.5 * ones({1, 12})}, 0);
  CHECK(throws_with<DomainError>([&] { BitsBack(*model).encode(message, x); },
                                 "image 1 has one of 0.5"));
  CHECK(throws_with<ConfigError>([&] { BitsBack(*grey).encode(message, coins(1, 1)); },
                                 "Bernoulli decoder"));
}

TEST_CASE("bits back: no images make a message too", "[vae][coding]") {
  const auto model = tiny(2);
  const BitsBack code(*model);
  Ans message;
  CHECK(code.encode(message, zeros({0, 12})).empty());
  CHECK(code.decode(message).shape() == Shape{0, 12});
  CHECK(message == Ans());
}

TEST_CASE("bits back: packed pixels fill their bytes from the lowest bit", "[vae][coding]") {
  CHECK(vae::coding::packed({{1, 1, 0}, {0, 1, 1}, {0, 0, 1}}) == std::string("\x33\x01"));
  CHECK(vae::coding::packed({Symbols(8, 1)}) == "\xff");
  CHECK(vae::coding::packed({}).empty());
}
