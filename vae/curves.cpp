#include "vae/curves.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <system_error>

extern char** environ;

namespace tapestry::vae {
namespace {

namespace fs = std::filesystem;

/// A gnuplot string in single quotes, in which only the quote itself is special.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

/// How far apart the marks of the epochs are, so that there are at most about ten.
int epochs_between_marks(int epochs) {
  for (const int step : {1, 2, 5, 10, 20, 50, 100, 200, 500}) {
    if (epochs <= 10 * step) return step;
  }
  return 1000;
}

/// One line of numbers for gnuplot; what is not finite leaves a gap in the curve.
std::string data_line(const CurvePoint& point) {
  std::string line = fmt::format("{}", point.epoch);
  for (const double value :
       {point.train_neg_elbo, point.test_neg_elbo, point.test_neg_log_lik, point.test_kl}) {
    line += std::isfinite(value) ? fmt::format(" {:.6g}", value) : " NaN";
  }
  return line + "\n";
}

std::string script(const fs::path& picture, const std::string& title,
                   const std::vector<CurvePoint>& points) {
  const int first = points.front().epoch, last = points.back().epoch;
  std::string text = "$runs << EOD\n";
  for (const CurvePoint& point : points) text += data_line(point);
  text += "EOD\n";
  text += fmt::format("set output {}\n", quoted(picture.string()));
  text += R"(set terminal pngcairo size 1500,520 font 'Sans,13' background '#ffffff'
set border 3 linecolor '#808080'
set tics nomirror textcolor '#404040'
set grid ytics linecolor '#d4d4d4' linewidth 1
set style data linespoints
set linetype 1 linecolor '#9aa5b1' linewidth 3 pointtype 7 pointsize 0.9
set linetype 2 linecolor '#1f6fb4' linewidth 3 pointtype 7 pointsize 0.9
set linetype 3 linecolor '#c8553d' linewidth 3 pointtype 7 pointsize 0.9
set linetype 4 linecolor '#3f8f5b' linewidth 3 pointtype 7 pointsize 0.9
set key top right noenhanced samplen 2 spacing 1.2
set lmargin 9
set bmargin 3.5
set xlabel 'epoch'
)";
  text += fmt::format("set xrange [{}:{}]\n", first - 0.5, last + 0.5);
  text += fmt::format("set xtics {}\n", epochs_between_marks(last - first + 1));
  text +=
      fmt::format("set multiplot layout 1,3 title {} noenhanced font 'Sans,15'\n", quoted(title));
  text += R"(set ylabel 'nats per image'
set title 'bound: -ELBO'
plot $runs using 1:2 title 'train' linetype 1, $runs using 1:3 title 'test' linetype 2
unset ylabel
set title 'reconstruction: -E log p(x|z)'
plot $runs using 1:4 title 'test' linetype 3
set title 'KL(q(z|x) || p(z))'
set key bottom right
plot $runs using 1:5 title 'test' linetype 4
unset multiplot
)";
  return text;
}

/// Runs gnuplot on a script, silently; returns what went wrong, or an empty text.
std::string run_gnuplot(const fs::path& script_path) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  }
  std::string program = "gnuplot", argument = script_path.string();
  std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int code =
      posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code == ENOENT) return "gnuplot is not installed (Debian's package gnuplot-nox)";
  if (code != 0) return fmt::format("gnuplot cannot be started: {}", std::strerror(code));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : "gnuplot failed";
}

}  // namespace

std::string write_curves(const fs::path& path, const std::string& title,
                         const std::vector<CurvePoint>& points) {
  if (points.empty()) return fmt::format("no {}: no epoch is finished", path.filename().string());
  fs::path part = path, script_path = path;
  part += ".part";
  script_path += ".gnuplot";
  std::string fault;
  if (std::ofstream file(script_path); !(file << script(part, title, points)).flush()) {
    fault = fmt::format("cannot write {}", script_path.string());
  } else {
    fault = run_gnuplot(script_path);
  }
  std::error_code code;
  if (fault.empty()) {
    fs::rename(part, path, code);
    if (code) fault = code.message();
  }
  fs::remove(part, code);
  fs::remove(script_path, code);
  return fault.empty() ? "" : fmt::format("no {}: {}", path.filename().string(), fault);
}

}  // namespace tapestry::vae
