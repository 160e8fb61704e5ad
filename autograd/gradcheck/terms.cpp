#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "autograd/gradcheck/elements.hpp"
#include "autograd/gradcheck/evidence.hpp"

// Searches a formula for the error among products and quotients of the op's values. A match holds
// for every slope to five digits, so it is no coincidence.

namespace tapestry::checking {
namespace {

using Perhaps = std::optional<Guess>;

// A value at every slope (element, output) that is not zero.
struct Term {
  std::string name;
  std::vector<double> values;
};

struct Slopes {
  std::vector<double> analytic, numeric;
  std::vector<Term> values;  // the operands and y
};

// The element of an operand that broadcasting puts beside an element of the output.
std::size_t seen_from(const Shape& from, const Shape& to, std::size_t output) {
  const auto index = index_of(to, static_cast<std::int64_t>(output));
  std::int64_t at = 0;
  for (int axis = 0; axis < from.rank(); ++axis) {
    const std::int64_t i = index[static_cast<std::size_t>(to.rank() - from.rank() + axis)];
    at = at * from[axis] + (from[axis] == 1 ? 0 : i);
  }
  return static_cast<std::size_t>(at);
}

Slopes nonzero_slopes(const Evidence& e) {
  Slopes s;
  const Jacobian& J = e.jacobian;
  std::vector<std::vector<double>> known;  // of each operand, then y
  std::vector<std::size_t> which;          // operands that are listed
  for (std::size_t i = 0; i < e.inputs.size(); ++i) {
    const Tensor& t = e.inputs[i];
    const bool own = static_cast<int>(i) == e.input;
    if (t.dtype() == DType::i32 || (!own && !broadcasts(t.shape(), e.y.shape()))) continue;
    which.push_back(i);
    known.push_back(t.to_vector());
    s.values.push_back({operand_name(e.op, static_cast<int>(i)), {}});
  }
  const std::vector<double> y = e.y.to_vector();
  s.values.push_back({"y", {}});
  for (std::size_t k = 0; k < e.elements.size(); ++k) {
    for (std::size_t j = 0; j < J.outputs; ++j) {
      const double a = J.analytic[J.at(k, j)], n = J.numeric[J.at(k, j)];
      if (a == 0 && std::fabs(n) < 1e-7) continue;
      s.analytic.push_back(a);
      s.numeric.push_back(n);
      for (std::size_t v = 0; v < which.size(); ++v) {
        const std::size_t at = static_cast<int>(which[v]) == e.input
                                   ? static_cast<std::size_t>(e.elements[k])
                                   : seen_from(e.inputs[which[v]].shape(), e.y.shape(), j);
        s.values[v].values.push_back(known[v][at]);
      }
      s.values.back().values.push_back(y[j]);
    }
  }
  return s;
}

Term combined(const Term& a, const Term& b, char op) {
  Term t{a.name == b.name ? a.name + "^2" : fmt::format("{} {} {}", a.name, op, b.name), a.values};
  for (std::size_t k = 0; k < t.values.size(); ++k)
    t.values[k] = op == '*' ? a.values[k] * b.values[k] : a.values[k] / b.values[k];
  return t;
}

bool varies(const Term& t) {
  const auto [low, high] = std::minmax_element(t.values.begin(), t.values.end());
  return *high - *low > 1e-3 * std::max(std::fabs(*low), std::fabs(*high));
}

// The c in what = c term, if there is one.
std::optional<double> multiple(const std::vector<double>& what, const Term& term) {
  double tt = 0, wt = 0;
  for (std::size_t k = 0; k < what.size(); ++k) {
    tt += term.values[k] * term.values[k];
    wt += what[k] * term.values[k];
  }
  const double c = wt / tt;
  if (!std::isfinite(c) || std::fabs(c) < 1e-6) return {};
  for (std::size_t k = 0; k < what.size(); ++k) {
    if (!close(what[k], c * term.values[k])) return {};
  }
  return c;
}

// analytic = numeric u / v: one value stands where another should.
Perhaps exchanged_value(const Slopes& s) {
  for (const Term& u : s.values) {
    for (const Term& v : s.values) {
      if (&u == &v || !varies(u) || !varies(v)) continue;
      const Term swapped = combined(u, v, '/');
      std::vector<double> r = s.analytic;
      for (std::size_t k = 0; k < r.size(); ++k) r[k] /= s.numeric[k];
      const std::optional<double> c = multiple(r, swapped);
      if (!c || !close(*c, 1)) continue;
      return Guess{GradFault::wrong_value,
                   fmt::format("it has {} where {} should stand: is the wrong value saved, or the "
                               "wrong operand read?",
                               u.name, v.name)};
    }
  }
  return {};
}

// analytic = numeric u, numeric / u, or one of them with u^2.
Perhaps factor_of_value(const Slopes& s) {
  std::vector<double> r = s.analytic, inverse = s.numeric;
  for (std::size_t k = 0; k < r.size(); ++k) {
    r[k] /= s.numeric[k];
    inverse[k] /= s.analytic[k];
  }
  const auto found = [](const std::string& text) { return Guess{GradFault::formula, text}; };
  const auto is = [](const std::vector<double>& what, const Term& term) {
    const std::optional<double> c = multiple(what, term);
    return c && close(*c, 1);
  };
  for (const Term& u : s.values) {
    if (!varies(u)) continue;
    const Term square = combined(u, u, '*');
    if (is(r, square))
      return found(fmt::format("it is multiplied by {} where it should be divided", u.name));
    if (is(inverse, square))
      return found(fmt::format("it is divided by {} where it should be multiplied", u.name));
  }
  for (const Term& u : s.values) {
    if (!varies(u)) continue;
    if (is(r, u)) return found(fmt::format("it has a factor {} too many", u.name));
    if (is(inverse, u)) return found(fmt::format("a factor {} is missing", u.name));
  }
  return {};
}

// analytic = y / x: what is left of the derivative of y = x f(x) when x f'(x) is forgotten.
Perhaps product_rule(const Slopes& s) {
  const Term& y = s.values.back();
  for (const Term& x : s.values) {
    if (&x == &y || !varies(x)) continue;
    const std::optional<double> c = multiple(s.analytic, combined(y, x, '/'));
    if (!c || !close(*c, 1)) continue;
    return Guess{
        GradFault::missing_term,
        fmt::format("it is y / {0} * dout alone: if y = {0} f({0}), the product rule has a "
                    "second term",
                    x.name)};
  }
  return {};
}

// analytic - numeric = c term.
Perhaps left_out(const Slopes& s) {
  std::vector<double> error = s.analytic;
  for (std::size_t k = 0; k < error.size(); ++k) error[k] -= s.numeric[k];
  std::vector<Term> terms{{"", std::vector<double>(error.size(), 1.0)}};
  for (const Term& u : s.values) {
    terms.push_back(u);
    for (const Term& v : s.values) {
      if (&v >= &u) terms.push_back(combined(u, v, '*'));
      if (&v != &u) terms.push_back(combined(u, v, '/'));
    }
  }
  for (const Term& term : terms) {
    const std::optional<double> c = multiple(error, term);
    if (!c) continue;
    const std::string times = term.name.empty() ? "" : " * " + term.name;
    return Guess{GradFault::missing_term,
                 fmt::format("it differs from the right one by {:+.6g}{} * dout: a term is left "
                             "out, or one too many",
                             *c, times)};
  }
  return {};
}

}  // namespace

Perhaps guess_terms(const Evidence& evidence) {
  if (evidence.jacobian.outputs == 0) return {};
  const Slopes slopes = nonzero_slopes(evidence);
  // Fewer slopes would fit some formula or other.
  if (slopes.analytic.size() >= 4) {
    for (const auto guess : {exchanged_value, factor_of_value, product_rule, left_out}) {
      if (Perhaps found = guess(slopes)) return found;
    }
  }
  return Guess{
      GradFault::formula,
      "it is taken from the right outputs, with wrong slopes: compare the formula, and the "
      "values that it reads"};
}

}  // namespace tapestry::checking
