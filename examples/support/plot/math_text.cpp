#include "math_text.hpp"

#include <regex>
#include <utility>

namespace support {

namespace {

// Indices are marked first and written last, after gnuplot's special characters are escaped.
constexpr char kLower[] = "\x01", kUpper[] = "\x02", kEnd[] = "\x03";

const std::pair<const char*, const char*> kLetters[] = {
    {"alpha", "α"}, {"beta", "β"},   {"delta", "δ"}, {"epsilon", "ε"}, {"theta", "θ"},
    {"mu", "μ"},    {"rho", "ρ"},    {"sigma", "σ"}, {"tau", "τ"},     {"phi", "φ"},
    {"psi", "ψ"},   {"lambda", "λ"}, {"pi", "π"}};
const std::pair<const char*, const char*> kSigns[] = {
    {"->", "→"}, {"<=", "≤"}, {">=", "≥"}, {"||", "‖"}, {" - ", " − "}};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

std::string math_text(const std::string& text) {
  static const std::regex lower(
      R"((^|[^A-Za-z0-9_])([A-Za-z]|ELBO|mu|sigma|lambda|phi|theta)_([A-Za-z]|[0-9]+|phi|theta)(?![A-Za-z0-9_]))");
  static const std::regex upper(R"(\^(\{([^}]*)\}|(-?[A-Za-z0-9]+)))");
  static const std::regex special(R"([{}@&~^_\\])");
  std::string out = std::regex_replace(text, lower, std::string("$1$2") + kLower + "$3" + kEnd);
  out = std::regex_replace(out, upper, std::string(kUpper) + "$2$3" + kEnd);
  out = std::regex_replace(out, special, R"(\$&)");
  for (const auto& [name, letter] : kLetters) {
    const std::regex word(std::string("\\b") + name + "(?![A-Za-z0-9_])");
    out = std::regex_replace(out, word, letter);
  }
  for (const auto& [typed, sign] : kSigns) replace_all(out, typed, sign);
  replace_all(out, kLower, "_{");
  replace_all(out, kUpper, "^{");
  replace_all(out, kEnd, "}");
  return out;
}

}  // namespace support
