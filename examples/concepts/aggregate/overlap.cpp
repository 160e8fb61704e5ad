// overlap: beta sets how far the codes of different data overlap; axes come from the structure of the prior
// C124, UDL notes; Mathieu, Rainforth, Siddharth and Teh 2019
//
//     objective = E log p(x|z) - beta KL(q(z|x) || p(z)) - alpha D(q(z), p(z))
//
// For N(0, I) every rotation of the latents is as good: beta aligns nothing. A sparse prior has axes, which alpha gives to q(z).
#include "concepts/aggregate/overlap.hpp"

#include "autograd/kernels/symmetric_eigen.hpp"
#include "nn/nn.hpp"
#include "support/concept/images.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::BetaSplit, concepts::Divergence, concepts::SparsePrior, concepts::StructuredVae;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

using WeighedKl = Tensor (*)(const prob::Normal& q, double beta);
using Sparsity = Tensor (*)(const Tensor& codes);

Tensor entropy_sign(const prob::Normal& q, double beta) {
  const BetaSplit split = concepts::split_beta(q, beta);
  return split.to_f + (beta - 1) * split.entropy - split.log_f;
}

/// Numbers as they are: a latent that hardly moves looks like a 0.
Tensor not_normalised(const Tensor& codes) {
  const double root = std::sqrt(static_cast<double>(codes.dim(1)));
  return (root - sum(abs(codes), -1) / sqrt(sum(square(codes), -1))) / (root - 1);
}

/// D of two samples of the prior.
Tensor of_prior_alone(const Tensor& z, const Tensor& of_prior) {
  Rng rng(1);
  return concepts::mmd_of_latents(SparsePrior{z.dim(1), 0.8}.sample(rng, z.dim(0)), of_prior);
}

// --- claims

void claims_of_split(Concept& c, WeighedKl kl) {
  const prob::Normal q(full({1, 1}, 0.7), full({1, 1}, 0.4), 1);
  c.exact("4 KL(N(0.7, 0.4^2) || N(0, 1)), by parts", kl(q, 4).item(), 2.9651629275, 1e-9);
  Rng rng = c.rng("split");
  double off = 0;
  for (double beta = 0.2; beta < 8; beta += 0.4) {
    const prob::Normal any(rng.normal({50, 3}), exp(rng.normal({50, 3})), 1);
    const Tensor whole = beta * prob::kl(any, prob::StandardNormal({50, 3}, 1));
    off = std::max(off, max(abs(kl(any, beta) - whole)).item());
  }
  c.identity("1000 random q: largest difference", off, 0, 1e-10);
}

/// Encoder and decoder of a linear model, rotated.
void claims_of_rotation(Concept& c) {
  Rng rng = c.rng("rotation");
  const auto model = vae::exact::Ppca::random(6, 3, 0.5, rng);
  const Tensor x = model.sample(rng, 20).x;
  const prob::MultivariateNormal q(rng.normal({20, 3}), 0.5 * eye(3));
  const Tensor a = rng.normal({3, 3}), r = symmetric_eigen(a + transpose(a)).vectors;
  const auto turn = [&](const Tensor& t) { return matmul(t, r, {.transpose_right = true}); };
  const vae::exact::Ppca turned{turn(model.weight), model.mean, model.sigma};
  const prob::MultivariateNormal turned_q(turn(q.loc), 0.5 * eye(3));
  const Tensor before = model.elbo(x, q) - 3.0 * prob::kl(q, model.prior({20}));
  const Tensor after = turned.elbo(x, turned_q) - 3.0 * prob::kl(turned_q, model.prior({20}));
  c.identity("beta = 4: objective rotated - as it was", max(abs(after - before)).item(), 0, 1e-10);
  const SparsePrior sparse{3, 0.8};
  const Tensor changed = sparse.log_prob(q.loc) - sparse.log_prob(turned_q.loc);
  c.at_least("log of the sparse prior, rotated: mean change", mean(abs(changed)).item(), 0.1);
}

/// Of sprites, for each beta.
std::vector<double> overlaps(Concept& c, const std::vector<double>& betas) {
  const Tensor sprites = nn::all_sprites({.positions = 4, .sizes = 2}).flat();
  const Tensor x = slice(sprites, 0, 0, c.choose(64, 32));
  std::vector<double> overlap;
  for (const double beta : betas) {
    const double now = concepts::overlap(x, beta, c.choose(3000, 400), c.rng("init"));
    if (!overlap.empty())
      c.at_least(fmt::format("overlap: rise to beta = {}", beta), now - overlap.back(), 0.01);
    overlap.push_back(now);
  }
  return overlap;
}

prob::Normal codes_of(const Concept& c, const nn::ImageDataset& data, double gamma, double alpha,
                      Divergence divergence) {
  const vae::VaeConfig sizes{.hidden = {c.choose(400, 64)}, .latent = c.choose(20, 8)};
  StructuredVae vae(sizes, gamma, alpha, divergence, c.rng("init"));
  return codes_after_training(
      vae, data,
      {c.choose(8, 30), c.choose(100, 50), c.choose(1e-3, 3e-3), c.seed(), support::kConstantRate});
}

void claims_of_sparsity(Concept& c, const prob::Normal& flat, const prob::Normal& alone,
                        const prob::Normal& sparse, Sparsity sparsity) {
  Rng rng = c.rng("sparsity");
  const auto of = [&](const prob::Normal& q) { return mean(sparsity(q.loc)).item(); };
  fmt::print("sparsity of the means: N(0, I) {:.3f}, sparse prior {:.3f}, and alpha {:.3f}\n",
             of(flat), of(alone), of(sparse));
  c.within("sparsity: alpha - N(0, I)", of(sparse) - of(flat), c.choose(0.11, 0.0),
           c.choose(0.15, 0.3));
  if (c.quick()) {  // too short to tell what alpha adds: the meter alone is held
    const Tensor units = sparse.loc * linspace(1, 9, sparse.loc.dim(1)).to(DType::f64);
    c.identity("sparsity in other units - sparsity", mean(sparsity(units)).item() - of(sparse), 0);
  } else
    c.at_least("sparsity: alpha - no alpha", of(sparse) - of(alone), 0.01);
  c.at_most("D(q(z), p(z)): alpha / no alpha",
            concepts::distance(sparse, 0.8, rng) / concepts::distance(alone, 0.8, rng), 0.5);
}

// --- picture

/// The mean of |z_k| in each class, each latent in units of its deviation: [1, classes, K].
Tensor by_class(const Tensor& codes, const std::vector<std::uint8_t>& labels) {
  const Tensor away = codes - mean(codes, 0);
  const Tensor size = abs(codes) / (sqrt(mean(square(away), 0)) + 1e-6);
  const std::vector<std::int32_t> index(labels.begin(), labels.end());
  const Tensor one_hot = take_rows(eye(10, DType::f64), index_tensor(index, {std::ssize(index)}));
  const Tensor count = reshape(sum(one_hot, 0), {-1, 1});
  const Tensor table = matmul(one_hot, size, {.transpose_left = true}) / count;
  return clamp(table / 2.0, 0, 1).with_shape({1, 10, codes.dim(1)});
}

std::vector<Plot> picture(const std::vector<double>& betas, const std::vector<double>& overlap,
                          const Tensor& flat, const Tensor& sparse,
                          const std::vector<std::uint8_t>& labels) {
  return {Plot("overlap of the codes of 64 sprites", "beta", "1 - I(n; z) / log N")
              .line("", betas, overlap)
              .same_colour()
              .points("", betas, overlap)
              .log_x()
              .key("off"),
          Plot("N(0, I): size of each latent", "latent", "digit 9 ... 0")
              .images(by_class(flat, labels), 1),
          Plot("sparse prior: size of each latent", "latent", "digit 9 ... 0")
              .images(by_class(sparse, labels), 1)};
}

// --- program

void program(Concept& c) {
  const WeighedKl kl = c.broken("entropy_sign") ? entropy_sign : concepts::beta_kl;
  const Sparsity sparsity = c.broken("hoyer_not_normalised") ? not_normalised : vae::hoyer_sparsity;
  const Divergence divergence =
      c.broken("divergence_of_prior_alone") ? of_prior_alone : concepts::mmd_of_latents;
  claims_of_split(c, kl);
  claims_of_rotation(c);
  const DTypeScope f32(DType::f32);
  const auto betas = c.quick() ? std::vector{0.5, 2.0, 8.0} : std::vector{0.5, 1.0, 2.0, 4.0, 8.0};
  const std::vector<double> overlap = overlaps(c, betas);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
  data.binarize = nn::Binarize::dynamic;
  const prob::Normal flat = codes_of(c, data, 0, 0, divergence);
  const prob::Normal alone = codes_of(c, data, 0.8, 0, divergence);
  const prob::Normal sparse = codes_of(c, data, 0.8, 100, divergence);
  claims_of_sparsity(c, flat, alone, sparse, sparsity);
  c.draw(picture(betas, overlap, flat.loc, sparse.loc, data.test_labels));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C124",
       .title = "Overlap of codes and structure of the prior",
       .source = "UDL notes; Mathieu, Rainforth, Siddharth and Teh 2019",
       .mutants = {{"entropy_sign", "the entropy of q with the other sign"},
                   {"hoyer_not_normalised", "latents keep their units"},
                   {"divergence_of_prior_alone", "D compares the prior with itself"}}},
      program);
}
