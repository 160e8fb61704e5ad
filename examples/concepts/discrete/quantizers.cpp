// quantizers: codes from several codebooks, or from none
// C145, Zeghidour et al. 2021 (residual); Mentzer et al. 2023 (finite scalar); Yu et al. 2023 (lookup-free)
//
//     residual       k_s = argmin_j |r_s - e_sj|^2,   r_1 = e,   r_s+1 = r_s - e_s k_s,      z = sum_s e_s k_s
//     finite scalar  level_d = round((L_d - 1) (1 + tanh e_d) / 2)                            no codebook to train
//     lookup-free    z_d = sign e_d: the nearest corner of a cube, and its number are the bits
//
// All have 64 codes here, and the bound pays log 64 for each. What differs is how easily all codes come into use.
#include "concepts/discrete/quantizers.hpp"

#include <algorithm>
#include <cmath>

#include "concepts/discrete/quantized_vae.hpp"
#include "concepts/discrete/quantizer_measures.hpp"
#include "concepts/discrete/quantizers_faults.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// 8 x 6 x 5 levels, the paper's choice for 2^8 codes.
void claims_of_levels(Concept& c, const QuantizerSteps& steps) {
  const std::vector<std::int64_t> levels{8, 6, 5};
  std::vector<std::int64_t> used = levels;
  for (std::int64_t& level : used) level += steps.more_levels;
  const auto quantize = [&](const Tensor& e) { return finite_scalar(e, used, steps.round); };
  const OfLevels of = of_levels(levels, quantize, c.rng("e"));
  c.exact("finite scalar, 8 x 6 x 5 levels: codes that occur", of.occur, 240, 0);
  c.exact("the largest number of a code", of.largest, 239, 0);
  c.within("|z - tanh e| in half steps, largest", of.half_steps, 0.9, 1 + 1e-9);
  c.identity("straight through: slope - that of tanh e, largest", of.slope, 0, 1e-10);
}

void claims_of_signs(Concept& c, const QuantizerSteps& steps) {
  const Tensor e = c.rng("signs").normal({10, 500, 6});
  nn::Codebook cube(64, 6);
  cube.weight.set_value(corners(6));
  const auto [code, z] = cube.nearest(e);
  const Quantized q = lookup_free(e, steps.weight);
  c.identity("lookup-free: bits of the signs - number of the nearest corner, largest",
             max(abs(q.code.to(DType::f64) - code.to(DType::f64))).item(), 0);
  const Quantized sure = lookup_free(reshape(3.0 * corners(6), {1, 64, 6}), steps.weight);
  const double without = 0.25 * sum(square(2.0 * corners(6))).item();
  c.exact("cost of 64 vectors, each sure, all codes used: for each -log 64",
          (sure.cost.item() - without) / 64, -std::log(64.0), 1e-3);
}

/// Of a uniform number on (-1, 1) each stage of two codes finds one more binary digit.
void claims_of_stages(Concept& c, const QuantizerSteps& steps) {
  const std::vector<double> error = fit_stages(4, steps.rest_of);
  for (std::size_t s = 0; s < error.size(); ++s)
    c.exact(fmt::format("residual: squared error after stage {}, 4^-{} / 3", s + 1, s + 1),
            error[s], std::pow(0.25, static_cast<double>(s + 1)) / 3, 1e-6);
}

void measure_all(const Concept& c, Record& r) {
  nn::ImageDataset data = support::load_images(c, "mnist", 400, 200);
  nn::keep_first(data, c.choose(10000, 400), c.choose(2000, 200));
  r.data_rule = c.choose("10,000 digits of MNIST, grey pixels", "drawn digits, grey pixels");
  const support::Training how{6, c.choose(50, 20), c.choose(2e-3, 5e-3), c.seed()};
  for (const Kind& k : kinds()) {
    QuantizedVae model(c.choose(16, 8), k.width, k.books, k.quantize);
    train(model, data, k.restart, how);
    measure(model, data, k.name, r);
    if (k.books.size() == 2) measure_stages(model, data, r);
    c.keep(r, fmt::format("{}: perplexity {:.1f}", k.name, r.number(k.name + ", perplexity")));
  }
}

void claims_of_training(Concept& c, const Record& r) {
  const auto nats = [&](const std::string& of) { return r.number(of + ", -log p(x|z)"); };
  const auto used = [&](const std::string& of) { return r.number(of + ", perplexity"); };
  for (const std::string of : {"codebook", "residual", "finite scalar", "lookup-free"})
    c.within(of + ": perplexity of the test codes", used(of), c.choose(10, 3), 64);
  const auto& shares = r.curve("finite scalar, share").y;
  c.within("finite scalar: test codes that occur",
           static_cast<double>(std::ranges::count_if(shares, [](double s) { return s > 0; })),
           c.choose(15, 5), 64);
  c.within("codebook without restarts / with: perplexity",
           used("codebook, no restarts") / used("codebook"), 0, c.choose(0.9, 1.1));
  c.within("finite scalar - codebook: test -log p(x|z), nats",
           nats("finite scalar") - nats("codebook"), c.choose(0.5, -60.0), c.choose(6.0, 60.0));
  c.within("residual: left after two stages / after one",
           r.number("left after two") / r.number("left after one stage"), 0, c.choose(0.8, 0.95));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot usage("codes of the test images", "code, most used first", "share");
  std::vector<double> nats;
  const std::vector<std::string> names{"codebook", "residual", "finite scalar", "lookup-free",
                                       "codebook, no restarts"};
  for (const std::string& name : names) {
    std::vector<double> shares = r.curve(name + ", share").y;
    std::sort(shares.rbegin(), shares.rend());
    usage.line(name, r.curve(name + ", share").x, shares);
    nats.push_back(r.number(name + ", -log p(x|z)"));
  }
  std::vector<Tensor> rows;
  for (const std::string name :
       {"x", "codebook", "residual", "first stage alone", "finite scalar", "lookup-free"})
    rows.push_back(support::kept_grey_images(r, name, 28));
  return {usage.dashed("all alike", {0, 63}, {1.0 / 64, 1.0 / 64})
              .log_y()
              .y_range(1e-4, 30)
              .key("top right"),
          Plot("what the decoder misses", "", "test -log p(x|z), nats")
              .bars("", nats)
              .names({"book", "stages", "scalar", "signs", "no restart"})
              .y_range(0, 110)
              .key("off"),
          Plot("x; codebook; residual; its first stage; scalar; signs", "", "")
              .images(concat(rows, 0), 10)};
}

// --- program

void program(Concept& c) {
  QuantizerSteps steps;
  if (c.broken("gradient_ends")) steps.round = rounded_for_good;
  if (c.broken("one_level_more")) steps.more_levels = 1;
  if (c.broken("entropy_sign")) steps.weight = -1;
  if (c.broken("nothing_subtracted")) steps.rest_of = nothing_subtracted;
  claims_of_levels(c, steps);
  claims_of_signs(c, steps);
  claims_of_stages(c, steps);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) { measure_all(c, measured); });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C145",
       .title = "Residual, finite scalar and lookup-free quantisation",
       .source = "Zeghidour et al. 2021; Mentzer et al. 2023; Yu et al. 2023",
       .mutants = {{"gradient_ends", "rounding passes no gradient on"},
                   {"one_level_more", "one level more for each coordinate"},
                   {"entropy_sign", "the penalty of lookup-free codes with the other sign"},
                   {"nothing_subtracted", "each stage codes e again"}}},
      program);
}
