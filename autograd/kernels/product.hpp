#pragma once

#include <cstdint>

namespace tapestry {

/// C = alpha op(A) op(B) + beta C, as in gemm.
template <class T>
struct Product {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
  T alpha;
  const T* a;
  std::int64_t lda;
  const T* b;
  std::int64_t ldb;
  T beta;
  T* c;
  std::int64_t ldc;

  /// Some rows of C: a product with the same rows of op(A).
  Product rows(std::int64_t first, std::int64_t count) const {
    Product p = *this;
    p.m = count;
    p.a += transpose_a ? first : first * lda;
    p.c += first * ldc;
    return p;
  }
  /// Some columns of C: a product with the same columns of op(B).
  Product columns(std::int64_t first, std::int64_t count) const {
    Product p = *this;
    p.n = count;
    p.b += transpose_b ? first * ldb : first;
    p.c += first;
    return p;
  }
  /// Some terms of each sum over k. The product is the first terms', to which the others are added.
  Product terms(std::int64_t first, std::int64_t count) const {
    Product p = *this;
    p.k = count;
    p.a += transpose_a ? first * lda : first;
    p.b += transpose_b ? first : first * ldb;
    if (first > 0) p.beta = 1;
    return p;
  }
};

/// OpenBLAS's, on the calling thread alone.
void multiply(const Product<float>& p);
void multiply(const Product<double>& p);

}  // namespace tapestry
