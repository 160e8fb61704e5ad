#include "autograd/debug/environment.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cstdlib>
#include <memory>

#include "autograd/autograd.hpp"
#include "autograd/debug/health_scope.hpp"
#include "autograd/debug/names.hpp"
#include "autograd/debug/screen/stepper.hpp"
#include "autograd/debug/trace/html.hpp"

extern "C" const int tapestry_debug_environment;

namespace tapestry::debug {
namespace {

std::filesystem::path page_folder = ".";

// tape.html, or if that exists tape-2.html and so on.
std::filesystem::path free_page() {
  std::filesystem::path path = page_folder / "tape.html";
  for (int n = 2; std::filesystem::exists(path); ++n)
    path = page_folder / fmt::format("tape-{}.html", n);
  return path;
}

// Observes all tapes from before main; runs the mode's action at the chosen pass.
class Switch : private Observer {
 public:
  Switch(std::string mode, int pass)
      : mode_(std::move(mode)), pass_(pass), looking_on_(static_cast<Observer&>(*this)) {}

 private:
  bool wants_all_values() const override { return its_turn(); }
  bool its_turn() const { return seen_ == pass_ - 1; }

  void opened(Tape& tape) override {
    if (mode_ != "forward" || !its_turn() || session_) return;
    open_lines();
    fmt::print("forward pass {}; help lists the commands\n", pass_);
    serial_ = tape.serial();
    session_ = std::make_unique<Session>(tape, [this](Session&) { stepper_->talk(); });
    stepper_ = std::make_unique<Stepper>(*session_, *lines_, stdout);
  }

  void sweep_begins(Tape& tape, const Tensor& y, const Tensor&, SourceLoc where) override {
    if (session_ && tape.serial() != serial_)
      forget();  // of a tape that nobody swept, and that may be gone
    const bool now = its_turn();
    ++seen_;
    if (!now) return;
    if (y.size() != 1) {
      fmt::print("backward pass {}, called at {}, starts from {} numbers with a seed: not shown\n",
                 pass_, place_text(where), y.size());
      return;
    }
    if (mode_ == "html") {
      const auto path = free_page();
      write_html(trace(tape, y), path);
      fmt::print("wrote {}: backward pass {}, called at {}\n", path.string(), pass_,
                 place_text(where));
      return;
    }
    if (stepper_ && stepper_->quit()) return;
    fmt::print("backward pass {}, called at {}; help lists the commands\n", pass_,
               place_text(where));
    if (session_) {
      session_->reverse(y);
      stepper_->talk();
    } else {
      open_lines();
      Session session(tape, y);
      Stepper(session, *lines_, stdout).talk();
    }
    std::fflush(stdout);
  }

  void sweep_ends(const Tape& tape) override {  // the tape may be destroyed after this
    if (tape.serial() == serial_) forget();
  }

  void forget() {
    stepper_.reset();
    session_.reset();
  }

  void open_lines() {
    if (lines_) return;
    std::FILE* in = stdin;
    if (const char* script = std::getenv("TAPESTRY_SCRIPT")) {
      in = std::fopen(script, "r");
      check<ConfigError>(in != nullptr, "TAPESTRY_SCRIPT={}: cannot read the commands", script);
    }
    lines_ = std::make_unique<LineReader>(in, stdout);
  }

  const std::string mode_;
  const int pass_;
  int seen_ = 0;
  std::uint32_t serial_ = 0;  ///< of the tape of session_
  std::unique_ptr<LineReader> lines_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Stepper> stepper_;
  ObserverScope looking_on_;
};

// Reads TAPESTRY_DEBUG when the program starts.
std::unique_ptr<Switch> read_environment() {
  const char* variable = std::getenv("TAPESTRY_DEBUG");
  if (!variable || !*variable) return nullptr;
  const std::string_view text = variable;
  if (text == "nan") {
    static const HealthScope until_the_end(Health::nodes);
    return nullptr;
  }
  const std::size_t colon = text.find(':');
  const std::string mode(text.substr(0, colon));
  int pass = 1;
  bool ok = mode == "step" || mode == "forward" || mode == "html";
  if (colon != text.npos) {
    const auto [end, fault] =
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), pass);
    ok = ok && fault == std::errc() && end == text.data() + text.size() && pass >= 1;
  }
  if (ok) return std::make_unique<Switch>(mode, pass);
  fmt::print(stderr,
             "TAPESTRY_DEBUG={}: must be nan, or step, forward or html, these perhaps with the "
             "number of the backward pass, as in step:5\n",
             text);
  std::exit(2);
}

const std::unique_ptr<Switch> the_switch = read_environment();

}  // namespace

void set_page_folder(const std::filesystem::path& to) { page_folder = to; }

}  // namespace tapestry::debug

/// CMake links every program with this symbol, so that this file is linked though nothing calls it.
extern "C" const int tapestry_debug_environment = 1;
