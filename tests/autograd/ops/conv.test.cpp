#include <cmath>
#include <limits>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/keep_threads.hpp"
#include "support/thrown.hpp"

namespace tapestry {
namespace {

// The oracle: a convolution as its definition reads, every index checked. x [B,C,H,W], weight [O,C,h,w].
Tensor direct_conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvOptions o) {
  const std::int64_t B = x.dim(0), C = x.dim(1), H = x.dim(2), W = x.dim(3);
  const std::int64_t O = weight.dim(0), h = weight.dim(2), w = weight.dim(3);
  const std::int64_t P = (H + 2 * o.padding - h) / o.stride + 1,
                     Q = (W + 2 * o.padding - w) / o.stride + 1;
  std::vector<double> y;
  for (std::int64_t b = 0; b < B; ++b) {
    for (std::int64_t k = 0; k < O; ++k) {
      for (std::int64_t p = 0; p < P; ++p) {
        for (std::int64_t q = 0; q < Q; ++q) {
          double sum = bias.at({k});
          for (std::int64_t c = 0; c < C; ++c) {
            for (std::int64_t i = 0; i < h; ++i) {
              for (std::int64_t j = 0; j < w; ++j) {
                const std::int64_t r = p * o.stride - o.padding + i,
                                   s = q * o.stride - o.padding + j;
                if (r < 0 || r >= H || s < 0 || s >= W) continue;
                sum += weight.at({k, c, i, j}) * x.at({b, c, r, s});
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
  }
  return tensor(y, {B, O, P, Q}, DType::f64);
}

// The transposed one: every input pixel paints a kernel. x [B,C,H,W], weight [C,O,h,w].
Tensor direct_conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                               ConvOptions o) {
  const std::int64_t B = x.dim(0), C = x.dim(1), H = x.dim(2), W = x.dim(3);
  const std::int64_t O = weight.dim(1), h = weight.dim(2), w = weight.dim(3);
  const std::int64_t P = (H - 1) * o.stride - 2 * o.padding + h,
                     Q = (W - 1) * o.stride - 2 * o.padding + w;
  std::vector<double> y(static_cast<std::size_t>(B * O * P * Q));
  const auto at = [&](std::int64_t b, std::int64_t k, std::int64_t p, std::int64_t q) -> double& {
    return y[static_cast<std::size_t>(((b * O + k) * P + p) * Q + q)];
  };
  for (std::int64_t b = 0; b < B; ++b) {
    for (std::int64_t k = 0; k < O; ++k) {
      for (std::int64_t p = 0; p < P * Q; ++p) at(b, k, 0, p) = bias.at({k});
      for (std::int64_t c = 0; c < C; ++c) {
        for (std::int64_t r = 0; r < H; ++r) {
          for (std::int64_t s = 0; s < W; ++s) {
            for (std::int64_t i = 0; i < h; ++i) {
              for (std::int64_t j = 0; j < w; ++j) {
                const std::int64_t p = r * o.stride - o.padding + i,
                                   q = s * o.stride - o.padding + j;
                if (p < 0 || p >= P || q < 0 || q >= Q) continue;
                at(b, k, p, q) += weight.at({c, k, i, j}) * x.at({b, c, r, s});
              }
            }
          }
        }
      }
    }
  }
  return tensor(y, {B, O, P, Q}, DType::f64);
}

struct Case {
  Shape x, weight;
  ConvOptions options;
};

const Case kCases[] = {
    {{3, 2, 7, 6}, {4, 2, 3, 3}, {1, 0}},  {{2, 3, 8, 8}, {2, 3, 4, 4}, {2, 1}},
    {{1, 1, 5, 9}, {3, 1, 5, 1}, {1, 2}},  {{2, 2, 5, 5}, {1, 2, 2, 3}, {3, 0}},
    {{9, 1, 4, 4}, {2, 1, 1, 1}, {1, 0}},  {{2, 1, 3, 3}, {1, 1, 2, 2}, {4, 1}},
    {{1, 2, 2, 2}, {2, 2, 2, 2}, {1, 3}},  {{17, 1, 6, 6}, {3, 1, 4, 4}, {2, 1}},
    {{2, 2, 1, 1}, {2, 2, 1, 1}, {1, 0}},  {{1, 1, 3, 2}, {1, 1, 3, 2}, {5, 4}},
    {{3, 2, 3, 20}, {2, 2, 2, 3}, {1, 1}}, {{2, 1, 16, 18}, {2, 1, 2, 2}, {1, 0}},
    {{67, 1, 7, 7}, {2, 1, 3, 3}, {1, 1}},
};

std::string text(const Case& c) {
  return fmt::format("x {} weight {} stride {} padding {}", c.x, c.weight, c.options.stride,
                     c.options.padding);
}

}  // namespace

TEST_CASE("conv2d agrees with the definition, index by index", "[autograd][conv]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  for (const Case& c : kCases) {
    INFO(text(c));
    const Tensor x = rng.normal(c.x), weight = rng.normal(c.weight),
                 bias = rng.normal({c.weight[0]});
    CHECK(test::difference(conv2d(x, weight, bias, c.options),
                           direct_conv2d(x, weight, bias, c.options), 1e-12) == "");
  }
}

TEST_CASE("conv_transpose2d agrees with the definition, index by index", "[autograd][conv]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  for (const Case& c : kCases) {
    INFO(text(c));
    // The same cases the other way round: weight [O,C,h,w] maps O channels back to C.
    const std::int64_t P = (c.x[2] + 2 * c.options.padding - c.weight[2]) / c.options.stride + 1;
    const std::int64_t Q = (c.x[3] + 2 * c.options.padding - c.weight[3]) / c.options.stride + 1;
    if ((P - 1) * c.options.stride - 2 * c.options.padding + c.weight[2] < 1) continue;
    if ((Q - 1) * c.options.stride - 2 * c.options.padding + c.weight[3] < 1) continue;
    const Tensor x = rng.normal({c.x[0], c.weight[0], P, Q}), weight = rng.normal(c.weight),
                 bias = rng.normal({c.weight[1]});
    CHECK(test::difference(conv_transpose2d(x, weight, bias, c.options),
                           direct_conv_transpose2d(x, weight, bias, c.options), 1e-12) == "");
  }
}

TEST_CASE("conv_transpose2d is the adjoint of conv2d", "[autograd][conv]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  // <conv(x), y> = <x, conv_transpose(y)> where the strides fit exactly.
  const Tensor weight = rng.normal({4, 3, 4, 4});
  const Tensor x = rng.normal({2, 3, 8, 8}), y = rng.normal({2, 4, 4, 4});
  const ConvOptions options{.stride = 2, .padding = 1};
  const double left = sum(conv2d(x, weight, zeros({4}), options) * y).item();
  const double right = sum(x * conv_transpose2d(y, weight, zeros({3}), options)).item();
  CHECK(left == Approx(right).epsilon(1e-12));
}

TEST_CASE("convolutions in f32 stay near f64 at the size of a small encoder", "[autograd][conv]") {
  Rng rng(4);
  const Tensor x = rng.normal({8, 32, 14, 14}), weight = rng.normal({64, 32, 4, 4}),
               bias = rng.normal({64});
  const ConvOptions options{.stride = 2, .padding = 1};
  const Tensor y = conv2d(x, weight, bias, options);
  const Tensor wide = conv2d(x.to(DType::f64), weight.to(DType::f64), bias.to(DType::f64), options);
  // Sums of 512 products of size 1: errors of about sqrt(512) ulp of their size, 22.6.
  CHECK(test::difference(y, wide, 1e-4) == "");
}

TEST_CASE("convolution gradients add into slots that are already in use", "[autograd][conv]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  const Tensor w = rng.normal({2, 2, 3, 3}), b = rng.normal({2});
  // Small images share a matrix product, large ones have one each.
  for (const std::int64_t size : {5, 16}) {
    const Tensor x = rng.normal({17, 2, size, size});
    for (Tensor (*op)(Arg, Arg, Arg, ConvOptions) : {conv2d, conv_transpose2d}) {
      const auto gradients = [&](int times) {
        Tape tape;
        const Tensor vx = tape.watch(x), vw = tape.watch(w), vb = tape.watch(b);
        Tensor total = sum(op(vx, vw, vb, {}) * 1.0);
        for (int i = 1; i < times; ++i) total = total + sum(op(vx, vw, vb, {}) * 1.0);
        tape.backward(total);
        return std::array{tape.grad(vx), tape.grad(vw), tape.grad(vb)};
      };
      const auto once = gradients(1), thrice = gradients(3);
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(test::difference(thrice[i], once[i] * 3.0, 1e-11) == "");
    }
  }
}

TEST_CASE("convolutions refuse what does not fit and say why", "[autograd][conv]") {
  const Tensor x = zeros({2, 3, 5, 5}), w = zeros({4, 3, 3, 3}), b = zeros({4});
  CHECK(test::message<ShapeError>([&] {
          conv2d(zeros({3, 5, 5}), w, b);
        }).find("not [B,C,H,W]") != std::string::npos);
  CHECK(test::message<ShapeError>([&] {
          conv2d(x, zeros({4, 2, 3, 3}), b);
        }).find("3 channels") != std::string::npos);
  CHECK(test::message<ShapeError>([&] { conv2d(x, w, zeros({3})); }).find("bias [3]") !=
        std::string::npos);
  CHECK(test::message<ShapeError>([&] {
          conv2d(x, zeros({4, 3, 6, 3}), b);
        }).find("does not fit") != std::string::npos);
  CHECK(test::message<ConfigError>([&] { conv2d(x, w, b, {.stride = 0}); }).find("stride 0") !=
        std::string::npos);
  CHECK(test::message<ConfigError>([&] { conv2d(x, w, b, {.padding = -1}); }).find("padding -1") !=
        std::string::npos);
  CHECK_THROWS_AS(conv_transpose2d(x, w, b), ShapeError);
  CHECK_THROWS_AS(
      conv_transpose2d(zeros({1, 1, 1, 1}), zeros({1, 1, 2, 2}), zeros({1}), {.padding = 1}),
      ShapeError);
  CHECK_THROWS_AS(max_pool2d(x, 0), ConfigError);
  CHECK_THROWS_AS(avg_pool2d(zeros({5, 5}), 2), ShapeError);
}

TEST_CASE("a batch of no images is convolved like any other, and refused like any other",
          "[autograd][conv]") {
  const Tensor weight = ones({2, 3, 2, 2}), bias = ones({3});
  Tape tape;
  const Tensor w = tape.watch(weight), x = tape.watch(zeros({0, 2, 4, 4}));
  const Tensor y = conv_transpose2d(x, w, bias, {.stride = 2, .padding = 1});
  CHECK(y.shape() == Shape{0, 3, 6, 6});
  tape.backward(sum(y));
  CHECK(tape.grad(w).to_vector() == std::vector<double>(24, 0.0));
  CHECK(tape.grad(x).shape() == x.shape());
  // What leaves nothing of an image is a mistake in the layer, with and without images.
  for (const std::int64_t images : {0, 1})
    CHECK_THROWS_AS(conv_transpose2d(zeros({images, 2, 1, 1}), weight, bias, {.padding = 1}),
                    ShapeError);
}

TEST_CASE("pooling leaves out what does not fill a window", "[autograd][conv]") {
  const Tensor x = arange(25).with_shape({1, 1, 5, 5});
  CHECK(max_pool2d(x, 2).to_vector() == std::vector<double>{6, 8, 16, 18});
  CHECK(avg_pool2d(x, 2).to_vector() == std::vector<double>{3, 5, 13, 15});
  CHECK(max_pool2d(x, 5).to_vector() == std::vector<double>{24});
  CHECK_THROWS_AS(max_pool2d(x, 6), ShapeError);
  CHECK_THROWS_AS(avg_pool2d(x, 6), ShapeError);
  CHECK(max_pool2d(zeros({0, 2, 5, 5}), 2).shape() == Shape{0, 2, 2, 2});
}

TEST_CASE("of equal maxima the first gets the whole gradient", "[autograd][conv]") {
  Tape tape;
  const Tensor x = tape.watch(ones({1, 1, 2, 2}));
  tape.backward(sum(max_pool2d(x, 2)));
  CHECK(tape.grad(x).to_vector() == std::vector<double>{1, 0, 0, 0});
}

TEST_CASE("a fused activation gives what the separate op gives, gradients included",
          "[autograd][conv]") {
  const DTypeScope f64(DType::f64);
  Rng rng(7);
  const Tensor x = rng.normal({5, 2, 6, 6}), weight = rng.normal({3, 2, 4, 4});
  for (const Activation activation : {Activation::none, Activation::relu, Activation::tanh,
                                      Activation::sigmoid, Activation::softplus}) {
    CAPTURE(static_cast<int>(activation));
    const auto run = [&](bool fused) {
      const ConvOptions options{
          .stride = 2, .padding = 1, .activation = fused ? activation : Activation::none};
      const Activation after = fused ? Activation::none : activation;
      Tape tape;
      const Tensor vx = tape.watch(x), vw = tape.watch(weight), b = tape.watch(full({3}, 0.1)),
                   c = tape.watch(full({2}, -0.2));
      const Tensor maps = activate(conv2d(vx, vw, b, options), after);
      const Tensor image = activate(conv_transpose2d(maps, vw, c, options), after);
      tape.backward(sum(square(image) + image));
      return std::vector{image, tape.grad(vx), tape.grad(vw), tape.grad(b), tape.grad(c)};
    };
    const auto fused = run(true), separate = run(false);
    for (std::size_t i = 0; i < fused.size(); ++i)
      CHECK(test::difference(fused[i], separate[i], 1e-11) == "");
  }
}

TEST_CASE("a NaN in an image reaches the places that see it, through relu too, and no others",
          "[autograd][conv]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> pixels(2 * 49, 1.0);
  pixels[48] = nan;  // the last pixel of the first of two images
  const Tensor x = tensor(pixels, {2, 1, 7, 7}, DType::f32);
  const Tensor y = conv2d(x, ones({1, 1, 2, 2}), zeros({1}), {.activation = Activation::relu});
  CHECK(std::isnan(y.at({0, 0, 5, 5})));
  CHECK(y.at({0, 0, 5, 4}) == 4);
  CHECK(y.at({1, 0, 0, 0}) == 4);
  const Tensor z =
      conv_transpose2d(x, ones({1, 1, 2, 2}), zeros({1}), {.activation = Activation::relu});
  CHECK(std::isnan(z.at({0, 0, 7, 7})));
  CHECK(z.at({0, 0, 5, 7}) == 2);
  CHECK(z.at({0, 0, 0, 0}) == 1);
  CHECK(z.at({1, 0, 0, 0}) == 1);
}

TEST_CASE("convolutions give the same bits for any number of threads",
          "[autograd][conv][threads]") {
  const test::KeepThreads keep;
  Rng rng(6);
  const Tensor x = rng.normal({21, 3, 12, 12}), w = rng.normal({5, 3, 4, 4}), b = rng.normal({5});
  const auto run = [&](int threads) {
    set_threads(threads);
    Tape tape;
    const Tensor vx = tape.watch(x), vw = tape.watch(w), vb = tape.watch(b);
    const Tensor y =
        conv2d(vx, vw, vb, {.stride = 2, .padding = 1, .activation = Activation::relu});
    const Tensor z = conv_transpose2d(y, vw, zeros({3}), {.stride = 2, .padding = 1});
    tape.backward(sum(square(z)));
    std::vector<double> all = z.to_vector();
    for (const Tensor& t : {tape.grad(vx), tape.grad(vw), tape.grad(vb)}) {
      const auto v = t.to_vector();
      all.insert(all.end(), v.begin(), v.end());
    }
    return all;
  };
  const auto one = run(1);
  CHECK(run(2) == one);
  CHECK(run(3) == one);
}

}  // namespace tapestry
