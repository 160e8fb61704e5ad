#include "vae/pictures/gnuplot.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

extern char** environ;

namespace tapestry::vae {
namespace {

namespace fs = std::filesystem;

/// Runs gnuplot on a script, silently; returns the fault, or an empty text.
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

std::string gnuplot_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? "''" : std::string(1, c);  // only the quote is special
  return out + "'";
}

std::string draw_with_gnuplot(const fs::path& picture, const std::string& script) {
  fs::path part = picture, script_path = picture;
  part += ".part";
  script_path += ".gnuplot";
  std::string fault;
  std::ofstream file(script_path);
  file << "set output " << gnuplot_quoted(part.string()) << '\n' << script;
  if (!file.flush()) {
    fault = fmt::format("cannot write {}", script_path.string());
  } else {
    fault = run_gnuplot(script_path);
  }
  std::error_code code;
  if (fault.empty()) {
    fs::rename(part, picture, code);
    if (code) fault = code.message();
  }
  fs::remove(part, code);
  fs::remove(script_path, code);
  return fault.empty() ? "" : fmt::format("no {}: {}", picture.filename().string(), fault);
}

}  // namespace tapestry::vae
