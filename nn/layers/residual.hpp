#pragma once

#include "nn/layers/sequential.hpp"

namespace tapestry::nn {

/// x + scale * (the layers one after the other)(x), for layers that keep the shape of x (He, Zhang, Ren and Sun 2016).
/// A small scale starts a deep network near the identity (Vahdat and Kautz 2020: 0.1).
///
///     Residual cell(0.1);
///     cell.add<BatchNorm>(16).add<Silu>().add<Conv2d>(16, 16, 3, ConvOptions{.padding = 1});
class Residual : public Sequential {
 public:
  explicit Residual(double scale = 1) : scale_(scale) {}
  std::string describe() const override;

 protected:
  /// ShapeError when the layers change the shape.
  Tensor forward(const Tensor& x) override;

 private:
  const double scale_;
};

}  // namespace tapestry::nn
