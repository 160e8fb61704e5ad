// The judge: reads on its standard input what the program with the student's files wrote
// (answers_main.cpp says how) and prints what became of each check, one JSON object a line. It holds no
// code of the student, and nothing in its input can do more than be a wrong answer.
//
//     JUDGE --list
//     JUDGE --task 1.2 --seed 7 [--only K] <ANSWERS
//
// A check whose answers end in the middle has the state CUT: its program crashed or was stopped, and
// the kit knows which.

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>

#include "failure.hpp"
#include "roster.hpp"

namespace course {

namespace {

/// What a stream holds in place of an answer, besides a Todo.
struct Threw {
  std::string what;
};
struct Cut {};

using Lines = std::vector<std::string>;
const Lines* stream = nullptr;  // of the check that is judged now
std::size_t next_line = 0;

/// "word rest" -> word; the rest is left in `line`.
std::string take_word(std::string& line) {
  const std::size_t space = line.find(' ');
  std::string word = line.substr(0, space);
  line = space == std::string::npos ? "" : line.substr(space + 1);
  return word;
}

/// The next line, when it is an answer of this kind; otherwise the check ends here.
std::string take(const std::string& kind) {
  if (!stream || next_line == stream->size()) throw Cut{};
  std::string rest = (*stream)[next_line++];
  const std::string word = take_word(rest);
  if (word == kind) return rest;
  if (word == "todo") {
    std::string needs = take_word(rest);
    throw Todo{std::move(needs), std::move(rest)};
  }
  if (word == "threw") throw Threw{std::move(rest)};
  throw Failure{.what = "the answers of this check are not those that were asked for"};
}

/// The answers by check. Of two sections with one number the first counts, and what is outside of a
/// section counts nothing.
std::map<int, Lines> sections(std::istream& in) {
  std::map<int, Lines> all;
  Lines* section = nullptr;
  for (std::string line; std::getline(in, line);) {
    std::string rest = line;
    const std::string word = take_word(rest);
    if (word == "begin") {
      const auto [place, fresh] = all.try_emplace(std::atoi(rest.c_str()));
      section = fresh ? &place->second : nullptr;
    } else if (section) {
      section->push_back(line);
      if (word == "end") section = nullptr;
    }
  }
  return all;
}

std::vector<double> take_numbers() {
  const std::string line = take("numbers");
  const char* at = line.c_str();
  char* after = nullptr;
  const unsigned long count = std::strtoul(at, &after, 10);
  std::vector<double> numbers;
  for (at = after; *at == ' '; at = after) {
    numbers.push_back(std::strtod(at, &after));
    if (after == at) break;
  }
  if (*at != '\0' || numbers.size() != count)
    throw Failure{.what = "the answers of this check cannot be read"};
  return numbers;
}

double take_number() {
  const std::vector<double> numbers = take_numbers();
  if (numbers.size() != 1) throw Failure{.what = "one number was asked for"};
  return numbers[0];
}

/// A double from anywhere as an int, without leaving its range.
int whole(double x) { return std::abs(x) < 2e9 ? static_cast<int>(x) : -2000000000; }

const char* name_of(Kind kind) {
  static constexpr const char* kNames[] = {"shape", "worked", "gradient", "edge", "property"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// JSON text; bytes that are no ASCII come from anywhere and are shown as a question mark.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      out += byte < 0x7f ? c : '?';
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

/// Judges one check; how it ended, as JSON fields.
std::string outcome(const Check& check) try {
  check.run();
  take("end");  // also finds what was thrown after the last answer
  return R"("state":"PASS")";
} catch (const Failure& failure) {
  return failed(failure);
} catch (const Todo& todo) {
  return fmt::format(R"("state":"TODO","needs":{},"what":{})", quoted(todo.needs),
                     quoted(todo.what));
} catch (const Threw& threw) {
  return failed({.what = "your code threw an exception: " + threw.what}) + R"(,"threw":true)";
} catch (const Cut&) {
  return R"("state":"CUT")";
} catch (const std::exception& error) {
  return failed({.what = fmt::format("the answers make no sense to the check: {}", error.what())});
}

}  // namespace

void answers::read(std::vector<double>& numbers) { numbers = take_numbers(); }
void answers::read(double& number) { number = take_number(); }
void answers::read(int& number) { number = whole(take_number()); }
void answers::read(bool& truth) { truth = take_number() == 1; }

void answers::read(std::vector<int>& numbers) {
  numbers.clear();
  for (const double x : take_numbers()) numbers.push_back(whole(x));
}

void answers::read(std::string& text) {
  const std::string line = take("text");
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  text.clear();
  for (std::size_t i = 0; i + 1 < line.size(); i += 2)
    text += static_cast<char>(digit(line[i]) * 16 + digit(line[i + 1]));
}

std::string filled_in(const std::string& key, const char* task) {
  const std::string said = handed_in(key);
  if (said.empty() || said == "0") throw Todo{task, key + " is to be filled in"};
  return said;
}

void note(std::string line) { fmt::print("{{\"event\":\"note\",\"text\":{}}}\n", quoted(line)); }

}  // namespace course

int main(int argc, char** argv) {
  using namespace course;
  const Options options = parse(argc, argv);
  if (options.list) {
    for (const Listed& listed : all_checks()) fmt::print("{}}}\n", head("check", listed));
    return 0;
  }
  const std::map<int, Lines> all = sections(std::cin);
  for (const Listed& listed : all_checks()) {
    if (!asked_for(options, listed)) continue;
    const auto found = all.find(listed.index);
    stream = found == all.end() ? nullptr : &found->second;
    next_line = 0;
    begin_check(options.seed, listed);
    fmt::print("{}}}\n", head("begin", listed));
    const std::string end = outcome(*listed.check);
    fmt::print("{},{}}}\n", head("end", listed), end);
  }
}
