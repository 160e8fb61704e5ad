#include "roster.hpp"

#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace course {

namespace {

std::uint64_t seed_of_check = 0;
bool friendly_numbers = true;

using Texts = std::map<std::string, std::string>;
Texts& texts(const std::string& flag) {
  static std::map<std::string, Texts> all;
  return all[flag];
}

const std::string& look_up(const char* flag, const std::string& key) {
  const Texts& known = texts(flag);
  const auto found = known.find(key);
  if (found == known.end())
    throw std::logic_error(std::string("the check was started without ") + flag + " " + key);
  return found->second;
}

// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same numbers on every machine.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace

std::vector<Listed> all_checks() {
  std::vector<Listed> all;
  const auto add = [&](const Check& check, bool hidden) {
    int index = 0;
    for (const Listed& other : all) index += std::strcmp(other.check->task, check.task) == 0;
    all.push_back({&check, hidden, index});
  };
  for (const Check& check : checks()) add(check, false);
  for (const Check& check : hidden_checks()) add(check, true);
  return all;
}

Options parse(int argc, char** argv) {
  Options options;
  std::vector<std::string> words(argv + 1, argv + argc);
#if !COURSE_JUDGE
  // What gdb would print when it starts the program, and what is no business of who works in it.
  if (const char* more = std::getenv("COURSE_FLAGS")) {
    std::istringstream lines(more);
    for (std::string line; std::getline(lines, line);) words.push_back(line);
  }
#endif
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& flag = words[i];
    if (flag == "--list") {
      options.list = true;
      continue;
    }
    const std::string value = i + 1 < words.size() ? words[i + 1] : "";
    if (flag == "--value" || flag == "--drawn" || flag == "--fact") {
      const std::size_t equal = value.find('=');
      texts(flag)[value.substr(0, equal)] = equal == value.npos ? "" : value.substr(equal + 1);
    }
    if (flag == "--task") options.task = value;
    if (flag == "--answers") options.answers = std::atoi(value.c_str());
    if (flag == "--from") options.from = std::atoi(value.c_str());
    if (flag == "--only") options.only = std::atoi(value.c_str());
    if (flag == "--seed") options.seed = std::strtoull(value.c_str(), nullptr, 10);
    ++i;
  }
  return options;
}

bool asked_for(const Options& options, const Listed& listed) {
  return listed.check->task == options.task && listed.index >= options.from &&
         (options.only < 0 || listed.index == options.only);
}

void begin_check(std::uint64_t seed, const Listed& listed) {
  friendly_numbers = seed == 1;
  for (const char* c = listed.check->task; *c; ++c)
    seed = seed * 1099511628211U + static_cast<unsigned char>(*c);
  seed_of_check = seed * 1099511628211U + static_cast<std::uint64_t>(listed.index);
}

std::string handed_in(const std::string& key) { return look_up("--value", key); }
double handed_in_number(const std::string& key) { return std::atof(handed_in(key).c_str()); }
std::string drawn(const std::string& name) { return look_up("--drawn", name); }
double drawn_number(const std::string& name) { return std::atof(drawn(name).c_str()); }
#if COURSE_JUDGE
std::string fact(const std::string& name) { return look_up("--fact", name); }
double fact_number(const std::string& name) { return std::atof(fact(name).c_str()); }
#endif

Draw::Draw() : state_(mix(seed_of_check)) {}

double Draw::uniform(double low, double high) {
  const std::uint64_t bits = mix(state_ += 0x9e3779b97f4a7c15U);
  return low + (high - low) * static_cast<double>(bits >> 11) * 0x1p-53;
}

int Draw::below(int count) { return static_cast<int>(uniform(0, count)); }

double Draw::near(double friendly) {
  return friendly_numbers ? friendly : friendly * uniform(0.5, 2);
}

double Draw::beyond(double friendly) {
  return friendly_numbers ? friendly : friendly * uniform(1, 2);
}

int Draw::count_near(int friendly, int low, int high) {
  return friendly_numbers ? friendly : low + below(high - low + 1);
}

}  // namespace course
