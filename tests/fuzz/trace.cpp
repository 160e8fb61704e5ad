// The JSON of a trace.
#include "autograd/debug/trace/trace.hpp"

#include "autograd/ops.hpp"
#include "fuzz/target.hpp"

namespace tapestry::fuzz {

namespace {

void read_trace(std::string_view input) {
  accepted<DataError>([&] {
    const debug::Trace trace = debug::from_json(input);
    const std::string text = debug::to_json(trace);
    must(debug::to_json(debug::from_json(text)) == text, "a trace read is written alike");
    debug::to_text(trace);
    debug::to_dot(trace);
  });
}

std::vector<std::string> trace_seeds() {
  Tape tape({.keep = Keep::all});
  const Tensor w = tape.watch(tensor({1.0, -2.0})).named("w");
  const Tensor loss = mean(exp(w) * tensor({0.25, 0.5}));
  return {debug::to_json(debug::trace(tape, loss, {.title = "seed", .values_up_to = 4}))};
}

}  // namespace

extern const Target kTrace{"trace", "the JSON of a trace", read_trace, trace_seeds, 400};

}  // namespace tapestry::fuzz
