#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "autograd/random.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/record.hpp"
#include "support/plot/plot.hpp"

/// The harness of the programs of examples/concepts: each proves claims about one concept of the
/// notes, prints them as a table, and ends with a status other than 0 when one of them does not
/// hold.
namespace support {

/// A named fault that a program plants in itself on demand, so that its claims are seen to fail.
struct Mutant {
  std::string name;  ///< for --break
  std::string what;  ///< one line
};

/// The description of a program.
struct About {
  std::string id;      ///< "C12": the row of the index in docs/concepts
  std::string title;   ///< one line
  std::string source;  ///< note and equation
  std::vector<Mutant> mutants;
  /// The share of the seeds at which a correct program may fail; below 0.3 % for all but a few
  /// (docs/design/concepts.md).
  double false_alarms = 0.01;
};

struct Claim {
  enum class Kind { identity, exact, monte_carlo, ordering };
  std::string name;
  Kind kind;
  double measured;
  double low, high;           ///< it holds in [low, high]; NaN never holds
  double expected;            ///< NaN for an ordering
  double standard_error = 0;  ///< Monte Carlo: of `measured`
  double largest_error = 0;   ///< Monte Carlo: upper limit of standard_error

  bool holds() const;
};

/// A running program: its flags and its claims. Numbers are f64 unless a program says otherwise.
class Concept {
 public:
  /// True if nothing is written and everything is small, for the tests.
  bool quick() const { return quick_; }
  template <class T>
  T choose(T full, T quick) const {
    return quick_ ? quick : full;
  }
  /// True if the fault `mutant` is to be planted. ConfigError for a name that About does not list.
  bool broken(const std::string& mutant) const;
  tapestry::Rng rng(const std::string& stream) const;
  std::uint64_t seed() const;  ///< for objects with streams of their own, like a Trainer

  // Claims, each added to the table.

  /// Two ways to compute the same thing.
  void identity(const std::string& name, double measured, double expected,
                double tolerance = 1e-12);
  /// A closed form, an enumeration or a quadrature.
  void exact(const std::string& name, double measured, double expected, double tolerance = 1e-6);
  /// Within 4 standard errors of the exact value, and the standard error is at most
  /// `largest_error`: otherwise an estimator that is merely noisy would pass.
  void monte_carlo(const std::string& name, const tapestry::prob::Estimate& estimate,
                   double expected, double largest_error);
  void monte_carlo(const std::string& name, double mean, double standard_error, double expected,
                   double largest_error);
  // An ordering or a ratio: a band, not only a sign, if the size is known.
  void at_least(const std::string& name, double measured, double low);
  void at_most(const std::string& name, double measured, double high);
  void within(const std::string& name, double measured, double low, double high);

  /// A file in the folder of --out.
  std::filesystem::path out(const std::string& file) const;
  /// Draws the panels as NAME.png in the folder of --out; nothing when a fault is planted.
  void draw(const std::vector<Plot>& panels);
  /// For experiments of minutes: runs `measure` and writes its record as record.json in the folder
  /// of --out, or with --from FILE reads the record of an earlier run. Claims and picture come from
  /// the record in either case. With --with FILE the record starts with the curves of earlier runs,
  /// which `measure` leaves out (Record::has).
  Record record(const std::function<void(Record&)>& measure);
  /// Writes the record so far, so that an interrupted run loses little, and adds a line to
  /// progress.txt in the folder of --out, so that a long run can be watched.
  void keep(const Record& record, const std::string& progress) const;
  /// Ends the program with status 77: something that it needs is missing.
  [[noreturn]] void skip(const std::string& why) const;

 private:
  friend int prove(int, char**, const About&, const std::function<void(Concept&)>&);
  Concept() = default;
  void read_flags(int argc, char** argv, const About& about);
  double seconds() const;  ///< since the program began, and those of the runs that it continues
  KeptRecord own_record(const std::filesystem::path& file) const;
  int close() const;

  About about_;
  std::string program_, mutant_;
  std::filesystem::path out_, from_;
  std::vector<std::filesystem::path> with_;
  std::uint64_t seed_ = 1;
  bool quick_ = false, recorded_ = false;
  mutable bool drawn_ = false;  ///< whether anything depends on the seed
  std::vector<Claim> claims_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double earlier_ = 0;
};

/// The main function of a concept: reads the flags (--quick, --seed N, --out DIR, --break
/// MUTANT|list, --from RECORD, --with RECORD), runs `program`, prints the table, writes claims.json.
/// Returns the status: 0 every claim holds, 1 one fails or an error was thrown, 2 wrong flags, 77
/// skipped.
int prove(int argc, char** argv, const About& about, const std::function<void(Concept&)>& program);

}  // namespace support
