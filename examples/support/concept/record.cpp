#include "support/concept/record.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/error.hpp"
#include "autograd/threads.hpp"
#include "nn/file.hpp"
#include "support/concept/build_info.hpp"

namespace support {

using namespace tapestry;
using Json = nlohmann::ordered_json;

namespace {

// JSON has no NaN, so a number that is not finite is kept as null.
std::string text(double x) { return std::isfinite(x) ? fmt::format("{:.6g}", x) : "null"; }

std::string text(const std::vector<double>& numbers) {
  std::string out;
  for (const double x : numbers) out += (out.empty() ? "" : ", ") + text(x);
  return fmt::format("[{}]", out);
}

double number_of(const Json& json) { return json.is_null() ? std::nan("") : json.get<double>(); }

std::vector<double> numbers_of(const Json& json) {
  std::vector<double> out;
  for (const Json& x : json) out.push_back(number_of(x));
  return out;
}

template <class Map>
const auto& found(const Map& map, const std::string& name, const char* kind) {
  const auto at = map.find(name);
  check<ConfigError>(at != map.end(), "the record has no {} '{}'", kind, name);
  return at->second;
}

}  // namespace

void Record::add(const std::string& curve, double x, double y) {
  curves[curve].x.push_back(x);
  curves[curve].y.push_back(y);
}

double Record::number(const std::string& name) const { return found(numbers, name, "number"); }

const Record::Curve& Record::curve(const std::string& name) const {
  return found(curves, name, "curve");
}

bool Record::has(const std::string& name, double x) const {
  const auto at = curves.find(name);
  return at != curves.end() && !at->second.x.empty() && at->second.x.back() >= x;
}

double ahead(const Record::Curve& a, const Record::Curve& b) {
  const std::size_t at = std::min(a.y.size(), b.y.size()) - 1;
  return a.y[at] - b.y[at];
}

void write_record(const std::filesystem::path& file, const Record& record,
                  const RecordOrigin& origin) {
  // By hand, so that a curve is a line and not a page.
  std::string out = fmt::format(
      "{{\n\"program\": {},\n\"data\": {},\n\"seed\": {},\n\"quick\": {},\n\"build\": {},\n"
      "\"threads\": {},\n\"seconds\": {},\n\"numbers\": {{",
      Json(origin.program).dump(), Json(record.data_rule).dump(), origin.seed, origin.quick,
      build_info().dump(), tapestry::threads(), text(origin.seconds));
  const char* separator = "\n";
  for (const auto& [name, value] : record.numbers) {
    out += fmt::format("{} {}: {}", separator, Json(name).dump(), text(value));
    separator = ",\n";
  }
  out += "\n},\n\"curves\": {";
  separator = "\n";
  for (const auto& [name, curve] : record.curves) {
    out += fmt::format("{} {}: {{\n  \"x\": {},\n  \"y\": {}}}", separator, Json(name).dump(),
                       text(curve.x), text(curve.y));
    separator = ",\n";
  }
  nn::write_file_atomically(file, out + "\n}\n}\n");
}

KeptRecord read_record(const std::filesystem::path& file) {
  std::ifstream in(file);
  check<DataError>(in.good(), "{}: cannot read the record", file.string());
  try {
    const Json json = Json::parse(in);
    KeptRecord kept{.record = {.data_rule = json.at("data"), .numbers = {}, .curves = {}},
                    .origin = {.program = json.at("program"),
                               .seed = json.at("seed"),
                               .quick = json.at("quick"),
                               .seconds = json.at("seconds")},
                    .commit = json.at("build").at("commit")};
    for (const auto& [name, value] : json.at("numbers").items()) {
      kept.record.numbers[name] = number_of(value);
    }
    for (const auto& [name, curve] : json.at("curves").items()) {
      kept.record.curves[name] = {numbers_of(curve.at("x")), numbers_of(curve.at("y"))};
    }
    return kept;
  } catch (const Json::exception&) {
    throw DataError(fmt::format("{}: this is no record of an experiment", file.string()),
                    "record.json in the folder of --out is one");
  }
}

}  // namespace support
