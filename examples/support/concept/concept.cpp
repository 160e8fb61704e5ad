#include "support/concept/concept.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/debug/environment.hpp"
#include "autograd/error.hpp"
#include "nn/file.hpp"
#include "vae/pictures/gnuplot.hpp"

namespace support {

using namespace tapestry;
using Json = nlohmann::ordered_json;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kSkipped = 77;

struct Skipped {
  std::string why;
};

const char* name(Claim::Kind kind) {
  switch (kind) {
    case Claim::Kind::identity:
      return "identity";
    case Claim::Kind::exact:
      return "exact";
    case Claim::Kind::monte_carlo:
      return "Monte Carlo";
    case Claim::Kind::ordering:
      break;
  }
  return "ordering";
}

std::string expected_text(const Claim& c) {
  if (c.kind != Claim::Kind::ordering) return fmt::format("{:.9g}", c.expected);
  if (c.low == -kInfinity) return fmt::format("<= {:.6g}", c.high);
  if (c.high == kInfinity) return fmt::format(">= {:.6g}", c.low);
  return fmt::format("{:.5g} to {:.5g}", c.low, c.high);
}

std::string tolerance_text(const Claim& c) {
  if (c.kind == Claim::Kind::ordering) return "";
  if (c.kind == Claim::Kind::monte_carlo) {
    return fmt::format("4 s.e., s.e. {:.2g} <= {:.2g}", c.standard_error, c.largest_error);
  }
  return fmt::format("{:.2g}", (c.high - c.low) / 2);
}

void print_table(const std::vector<Claim>& claims) {
  std::size_t wide = 5;
  for (const Claim& c : claims) wide = std::max(wide, c.name.size());
  fmt::print("\n{:<{}}  {:<11}  {:>15}  {:>18}  {:<28}  {}\n", "claim", wide, "kind", "measured",
             "expected", "tolerance", "holds");
  for (const Claim& c : claims) {
    fmt::print("{:<{}}  {:<11}  {:>15.9g}  {:>18}  {:<28}  {}\n", c.name, wide, name(c.kind),
               c.measured, expected_text(c), tolerance_text(c), c.holds() ? "yes" : "NO");
  }
}

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json to_json(const Claim& c) {
  Json json = {{"name", c.name}, {"kind", name(c.kind)}, {"measured", number(c.measured)}};
  if (c.kind != Claim::Kind::ordering) json["expected"] = number(c.expected);
  json["low"] = number(c.low);
  json["high"] = number(c.high);
  if (c.kind == Claim::Kind::monte_carlo) {
    json["standard_error"] = number(c.standard_error);
    json["largest_error"] = number(c.largest_error);
  }
  json["holds"] = c.holds();
  return json;
}

}  // namespace

bool Claim::holds() const {
  return measured >= low && measured <= high && standard_error <= largest_error;
}

bool Concept::broken(const std::string& mutant) const {
  for (const Mutant& m : about_.mutants) {
    if (m.name == mutant) return mutant_ == mutant;
  }
  throw ConfigError(fmt::format("{}: there is no mutant '{}'", program_, mutant));
}

Rng Concept::rng(const std::string& stream) const { return Rng(seed()).stream(stream); }

std::uint64_t Concept::seed() const {
  drawn_ = true;
  return seed_;
}

void Concept::identity(const std::string& name, double measured, double expected,
                       double tolerance) {
  claims_.push_back({name, Claim::Kind::identity, measured, expected - tolerance,
                     expected + tolerance, expected});
}

void Concept::exact(const std::string& name, double measured, double expected, double tolerance) {
  claims_.push_back(
      {name, Claim::Kind::exact, measured, expected - tolerance, expected + tolerance, expected});
}

void Concept::monte_carlo(const std::string& name, const prob::Estimate& estimate, double expected,
                          double largest_error) {
  monte_carlo(name, estimate.mean.item(), estimate.standard_error.item(), expected, largest_error);
}

void Concept::monte_carlo(const std::string& name, double mean, double standard_error,
                          double expected, double largest_error) {
  claims_.push_back({name, Claim::Kind::monte_carlo, mean, expected - 4 * standard_error,
                     expected + 4 * standard_error, expected, standard_error, largest_error});
}

void Concept::at_least(const std::string& name, double measured, double low) {
  within(name, measured, low, kInfinity);
}

void Concept::at_most(const std::string& name, double measured, double high) {
  within(name, measured, -kInfinity, high);
}

void Concept::within(const std::string& name, double measured, double low, double high) {
  claims_.push_back({name, Claim::Kind::ordering, measured, low, high, kNone});
}

std::filesystem::path Concept::out(const std::string& file) const { return out_ / file; }

void Concept::draw(const std::vector<Plot>& panels) {
  if (!mutant_.empty()) return;
  const std::string fault = vae::draw_with_gnuplot(out(program_ + ".png"), script(panels));
  if (!fault.empty()) fmt::print("note: {}\n", fault);
}

KeptRecord Concept::own_record(const std::filesystem::path& file) const {
  KeptRecord kept = read_record(file);
  check<ConfigError>(kept.origin.program == program_, "{} is a record of {}, not of {}",
                     file.string(), kept.origin.program, program_);
  return kept;
}

Record Concept::record(const std::function<void(Record&)>& measure) {
  recorded_ = drawn_ = true;
  std::filesystem::path file = from_;
  if (from_.empty()) {
    std::filesystem::remove(out("progress.txt"));
    Record record;
    for (const std::filesystem::path& part : with_) {
      KeptRecord kept = own_record(part);
      record.numbers.merge(kept.record.numbers);
      for (const auto& [name, curve] : kept.record.curves)
        if (!record.has(name, curve.x.back())) record.curves[name] = curve;
      earlier_ += kept.origin.seconds;
    }
    measure(record);
    file = out("record.json");
    write_record(file, record, {program_, seed_, quick_, seconds()});
  }
  // Read back even if it was measured just now: the claims are about the file.
  const KeptRecord kept = own_record(file);
  fmt::print("measured on {} in {:.0f} s, seed {}, commit {}\n", kept.record.data_rule,
             kept.origin.seconds, kept.origin.seed, kept.commit);
  return kept.record;
}

void Concept::keep(const Record& record, const std::string& progress) const {
  write_record(out("record.json"), record, {program_, seed_, quick_, seconds()});
  std::ofstream(out("progress.txt"), std::ios::app)
      << fmt::format("{:6.0f} s  {}\n", seconds(), progress);
}

double Concept::seconds() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began_;
  return earlier_ + elapsed.count();
}

void Concept::skip(const std::string& why) const { throw Skipped{why}; }

void Concept::read_flags(int argc, char** argv, const About& about) {
  about_ = about;
  program_ = std::filesystem::path(argv[0]).filename().string();
  std::string folder = fmt::format("runs/{}", program_);
  CLI::App app(fmt::format("{}: {}\n{}", about.id, about.title, about.source), program_);
  app.add_flag("--quick", quick_, "no files, everything small: what the tests run");
  app.add_option("--seed", seed_, "of all random numbers")->capture_default_str();
  app.add_option("--out", folder, "folder for claims.json and the picture")->capture_default_str();
  app.add_option("--from", from_, "record.json of an earlier run: check and draw it again")
      ->check(CLI::ExistingFile);
  app.add_option("--with", with_,
                 "record.json of earlier runs: what they have is not measured again")
      ->check(CLI::ExistingFile);
  app.add_option("--break", mutant_, "plant a fault and see a claim fail; list shows the faults");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    std::exit(app.exit(wanted));
  } catch (const CLI::ParseError& fault) {
    fmt::print(stderr, "{}: {}; --help lists the flags\n", program_, fault.what());
    std::exit(2);
  }
  if (mutant_ == "list") {
    for (const Mutant& m : about.mutants) fmt::print("{:<24} {}\n", m.name, m.what);
    std::exit(0);
  }
  try {
    if (!mutant_.empty()) broken(mutant_);
  } catch (const ConfigError&) {
    fmt::print(stderr, "{}: --break {}: no such fault; --break list shows them\n", program_,
               mutant_);
    std::exit(2);
  }
  out_ = folder;
  std::error_code code;
  std::filesystem::create_directories(out_, code);
  if (code) {
    fmt::print(stderr, "{}: --out {}: {}\n", program_, folder, code.message());
    std::exit(2);
  }
  tapestry::debug::set_page_folder(out_);
}

int Concept::close() const {
  check<ConfigError>((from_.empty() && with_.empty()) || recorded_,
                     "--{}: this program is done in seconds and keeps no record",
                     from_.empty() ? "with" : "from");
  std::size_t held = 0;
  Json list = Json::array();
  for (const Claim& c : claims_) {
    held += c.holds();
    list.push_back(to_json(c));
  }
  const bool good = held == claims_.size() && !claims_.empty();
  const Json json = {{"concept", about_.id},
                     {"program", program_},
                     {"title", about_.title},
                     {"source", about_.source},
                     {"seed", seed_},
                     {"quick", quick_},
                     {"break", mutant_.empty() ? Json(nullptr) : Json(mutant_)},
                     {"seconds", seconds()},
                     {"holds", good},
                     {"claims", list}};
  nn::write_file_atomically(out("claims.json"), json.dump(2) + "\n");
  print_table(claims_);
  fmt::print("\nfalse alarms: {}\n{} of {} claims hold\n",
             drawn_ ? fmt::format("at most {:g} % of seeds", 100 * about_.false_alarms)
                    : "none, nothing depends on the seed",
             held, claims_.size());
  return good ? 0 : 1;
}

int prove(int argc, char** argv, const About& about, const std::function<void(Concept&)>& program) {
  Concept it;
  it.read_flags(argc, argv, about);
  fmt::print("{}  {}\n{}\nseed {}{}\n", about.id, about.title, about.source, it.seed_,
             it.quick_ ? ", quick" : "");
  if (!it.mutant_.empty()) fmt::print("broken on purpose: {}\n", it.mutant_);
  std::fflush(stdout);
  const DTypeScope f64(DType::f64);
  try {
    program(it);
    return it.close();
  } catch (const Skipped& skipped) {
    fmt::print("SKIPPED: {}\n", skipped.why);
    return kSkipped;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "{}: {}\n", it.program_, error.what());
    return 1;
  }
}

}  // namespace support
