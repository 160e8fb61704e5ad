#pragma once

// Task 8.7: a run of a student's concept program as numbers, and what the judge makes of it. The
// open and the hidden checks share it.

#include <string>
#include <vector>

#include "checks.hpp"
#include "concept.hpp"
#include "row.hpp"

inline constexpr int kFaults = 3;  ///< of each piece
inline constexpr int kNone = -1;

/// Right functions; with a fault in one of them.
tiny::Library right_library();
tiny::Library library_with(Piece piece, int fault);

/// A model and a q to run with; the first of a check is friendly for seed 1.
struct World {
  tiny::Model model;
  tiny::Table q;
};
World near_world(course::Draw& draw);
World draw_world(course::Draw& draw);

/// One run as it is sent: measured, low and high of each claim, and the names, a line each.
struct Run {
  std::vector<double> numbers;
  std::string names;
};
/// Runs the program, in the program with the student's files, and reads it in the judge.
Run run(const World& world, const tiny::Library& library, int mistake = kNone);

/// Runs on one world, in an order that is drawn: some with a right library, and one with each fault
/// of the row's two functions.
struct Trial {
  std::vector<Run> right, faulty;
};
Trial try_out(course::Draw& draw, const World& world);

// --- The judge --------------------------------------------------------------------------------------

std::vector<tiny::Claim> claims_of(const Run& run);
bool holds(const tiny::Claim& claim);
bool all_hold(const Run& run);
void note_claim(const tiny::Claim& claim, const char* verdict);

/// Whether a claim counts, and why it does not. It counts when it holds in every right run, its
/// band is narrow, a fault breaks it, and its numbers are not those of a claim before it.
struct Verdict {
  bool counts;
  const char* why;
};
std::vector<Verdict> verdicts(const Trial& trial);
/// Ends the check unless so many claims count.
void expect_counting(const Trial& trial, int wanted);
