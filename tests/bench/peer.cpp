#include "peer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "autograd/error.hpp"
#include "noiseless.hpp"

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
    end();
    throw DataError(fmt::format("{}: it does not say what it is", script));
  } catch (...) {
    end();
    throw;
  }
}

Peer::~Peer() { end(); }

void Peer::end() {
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

nlohmann::json Peer::ask(const std::string& request) {
  std::fprintf(to_, "%s\n", request.c_str());
  std::fflush(to_);
  nlohmann::json answer = nlohmann::json::parse(read_line());
  if (answer.contains("error")) {
    throw DataError(fmt::format("{}, {}: {}", name_, answer.value("case", ""),
                                answer["error"].get<std::string>()));
  }
  return answer;
}

void Peer::prepare(const Case& c, const State& state) {
  const nlohmann::json answer =
      ask(state.file.empty() ? c.name + " 0" : fmt::format("{} 0 {}", c.name, state.file.string()));
  if (state.file.empty()) return;
  const auto ours = noiseless_losses(c, state);
  const auto theirs = answer.at("noiseless").get<std::array<double, 2>>();
  for (std::size_t i = 0; i < ours.size(); ++i) {
    check<DataError>(std::abs(theirs[i] - ours[i]) <= 1e-4 * std::abs(ours[i]),
                     "{}, {}: from the same state its loss without noise in step {} is {}, but {} "
                     "in Tapestry: not the same step",
                     name_, c.name, i + 1, theirs[i], ours[i]);
  }
}

double Peer::run(const Case& c, double seconds) {
  return ask(fmt::format("{} {}", c.name, seconds)).at("ms");
}

std::int64_t Peer::drop(const Case& c) { return ask("drop " + c.name).at("denormals"); }

}  // namespace tapestry::bench
