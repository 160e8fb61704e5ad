// linear_regression: least squares solved in closed form and by gradient descent, side by side

#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

constexpr std::int64_t kPoints = 200, kFeatures = 3;

struct Data {
  Tensor x;  // [points, features + 1]; the last column is 1, so its weight is the intercept
  Tensor y;  // [points, 1]
};

// y = 2 x0 - x1 + 0.5 x2 + 3 plus noise of standard deviation 0.1.
Data make_data() {
  Rng rng(7);
  const Tensor features = rng.normal({kPoints, kFeatures});
  const Tensor x = concat({features, ones({kPoints, 1})}, 1);
  const Tensor truth = reshape(tensor({2, -1, 0.5, 3}), {-1, 1});
  return {x, matmul(x, truth) + 0.1 * rng.normal({kPoints, 1})};
}

Tensor mean_squared_error(const Data& data, Arg weights) {
  return mean(square(matmul(data.x, weights) - data.y));
}

// The gradient X^T (X w - y) is zero where X^T X w = X^T y: with X^T X = L L^T, two triangular solves.
Tensor solve_normal_equations(const Data& data) {
  const Tensor gram = matmul(data.x, data.x, {.transpose_left = true});
  const Tensor right = matmul(data.x, data.y, {.transpose_left = true});
  const Tensor l = cholesky(gram);
  return triangular_solve(l, triangular_solve(l, right), {.transpose = true});
}

Tensor descend(const Data& data) {
  Parameter weights("weights", zeros({kFeatures + 1, 1}));
  nn::Sgd sgd({&weights}, {.lr = 0.1});
  for (int step = 0; step <= 160; ++step) {
    sgd.zero_grad();
    Tape tape;
    const Tensor loss = mean_squared_error(data, weights);
    tape.backward(loss);
    if (step % 20 == 0) fmt::print("step {:>3}  mean squared error {:.8f}\n", step, loss.item());
    sgd.step();
  }
  return weights.value();
}

}  // namespace

int main() {
  const DTypeScope f64(DType::f64);
  const Data data = make_data();

  const Tensor exact = solve_normal_equations(data);
  const Tensor descended = descend(data);

  fmt::print("\n{:<12} {:>10} {:>10} {:>10}\n", "weight", "closed", "descent", "truth");
  const double truth[] = {2, -1, 0.5, 3};
  const char* const names[] = {"x0", "x1", "x2", "intercept"};
  for (int i = 0; i <= kFeatures; ++i) {
    fmt::print("{:<12} {:10.6f} {:10.6f} {:10.1f}\n", names[i], exact.at({i, 0}),
               descended.at({i, 0}), truth[i]);
  }

  const double apart = max(abs(exact - descended)).item();
  const double least = mean_squared_error(data, exact).item();
  fmt::print("\nlargest difference {:.0e}; smallest mean squared error {:.5f}\n", apart, least);

  // Four weights fitted to 200 points take 2 % of the noise's variance 0.01 with them.
  const bool ok = apart < 1e-9 && least > 0.007 && least < 0.013;
  fmt::print("{}\n", ok ? "descent arrives at the closed form" : "FAILED: the two disagree");
  return ok ? 0 : 1;
}
