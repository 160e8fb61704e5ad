#pragma once

#include <array>

/// The functions of the library that a concept program can be about.
enum class Piece { beta_objective, best_q, expected_iwae, spread };

/// What the program of task 8.7 is about: a folder of variations/ defines it in questions.cpp, and
/// its name for the judge in facts.cpp.
struct Row {
  std::array<Piece, 2> pieces;  ///< the grader plants faults in these
};
const Row& row();

const char* row_name();
