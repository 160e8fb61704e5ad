#include "nn/layers/made.hpp"

#include <vector>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {
/// The elements of z, and those of h after them, that each output depends on: 1 or 0.
std::vector<std::vector<int>> depends(Made& made, std::int64_t context) {
  const std::int64_t size = made.sizes.size;
  const Tensor z = Rng(3).normal({size + context});
  const auto run = [&](const Tensor& at) {
    const Tensor of_z = slice(at, 0, 0, size).with_shape({1, size});
    return (context ? made(of_z, slice(at, 0, size, size + context).with_shape({1, context}))
                    : made(of_z))
        .to_vector();
  };
  const auto before = run(z);
  std::vector<std::vector<int>> found(before.size());
  for (std::size_t j = 0; j < z.to_vector().size(); ++j) {
    std::vector<double> moved = z.to_vector();
    moved[j] += 0.5;
    const auto after = run(tensor(moved));
    for (std::size_t i = 0; i < before.size(); ++i) found[i].push_back(before[i] != after[i]);
  }
  return found;
}
}  // namespace

TEST_CASE("made: an output depends on earlier elements and on the context, on nothing else") {
  const DTypeScope f64(DType::f64);
  Made made({.size = 3, .hidden = 7, .context = 2});
  init::torch_default(made, Rng(1));
  const std::vector<std::vector<int>> rows{{0, 0, 0, 1, 1}, {1, 0, 0, 1, 1}, {1, 1, 0, 1, 1}};
  CHECK(depends(made, 2) ==
        std::vector<std::vector<int>>{rows[0], rows[1], rows[2], rows[0], rows[1], rows[2]});

  Made back({.size = 3, .hidden = 7, .outputs = 1, .reversed = true});
  init::torch_default(back, Rng(2));
  CHECK(depends(back, 0) == std::vector<std::vector<int>>{{0, 1, 1}, {0, 0, 1}, {0, 0, 0}});
  CHECK(back.describe() == "Made 3 -> 1 x 3, last to first");
}

TEST_CASE("made: samples share a context; gradients; errors") {
  const DTypeScope f64(DType::f64);
  Made made({.size = 3, .hidden = 7, .context = 2});
  init::torch_default(made, Rng(1));
  const Tensor z = Rng(2).normal({4, 5, 3}), h = Rng(3).normal({5, 2});
  const Tensor all = made(z, h);
  CHECK(all.shape() == Shape{4, 5, 6});
  CHECK(max(abs(reshape(slice(all, 0, 1, 2), {5, 6}) - made(reshape(slice(z, 0, 1, 2), {5, 3}), h)))
            .item() == 0);
  const Tensor weights = Rng(4).normal({4, 5, 6});
  test::expect_grad([&] { return sum(made(z, h) * weights); }, made.parameters());
  CHECK(test::throws_with<ShapeError>([&] { made(z); }, "a context of 2 numbers"));
  Made alone({.size = 3, .hidden = 7});
  init::torch_default(alone, Rng(1));
  CHECK(test::throws_with<ShapeError>([&] { alone(z, h); }, "no context"));
  CHECK(test::throws_with<ConfigError>([] { Made({.size = 3, .hidden = 0}); }, "at least 1"));
  CHECK(
      test::throws_with<ConfigError>([] { Made({.size = 3, .hidden = 2, .context = -1}); }, "-1"));
}
