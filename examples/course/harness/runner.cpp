// The main function of a unit's checks: runs those of one task and writes what happened, one JSON
// object a line, into a side file. A line is written before a check starts and after it ended, so
// that the kit knows which one crashed or never came back.
//
//     PROGRAM --list
//     PROGRAM --task 1.2 [--from K] [--only K] [--seed S] [--results FILE]
//
// K counts the checks of the task, from 0, the hidden ones last.

#include "runner.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "autograd/error.hpp"
#include "checks.hpp"

namespace course {

namespace {

std::FILE* side_file = stderr;  // where the lines go
std::uint64_t seed_now = 0;

struct Listed {
  const Check* check;
  bool hidden;
  int index;  // among the checks of its task
};

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

const char* name_of(Kind kind) {
  static constexpr const char* kNames[] = {"shape", "worked", "gradient", "edge", "property"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string head(const char* event, const Listed& listed) {
  const Check& check = *listed.check;
  return fmt::format(
      R"({{"event":"{}","task":"{}","index":{},"kind":"{}","name":{},"points":{},"hidden":{},"default_hint":{})",
      event, check.task, listed.index, name_of(check.kind), quoted(check.name), check.points,
      listed.hidden, quoted(check.hint));
}

/// A line at a time, at once: the next thing may be a crash.
void write(const std::string& line) {
  fmt::print(side_file, "{}\n", line);
  std::fflush(side_file);
}

std::string list(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + quoted(text);
  return all;
}

std::string failed(const Failure& failure) {
  std::string wrong;
  for (const int i : failure.wrong) wrong += fmt::format("{}{}", wrong.empty() ? "" : ",", i);
  return fmt::format(
      R"("state":"FAIL","what":{},"got":[{}],"expected":[{}],"wrong":[{}],"hint":{},"factor":{:.6g})",
      quoted(failure.what), list(failure.got), list(failure.expected), wrong, quoted(failure.hint),
      std::isfinite(failure.factor) ? failure.factor : 0);
}

/// Runs one check; how it ended, as JSON fields.
std::string outcome(const Check& check) try {
  check.run();
  return R"("state":"PASS")";
} catch (const Failure& failure) {
  return failed(failure);
} catch (const tapestry::NotImplemented& todo) {
  return fmt::format(R"("state":"TODO","needs":{},"what":{})", quoted(todo.op),
                     quoted(todo.message));
} catch (const std::exception& error) {
  return failed({.what = fmt::format("your code threw an exception: {}", error.what())}) +
         R"(,"threw":true)";
} catch (...) {
  return failed({.what = "your code threw something that is no std::exception"}) +
         R"(,"threw":true)";
}

/// Every check has random numbers of its own, whichever others run.
std::uint64_t seed_of(std::uint64_t seed, const Listed& listed) {
  for (const char* c = listed.check->task; *c; ++c)
    seed = seed * 1099511628211U + static_cast<unsigned char>(*c);
  return seed * 1099511628211U + static_cast<std::uint64_t>(listed.index);
}

struct Options {
  bool list = false;
  std::string task, results;
  int from = 0, only = -1;
  std::uint64_t seed = 1;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--list") {
      options.list = true;
      continue;
    }
    if (flag == "--task") options.task = value;
    if (flag == "--results") options.results = value;
    if (flag == "--from") options.from = std::atoi(value);
    if (flag == "--only") options.only = std::atoi(value);
    if (flag == "--seed") options.seed = std::strtoull(value, nullptr, 10);
    ++i;
  }
  return options;
}

int run(const Options& options) {
  if (options.list) {
    for (const Listed& listed : all_checks()) fmt::print("{}}}\n", head("check", listed));
    return 0;
  }
  if (!options.results.empty()) {
    side_file = std::fopen(options.results.c_str(), "ae");
    if (!side_file) {
      fmt::print(stderr, "cannot write {}\n", options.results);
      return 2;
    }
  }
  for (const Listed& listed : all_checks()) {
    if (listed.check->task != options.task || listed.index < options.from) continue;
    if (options.only >= 0 && listed.index != options.only) continue;
    write(head("begin", listed) + "}");
    seed_now = seed_of(options.seed, listed);
    const std::string end = outcome(*listed.check);
    std::fflush(stdout);
    write(fmt::format("{},{}}}", head("end", listed), end));
  }
  write(fmt::format(R"({{"event":"done","task":"{}"}})", options.task));
  return 0;
}

}  // namespace

std::uint64_t current_seed() { return seed_now; }

void note(std::string line) { write(fmt::format(R"({{"event":"note","text":{}}})", quoted(line))); }

}  // namespace course

int main(int argc, char** argv) { return course::run(course::parse(argc, argv)); }
