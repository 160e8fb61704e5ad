// zoo: every system that can be asked for log p(x), trained on one budget, in one table
// C150, beyond the notes
//
// The same images, the same coins, the same passes, the same widths where a system has them. What differs is the
// system: its posterior, its prior, its decoder or what it climbs.
#include <algorithm>
#include <tuple>

#include "concepts/experiments/zoo_measures.hpp"
#include "concepts/posteriors/train_posterior.hpp"

using namespace tapestry;
using concepts::System, concepts::ZooSizes;
using support::Concept, support::Plot, support::Record;

namespace {

// --- model

std::vector<System> names_alone() { return concepts::zoo_systems({4, 4, 2, 3}); }

// --- claims

/// The test images are grey: no model of coins that are thrown by their pixels can be nearer than the entropy of those
/// coins. One coin for each pixel, the same for every image, is as far as a model without latents is.
constexpr double kEntropyOfCoins = 45.53, kOneCoinAPixel = 205.80;

/// On the same images and coins: a mean of weights against the weight of one draw.
double tightened(const Record& r, const std::string& name) {
  return r.number(name + ", log p(x)") - r.number(name + ", bound of the same images");
}

void claims_of_zoo(Concept& c, const std::vector<System>& zoo, const Record& r) {
  double least = 1e9, best = 1e9, worst = 0;
  for (const System& s : zoo) {
    const double nats = -r.number(s.name + ", log p(x)");
    best = std::min(best, nats);
    worst = std::max(worst, nats);
    least = std::min(least, tightened(r, s.name));
  }
  const auto nats = [&](const char* name) { return -r.number(std::string(name) + ", log p(x)"); };
  c.at_least("log p(x) - bound of the same images, least of all", least, 0);
  c.within("vae: log p(x) - bound of the same images", tightened(r, "vae"), c.choose(3.0, 1.0),
           c.choose(7.0, 80.0));
  c.at_least("-log p(x), the best - entropy of the coins", best - c.choose(kEntropyOfCoins, 0.0),
             0);
  c.at_most("-log p(x), the worst - one coin a pixel", worst - c.choose(kOneCoinAPixel, 2000.0), 0);
  c.at_least("-log p(x), vae - iwae", nats("vae") - nats("iwae"), c.choose(0.2, -60.0));
  c.at_least("-log p(x), vae - pixel", nats("vae") - nats("pixel"), c.choose(4.0, -2000.0));
}

// --- picture

/// -log p(x) over what a system needs, with a name at each point, from the highest down; one that would touch another goes below.
Plot over(const std::vector<System>& zoo, const Record& r, const std::string& title,
          const std::string& label, const std::string& number) {
  Plot plot(title, label, "-log p(x), nats");
  std::vector<std::tuple<double, double, std::string>> points;
  for (const System& s : zoo)
    points.emplace_back(r.number(s.name + ", log p(x)"), r.number(s.name + ", " + number), s.name);
  std::ranges::sort(points);
  std::vector<std::pair<double, double>> named;
  for (const auto& [log_px, x, name] : points) {
    double y = -log_px;
    for (const auto& [other, at] : named)
      if (std::abs(std::log(x / other)) < 0.7 && y > at - 0.7) y = at - 0.7;
    if (!named.empty()) plot.same_colour();
    named.emplace_back(x, y);
    plot.points("", {x}, {-log_px}).note("  " + name, x, y);
  }
  return plot.log_x();
}

std::vector<Plot> picture(const std::vector<System>& zoo, const Record& r) {
  return {
      over(zoo, r, "what a system costs", "training, seconds of a processor", "processor seconds")
          .x_range(8, 900),
      over(zoo, r, "how large it is", "parameters", "parameters").x_range(1e4, 1e7)};
}

// --- program

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const int samples = c.broken("one_weight") ? 1 : c.choose(200, 20);
  const support::TrainImages budget{.epochs = c.choose(10, 2), .batch = c.choose(128, 20)};
  std::vector<System> zoo = names_alone();
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    const std::int64_t steps = data.train.count / budget.batch * budget.epochs;
    zoo = concepts::zoo_systems({c.choose(400, 24), c.choose(20, 6), c.choose(12, 2), steps});
    for (const System& s : zoo)
      if (!measured.numbers.contains(s.name + ", log p(x)"))
        measure(c, s, data, budget, samples, measured);
  });
  concepts::print_table(zoo, r);
  claims_of_zoo(c, zoo, r);
  c.draw(picture(zoo, r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C150",
       .title = "The zoo: every system on one budget",
       .source = "beyond the notes",
       .mutants = {{"one_weight", "log p(x) from one weight: the bound under another name"}}},
      program);
}
