#include "vae/inference/linear_em.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "vae/exact/matrices.hpp"

namespace tapestry::vae {

exact::Ppca em_step(const exact::Ppca& model, const Tensor& S) {
  const NoGrad no_grad;
  const Tensor &W = model.weight, variance = square(model.sigma);
  const Tensor I = eye(model.latents(), W.dtype()), SW = matmul(S, W);
  const Tensor M_inverse = exact::inverse_of(matmul(W, W, {.transpose_left = true}) + variance * I);
  // W' = S W M^-1 (sigma^2 M^-1 + M^-1 W^T S W M^-1)^-1, whose last factor is symmetric
  const Tensor B = matmul(SW, M_inverse);
  const Tensor codes =
      variance * M_inverse + matmul(M_inverse, matmul(W, B, {.transpose_left = true}));
  const Tensor W_new = matmul(B, exact::inverse_of(codes));
  const Tensor left = sum(S * eye(model.outputs(), W.dtype())) - sum(B * W_new);
  const Tensor noise = left / static_cast<double>(model.outputs());
  check_values("em_step", "sigma^2", noise, kPositive);
  return {W_new, model.mean, sqrt(noise)};
}

exact::FactorAnalysis em_step(const exact::FactorAnalysis& model, const Tensor& S) {
  const NoGrad no_grad;
  const auto [projection, G] = exact::factor_posterior(model);
  const Tensor B = matmul(G, projection);                     // E[z | x] = B (x - m)
  const Tensor SB = matmul(S, B, {.transpose_right = true});  // mean of (x - m) E[z]^T
  const Tensor W_new = matmul(SB, exact::inverse_of(G + matmul(B, SB)));
  const Tensor noise = sum(S * eye(model.outputs(), S.dtype()), -1) - sum(W_new * SB, -1);
  check_values("em_step", "Psi", noise, kPositive);
  return {W_new, model.mean, noise};
}

}  // namespace tapestry::vae
