// covariance_decoder: errors of neighbouring pixels go together, and a decoder can say so
// C95, UDL notes and figure 17.12; Dorta et al. 2018
//
//     p(x|z) = N(mu(z), (L L^T)^-1),   log p = sum_i log L_ii - |L^T (x - mu)|^2 / 2 - D log(2 pi) / 2
//     x = mu + L^-T e,   e ~ N(0, I)
//
// L is lower triangular, and not 0 only between a pixel and those around it that come later. So the cost is linear in
// the number of pixels, and still the covariance joins all of them. The model is in covariance_decoder.hpp.
#include "concepts/decoders/covariance_decoder.hpp"

#include "concepts/autoencoders/grey_rows.hpp"
#include "concepts/decoders/covariance_decoder_faults.hpp"
#include "concepts/decoders/covariance_measures.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- claims

void claims_of_density(Concept& c, const FactorSteps& steps) {
  Rng rng = c.rng("small");
  for (const std::int64_t radius : {1, 2}) {
    const auto [sparse, dense] = small(steps, radius, rng.stream("factor"));
    const Tensor x = rng.normal({100, 36});
    c.identity(fmt::format("radius {}: log p(x) - that of the dense normal, largest", radius),
               max(abs(steps.log_prob(sparse, x) - dense.log_prob(x))).item(), 0, 1e-9);
    if (radius == 2) continue;
    const Tensor v = steps.sample(sparse, rng, c.choose(40000, 10000)) - sparse.loc;
    c.monte_carlo("samples: covariance of a pixel and the next one, sum",
                  prob::estimate(products_with_next(v)), covariance_with_next(dense), 0.5);
    c.monte_carlo("samples: variance, sum", prob::estimate(sum(square(v), -1)),
                  sum(dense.variance()).item(), 0.5);
  }
}

void claims_of_regression(Concept& c, const FactorSteps& steps, const Residuals& r,
                          std::int64_t rows, std::int64_t cols) {
  const prob::Normal diagonal(0.0, sqrt(mean(square(r.train), 0)), 1);
  std::vector<double> log_p{mean(diagonal.log_prob(r.test)).item()};
  for (const std::int64_t radius : {1, 2}) {
    const auto p = fit_factor(r.train, steps.later(rows, cols, radius), 0.3);
    log_p.push_back(mean(steps.log_prob(p, r.test)).item());
  }
  for (const auto& [radius, known] : {std::pair{0, 651.10}, {1, 934.60}, {2, 952.86}})
    if (!c.quick())
      c.exact(fmt::format("faces after PCA, radius {}: test log p", radius), log_p.at(radius),
              known, 0.5);
  c.at_least("test log p, radius 1 - radius 0, nats", log_p[1] - log_p[0], c.choose(280, 10));
}

/// The test faces, and what the decoder says of them: before L is learned, and after.
struct Told {
  Tensor x, mu, of_diagonal, of_factor;
};

Told claims_of_vae(Concept& c, const FactorSteps& steps, const nn::TensorDataset& data,
                   std::int64_t rows, std::int64_t cols) {
  const DTypeScope f32(DType::f32);
  CovarianceVae model(steps.later(rows, cols, 1), c.choose(200, 50), 10);
  nn::init::torch_default(model, c.rng("init"));
  const auto train = [&](std::vector<Parameter*> parameters, int epochs) {
    nn::Adam adam(std::move(parameters));
    vae::Trainer trainer({vae::vae_player(model, adam)}, data,
                         {.epochs = epochs, .batch = 100, .seed = c.seed()});
    trainer.run();
    return -trainer.history().back().test.neg_elbo();
  };
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const auto noise = [&](Rng rng) {
    const NoGrad no_grad;
    const auto p = model.decode(model.encode(x).loc);
    return std::pair{p.loc, p.sample(rng) - p.loc};
  };
  const double diagonal = train(model.of_mean(), c.choose(150, 20));
  const Tensor of_diagonal = noise(c.rng("noise")).second;
  const double with_L = train(model.of_factor(), c.choose(15, 10));
  const auto [mu, of_factor] = noise(c.rng("noise"));
  c.within("test ELBO, the decoder's noise a diagonal", diagonal, c.choose(417, -60),
           c.choose(564, 20));
  c.within("test ELBO, the same mu and q, noise by L", with_L, c.choose(618, 20),
           c.choose(836, 90));
  c.at_least("test ELBO: L - diagonal", with_L - diagonal, c.choose(100, 10));
  const double of_data = neighbour_correlation(x - mu, rows, cols);
  c.within("neighbours: correlation in x - mu", of_data, c.choose(0.34, 0.3), c.choose(0.47, 0.5));
  c.within("neighbours: correlation in samples of L - in x - mu",
           neighbour_correlation(of_factor, rows, cols) - of_data, -.1, .1);
  c.within("neighbours: correlation in samples of the diagonal",
           neighbour_correlation(of_diagonal, rows, cols), -.02, .02);
  return {x, mu, of_diagonal, of_factor};
}

// --- picture

std::vector<Plot> picture(const Told& told, std::int64_t rows, std::int64_t cols) {
  const std::int64_t n = told.x.dim(0);
  std::vector<Tensor> faces, plain, structured;
  const auto grey = [&](const Tensor& t) { return clamp(t, 0, 1).with_shape({1, rows, cols}); };
  for (const std::int64_t i : {n / 8, n / 2, n - 8}) {
    const auto row = [&](const Tensor& t) { return slice(t, 0, i, i + 1); };
    const Tensor mu = row(told.mu);
    faces.insert(faces.end(), {grey(row(told.x)), grey(mu), grey(2.0 * (row(told.x) - mu) + 0.5)});
    plain.insert(plain.end(),
                 {grey(2.0 * row(told.of_diagonal) + 0.5), grey(mu + row(told.of_diagonal))});
    structured.insert(structured.end(),
                      {grey(2.0 * row(told.of_factor) + 0.5), grey(mu + row(told.of_factor))});
  }
  return {Plot("face x, mu, x - mu", "", "").images(concat(faces, 0), 3),
          Plot("diagonal: noise, mu + noise", "", "").images(concat(plain, 0), 2),
          Plot("L: noise, mu + noise", "", "").images(concat(structured, 0), 2)};
}

// --- program

void program(Concept& c) {
  const FactorSteps steps = c.broken("L_not_transposed") ? L_not_transposed()
                            : c.broken("log_det_of_diagonal_squared")
                                ? log_det_of_diagonal_squared()
                            : c.broken("neighbours_wrap_rows") ? neighbours_wrap_rows()
                                                               : FactorSteps{};
  const nn::ImageDataset data = support::load_images(c, "freyfaces", 600, 200);
  const std::int64_t half = c.choose(1, 2), rows = data.rows() / half, cols = data.cols() / half;
  const auto images = [&](const nn::ByteImages& part, const char* stream) {
    return c.quick() ? noisy_digits(part, c.rng(stream)) : grey_rows(part, false);
  };
  const Tensor train = images(data.train, "train"), test = images(data.test, "test");
  claims_of_density(c, steps);
  claims_of_regression(c, steps, residuals(train, test), rows, cols);
  const nn::TensorDataset faces({train.to(DType::f32)}, {test.to(DType::f32)});
  c.draw(picture(claims_of_vae(c, steps, faces, rows, cols), rows, cols));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C95",
       .title = "A decoder with covariances between pixels",
       .source = "UDL notes and figure 17.12; Dorta et al. 2018",
       .mutants = {{"L_not_transposed", "|L (x - mu)|^2, and samples mu + L^-1 e"},
                   {"log_det_of_diagonal_squared", "sum log L_ii^2"},
                   {"neighbours_wrap_rows",
                    "the last pixel of a row has a neighbour: the first of the next"}}},
      program);
}
