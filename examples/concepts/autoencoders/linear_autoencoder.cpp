// linear_autoencoder: two matrices that learn to copy through a bottleneck find the principal axes
// C87, UDL chapter 17, notes; Baldi and Hornik 1989
//
//     E|x - m - B A (x - m)|^2 = tr S - 2 tr(B A S) + tr(B^T B A S A^T),     A [K, D], B [D, K]
//
// Every minimum has the span of the K longest axes and the error sum_{k > K} lambda_k; every other stationary
// point is a saddle. A and B by themselves are free: (M A, B M^-1) copies as well for any M. The model is
// in linear_autoencoder.hpp.
#include "concepts/autoencoders/linear_autoencoder.hpp"

#include "concepts/autoencoders/fit_rows.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "support/concept/images.hpp"
#include "vae/exact/matrices.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::principal_angles, vae::exact::row_moments, vae::exact::RowMoments;

namespace {

// --- wrong versions

Tensor not_centred(const RowMoments& data) {
  return data.covariance + reshape(data.mean, {-1, 1}) * data.mean;
}

Tensor error_per_pixel(LinearAutoencoder& model, const Tensor& S) {
  return error_of(model, S) / static_cast<double>(S.dim(0));
}

/// One unit of the code starts at exactly 0 on both sides, where its gradients are 0: a saddle.
void with_a_dead_unit(LinearAutoencoder& model, const Tensor&) {
  const Tensor living = concat({zeros({1}), ones({model.A.value().dim(0) - 1})}, 0);
  model.A.set_value(model.A.value() * reshape(living, {-1, 1}));
  model.B.set_value(model.B.value() * living);
}

/// PCA's answer is put in, and nothing is left to learn.
void at_the_axes(LinearAutoencoder& model, const Tensor& axes) {
  model.A.set_value(transpose(axes));
  model.B.set_value(axes);
}

// --- claims

void at_random(LinearAutoencoder&, const Tensor& /*axes*/) {}

struct Steps {
  decltype(&covariance_of) covariance = covariance_of;
  decltype(&error_of) error = error_of;
  decltype(&at_random) start = at_random;
};

double largest_angle(LinearAutoencoder& model, const Tensor& S, const Tensor& axes) {
  return max(principal_angles(principal_axes(model, S), axes)).item();
}

/// Adam down the gradient of the error over all data at once. Returns the angle at each twentieth of the way.
std::vector<double> climb_down(LinearAutoencoder& model, const Tensor& S, const Steps& steps,
                               const Tensor& axes, std::int64_t count) {
  nn::Adam adam(model.parameters());
  const nn::Schedule rate = nn::schedule::cosine(0.01, count);
  std::vector<double> angles;
  for (std::int64_t t = 0; t <= count; ++t) {
    if (t % (count / 20) == 0) angles.push_back(largest_angle(model, S, axes));
    adam.set_lr(rate(t));
    nn::descend(adam, [&] { return steps.error(model, S); });
  }
  return angles;
}

void claims_of_full_data(Concept& c, LinearAutoencoder& model, const RowMoments& data,
                         const SymmetricEigen& top, const Steps& steps) {
  const NoGrad no_grad;
  const Tensor& S = data.covariance;
  const double discarded = sum(S * eye(S.dim(0))).item() - sum(top.values).item();
  if (!c.quick()) c.exact("sum of the discarded eigenvalues", discarded, 26.9873, 1e-4);
  c.at_most("largest angle between B and the axes, rad",
            largest_angle(model, data.covariance, top.vectors), 1e-4);
  c.exact("error - sum of the discarded eigenvalues", steps.error(model, S).item() - discarded, 0);
  const Tensor P = model.projector();
  c.identity("|(BA)^2 - BA|, largest element", max(abs(matmul(P, P) - P)).item(), 0, 1e-5);
  const Tensor length = sqrt(sum(square(model.B), 0, true));
  const Tensor cosines = matmul(model.B / length, top.vectors, {.transpose_left = true});
  c.at_most("|cosine| of a column of B and an axis, largest", max(abs(cosines)).item(),
            c.choose(0.9, 0.99));
  const Tensor off = principal_axes(model, S) - top.vectors;
  c.exact("its principal axes - the eigenvectors, largest element", max(abs(off)).item(), 0, 1e-4);
}

/// As a network is trained: minibatches, and an error of images that it has not seen.
void claims_of_minibatches(Concept& c, const nn::TensorDataset& images, const RowMoments& data,
                           const SymmetricEigen& top) {
  LinearAutoencoder model(data.mean, top.values.size());
  fit(model, images,
      {.epochs = c.choose(10, 40), .batch = c.choose(128, 20), .rate = 0.01, .seed = c.seed()},
      reconstruction_error(model));
  const NoGrad no_grad;
  c.at_most("minibatches: largest angle, rad", largest_angle(model, data.covariance, top.vectors),
            0.05);
  const auto error = [&](const auto& reconstruct) {
    return mean_error(images, nn::Part::test, reconstruct, squared_error);
  };
  const double of_pca = error([&](const Tensor& x) {
    return data.mean +
           matmul(matmul(x - data.mean, top.vectors), top.vectors, {.transpose_right = true});
  });
  const double found = error([&](const Tensor& x) { return model.reconstruct(x); });
  if (!c.quick()) c.exact("PCA's squared error of a test digit", of_pca, 26.7139, 1e-3);
  c.within("test error: autoencoder / PCA", found / of_pca, 0.99, 1.01);
}

// --- picture

/// Columns [D, K] as K pictures, grey where a number is 0.
Tensor as_pictures(const Tensor& columns, std::int64_t side) {
  const Tensor rows = transpose(columns);
  return (0.5 + 0.5 * rows / maximum(max(abs(rows), 1, true), 1e-12))
      .with_shape({rows.dim(0), side, side});
}

std::vector<Plot> picture(LinearAutoencoder& model, const std::vector<double>& angles,
                          const Tensor& S, const Tensor& axes, std::int64_t side) {
  const Tensor rows = concat({as_pictures(model.B.value(), side),
                              as_pictures(principal_axes(model, S), side), as_pictures(axes, side)},
                             0);
  return {Plot("the span of B turns into that of the axes", "percent of the steps",
               "largest angle, rad")
              .line("", support::grid(0, 100, 21), angles)
              .log_y(),
          Plot("rows: columns of B; turned; eigenvectors", "", "")
              .images(rows, static_cast<int>(axes.dim(1)))};
}

// --- program

void program(Concept& c) {
  const Steps steps{.covariance = c.broken("no_centring") ? not_centred : covariance_of,
                    .error = c.broken("mean_over_pixels") ? error_per_pixel : error_of,
                    .start = c.broken("rank_K_minus_1") ? with_a_dead_unit
                             : c.broken("given_axes")   ? at_the_axes
                                                        : at_random};
  const std::int64_t K = c.choose(10, 6), side = c.choose(28, 14);
  const nn::ImageDataset digits = support::load_images(c, "mnist", 1000, 200);
  const nn::TensorDataset images = row_data(digits, c.quick());
  const RowMoments data = row_moments(support::rows_of(images, nn::Part::train).images);
  const SymmetricEigen top = top_eigen(data.covariance, K);
  LinearAutoencoder model(data.mean, K);
  nn::init::torch_default(model, c.rng("init"));
  steps.start(model, top.vectors);
  const std::vector<double> angles =
      climb_down(model, steps.covariance(data), steps, top.vectors, c.choose(2000, 1500));
  claims_of_full_data(c, model, data, top, steps);
  claims_of_minibatches(c, images, data, top);
  c.draw(picture(model, angles, data.covariance, top.vectors, side));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C87",
       .title = "PCA is the linear autoencoder",
       .source = "UDL chapter 17, notes; Baldi and Hornik 1989",
       .mutants = {{"no_centring", "second moments in the place of the covariance"},
                   {"mean_over_pixels", "the error is a mean over the pixels"},
                   {"rank_K_minus_1", "a unit of the code starts at 0 on both sides"},
                   {"given_axes", "the training starts at the principal axes"}}},
      program);
}
