// The program of both outside projects: a gradient through the libraries as they are seen from there.
#include <cmath>
#include <cstdio>

#include "autograd/autograd.hpp"
#if __has_include("vae/vae.hpp")
#  include "vae/vae.hpp"
#endif

int main() {
  using namespace tapestry;
  Parameter w("w", tensor({1.0, 2.0, 3.0}));
  Tape tape;
  Tensor loss = sum(w * w);
  tape.backward(loss);
  const double slope = sum(w.grad()).item();  // of w1^2 + w2^2 + w3^2: 2 (w1 + w2 + w3)
  std::printf("loss %g, sum of the gradient %g\n", loss.item(), slope);
  return std::abs(loss.item() - 14) < 1e-6 && std::abs(slope - 12) < 1e-6 ? 0 : 1;
}
