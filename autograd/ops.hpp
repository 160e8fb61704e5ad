#pragma once

#include <span>

#include "autograd/op.hpp"

// Every op, one line each; formulas and gradients stand in the OpInfo rows of autograd/ops/*.cpp
// and in docs/reference/ops.md. All are differentiable in their floating operands unless the line
// says otherwise.

namespace tapestry {

// Elementwise, one operand (ops/elementwise.cpp)
Tensor neg(Arg x);
Tensor exp(Arg x);
Tensor expm1(Arg x);
Tensor log(Arg x);
Tensor log1p(Arg x);
Tensor sqrt(Arg x);
Tensor square(Arg x);
Tensor abs(Arg x);
Tensor reciprocal(Arg x);
Tensor sin(Arg x);
Tensor cos(Arg x);
Tensor lgamma(Arg x);   ///< log |Gamma(x)|
Tensor digamma(Arg x);  ///< d/dx log Gamma(x)
Tensor erf(Arg x);
Tensor clamp(Arg x, double min, double max);  ///< gradient 1 inside and at the bounds, 0 outside

// Activations (ops/activation.cpp)
Tensor tanh(Arg x);
Tensor sigmoid(Arg x);
Tensor log_sigmoid(Arg x);
Tensor softplus(Arg x);
Tensor relu(Arg x);
Tensor leaky_relu(Arg x, double slope = 0.01);
Tensor elu(Arg x, double alpha = 1.0);
Tensor gelu(Arg x);  ///< exact, with erf
Tensor silu(Arg x);
enum class Activation { none, relu, tanh, sigmoid, softplus };
const char* name(Activation activation);        ///< "relu"; empty for none
Tensor activate(Arg x, Activation activation);  ///< the one that is named; x itself for none

// Elementwise, two operands, broadcast by NumPy's rule (ops/binary.cpp)
Tensor add(Arg left, Arg right);
Tensor sub(Arg left, Arg right);
Tensor mul(Arg left, Arg right);
Tensor div(Arg left, Arg right);
Tensor maximum(Arg left, Arg right);  ///< gradient is halved between equal operands
Tensor minimum(Arg left, Arg right);
Tensor pow(Arg left, Arg right);
Tensor where(const Tensor& condition, Arg yes,
             Arg no);  ///< condition: i32, nonzero = yes; broadcast
// Comparisons give i32 tensors of 0 and 1, where a NaN takes part 0, and are never recorded.
Tensor less(Arg left, Arg right);
Tensor less_equal(Arg left, Arg right);
Tensor greater(Arg left, Arg right);
Tensor greater_equal(Arg left, Arg right);
Tensor equal(Arg left, Arg right);

// Reductions (ops/reduce.cpp)
Tensor sum(Arg x, Axes axes = {}, bool keepdims = false);
Tensor mean(Arg x, Axes axes = {}, bool keepdims = false);
Tensor max(Arg x, Axes axes = {}, bool keepdims = false);  ///< gradient shared by equal maxima
Tensor logsumexp(Arg x, Axes axes = {}, bool keepdims = false);
Tensor softmax(Arg x, int axis = -1);
Tensor log_softmax(Arg x, int axis = -1);
Tensor cumsum(Arg x, int axis = -1);
Tensor argmax(Arg x, int axis = -1);  ///< i32, not recorded; the first of equals, or the first NaN

// Shapes (ops/shape.cpp)
Tensor reshape(Arg x, const Shape& shape);                      ///< one size may be -1
Tensor transpose(Arg x, std::initializer_list<int> axes = {});  ///< {} reverses the axes
Tensor broadcast_to(Arg x, const Shape& shape);
Tensor concat(std::span<const Tensor> parts, int axis, SourceLoc loc = SourceLoc::current());
Tensor stack(std::span<const Tensor> parts, int axis, SourceLoc loc = SourceLoc::current());
inline Tensor concat(std::initializer_list<Tensor> parts, int axis,
                     SourceLoc loc = SourceLoc::current()) {
  return concat(std::span(parts.begin(), parts.size()), axis, loc);
}
inline Tensor stack(std::initializer_list<Tensor> parts, int axis,
                    SourceLoc loc = SourceLoc::current()) {
  return stack(std::span(parts.begin(), parts.size()), axis, loc);
}
Tensor slice(Arg x, int axis, std::int64_t start, std::int64_t stop);  ///< negative from the end
/// out[i][j] = x[i][index[i][j]] for axis 1; index is i32 with x's rank.
Tensor gather(Arg x, int axis, const Tensor& index);
/// Rows x[index[k]]; index is i32 of any shape: out has shape index.shape + x.shape[1:].
Tensor take_rows(Arg x, const Tensor& index);

// Matrix products and factorisations (ops/matmul.cpp, ops/linalg.cpp)
struct MatmulOptions {
  bool transpose_left = false;  ///< of the last two axes
  bool transpose_right = false;
};
Tensor matmul(Arg left, Arg right, MatmulOptions options = {});  ///< batch axes broadcast
Tensor cholesky(Arg a);  ///< lower L with L L^T = (A + A^T)/2; batch axes in front
struct TriangularOptions {
  bool lower = true;
  bool transpose = false;  ///< solve A^T x = b
};
Tensor triangular_solve(Arg a, Arg b, TriangularOptions options = {});  ///< x with A x = b
Tensor log_det_triangular(Arg l);  ///< sum log |L_ii|, over the last two axes
Tensor log_det(Arg a);             ///< of a symmetric positive definite matrix, through cholesky

// Layers' arithmetic, fused (ops/linear.cpp, likelihood, conv, pool, norm)
/// act(x W^T + b): x [..., I], weight [O, I], bias [O] -> [..., O]
Tensor linear(Arg x, Arg weight, Arg bias, Activation activation = Activation::none);
Tensor linear(Arg x, Arg weight);
/// log Bernoulli(x | sigmoid(logits)), elementwise, then summed over the last `event_dims` axes.
/// x has the shape of the logits, or that without some axes in front; it may be grey (in [0,1]).
Tensor bernoulli_log_prob(Arg logits, const Tensor& x, int event_dims = 0);
/// log N(x | loc, scale^2), elementwise with broadcasting, summed over the last `event_dims` axes.
Tensor normal_log_prob(Arg x, Arg loc, Arg scale, int event_dims = 0);
/// KL(N(loc, scale^2) || N(0, 1)), summed over the last `event_dims` axes (AEVB, appendix B).
Tensor normal_kl_standard(Arg loc, Arg scale, int event_dims = 0);

struct ConvOptions {
  int stride = 1;
  int padding = 0;
  Activation activation = Activation::none;  ///< of the result, fused
};
Tensor conv2d(Arg x, Arg weight, Arg bias,
              ConvOptions options = {});  ///< x [B,C,H,W], weight [O,C,h,w]
Tensor conv_transpose2d(Arg x, Arg weight, Arg bias,
                        ConvOptions options = {});  ///< weight [C,O,h,w]
Tensor max_pool2d(Arg x, int kernel);               ///< stride = kernel
Tensor avg_pool2d(Arg x, int kernel);
Tensor layer_norm(Arg x, Arg weight, Arg bias, double eps = 1e-5);  ///< over the last axis
/// Normalises over every axis but 1 with the batch's own statistics.
Tensor batch_norm(Arg x, Arg weight, Arg bias, double eps = 1e-5);
/// Mean and variance [C] of every channel, the variance divided by the count; not recorded.
struct BatchStatistics {
  Tensor mean, variance;
};
BatchStatistics batch_statistics(const Tensor& x);
/// x where a fresh Bernoulli(1-p) mask is 1, scaled by 1/(1-p). The mask comes from one draw of
/// `rng`.
class Rng;
Tensor dropout(Arg x, double p, Rng& rng);

// Operators
Tensor operator-(Arg x);
Tensor operator+(Arg left, Arg right);
Tensor operator-(Arg left, Arg right);
Tensor operator*(Arg left, Arg right);
Tensor operator/(Arg left, Arg right);
// x += y is x = x + y: the name stands for the sum from then on, the old values stay as they are.
inline Tensor& operator+=(Tensor& x, Arg y) { return x = add(Arg(x, y.loc), y); }
inline Tensor& operator-=(Tensor& x, Arg y) { return x = sub(Arg(x, y.loc), y); }
inline Tensor& operator*=(Tensor& x, Arg y) { return x = mul(Arg(x, y.loc), y); }
inline Tensor& operator/=(Tensor& x, Arg y) { return x = div(Arg(x, y.loc), y); }
// Comparisons by element, as less and its kin; equality of tensors is equal(a, b).
inline Tensor operator<(Arg left, Arg right) { return less(left, right); }
inline Tensor operator<=(Arg left, Arg right) { return less_equal(left, right); }
inline Tensor operator>(Arg left, Arg right) { return greater(left, right); }
inline Tensor operator>=(Arg left, Arg right) { return greater_equal(left, right); }

}  // namespace tapestry
