#include "by_hand/dense.hpp"

#include <cmath>
#include <numeric>

#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/parallel.hpp"

namespace tapestry::bench {

namespace {

// One after the other.
Floats row_of(const nn::NamedTensors& tensors) {
  Floats row;
  for (const nn::NamedTensor& t : tensors) {
    const auto numbers = t.value.view<float>();
    row.insert(row.end(), numbers.begin(), numbers.end());
  }
  return row;
}

}  // namespace

Parameters::Parameters(const State& state)
    : value(row_of(state.parameters)), grad(value.size()), m(value.size()), v(value.size()) {
  place.resize(value.size());
  std::iota(place.begin(), place.end(), std::size_t{0});
  if (state.adam.empty()) return;
  m = row_of(nn::take_prefixed(state.adam, "adam.m."));
  v = row_of(nn::take_prefixed(state.adam, "adam.v."));
  for (const nn::NamedTensor& t : state.adam) {
    if (t.name == "adam.step") steps = t.value.view<std::int32_t>()[0];
  }
}

void Parameters::swap_axes(std::size_t begin, std::int64_t outer, std::int64_t a, std::int64_t b,
                           std::int64_t inner) {
  std::size_t to = begin;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t j = 0; j < b; ++j) {
      for (std::int64_t i = 0; i < a; ++i) {
        for (std::int64_t k = 0; k < inner; ++k, ++to) {
          place[to] = begin + at(((o * a + i) * b + j) * inner + k);
        }
      }
    }
  }
  for (Floats* row : {&value, &m, &v}) {
    const Floats given = *row;
    for (std::size_t i = begin; i < to; ++i) (*row)[i] = given[place[i]];
  }
}

std::vector<float> Parameters::gradients() const {
  std::vector<float> all(grad.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[place[i]] = grad[i];
  return all;
}

std::int64_t Parameters::denormals() const {
  return count_denormals(value) + count_denormals(grad) + count_denormals(m) + count_denormals(v);
}

void Parameters::adam() {
  ++steps;
  const auto t = static_cast<double>(steps);
  const auto rate = static_cast<float>(1e-3 / (1 - std::pow(0.9, t)));
  const auto scale = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)));
  const auto n = static_cast<std::int64_t>(value.size());
  float *p = value.data(), *mean = m.data(), *square = v.data();
  const float* g = grad.data();
  parallel_pieces(n, kGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      mean[i] += 0.1f * (g[i] - mean[i]);
      square[i] = 0.999f * square[i] + 0.001f * g[i] * g[i];
      p[i] -= rate * mean[i] / (std::sqrt(square[i]) * scale + 1e-8f);
    }
  });
}

Dense::Dense(Parameters& p, std::int64_t rows_, std::int64_t in_, std::int64_t out_, Activation a)
    : all(&p),
      rows(rows_),
      in(in_),
      out(out_),
      activation(a),
      weight(p.take(in_ * out_)),
      bias(p.take(out_)),
      y(at(rows_ * out_)),
      dy(y.size()) {}

const float* Dense::forward(const float* x) {
  multiply(x);
  const float* b = &all->value[bias];
  float* to = y.data();
  const std::int64_t n = out;
  const Activation a = activation;
  parallel_rows(rows, n, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < n; ++j) to[r * n + j] = activate(a, to[r * n + j] + b[j]);
    }
  });
  return to;
}

void Dense::multiply(const float* x) {
  gemm(false, true, rows, out, in, 1.0f, x, in, &all->value[weight], in, 0.0f, y.data(), out);
}

void Dense::backward(const float* x, float* dx, float beta) {
  const std::int64_t height = rows, width = out;
  const float* from = y.data();
  float *ds = dy.data(), *db = &all->grad[bias];
  const Activation a = activation;
  parallel_rows((width + 63) / 64, 64 * height, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t begin = 64 * first; begin < std::min(width, 64 * last); begin += 64) {
      const std::int64_t end = std::min(width, begin + 64);
      float sum[64] = {};
      for (std::int64_t r = 0; r < height; ++r) {
#pragma omp simd
        for (std::int64_t j = begin; j < end; ++j) {
          const float d = ds[r * width + j] * slope(a, from[r * width + j]);
          ds[r * width + j] = d;
          sum[j - begin] += d;
        }
      }
      for (std::int64_t j = begin; j < end; ++j) db[j] = sum[j - begin];
    }
  });
  gemm(true, false, out, in, rows, 1.0f, ds, out, x, in, 0.0f, &all->grad[weight], in);
  if (dx) {
    gemm(false, false, rows, in, out, 1.0f, ds, out, &all->value[weight], in, beta, dx, in);
  }
}

}  // namespace tapestry::bench
