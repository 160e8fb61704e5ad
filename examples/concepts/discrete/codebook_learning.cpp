// codebook_learning: which part of a VQ-VAE learns from which term of its objective
// C104, van den Oord, Vinyals and Kavukcuoglu 2017, equations 1 to 3 and appendix A.1
//
//     d objective / de    = d log p(x|z) / dz - 2 beta (e - e_k)   at z = e_k
//     d objective / de_k  = sum of 2 (e - e_k) over the e whose nearest code is k
//
// In place of the last, codes may be moving averages of the e that chose them: k-means.
#include "concepts/discrete/vector_quantization_faults.hpp"
#include "nn/init.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/gradient_row.hpp"

using namespace concepts;
using support::Concept;

namespace {

// --- model

/// d objective / de, given d log p(x|z) / dz.
Tensor slope_of_encoder(const Tensor& of_decoder, const Tensor& e, const Tensor& z, double beta) {
  return of_decoder - 2.0 * beta * (e - z);
}
/// The share of each e in d objective / de_k.
Tensor slope_of_code(const Tensor& e, const Tensor& z) { return 2.0 * (e - z); }

// --- claims

/// The first of the codes that are nearest, by trying all.
void claims_of_the_nearest(Concept& c) {
  nn::Codebook book(64, 16);
  nn::init::torch_default(book, c.rng("codes"));
  const Tensor e = c.rng("e").normal({500, 16});
  const Tensor all = sum(square(reshape(e, {500, 1, 16}) - book.weight), -1);  // [500, K]
  const auto found = [&] { return book.nearest(e).code.to(DType::f64); };
  c.identity("nearest code: |by brute force - found|, largest",
             max(abs(argmax(-all, -1).to(DType::f64) - found())).item(), 0);
  book.weight.set_value(zeros({64, 16}));
  c.identity("of equally near codes the first", max(found()).item(), 0);
}

/// Who learns from what: the objective's gradient against the rule, written out at e and z.
void claims_of_the_gradients(Concept& c, const auto& passed, const auto& pulled) {
  VqVae model({.side = 8, .channels = 4, .codes = 6, .code_width = 3});
  nn::init::torch_default(model, c.rng("small"));
  model.passed = passed;
  model.pulled = pulled;
  Rng rng = c.rng("pixels");
  const Tensor x = rng.uniform({20, 64}), e = model.encode(x);
  const Tensor code = model.codebook.nearest(e).code;
  const Tensor z = take_rows(model.codebook.weight.value(), code);
  Tape tape;
  const Tensor read = tape.watch(z);
  tape.backward(sum(model.decode(read).log_prob(x)));
  const Tensor of_e = slope_of_encoder(tape.grad(read), e, z, model.commitment);
  const Tensor of_code = slope_of_code(e, z);
  const auto objective = [&] { return sum(model.objective(x).value); };
  const auto claim_equal = [&](const std::string& name, nn::Module& part, const auto& rule) {
    const Tensor measured = support::gradient_row(part, objective);
    c.identity(name, max(abs(measured - support::gradient_row(part, rule))).item(), 0, 1e-10);
  };
  claim_equal("encoder: |gradient - d log p/dz + 2 beta (e - z)|, largest", model.encoder,
              [&] { return sum(model.encode(x) * of_e); });
  claim_equal("codebook: |gradient - sum of 2 (e - z)|, largest", model.codebook,
              [&] { return sum(take_rows(model.codebook.weight, code) * of_code); });
}

/// Codes that are averages of the e that chose them come to rest where k-means does.
void claims_of_the_averages(Concept& c, const auto& average) {
  Rng rng = c.rng("frozen");
  const Tensor e = rng.normal({1000, 4});
  nn::Codebook book(8, 4);
  // The last code is so far away that no e will choose it.
  const Tensor start = concat({slice(e, 0, 0, 7), full({1, 4}, 9)}, 0);
  book.weight.set_value(start);
  for (int step = 0; step < 300; ++step) average(book, e, book.nearest(e).code, 0.5);
  const Tensor chosen = take_rows(eye(8), book.nearest(e).code);  // [N, K]
  const Tensor count = reshape(sum(chosen, 0), {8, 1});
  const Tensor centroids = matmul(chosen, e, {.transpose_left = true}) / maximum(count, 1.0);
  c.exact("averages: code - mean of the e nearest to it, largest",
          max(abs(book.weight.value() - where(greater(count, 0.0), centroids, start))).item(), 0,
          1e-6);
}

// --- program

void program(Concept& c) {
  const auto passed = c.broken("detach_swapped") ? straight_to_codes : straight_through;
  auto pulled = pulls;
  if (c.broken("beta_on_codebook")) pulled = beta_on_codebook;
  if (c.broken("losses_after_straight_through")) pulled = pulls_after_straight_through;
  const auto averaged = c.broken("ema_without_correction") ? average_without_correction : average;
  claims_of_the_nearest(c);
  claims_of_the_gradients(c, passed, pulled);
  claims_of_the_averages(c, averaged);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C104",
       .title = "VQ-VAE: who learns from what",
       .source = "van den Oord, Vinyals and Kavukcuoglu 2017, equations 1 to 3, appendix A.1",
       .mutants = {{"beta_on_codebook", "beta weighs the term that moves the codes"},
                   {"losses_after_straight_through", "distances to what the decoder reads"},
                   {"detach_swapped", "straight through with e and z exchanged"},
                   {"ema_without_correction", "averages are divided by a count of 0"}}},
      program);
}
