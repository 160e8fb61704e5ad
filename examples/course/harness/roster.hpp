#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checks.hpp"

namespace course {

/// A check with its place among those of its task, from 0; the hidden ones come last.
struct Listed {
  const Check* check;
  bool hidden;
  int index;
};

std::vector<Listed> all_checks();

/// What both programs are called with: --task 1.2 --seed 7 [--from K] [--only K] [--answers FD]
/// [--value KEY=TEXT]... [--drawn NAME=TEXT]..., and the judge alone with [--fact NAME=TEXT]...
/// parse() keeps the last three for handed_in, drawn and fact.
struct Options {
  std::string task;
  int from = 0, only = -1, answers = 2;
  std::uint64_t seed = 1;
  bool list = false;
};

Options parse(int argc, char** argv);

/// Whether the options ask for this check.
bool asked_for(const Options& options, const Listed& listed);

/// Sets the random numbers of a check: its own, whichever others run.
void begin_check(std::uint64_t seed, const Listed& listed);

}  // namespace course
