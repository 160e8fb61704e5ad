#pragma once

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "arrays.hpp"
#include "checks.hpp"

// What the open and the hidden checks of the unit share. `row` is a function that returns the
// student's row of an op: the judge, which does not have it, never calls it.

using tiny::Array, tiny::Arrays, tiny::Shape;

inline constexpr auto matmul_row = []() -> const tiny::Op& { return tiny::kMatmul; };
inline constexpr auto logsumexp_row = []() -> const tiny::Op& { return tiny::kLogSumExp; };
inline constexpr auto softmax_row = []() -> const tiny::Op& { return tiny::kSoftmax; };
inline constexpr auto bce_row = []() -> const tiny::Op& { return tiny::kBce; };
inline constexpr auto variation_row = []() -> const tiny::Op& { return tiny::kVariation; };

// --- Both programs ----------------------------------------------------------------------------------

/// size_of of the unit, without the student's file.
inline int count_of(const Shape& shape) {
  int count = 1;
  for (const int axis : shape) count *= axis;
  return count;
}

inline Array draw_array(course::Draw& draw, const Shape& shape, double low = -2, double high = 2) {
  Array a{shape, {}};
  for (int i = count_of(shape); i > 0; --i) a.data.push_back(draw.uniform(low, high));
  return a;
}

/// The numbers given for seed 1, others near them otherwise.
inline Array near(course::Draw& draw, Shape shape, std::vector<double> friendly) {
  for (double& x : friendly) x = draw.near(x);
  return {std::move(shape), std::move(friendly)};
}

/// Arrays as one list of numbers, which crosses from one program to the other: for each its rank,
/// its axes, how many numbers it has, and those.
inline std::vector<double> packed(const Arrays& arrays) {
  std::vector<double> all;
  for (const Array& a : arrays) {
    all.push_back(static_cast<double>(a.shape.size()));
    all.insert(all.end(), a.shape.begin(), a.shape.end());
    all.push_back(static_cast<double>(a.data.size()));
    all.insert(all.end(), a.data.begin(), a.data.end());
  }
  return all;
}

/// What the student's row makes of the operands: its value.
template <class Row>
std::vector<double> value_of(Row row, const Arrays& in) {
  return course::answer([&] { return packed({row().forward(in)}); });
}

/// And its gradients, at its own value.
template <class Row>
std::vector<double> gradients_of(Row row, const Arrays& in, const Array& dy) {
  return course::answer([&] { return packed(row().backward(in, row().forward(in), dy)); });
}

// --- The judge --------------------------------------------------------------------------------------

/// An op as the judge knows it.
struct Truth {
  const char* name;
  const char* formula;
  Array (*value)(const Arrays& in);
};
extern const Truth kTrueMatmul, kTrueLogSumExp, kTrueSoftmax, kTrueBce;

/// The sum of dy over everything that an operand of this shape was copied to.
Array true_sum_to(const Array& dy, const Shape& shape);
/// dL/d(operand) by differences of the true value, for L = sum of dy times the value.
Arrays true_gradients(const Truth& op, const Arrays& in, const Array& dy);

/// One array of an answer; ends the check when it is not one, or its shape is not this.
Array judge_array(const std::string& what, const std::vector<double>& got, const Shape& shape,
                  const char* hint = "shape");

/// The operands of an op of 2.5, from an answer: a matrix {n, d} and a vector {d}, 100 numbers at most.
Arrays judge_operands(const std::string& what, const std::vector<double>& got);

/// A wrong answer by all gradients of an op.
struct WrongGradients {
  const char* hint;
  Arrays answer;
};

void note_array(const std::string& name, const Array& a);

void judge_value(const Truth& op, const Arrays& in, const std::vector<double>& got,
                 const std::vector<course::Mistake>& mistakes = {});
void judge_gradients(const Truth& op, const Arrays& in, const Array& dy,
                     const std::vector<double>& got,
                     const std::vector<WrongGradients>& mistakes = {});
