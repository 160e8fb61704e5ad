// Commands typed into the stepper.
#include "autograd/debug/screen/stepper.hpp"

#include <memory>

#include "autograd/backward.hpp"
#include "autograd/ops.hpp"
#include "fuzz/target.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"

namespace tapestry::fuzz {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// A tape with a module, labels, a parameter, a detached branch, and an infinite gradient.
struct Recorded {
  nn::Linear layer{2, 2, Activation::tanh};
  Tape tape{{.keep = Keep::all}};
  Tensor loss;

  Recorded() {
    nn::init::torch_default(layer, Rng(1));
    const Tensor b = tape.watch(tensor({0.0, 4.0})).named("b");
    const Tensor h = layer(tensor({{0.5, -1.0}, {1.0, 2.0}})).named("h");
    loss = mean(square(h)) + sum(sqrt(b)) + sum(exp(b).detach());
  }
};

// `html` writes files.
std::string without_html(std::string_view input) {
  std::string script;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    const std::size_t word = line.find_first_not_of(" \t");
    if (word == line.npos || !line.substr(word).starts_with("ht"))
      script += std::string(line) + '\n';
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return script;
}

void obey_commands(std::string_view input) {
  static Recorded& recorded = *new Recorded;
  static std::FILE* const nowhere = std::fopen("/dev/null", "w");
  std::string script = without_html(input);
  if (script.empty()) return;
  const File in(fmemopen(script.data(), script.size(), "r"));
  debug::LineReader lines(in.get(), nowhere);
  debug::Session session(recorded.tape, recorded.loss);
  debug::Stepper(session, lines, nowhere).talk();
}

std::vector<std::string> stepper_seeds() {
  return {"s\nsi\nsi\nu\nn\nf\nc\n",
          "b exp\nb 3\nb stepper.cpp:30\nb h\nb layer*\nb op tanh\nb\nc\nc\nd 1\nd 9\nrestart\n",
          "w any nan\nw b norm>0.1\nw h [1,0]\nw h ratio>2\nw any zero\nw any sign\nw weight "
          "version\nc\nc\n",
          "to b\np y\np x[0,:1]\np db\np 4\np d4\np h[-1]\nstat y\nstat dx\nx [0,1]\nx []\n",
          "s 3\n.\nup\ndown\ndown 1\nup 7\nl\nl 0-40\nl layer*\nsrc\nsrc 2\n",
          "c\ngrad\ngrad b\nfrom\nfrom h\npath\npath b\ncheck\ncheck all\nwhy\nwhy b\nwhy weight\n",
          "help\nhelp watch\nh nothing\nzzz\n\n# a comment\ns 2 # steps\n\n\nq\n"};
}

}  // namespace

extern const Target kStepper{"stepper", "commands of the stepper", obey_commands, stepper_seeds,
                             1 << 20};

}  // namespace tapestry::fuzz
