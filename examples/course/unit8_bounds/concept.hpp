#pragma once

// A concept program on a page: claims that are numbers, and mistakes that must break one. It is
// what examples/support/concept is in Tapestry. You write concept.cpp; this file is given.

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bounds.hpp"

namespace tiny {

/// A number that was measured, and the band it must lie in. NaN lies in no band.
struct Claim {
  std::string name;
  double measured, low, high;
};

/// A mistake that your program makes on demand, so that its claims are seen to fail.
struct NamedMistake {
  std::string name, what;
};

/// What your program is about: the functions of bounds.hpp. In ./course play they are yours. The
/// grader passes right ones, so that 8.7 does not depend on your other tasks; and then some with a
/// fault in them.
struct Library {
  std::function<double(const Table& q, const Model& model, double beta)> beta_objective;
  std::function<Table(const Model& model, double beta)> best_q;
  std::function<double(const Table& q, const Model& model, int k)> expected_iwae;
  std::function<double(const Table& q, const Model& model)> spread;
};

class Concept;

/// 8.7  At least two mistakes; and the program, which makes at least four claims about `c.library`.
std::vector<NamedMistake> mistakes();
void program(Concept& c);

/// A running program: what it is about, and its claims so far.
class Concept {
 public:
  Concept(Library with, Model of, Table from, std::string planted = "")
      : library(std::move(with)),
        model(std::move(of)),
        q(std::move(from)),
        planted_(std::move(planted)) {}

  const Library library;
  const Model model;  ///< of two to four z; another one in every run
  const Table q;      ///< probabilities, all above 0; not the posterior

  /// True if your mistake `name` is to be made in this run.
  bool broken(const std::string& name) const {
    for (const NamedMistake& known : mistakes())
      if (known.name == name) return name == planted_;
    throw std::invalid_argument("mistakes() has no '" + name + "'");
  }

  /// Two ways to the same number.
  void exact(const std::string& name, double measured, double expected, double tolerance = 1e-9) {
    within(name, measured, expected - tolerance, expected + tolerance);
  }
  /// A number whose size is known.
  void within(const std::string& name, double measured, double low, double high) {
    claims_.push_back({name, measured, low, high});
  }
  const std::vector<Claim>& claims() const { return claims_; }

 private:
  std::string planted_;
  std::vector<Claim> claims_;
};

}  // namespace tiny
