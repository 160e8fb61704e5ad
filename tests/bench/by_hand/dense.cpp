#include "by_hand/dense.hpp"

#include <cmath>
#include <numeric>

#include "autograd/kernels/blas.hpp"
#include "contestant.hpp"

namespace tapestry::bench {

Parameters::Parameters(const Case& c) {
  const auto model = initial_model(c);
  for (const Parameter* p : model->parameters()) {
    const auto values = p->value().view<float>();
    value.insert(value.end(), values.begin(), values.end());
  }
  grad.resize(value.size());
  m.resize(value.size());
  v.resize(value.size());
  place.resize(value.size());
  std::iota(place.begin(), place.end(), std::size_t{0});
}

void Parameters::swap_axes(std::size_t begin, std::int64_t outer, std::int64_t a, std::int64_t b,
                           std::int64_t inner) {
  const Floats given = value;
  std::size_t to = begin;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t j = 0; j < b; ++j) {
      for (std::int64_t i = 0; i < a; ++i) {
        for (std::int64_t k = 0; k < inner; ++k, ++to) {
          place[to] = begin + at(((o * a + i) * b + j) * inner + k);
          value[to] = given[place[to]];
        }
      }
    }
  }
}

std::vector<float> Parameters::gradients() const {
  std::vector<float> all(grad.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[place[i]] = grad[i];
  return all;
}

void Parameters::adam() {
  ++steps;
  const auto t = static_cast<double>(steps);
  const auto rate = static_cast<float>(1e-3 / (1 - std::pow(0.9, t)));
  const auto scale = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)));
  const auto n = static_cast<std::int64_t>(value.size());
  float *p = value.data(), *mean = m.data(), *square = v.data();
  const float* g = grad.data();
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < n; ++i) {
    mean[i] += 0.1f * (g[i] - mean[i]);
    square[i] = 0.999f * square[i] + 0.001f * g[i] * g[i];
    p[i] -= rate * mean[i] / (std::sqrt(square[i]) * scale + 1e-8f);
  }
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
#pragma omp parallel for if (rows * n > 16384)
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
    for (std::int64_t j = 0; j < n; ++j) to[r * n + j] = activate(a, to[r * n + j] + b[j]);
  }
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
#pragma omp parallel for if (height * width > 32768) schedule(static)
  for (std::int64_t begin = 0; begin < width; begin += 64) {
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
  gemm(true, false, out, in, rows, 1.0f, ds, out, x, in, 0.0f, &all->grad[weight], in);
  if (dx) {
    gemm(false, false, rows, in, out, 1.0f, ds, out, &all->value[weight], in, beta, dx, in);
  }
}

}  // namespace tapestry::bench
