#include <cblas.h>

#include <algorithm>

#include "contestant.hpp"

namespace tapestry::bench {
namespace {

// Floats that live as long as the contestant, 0.01 each: never subnormal, never special.
Tensor buffer(std::int64_t size) { return full({size}, 0.01, DType::f32); }

// C = op(A) op(B): OpenBLAS itself, without the library's way around it for a few rows.
void product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             const Tensor& a, std::int64_t lda, const Tensor& b, std::int64_t ldb, Tensor& c) {
  const auto flag = [](bool transpose) { return transpose ? CblasTrans : CblasNoTrans; };
  const auto size = [](std::int64_t value) { return static_cast<int>(value); };
  cblas_sgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), size(m), size(n), size(k), 1.0f,
              a.view<float>().data(), size(lda), b.view<float>().data(), size(ldb), 0.0f,
              c.mutate<float>().data(), size(n));
}

// One layer as matrices: maps [rows, out] = x [rows, in] weight^T, and the products of its gradients.
struct Products {
  std::int64_t rows, in, out;
  bool first;  ///< of the network: nobody asks for dx
  Tensor x = buffer(rows * in), weight = buffer(out * in), y = buffer(rows * out);
  Tensor dx = buffer(first ? 0 : rows * in), dweight = buffer(out * in);

  void forward() { product(false, true, rows, out, in, x, in, weight, in, y); }
  void backward() {
    product(true, false, out, in, rows, y, out, x, in, dweight);
    if (!first) product(false, false, rows, in, out, y, out, weight, in, dx);
  }
};

class Floor : public Contestant {
 public:
  explicit Floor(const Case& c) {
    const std::int64_t rows = c.batch, decoded = c.decoded(), pixels = c.model.rows * c.model.cols;
    if (c.model.kind == vae::VaeConfig::Kind::conv) {
      // Convolutions as products of [images * places, taps] and [taps, maps]: the whole batch at once.
      const std::int64_t half = pixels / 4, quarter = pixels / 16, flat = 64 * quarter;
      const std::int64_t dense = c.model.hidden[0], latent = c.model.latent;
      add(rows * half, 16, 32, true);
      add(rows * quarter, 32 * 16, 64);
      add(rows, flat, dense);
      add(rows, dense, latent);
      add(rows, dense, latent);
      add(decoded, latent, dense);
      add(decoded, dense, flat);
      add(decoded * quarter, 64, 32 * 16);
      add(decoded * half, 32, 16);
      return;
    }
    std::int64_t width = pixels;
    for (const std::int64_t next : c.model.hidden) add(rows, std::exchange(width, next), next);
    layers_.front().first = true;
    add(rows, width, c.model.latent);
    add(rows, width, c.model.latent);
    width = c.model.latent;
    for (auto next = c.model.hidden.rbegin(); next != c.model.hidden.rend(); ++next) {
      add(decoded, std::exchange(width, *next), *next);
    }
    add(decoded, width, pixels);
  }

  void step() override {
    for (Products& p : layers_) p.forward();
    for (auto p = layers_.rbegin(); p != layers_.rend(); ++p) p->backward();
  }

 private:
  void add(std::int64_t rows, std::int64_t in, std::int64_t out, bool first = false) {
    layers_.push_back({rows, in, out, first});
  }

  std::vector<Products> layers_;
};

}  // namespace

std::unique_ptr<Contestant> make_floor(const Case& c) { return std::make_unique<Floor>(c); }

}  // namespace tapestry::bench
