#include "vae/training/diagnosis.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace tapestry::vae {
namespace {

// A nat for a hundred pixels: 7.8 for a digit of MNIST, whose baseline is 206.
double unit(const DataFacts& data) { return 0.01 * static_cast<double>(data.pixels); }

constexpr double kAlike = 0.5 / 255;  // images that differ by less than half a step of grey
constexpr int kFewLevels = 32;        // pictures go to 255; labels do not come so far
constexpr double kMuchGrey = 0.02;    // of the pixels
constexpr double kNoReach =
    1e-5;                      // a decoder that hears z moves its picture by more, even collapsed
constexpr double kNoKl = 0.1;  // nats for a whole image
constexpr std::int64_t kManyPixels = 64;

const Means* test_of(const EpochReport& r) { return r.test.images > 0 ? &r.test : nullptr; }

void data_findings(const DataFacts& d, std::vector<Finding>& list) {
  if (d.largest_byte > 0 && d.largest_byte < kFewLevels)
    list.push_back(
        {"labels as pixels",
         fmt::format("the largest of all pixels is {} of 255: the images are nearly "
                     "black",
                     d.largest_byte),
         d.largest_byte == 1
             ? "0 and 1 as bytes are black and nearly black: save them as bool, or times 255"
             : "are these class numbers, or values on another scale? bytes go from 0 to 255"});
  else if (d.spread < kAlike || d.blank > 0.5)
    list.push_back(
        {"constant images",
         d.spread < kAlike
             ? std::string("all training images are alike: there is nothing for z to say")
             : fmt::format("{:.0f} % of the training images have one value in all pixels",
                           100 * d.blank),
         "look at the first pictures of reconstructions.png, and at how the file was made"});
}

std::optional<Finding> mean_for_sum(const RunFacts& run, const Means& m) {
  const double pixels = static_cast<double>(run.data.pixels), baseline = run.data.baseline;
  if (!m.is_elbo() || !(std::abs(baseline) > unit(run.data)) || run.data.pixels < kManyPixels)
    return {};
  if (!(std::abs(m.neg_log_lik()) < 8 * std::abs(baseline) / pixels) || m.kl() > 1) return {};
  return Finding{
      "mean for sum",
      fmt::format("the reconstruction is {:.2f} nats, where {} pixels that know nothing of z "
                  "cost {:.0f}: about as many nats for each pixel",
                  m.neg_log_lik(), run.data.pixels, baseline),
      "sum log p(x|z) over the pixels of an image (event_dims = 1), then take the mean over "
      "images; a mean over pixels makes the KL as many times too heavy"};
}

std::optional<Finding> rate(const RunFacts& run) {
  if (!run.probe) return {};
  const RateProbe& p = *run.probe;
  const auto gain = [&](double after) { return p.before - after; };
  if (p.same - p.lower > unit(run.data))
    return Finding{"rate too high",
                   fmt::format("{} steps at a tenth of the rate {:g} gain {:.1f} nats on training "
                               "images, at the rate itself {:.1f}",
                               p.steps, p.lr, gain(p.lower), gain(p.same)),
                   fmt::format("--lr {:g}, or let it fall with --schedule cosine", p.lr / 10)};
  if (p.same - p.higher > unit(run.data) && gain(p.higher) > 3 * gain(p.same))
    return Finding{"rate too low",
                   fmt::format("{} steps at ten times the rate {:g} gain {:.1f} nats on training "
                               "images, at the rate itself {:.1f}",
                               p.steps, p.lr, gain(p.higher), gain(p.same)),
                   fmt::format("--lr {:g}; 1e-3 is a usual start for Adam", 10 * p.lr)};
  return {};
}

std::optional<Finding> collapse(const RunFacts& run, const Means& m) {
  const bool still = run.last && run.last->active == 0;
  const bool free = m.is_elbo() && m.kl() < kNoKl;
  if (!still && !free) return {};
  return Finding{
      "collapse",
      fmt::format(
          "{}{}{}", m.is_elbo() ? fmt::format("the KL is {:.2f} nats", m.kl()) : "",
          still && m.is_elbo() ? ", and " : "",
          still ? fmt::format("none of {} latents moves with the image",
                              run.last->kl.empty() ? "the" : std::to_string(run.last->kl.size()))
                : ""),
      "--kl-warmup 5, a smaller --beta, or a decoder that sees "
      "less of the image (docs/concepts/collapse.md)"};
}

std::optional<Finding> over_fitting(const RunFacts& run) {
  const EpochReport* best = nullptr;
  for (const EpochReport& r : run.history)
    if (test_of(r) && r.test.has_bound() && (!best || r.test.neg_elbo() < best->test.neg_elbo()))
      best = &r;
  if (!best) return {};
  const EpochReport& last = run.history.back();
  // One bad epoch at the end is no trend: the last three have to be worse, too.
  const std::size_t few = std::min<std::size_t>(3, run.history.size());
  double late = 0;
  for (std::size_t i = run.history.size() - few; i < run.history.size(); ++i)
    late += run.history[i].test.neg_elbo() / static_cast<double>(few);
  const double lost = std::min(late, last.test.neg_elbo()) - best->test.neg_elbo();
  const double gained = best->train.neg_elbo() - last.train.neg_elbo();
  if (lost < unit(run.data) / 2 || gained < unit(run.data) / 2) return {};
  return Finding{
      "over-fitting",
      fmt::format("since epoch {} the training images have become {:.1f} nats cheaper, the "
                  "test images {:.1f} dearer",
                  best->epoch, gained, lost),
      "--patience 5 stops there (best.safetensors has that model); more images, or a smaller "
      "--hidden"};
}

}  // namespace

std::vector<Finding> diagnose(const RunFacts& run) {
  std::vector<Finding> list;
  data_findings(run.data, list);
  if (!list.empty()) return list;
  if (run.data.coins && run.data.grey_share > kMuchGrey)
    list.push_back(
        {"grey pixels with coins",
         fmt::format("{:.0f} % of the pixels are neither 0 nor 1, and p(x|z) knows these two "
                     "alone: the numbers bound nothing",
                     100 * run.data.grey_share),
         "--binarize dynamic draws coins; --decoder gaussian or cbernoulli is for grey "
         "pixels"});
  if (run.history.empty()) return list;
  const EpochReport& last = run.history.back();
  const Means& means = test_of(last) ? last.test : last.train;
  const auto add = [&](std::optional<Finding> finding) {
    if (finding) list.push_back(std::move(*finding));
    return finding.has_value();
  };
  const auto dead = [&]() -> std::optional<Finding> {
    if (!(run.reach < kNoReach)) return {};
    return Finding{
        "dead decoder",
        "its picture is the same for every z: no gradient comes back to the encoder",
        "units of a relu that are never above 0 learn nothing: a smaller --lr, --activation "
        "softplus, or initial values that were not touched"};
  };
  const bool explained = add(mean_for_sum(run, means)) || add(dead()) || add(rate(run));
  if (!explained) add(collapse(run, means));
  add(over_fitting(run));
  return list;
}

Finding nan_averted(const Error& error, const std::vector<EpochReport>& history, double lr) {
  const std::string where = error.when.empty() ? "" : fmt::format(" ({})", error.when);
  return {"NaN averted",
          fmt::format("{}{}{}", error.op.empty() ? "" : error.op + ": ", error.message, where),
          fmt::format("{}; try --lr {:g}, --clip 1, or see docs/howto/find_a_nan.md",
                      history.empty() ? "no epoch was finished"
                                      : fmt::format("the model of epoch {} is whole in "
                                                    "checkpoint.safetensors",
                                                    history.back().epoch),
                      std::min(lr / 10, 1e-3))};
}

}  // namespace tapestry::vae
