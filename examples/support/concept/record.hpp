#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace support {

/// The measurements of a long experiment, by name: enough to check its claims and draw its figure
/// again. Concept::record makes one, keeps it as record.json, and reads it back with --from;
/// docs/results holds those of the pages.
struct Record {
  struct Curve {
    std::vector<double> x, y;
    double last() const { return y.back(); }
    double lowest() const { return *std::min_element(y.begin(), y.end()); }
    double highest() const { return *std::max_element(y.begin(), y.end()); }
  };

  std::string data_rule;  ///< "MNIST, grey pixels"
  std::map<std::string, double> numbers;
  std::map<std::string, Curve> curves;

  /// Appends a point to a curve; creates the curve if it is new.
  void add(const std::string& curve, double x, double y);
  /// ConfigError for a name that was not measured.
  double number(const std::string& name) const;
  const Curve& curve(const std::string& name) const;
  /// Whether this curve has a point at x or beyond.
  bool has(const std::string& curve, double x) const;
};

/// a.y - b.y at the last point that both curves have; they share their x.
double ahead(const Record::Curve& a, const Record::Curve& b);

/// The origin of a record.
struct RecordOrigin {
  std::string program;
  std::uint64_t seed = 1;
  bool quick = false;
  double seconds = 0;  ///< wall time
};

/// Numbers are kept to 6 digits. DataError when the file cannot be written.
void write_record(const std::filesystem::path& file, const Record& record,
                  const RecordOrigin& origin);

struct KeptRecord {
  Record record;
  RecordOrigin origin;
  std::string commit;
};
/// DataError for a file that is no record.
KeptRecord read_record(const std::filesystem::path& file);

}  // namespace support
