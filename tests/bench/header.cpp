#include "header.hpp"

#include <fmt/format.h>

#include "peak.hpp"
#include "report.hpp"
#include "support/concept/build_info.hpp"

namespace tapestry::bench {

nlohmann::ordered_json measure_header(const std::vector<int>& threads) {
  nlohmann::ordered_json header = support::build_info();
  header["openblas_core"] = openblas_core();
  header["instruction_set"] = instruction_set();
  header["peaks"] = nlohmann::json::array();
  for (const int n : threads) {
    const Peak peak = measure_peak(n);
    header["peaks"].push_back({{"threads", n},
                               {"multiply_add_gflops", peak.gflops},
                               {"openblas_gflops", peak.blas_gflops},
                               {"copy_gb_per_second", peak.copy_gb}});
  }
  return header;
}

std::string header_text(const nlohmann::ordered_json& header,
                        const std::vector<std::string>& doubts) {
  const auto text = [&](const char* key) { return header.at(key).get<std::string>(); };
  std::string lines =
      fmt::format("{}, {} cores; {}; {}; commit {}\n\n", text("cpu"), header.at("cores").get<int>(),
                  text("blas"), text("compiler"), text("commit"));
  std::vector<std::string> head = {"at most, by threads"};
  std::vector<std::string> chip = {text("instruction_set") + " multiply-adds"};
  std::vector<std::string> blas = {"OpenBLAS, " + text("openblas_core")};
  std::vector<std::string> copy = {"copy in memory"};
  for (const auto& peak : header.at("peaks")) {
    head.push_back(fmt::format("{}", peak.at("threads").get<int>()));
    chip.push_back(number(peak.at("multiply_add_gflops")));
    blas.push_back(number(peak.at("openblas_gflops")));
    copy.push_back(number(peak.at("copy_gb_per_second")));
  }
  head.push_back("unit");
  chip.push_back("GFLOP/s");
  blas.push_back("GFLOP/s");
  copy.push_back("GB/s");
  Table table(head);
  for (const auto& row : {chip, blas, copy}) table.add(row);
  lines += table.new_lines();
  for (const std::string& doubt : doubts) lines += fmt::format("note: {}\n", doubt);
  return lines;
}

std::vector<std::string> doubtful_settings(
    const std::function<const char*(const char*)>& value_of) {
  std::vector<std::string> doubts;
  const auto check = [&](const char* name, const char* effect) {
    if (const char* value = value_of(name)) {
      doubts.push_back(fmt::format("{}={} {}; unset it", name, value, effect));
    }
  };
  check("OPENBLAS_CORETYPE", "chooses OpenBLAS's kernels, not this processor");
  check("OPENBLAS_L2_SIZE", "cuts OpenBLAS's products for another processor's cache");
  return doubts;
}

}  // namespace tapestry::bench
