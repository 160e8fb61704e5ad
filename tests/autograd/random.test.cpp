#include "autograd/random.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "autograd/error.hpp"
#include "autograd/row_window.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

namespace tapestry {
namespace {

struct Moments {
  double mean, variance, skewness, kurtosis;
};

Moments moments(const Tensor& x) {
  const std::vector<double> v = x.to_vector();
  const auto n = static_cast<double>(v.size());
  double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double a : v) mean += a / n;
  for (const double a : v) {
    const double d = a - mean;
    m2 += d * d / n;
    m3 += d * d * d / n;
    m4 += d * d * d * d / n;
  }
  return {mean, m2, m3 / std::pow(m2, 1.5), m4 / (m2 * m2)};
}

constexpr std::int64_t kN = 1000000;

}  // namespace

TEST_CASE("Philox 4x32-10 gives Random123's known answers", "[autograd][random]") {
  using Words = std::array<std::uint32_t, 4>;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("the same seed gives the same numbers, another seed others", "[autograd][random]") {
  Rng a(7), b(7), c(8);
  const auto x = a.normal({1000}).to_vector();
  CHECK(b.normal({1000}).to_vector() == x);
  CHECK(c.normal({1000}).to_vector() != x);
  CHECK(a.normal({1000}).to_vector() != x);  // the next draw
}

TEST_CASE("a draw depends on the element's index alone, not on the shape of the draw",
          "[autograd][random]") {
  for (const std::int64_t n : {1, 3, 63, 64, 65, 1000}) {
    Rng a(3), b(3);
    const auto longer = a.normal({n + 17}).to_vector(), shorter = b.normal({n}).to_vector();
    CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  }
}

TEST_CASE("named streams differ from their parent and from each other", "[autograd][random]") {
  const Rng parent(1);
  std::set<std::vector<double>> seen;
  for (Rng rng : {parent, parent.stream("dropout"), parent.stream("shuffle"),
                  parent.stream("dropout").stream("dropout"),
                  parent.stream("dropout").stream("shuffle"), parent.stream("")}) {
    CHECK(seen.insert(rng.uniform({16}).to_vector()).second);
  }
  Rng again = parent.stream("dropout"), once = parent.stream("dropout");
  CHECK(again.uniform({16}).to_vector() == once.uniform({16}).to_vector());
}

TEST_CASE("making a stream draws nothing from its parent", "[autograd][random]") {
  Rng rng(1);
  const Rng::State before = rng.state();
  rng.stream("noise").normal({10});
  CHECK(rng.state() == before);
}

TEST_CASE("a state restores the stream exactly", "[autograd][random]") {
  Rng rng = Rng(11).stream("noise");
  rng.normal({5});
  rng.below(3);
  const Rng::State state = rng.state();
  const auto next = rng.normal({50}).to_vector();
  const auto after = rng.permutation(20);
  Rng other(0);
  other.set_state(state);
  CHECK(other.normal({50}).to_vector() == next);
  CHECK(other.permutation(20) == after);
  CHECK(other.state() == rng.state());
}

TEST_CASE("f64 draws are the f32 draws, widened", "[autograd][random]") {
  Rng a(5), b(5);
  CHECK(a.normal({300}, DType::f32).to_vector() == b.normal({300}, DType::f64).to_vector());
  CHECK(a.uniform({300}, DType::f32).to_vector() == b.uniform({300}, DType::f64).to_vector());
  CHECK(a.uniform() == b.uniform({1}).item());
  CHECK(a.normal() == b.normal({}).item());
}

// Moments of 10^6 numbers, each within 4.5 standard errors: a false alarm for one seed in 150,000 per
// line; the seeds are fixed.

TEST_CASE("uniforms have the moments of U(0, 1) and stay inside",
          "[autograd][random][statistical]") {
  Rng rng(1);
  const Tensor u = rng.uniform({kN});
  const auto values = u.view<float>();
  CHECK(*std::min_element(values.begin(), values.end()) > 0);
  CHECK(*std::max_element(values.begin(), values.end()) < 1);
  const Moments m = moments(u);
  const double n = kN;
  CHECK(std::fabs(m.mean - 0.5) < 4.5 * std::sqrt(1 / 12.0 / n));
  CHECK(std::fabs(m.variance - 1 / 12.0) < 4.5 * std::sqrt(1 / 180.0 / n));
}

TEST_CASE("normals have the moments of N(0, 1)", "[autograd][random][statistical]") {
  Rng rng(2);
  const Moments m = moments(rng.normal({kN}));
  const double n = kN;
  CHECK(std::fabs(m.mean) < 4.5 / std::sqrt(n));
  CHECK(std::fabs(m.variance - 1) < 4.5 * std::sqrt(2 / n));
  CHECK(std::fabs(m.skewness) < 4.5 * std::sqrt(6 / n));
  CHECK(std::fabs(m.kurtosis - 3) < 4.5 * std::sqrt(24 / n));
}

TEST_CASE("neighbours, draws and streams are uncorrelated", "[autograd][random][statistical]") {
  Rng rng(3);
  Rng other = rng.stream("other");
  const auto x = rng.normal({kN}).to_vector(), y = rng.normal({kN}).to_vector(),
             z = other.normal({kN}).to_vector();
  double lag1 = 0, lag2 = 0, draws = 0, streams = 0;
  for (std::size_t i = 0; i + 2 < x.size(); ++i) {
    lag1 += x[i] * x[i + 1];
    lag2 += x[i] * x[i + 2];
    draws += x[i] * y[i];
    streams += x[i] * z[i];
  }
  const double bound = 4.5 * std::sqrt(static_cast<double>(kN));
  CHECK(std::fabs(lag1) < bound);
  CHECK(std::fabs(lag2) < bound);
  CHECK(std::fabs(draws) < bound);
  CHECK(std::fabs(streams) < bound);
}

TEST_CASE("below(n) is uniform over 0..n-1", "[autograd][random][statistical]") {
  Rng rng(4);
  std::vector<double> counts(10);
  for (int i = 0; i < 100000; ++i) ++counts[static_cast<std::size_t>(rng.below(10))];
  double chi2 = 0;
  for (const double c : counts) chi2 += (c - 10000) * (c - 10000) / 10000;
  CHECK(chi2 < 9 + 4.5 * std::sqrt(18.0));  // 9 degrees of freedom
  CHECK(rng.below(1) == 0);
  CHECK_THROWS_AS(rng.below(0), DomainError);
}

TEST_CASE("a permutation holds every number once, and every place is equally likely",
          "[autograd][random][statistical]") {
  Rng rng(5);
  std::vector<double> where(6);  // of the number 0
  for (int i = 0; i < 60000; ++i) {
    const auto order = rng.permutation(6);
    CHECK(std::set<int>(order.begin(), order.end()).size() == 6);
    ++where[static_cast<std::size_t>(std::find(order.begin(), order.end(), 0) - order.begin())];
  }
  for (const double c : where) CHECK(std::fabs(c - 10000) < 4.5 * std::sqrt(10000 * 5 / 6.0));
  CHECK(rng.permutation(0).empty());
  CHECK(rng.permutation(1) == std::vector<std::int32_t>{0});
}

TEST_CASE("draws of no elements are fine", "[autograd][random]") {
  Rng rng(1);
  CHECK(rng.normal({0, 3}).size() == 0);
  CHECK(rng.uniform({0}).size() == 0);
  CHECK(rng.state().draw == 2);
}

TEST_CASE("one thread and two give the same bits", "[autograd][random][threads]") {
  const test::KeepThreads keep;
  set_threads(1);
  Rng a(9);
  const Tensor u1 = a.uniform({300001}), z1 = a.normal({77, 3001});
  std::vector<std::uint32_t> bits1(100003);
  a.bits(bits1);
  for (const int threads : {2, 3}) {
    set_threads(threads);
    Rng b(9);
    CHECK(b.uniform({300001}).to_vector() == u1.to_vector());
    CHECK(b.normal({77, 3001}).to_vector() == z1.to_vector());
    std::vector<std::uint32_t> bits(100003);
    b.bits(bits);
    CHECK(bits == bits1);
  }
}

TEST_CASE("a row window takes its rows of the whole draw; of nested ones the innermost counts",
          "[autograd][random]") {
  CHECK(RowWindow::active() == nullptr);
  const std::vector<double> whole = Rng(3).normal({8, 2}).to_vector();
  const auto rows = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    return std::vector<double>(whole.begin() + 2 * first, whole.begin() + 2 * last);
  };
  {
    const RowWindow outer(2, 4, 8);
    CHECK(RowWindow::active() == &outer);
    CHECK(Rng(3).normal({4, 2}).to_vector() == rows(2, 6));
    {
      const RowWindow inner(5, 3, 8);
      CHECK(RowWindow::active() == &inner);
      CHECK(Rng(3).normal({3, 2}).to_vector() == rows(5, 8));
    }
    CHECK(RowWindow::active() == &outer);
    CHECK(Rng(3).normal({4, 2}).to_vector() == rows(2, 6));
  }
  CHECK(RowWindow::active() == nullptr);
  const std::vector<double> images = Rng(4).normal({8, 1, 4, 4}).to_vector();
  const RowWindow half(4, 4, 8);  // as many rows as an image is high
  CHECK(Rng(4).normal({4, 1, 4, 4}).to_vector() ==
        std::vector<double>(images.begin() + 4 * 16, images.end()));
}

}  // namespace tapestry
