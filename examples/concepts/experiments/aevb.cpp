#include "concepts/experiments/aevb.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>

#include "autograd/kernels/parallel.hpp"
#include "nn/init.hpp"
#include "nn/optim/adagrad.hpp"
#include "nn/optim/descend.hpp"
#include "support/concept/images.hpp"
#include "vae/bounds/wake_sleep.hpp"
#include "vae/models/mlp.hpp"

namespace support {

using namespace tapestry;

namespace {

constexpr std::int64_t kBatch = 100, kFirstImages = 50'000;
constexpr std::int64_t kQuickTrain = 1000, kQuickTest = 500;

vae::VaeConfig one_layer(std::int64_t from, std::int64_t hidden, std::int64_t to) {
  return {
      .rows = 1, .cols = from, .hidden = {hidden}, .latent = to, .activation = Activation::tanh};
}

}  // namespace

AevbVae::AevbVae(bool faces, std::int64_t pixels, std::int64_t hidden, std::int64_t z)
    : latent(z), encoder(*this, "encoder", one_layer(pixels, hidden, z)) {
  if (faces)
    faces_.emplace(*this, "decoder", one_layer(z, hidden, pixels));
  else
    digits_.emplace(*this, "decoder", one_layer(pixels, hidden, z));
}

vae::Likelihood AevbVae::decode(const Tensor& z) {
  if (digits_) return (*digits_)(z);
  const prob::Normal p = (*faces_)(z);
  return prob::Normal(sigmoid(p.loc), p.scale, 1);
}

std::unique_ptr<AevbVae> aevb_network(const std::string& data, const nn::ByteImages& images,
                                      std::int64_t hidden, std::int64_t latent, const Rng& rng) {
  auto model =
      std::make_unique<AevbVae>(data == "freyfaces", images.rows * images.cols, hidden, latent);
  nn::init::aevb(*model, rng.stream("init"));
  return model;
}

Learner minimise(const Loss& loss) {
  return [loss](AevbVae& model, nn::Optimizer& adagrad, Rng& noise, std::int64_t) -> Step {
    return [&, loss](const nn::Batch& batch) {
      nn::descend(adagrad, [&] { return loss(model, batch.images, noise); });
    };
  };
}

Tensor aevb_loss(AevbVae& model, const Tensor& x, Rng& noise) {
  return vae::elbo(model, x, noise).loss();
}

Tensor wake_sleep_loss(AevbVae& model, const Tensor& x, Rng& noise) {
  const auto encode = [&](const Tensor& images) { return model.encode(images); };
  const auto decode = [&](const Tensor& z) { return model.decode(z); };
  const vae::ElboTerms wake = vae::wake_phase(x, encode(x), model.prior(), decode, noise);
  const Tensor sleep = vae::sleep_phase(encode, model.prior(), decode, noise, x.dim(0));
  return wake.loss() - mean(sleep);
}

namespace {

struct Work {
  const Concept& c;
  const Look& look;
  std::map<std::string, nn::ImageDataset> sets = {};

  void load(const std::string& name) {
    if (sets.count(name)) return;
    nn::ImageDataset& data = sets[name] = load_images(c, name, kQuickTrain, kQuickTest);
    if (name == "freyfaces") nn::split_anew(data, c.rng("split"));
  }

  // One run at this rate; calls report(measurements, images seen) at each of these checkpoints.
  void learn(const AevbRun& run, double rate, const std::vector<std::int64_t>& checkpoints,
             const std::function<void(const Measured&, std::int64_t)>& report) const {
    const DTypeScope f32(DType::f32);
    nn::ImageDataset data = sets.at(run.data);
    if (run.images) nn::keep_first(data, run.images, data.test.count);
    const Rng rng = c.rng(run.name);
    const auto model = aevb_network(run.data, data.train, run.hidden, run.latent, rng);
    nn::Adagrad adagrad(model->parameters(),
                        {.lr = rate, .weight_decay = 1.0 / static_cast<double>(data.train.count)});
    Rng noise = rng.stream("noise");
    const Step step = run.learner(*model, adagrad, noise, data.train.count);
    nn::Batcher batches(data.train, rng.stream("batches"), {.batch = kBatch, .drop_last = true});
    std::int64_t seen = 0;
    for (const std::int64_t checkpoint : checkpoints) {
      while (seen < checkpoint) {
        step(batches.next());
        seen += kBatch;
      }
      report(look(*model, data), seen);
    }
  }
};

// job(0) .. job(jobs - 1), as many at a time as there are threads. When jobs throw, the first error is
// thrown again after all have ended.
void in_parallel(std::size_t jobs, const std::function<void(std::size_t)>& job) {
  std::exception_ptr error;
  std::mutex error_mutex;
  parallel_each(static_cast<std::int64_t>(jobs), [&](std::int64_t i) {
    try {
      job(static_cast<std::size_t>(i));
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  });
  if (error) std::rethrow_exception(error);
}

// Runs of one group share their rate.
std::string group(const AevbRun& run) { return run.rate_with.empty() ? run.name : run.rate_with; }

// The best rate of each group, see learn_all.
std::map<std::string, double> best_rates(const Work& work, const std::vector<AevbRun>& runs) {
  constexpr std::array rates{0.01, 0.02, 0.1};
  std::vector<double> scores(runs.size() * rates.size(), -std::numeric_limits<double>::infinity());
  in_parallel(scores.size(), [&](std::size_t i) {
    try {
      work.learn(runs[i / rates.size()], rates[i % rates.size()], {kFirstImages},
                 [&](const Measured& of, std::int64_t) { scores[i] = of.at("train"); });
    } catch (const DomainError&) {}
  });
  std::map<std::string, std::array<double, rates.size()>> sums;
  for (std::size_t i = 0; i < scores.size(); ++i)
    sums[group(runs[i / rates.size()])][i % rates.size()] += scores[i];
  std::map<std::string, double> best;
  for (const auto& [name, sum] : sums) {
    const auto highest = std::max_element(sum.begin(), sum.end());
    check<ConfigError>(std::isfinite(*highest), "{}: learning breaks down at every rate of Adagrad",
                       name);
    best[name] = rates.at(std::size_t(highest - sum.begin()));
  }
  return best;
}

}  // namespace

void learn_all(const Concept& c, Record& record, const std::vector<AevbRun>& runs,
               const Look& look) {
  Work work{c, look};
  std::map<std::string, double> rates;  // by group
  std::vector<AevbRun> missing, undecided;
  for (const AevbRun& run : runs) {
    if (record.has(run.name + " train", static_cast<double>(run.checkpoints.back()))) {
      rates[group(run)] = record.number(run.name + " rate");
      continue;
    }
    missing.push_back(run);
    work.load(run.data);
    std::erase_if(record.curves,  // of a run that was cut short
                  [&](const auto& curve) { return curve.first.starts_with(run.name + " "); });
  }
  for (const AevbRun& run : missing) {
    if (c.quick()) rates[group(run)] = 0.02;
    if (!rates.count(group(run))) undecided.push_back(run);
  }
  rates.merge(best_rates(work, undecided));
  std::mutex one_at_a_time;
  in_parallel(missing.size(), [&](std::size_t i) {
    const AevbRun& run = missing[i];
    const double rate = rates.at(group(run));
    work.learn(run, rate, run.checkpoints, [&](const Measured& measured, std::int64_t seen) {
      std::string line = fmt::format("{}, rate {}, {} images:", run.name, rate, seen);
      const std::scoped_lock lock(one_at_a_time);
      record.numbers[run.name + " rate"] = rate;
      for (const auto& [what, value] : measured) {
        record.add(run.name + " " + what, static_cast<double>(seen), value);
        line += fmt::format(" {} {:.2f}", what, value);
      }
      c.keep(record, line);
    });
  });
}

std::vector<std::int64_t> log_checkpoints(std::int64_t first, std::int64_t last, int per_decade) {
  const double decades = std::log10(static_cast<double>(last) / static_cast<double>(first));
  const auto count = static_cast<int>(std::lround(decades * per_decade));
  std::vector<std::int64_t> points;
  for (int i = 0; i <= count; ++i) {
    const double at = static_cast<double>(first) * std::pow(10, decades * i / count);
    points.push_back(kBatch * std::lround(at / static_cast<double>(kBatch)));
  }
  return points;
}

void draw_run(Plot& plot, const Record& record, const std::string& run, const std::string& label) {
  const Record::Curve &test = record.curve(run + " test"), &train = record.curve(run + " train");
  plot.line(label + ", test", test.x, test.y).same_colour();
  plot.dashed(label + ", training", train.x, train.y);
}

int latents_in_use(AevbVae& model, const nn::ByteImages& images) {
  const NoGrad no_grad;
  const std::int64_t some = std::min<std::int64_t>(images.count, 1000);
  const prob::Normal q =
      model.encode(nn::image_tensor(images, 0, some, nn::Binarize::none, Rng(1)));
  const std::vector<double> kl = mean(normal_kl_standard(q.loc, q.scale), 0).to_vector();
  return static_cast<int>(std::count_if(kl.begin(), kl.end(), [](double k) { return k > 0.01; }));
}

}  // namespace support
