#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/kl.hpp"
#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;

namespace {

struct Result {
  std::vector<double> sample, log_prob, kl, dloc, dscale;
  bool operator==(const Result&) const = default;
};

// Large enough that every loop is cut into pieces.
Result run(int threads) {
  const test::KeepThreads keep;
  set_threads(threads);
  Rng rng(3);
  Tape tape;
  const Tensor loc = tape.watch(rng.normal({500, 200}));
  const Tensor scale = tape.watch(rng.uniform({500, 200}) + 0.5);
  const prob::Normal q(loc, scale, 1);
  const Tensor z = q.rsample(rng);
  const Tensor log_prob = q.log_prob(z), kl = prob::kl(q, prob::StandardNormal({200}, 1));
  tape.backward(sum(log_prob) + sum(kl));
  const Result result{z.to_vector(), log_prob.to_vector(), kl.to_vector(),
                      tape.grad(loc).to_vector(), tape.grad(scale).to_vector()};
  return result;
}

}  // namespace

TEST_CASE("Normal: samples, densities and gradients have the same bits on one thread and four",
          "[prob][threads]") {
  CHECK((run(1) == run(4)));
}
