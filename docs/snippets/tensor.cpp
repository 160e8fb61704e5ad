// What a tensor is and what can be done with it.

#include "autograd/autograd.hpp"

using namespace tapestry;

int main() {
  // region make
  const Tensor a = tensor({{1, 2, 3}, {4, 5, 6}});
  const Tensor b = tensor({10, 20, 30});
  fmt::print("a        {}\n", a);
  fmt::print("zeros    {}\n", zeros({2, 2}));
  fmt::print("arange   {}\n", arange(4));
  fmt::print("a has {} axes, {} numbers, and its last one is {}\n", a.rank(), a.size(),
             a.at({-1, -1}));
  // end

  // region ops
  fmt::print("a + b    {}\n", a + b);
  fmt::print("2 a      {}\n", 2.0 * a);
  fmt::print("sum      {}\n", sum(a));
  fmt::print("columns  {}\n", sum(a, 0));
  fmt::print("rows     {}\n", mean(a, 1));
  fmt::print("a a^T    {}\n", matmul(a, transpose(a)));
  // end

  // region handles
  const Tensor c = a;                    // a second handle on the same numbers
  const Tensor d = reshape(a, {3, -1});  // -1: whatever fits
  fmt::print("same numbers in memory? {}\n", c.shares_storage(a) ? "yes" : "no");
  fmt::print("reshaped {}\n", d);
  // end

  // region error
  try {
    matmul(a, a);
  } catch (const ShapeError& error) {
    fmt::print("{}\n", error.what());
  }
  // end
}
