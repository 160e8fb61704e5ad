// iwae_table: the table of the IWAE paper, at a fraction of its training
// C153, beyond the notes; Burda, Grosse and Salakhutdinov 2016, table 1
//
// VAE and IWAE of 1, 5 and 50 draws, with one and two layers of latents, on digits whose pixels are coins. The paper makes 3,280
// passes over the images; here it is 124, and 366 for some, with the same eight rates. Interrupted, it goes on where it
// stopped when it is called again.
#include "concepts/experiments/iwae_measures.hpp"
#include "support/numerics/every_image.hpp"

using namespace tapestry;
using concepts::Cell, concepts::LayeredVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

Tensor mean_of_logs(const Cell&, const Tensor& log_w) { return mean(log_w, 0); }

// --- claims

/// The mean of w over q is p(x), and p(x) of all images add up to 1. With 4 pixels there are 16 images.
void claims_of_weights(Concept& c, const concepts::TableSteps& by) {
  const Tensor every = support::every_image(4);
  const std::vector<concepts::LayerSizes> both{{6, 3}, {5, 2}};
  for (const int count : {1, 2}) {
    LayeredVae model(4, {both.begin(), both.begin() + count}, by.weights);
    nn::init::xavier_uniform(model, c.rng("small"));
    Rng rng = c.rng("every image");
    const Tensor w = exp(model.log_weights(every, rng, c.choose(100000, 10000)));
    c.monte_carlo(
        fmt::format("{} layer{}: sum of p(x) over every image x", count, count == 1 ? "" : "s"),
        prob::estimate(sum(w, 1)), 1, 0.03);
  }
  const Tensor log_w = reshape(tensor({0.0, std::log(3.0)}), {2, 1});
  const auto of = [&](bool weighted) { return concepts::cell_of(1, 50, weighted, 27); };
  c.exact("VAE of the weights 1 and 3", by.climb(of(false), log_w).item(), std::log(3.0) / 2);
  c.exact("IWAE of the weights 1 and 3", by.climb(of(true), log_w).item(), std::log(2.0));
}

/// What `b` gains over `a`, if both were run: in nats, and where it gains at all in standard errors.
void claim_of_gain(Concept& c, const Record& r, const Cell& a, const Cell& b, double low,
                   double high) {
  const std::string name = concepts::gain_of(a, b);
  if (!r.numbers.contains(name)) return;
  c.within(name, r.number(name), c.choose(low, -600.0), c.choose(high, 600.0));
  const double errors = r.number(name) / r.number(name + ", s.e.");
  if (low > 0) c.at_least(name + ", in s.e.", errors, c.choose(4.0, -600.0));
}

void claims_of_table(Concept& c, const Record& r) {
  c.at_least("cells that were run", static_cast<double>(concepts::cells_in(r).size()), 10);
  for (const Cell& cell : concepts::cells_in(r))
    c.within(cell.name() + ": above the paper's",
             r.number(cell.name() + ", -log p(x)") - cell.paper, c.choose(0.0, -600.0),
             c.choose(cell.fraction == 27 ? 6.0 : 3.0, 600.0));
  for (const int fraction : {27, 9}) {
    const auto vae = [&](int l, int k) { return concepts::cell_of(l, k, false, fraction); };
    const auto iwae = [&](int l, int k) { return concepts::cell_of(l, k, true, fraction); };
    for (const int l : {1, 2}) {
      claim_of_gain(c, r, vae(l, 1), iwae(l, 5), 0.3, 3);
      claim_of_gain(c, r, iwae(l, 5), iwae(l, 50), 0.1, 3);
      claim_of_gain(c, r, vae(l, 1), vae(l, 5), -0.5, 1);
      claim_of_gain(c, r, vae(l, 1), vae(l, 50), -0.5, fraction == 27 ? 1.6 : 1);
    }
    for (const int k : {1, 5, 50}) claim_of_gain(c, r, iwae(1, k), iwae(2, k), 0.1, 4);
  }
  const auto active = [&](const Cell& cell) { return r.number(cell.name() + ", active in z1"); };
  const Cell few = concepts::cell_of(1, 1, false, 27), many = concepts::cell_of(1, 50, true, 27);
  if (r.numbers.contains(concepts::gain_of(few, many)))
    c.at_least("1 layer: latents in use, IWAE 50 - VAE 1", active(many) - active(few),
               c.choose(1, -4));
}

// --- picture

/// -log p(x) over k of one family; after the shorter training with the paper's numbers as a dashed line of its colour.
void add_family(Plot& plot, const Record& r, int layers, bool weighted, int fraction) {
  std::vector<double> k, ours, paper;
  for (const int draws : {1, 5, 50}) {
    const Cell cell = concepts::cell_of(layers, draws, weighted && draws > 1, fraction);
    if (!r.numbers.contains(cell.name() + ", -log p(x)")) continue;
    k.push_back(draws);
    ours.push_back(r.number(cell.name() + ", -log p(x)"));
    paper.push_back(cell.paper);
  }
  if (k.size() < 2) return;  // of one draw the IWAE is the VAE
  plot.line(fmt::format("{}, {} passes", weighted ? "IWAE" : "VAE", concepts::passes(fraction)), k,
            ours)
      .same_colour()
      .points("", k, ours);
  if (fraction == 27) plot.same_colour().dashed("", k, paper);
}

std::vector<Plot> picture(const Record& r) {
  std::vector<Plot> plots;
  for (const int layers : {1, 2}) {
    Plot nats(fmt::format("-log p(x), {}; dashed: the paper's",
                          concepts::cell_of(layers, 1, false, 27).place()),
              "k draws in training", "nats");
    for (const int fraction : {27, 9})
      for (const bool weighted : {false, true}) add_family(nats, r, layers, weighted, fraction);
    plots.push_back(nats.log_x().x_range(0.8, 70).y_range(82, 97));
  }
  Plot units("latents by how far they move, 1 layer", "latents, sorted", "Var_x E[z|x]");
  for (const Cell& cell : {concepts::cell_of(1, 1, false, 27), concepts::cell_of(1, 5, true, 27),
                           concepts::cell_of(1, 50, true, 27)}) {
    const auto found = r.curves.find(cell.name() + ", activity in z1");
    if (found == r.curves.end()) continue;
    units.line(fmt::format("{} {}", cell.weighted ? "IWAE" : "VAE", cell.draws), found->second.x,
               found->second.y);
  }
  units.dashed("active above", {1, 50}, {0.01, 0.01});
  plots.push_back(units.log_y().key("top right samplen 1.5"));
  return plots;
}

// --- program

void program(Concept& c) {
  const concepts::TableSteps by{
      .weights = {.price = c.broken("free_posterior") ? 0.0 : 1.0,
                  .prior = c.broken("no_prior_between") ? 0.0 : 1.0},
      .climb = c.broken("mean_of_logs") ? mean_of_logs : concepts::climbed};
  claims_of_weights(c, by);
  const Record r = c.record([&](Record& measured) {
    const DTypeScope f32(DType::f32);
    nn::ImageDataset digits = support::load_images(c, "mnist", 120, 100);
    digits.binarize = nn::Binarize::dynamic;
    measured.data_rule = c.choose("MNIST, dynamic", "drawn digits, dynamic");
    concepts::measure_table(c, digits, by, measured);
  });
  concepts::print_table(r);
  claims_of_table(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C153",
       .title = "The table of the IWAE paper",
       .source = "beyond the notes; Burda, Grosse and Salakhutdinov 2016, table 1",
       .mutants = {{"free_posterior", "log q(z|x) is left out of the weights"},
                   {"no_prior_between", "log p(z1|z2) is left out of the weights"},
                   {"mean_of_logs", "IWAE climbs the mean of the logs of its weights"}}},
      program);
}
