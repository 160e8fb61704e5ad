#include "peer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "autograd/error.hpp"

namespace tapestry::bench {

Peer::Peer(const std::string& python, const std::string& script, const std::string& mode,
           int threads)
    : script_(script) {
  int requests[2], answers[2];
  // Close on exec: a peer that held the ends of another one's pipes would keep it from ending.
  if (pipe2(requests, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
    throw DataError("no pipe to a peer could be made");
  const std::string count = std::to_string(threads);
  process_ = fork();
  if (process_ == 0) {
    dup2(requests[0], STDIN_FILENO);
    dup2(answers[1], STDOUT_FILENO);
    execlp(python.c_str(), python.c_str(), script.c_str(), "--threads", count.c_str(), "--mode",
           mode.c_str(), nullptr);
    _exit(127);
  }
  close(requests[0]);
  close(answers[1]);
  to_ = fdopen(requests[1], "w");
  from_ = fdopen(answers[0], "r");
  signal(SIGPIPE, SIG_IGN);  // a peer that died is told by its missing answer
  try {
    const auto hello = nlohmann::json::parse(read_line());
    name_ = fmt::format("{} {} {}", hello.at("peer").get<std::string>(),
                        hello.at("version").get<std::string>(), mode);
  } catch (const nlohmann::json::exception&) {
    throw DataError(fmt::format("{}: it does not say what it is", script));
  }
}

Peer::~Peer() {
  if (to_) std::fclose(to_);  // the end of its input is its end
  if (from_) std::fclose(from_);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

std::string Peer::read_line() {
  std::string line;
  for (int c; (c = std::fgetc(from_)) != EOF && c != '\n';) line += static_cast<char>(c);
  if (line.empty()) throw DataError(fmt::format("{}: the program ended", script_));
  return line;
}

std::string Peer::ask(const std::string& request) {
  std::fprintf(to_, "%s\n", request.c_str());
  std::fflush(to_);
  return read_line();
}

double Peer::run(const std::string& name_of_case, double seconds) {
  const auto answer = nlohmann::json::parse(ask(fmt::format("{} {}", name_of_case, seconds)));
  if (answer.contains("error")) {
    throw DataError(
        fmt::format("{}, {}: {}", name_, name_of_case, answer["error"].get<std::string>()));
  }
  return answer.at("ms");
}

void Peer::drop(const std::string& name_of_case) { ask("drop " + name_of_case); }

}  // namespace tapestry::bench
