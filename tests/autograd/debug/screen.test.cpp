#include "autograd/debug/screen/screen.hpp"

#include <sstream>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"

namespace tapestry {

TEST_CASE("a formula that is longer than the line goes on in the next, equation by equation",
          "[autograd][debug]") {
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({{1.0, 2.0, 4.0}})), one = ones({3});
  const Tensor y = layer_norm(x, one, one), loss = sum(y);
  debug::Session session(tape, loss);
  std::string words_at_full_width;
  for (const int width : {0, 200, 120, 80, 60, 44}) {
    CAPTURE(width);
    const std::string text = debug::screen(session, y.node().index, width);
    std::istringstream screen(text);
    std::string line, words;
    while (std::getline(screen, line) && !line.starts_with("  y = ")) {}
    int lines = 0;
    for (; screen && !line.starts_with("  x  "); std::getline(screen, line), ++lines) {
      if (width) CHECK(line.size() <= static_cast<std::size_t>(width));
      for (std::istringstream in(line); in >> line;) words += line + ' ';
    }
    if (width == 0) words_at_full_width = words;
    CHECK(words == words_at_full_width);
    CHECK(lines >= (width == 0 || width == 200 ? 1 : width == 120 ? 2 : 4));
    if (width == 0 || width > 100) CHECK(lines <= 2);
    // An equation begins a line of its own, as far in as the first; what goes on stands further in.
    if (width == 44) CHECK(text.find("\n  dweight += ") != std::string::npos);
  }
}

}  // namespace tapestry
