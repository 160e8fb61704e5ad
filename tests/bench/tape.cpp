#include "tape.hpp"

#include "threads.hpp"

#include "autograd/ops.hpp"
#include "autograd/storage.hpp"
#include "autograd/tape.hpp"
#include "count_mallocs.hpp"
#include "report.hpp"

namespace tapestry::bench {
namespace {

// A chain of `nodes` cheap ops, half with one operand and half with two, whose values stay near 1.
Tensor chain(const Tensor& start, int nodes) {
  Tensor x = start;
  for (int i = 0; i < nodes; i += 4) {
    x = neg(x);
    x = x * start;
    x = neg(x);
    x = x * start;
  }
  return x;
}

struct Times {
  Rounds forward, backward;
};

Times time_chain(const Tensor& value, int nodes, const Effort& effort) {
  double forward = 0, backward = 0;
  const auto once = [&] {
    const double t0 = seconds_now();
    Tape tape;
    const Tensor start = tape.watch(value);
    const Tensor end = chain(start, nodes);
    const double t1 = seconds_now();
    tape.backward(end, ones_like(end));
    forward += t1 - t0;
    backward += seconds_now() - t1;
  };
  once();
  Times times;
  for (int round = 0; round < effort.rounds; ++round) {
    forward = backward = 0;
    double count = 0;
    while (forward + backward < effort.seconds) {
      once();
      count += nodes;
    }
    times.forward.push_back(1e9 * forward / count);
    times.backward.push_back(1e9 * backward / count);
  }
  return times;
}

}  // namespace

nlohmann::json bench_tape(const Effort& effort) {
  use_threads(1);
  nlohmann::json results = nlohmann::json::array();
  Table table(
      {"tape", "nodes", "forward ns", "backward ns", "sum ns", "mallocs", "tape bytes/node"});
  for (const std::int64_t width : {1, 256}) {
    for (const int nodes : {100, 1000, 10000, 100000}) {
      const Tensor value = width == 1 ? full({}, 1, DType::f32) : full({width}, 1, DType::f32);
      const Times times = time_chain(value, nodes, effort);
      // One more step in the steady state, with everything counted that it takes.
      const std::uint64_t before = malloc_calls();
      const std::size_t in_use = pool_stats().in_use;
      std::uint64_t mallocs = 0;
      double bytes = 0;
      {
        Tape tape;
        const Tensor start = tape.watch(value);
        const Tensor end = chain(start, nodes);
        bytes = static_cast<double>(pool_stats().in_use - in_use) +
                static_cast<double>(tape.nodes().size() * sizeof(Node));
        tape.backward(end, ones_like(end));
        mallocs = malloc_calls() - before;
      }
      Rounds sum = times.forward;
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += times.backward[i];
      table.add({width == 1 ? "scalars" : "1 KiB tensors", fmt::format("{}", nodes),
                 number(median(times.forward)), number(median(times.backward)), number(median(sum)),
                 fmt::format("{}", mallocs), number(bytes / nodes)});
      table.show();
      results.push_back({{"floats", width},
                         {"nodes", nodes},
                         {"forward_ns", times.forward},
                         {"backward_ns", times.backward},
                         {"mallocs", mallocs},
                         {"bytes_per_node", bytes / nodes}});
    }
  }
  fmt::print("sizeof(Node) = {} bytes, sizeof(Tensor) = {} bytes\n", sizeof(Node), sizeof(Tensor));
  return results;
}

}  // namespace tapestry::bench
