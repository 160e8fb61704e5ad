#include "vae/training/trainer_state.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/json_text.hpp"
#include "autograd/whole_number.hpp"
#include "nn/checksum.hpp"

namespace tapestry::vae {
namespace {

using nlohmann::json;
constexpr const char* kState = "tapestry.trainer";
constexpr const char* kChecksum = "tapestry.trainer.checksum";

std::string checksum_text(const std::string& state) {
  return fmt::format("{:016x}", nn::checksum(state));
}

// Numbers of a bound have the names that tools and people read; other parts keep their own.
void put(json& j, const std::string& set, const Means& m) {
  if (m.images == 0) return;
  if (m.has_bound())
    j[set + "_neg_elbo"] = m.neg_elbo();
  else
    j[set + "_objective"] = m.value;
  for (const auto& [name, mean] : m.parts) {
    if (name == "log_lik")
      j[set + "_neg_log_lik"] = -mean;
    else
      j[set + "_" + name] = mean;
  }
}

json means_json(const Means& m) {
  json parts = json::array();
  for (const auto& [name, mean] : m.parts) parts.push_back({name, mean});
  return {{"images", m.images}, {"value", m.value}, {"bound", m.bound}, {"parts", parts}};
}

json report_json(const EpochReport& r) {
  return {{"epoch", r.epoch},
          {"train", means_json(r.train)},
          {"test", means_json(r.test)},
          {"active_units", r.active_units},
          {"perplexity", r.perplexity},
          {"seconds", r.seconds},
          {"images_per_second", r.images_per_second}};
}

/// A number of `what`; JSON writes one that is not finite as null.
double number(const json& j, const char* what) {
  if (j.is_null()) return std::nan("");
  check<DataError>(j.is_number(), "{} must be a number, not {}", what,
                   j.is_number() ? "" : brief(j));
  return j.get<double>();
}

double duration(const json& j, const char* what) {
  const double seconds = number(j, what);
  check<DataError>(std::isfinite(seconds) && seconds >= 0, "{} cannot be {}", what, seconds);
  return seconds;
}

Means means_from(const json& j) {
  Means m;
  m.images = whole_number(j.at("images"), "a number of images", std::int64_t{0});
  m.value = number(j.at("value"), "the mean of an objective");
  m.bound = number(j.at("bound"), "the mean of a bound");
  for (const json& part : j.at("parts"))
    m.parts.emplace_back(part.at(0).get<std::string>(), number(part.at(1), "the mean of a part"));
  return m;
}

EpochReport report_from(const json& j) {
  return {.epoch = whole_number<int>(j.at("epoch"), "the number of an epoch", 1),
          .train = means_from(j.at("train")),
          .test = means_from(j.at("test")),
          .active_units =
              whole_number(j.value("active_units", json(-1)), "active_units", std::int64_t{-1}),
          .perplexity = number(j.value("perplexity", json(0)), "perplexity"),
          .seconds = duration(j.at("seconds"), "seconds"),
          .images_per_second = number(j.at("images_per_second"), "images_per_second")};
}

TrainerState parse(const std::string& text) {
  const json j = parse_json(text);
  if (j.at("train").is_array())
    throw DataError("it is of a version of Tapestry before 2026-12, whose runs end with it",
                    "start the run again in another folder");
  TrainerState s;
  s.epoch = whole_number(j.at("epoch"), "epoch", 0);
  s.batches = {
      .epoch = whole_number(j.at("batches").at(0), "the epoch of the data", std::int64_t{0}),
      .position = whole_number(j.at("batches").at(1), "the place in the data", std::int64_t{0})};
  s.latent_draw = whole_number<std::uint64_t>(j.at("latent_draw"), "latent_draw");
  s.train = means_from(j.at("train"));
  s.seconds = duration(j.at("seconds"), "seconds");
  for (const json& report : j.at("history")) s.history.push_back(report_from(report));
  s.best_epoch = whole_number(j.at("best_epoch"), "best_epoch", 0);
  s.metrics_bytes = whole_number<std::uint64_t>(j.at("metrics_bytes"), "metrics_bytes");
  s.data = whole_number<std::uint64_t>(j.value("data", json(0u)), "data");
  return s;
}

/// Every number that follows from others does.
void check_agreement(const TrainerState& s, const nn::Batcher& batches, std::int64_t batch,
                     const Score& score) {
  check<DataError>(s.history.size() == static_cast<std::size_t>(s.epoch),
                   "{} epochs are finished, but reports are there of {}", s.epoch,
                   s.history.size());
  for (std::size_t i = 0; i < s.history.size(); ++i) {
    check<DataError>(s.history[i].epoch == static_cast<int>(i + 1), "report {} is of epoch {}",
                     i + 1, s.history[i].epoch);
  }
  const int best = best_epoch(s.history, score);
  check<DataError>(s.best_epoch == best, "best_epoch is {}, but the best score is that of epoch {}",
                   s.best_epoch, best);
  const std::int64_t all = batches.images_per_epoch(), at = s.batches.position;
  check<DataError>(s.batches.epoch == s.epoch,
                   "{} epochs are finished, but the data are in epoch {}", s.epoch,
                   s.batches.epoch);
  check<DataError>(at <= all && (at % batch == 0 || at == all),
                   "image {} of {} begins no batch of {}", at, all, batch);
  check<DataError>(s.train.images == at, "{} images of the epoch at work are counted, not {}",
                   s.train.images, at);
  check<DataError>(at > 0 || (s.train.value == 0 && s.train.parts.empty()),
                   "the epoch at work has sums of no images");
}

}  // namespace

int best_epoch(const std::vector<EpochReport>& history, const Score& score) {
  int best = 0;
  double least = 0;
  for (const EpochReport& report : history) {
    const double now = score(report);
    if (best != 0 && !(now < least || (std::isnan(least) && !std::isnan(now)))) continue;
    best = report.epoch;
    least = now;
  }
  return best;
}

std::string to_json(const EpochReport& report) {
  json j = {{"epoch", report.epoch}};
  put(j, "train", report.train);
  put(j, "test", report.test);
  if (report.active_units >= 0) j["test_active_units"] = report.active_units;
  if (report.perplexity > 0) j["test_perplexity"] = report.perplexity;
  j["seconds"] = report.seconds;
  j["images_per_second"] = report.images_per_second;
  return json_text(j);
}

nn::Metadata to_metadata(const TrainerState& s) {
  json history = json::array();
  for (const EpochReport& r : s.history) history.push_back(report_json(r));
  const json state = {{"epoch", s.epoch},
                      {"batches", {s.batches.epoch, s.batches.position}},
                      {"latent_draw", s.latent_draw},
                      {"train", means_json(s.train)},
                      {"seconds", s.seconds},
                      {"history", history},
                      {"best_epoch", s.best_epoch},
                      {"metrics_bytes", s.metrics_bytes},
                      {"data", s.data}};
  const std::string text = json_text(state);
  return {{kState, text}, {kChecksum, checksum_text(text)}};
}

TrainerState read_state(const nn::Metadata& metadata, const nn::Batcher& batches,
                        std::int64_t batch, const Score& score) {
  const auto text = metadata.find(kState), sum = metadata.find(kChecksum);
  check<DataError>(text != metadata.end(), "this is no checkpoint of a run");
  check<DataError>(sum != metadata.end() && sum->second == checksum_text(text->second),
                   "the trainer's state is not as a trainer wrote it (its checksum is another)");
  try {
    TrainerState state = parse(text->second);
    check_agreement(state, batches, batch, score);
    return state;
  } catch (const json::exception& fault) {
    throw DataError(fmt::format("the trainer's state cannot be read ({})", fault.what()));
  } catch (const DataError& fault) {
    throw DataError("the trainer's state cannot be: " + fault.message, fault.hint);
  }
}

}  // namespace tapestry::vae
