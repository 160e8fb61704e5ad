#include "autograd/kernels/pieces.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <thread>
#include <utility>

#include "autograd/kernels/denormals.hpp"
#include "autograd/kernels/short_slices.hpp"
#include "autograd/threads.hpp"

namespace tapestry {
namespace {

using std::chrono::microseconds;
using Clock = std::chrono::steady_clock;

/// How long a helper without work spins before it sleeps: longer than a training step's serial parts.
constexpr microseconds kSpin{50};
/// How much longer than two of its own pieces a caller waits for a helper's last one.
constexpr microseconds kPatience{20};

/// Spins until ready() holds; false if that took longer than `most`.
template <class Ready>
bool spin_until(Ready ready, Clock::duration most) {
  const auto start = Clock::now();
  do {
    for (int i = 0; i < 64; ++i) {
      if (ready()) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  } while (Clock::now() - start < most);
  return false;
}

thread_local bool in_piece = false;
thread_local pid_t thread_id = 0;  // 0 = not asked for yet

pid_t this_thread() { return thread_id != 0 ? thread_id : thread_id = gettid(); }

/// Threads that share the pieces of a job with the calling thread. They are started when first needed;
/// between jobs they spin for a moment, then sleep. See docs/design/threads.md.
class Helpers {
 public:
  static Helpers& instance();
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  /// Does the job with up to `most` of them; the caller takes part. False, with nothing done, while
  /// they work for another caller.
  bool run(std::int64_t count, Piece piece, const void* job, int most);

 private:
  /// The pieces not yet taken, [front, back), in one word that changes at once. The caller
  /// takes from the front, helpers from the back: so jobs over one tensor give each thread about the
  /// elements that its cache holds.
  struct alignas(8) Open {
    std::uint32_t front, back;
  };
  struct Helper {
    std::atomic<pid_t> thread = 0;
    std::atomic<bool> works = false;  ///< it may hold a piece
  };

  Helpers();
  void hire(int wanted);
  void help(int index);
  void publish(std::uint32_t count, Piece piece, const void* job);
  bool take_first(std::uint32_t& i);
  bool take_last(std::uint32_t& i);
  void wait_for(std::uint32_t pieces, Clock::duration patience);
  void leave_processor_of_caller() const;

  std::atomic_flag taken_;  ///< by a caller
  std::array<Helper, kMaxThreads - 1> helpers_;
  int hired_ = 0;
  std::atomic<int> wanted_ = 0;  ///< helpers with an index below take part

  // The job, written by the caller before `open_`, read by whoever has taken a piece of it.
  Piece piece_ = nullptr;
  const void* job_ = nullptr;
  std::atomic<pid_t> caller_ = 0;
  std::atomic<int> processor_ = -1;  ///< the caller's
  alignas(64) std::atomic<Open> open_ = Open{};
  alignas(64) std::atomic<std::uint32_t> done_ = 0;  ///< pieces that helpers have done
  alignas(64) std::atomic<std::uint32_t> bell_ = 0;  ///< changes to wake sleeping helpers
  std::atomic<int> sleepers_ = 0;
};

Helpers& Helpers::instance() {
  static Helpers& helpers = *new Helpers;  // never destroyed: its threads outlive main
  return helpers;
}

Helpers::Helpers() {
  // A child process has none of its parent's threads: it starts its own.
  pthread_atfork(nullptr, nullptr, [] {
    thread_id = 0;
    Helpers& h = instance();
    h.hired_ = 0;
    h.sleepers_ = 0;
    h.open_ = Open{};
    h.taken_.clear();
  });
}

bool Helpers::run(std::int64_t count, Piece piece, const void* job, int most) {
  if (taken_.test_and_set()) return false;
  const auto start = Clock::now();
  hire(most);
  wanted_ = most;
  publish(static_cast<std::uint32_t>(count), piece, job);
  std::uint32_t own = 0;
  for (std::uint32_t i; take_first(i); ++own) piece(job, i);
  if (own < count) {
    const auto each = (Clock::now() - start) / std::max(own, 1u);
    wait_for(static_cast<std::uint32_t>(count) - own, kPatience + 2 * each);
  }
  taken_.clear();
  return true;
}

void Helpers::hire(int wanted) {
  if (hired_ >= wanted) return;
  sigset_t all, before;  // signals are for the program's own threads
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    for (; hired_ < wanted; ++hired_) std::thread(&Helpers::help, this, hired_).detach();
  } catch (const std::exception&) {  // no more threads, or no memory: go on with those that started
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Helpers::publish(std::uint32_t count, Piece piece, const void* job) {
  piece_ = piece;
  job_ = job;
  caller_ = this_thread();
  processor_ = sched_getcpu();
  done_ = 0;
  open_ = Open{0, count};
  if (sleepers_ > 0) {
    ++bell_;
    bell_.notify_all();
  }
}

bool Helpers::take_first(std::uint32_t& i) {
  Open o = open_;
  while (o.front < o.back) {
    if (open_.compare_exchange_weak(o, {o.front + 1, o.back})) {
      i = o.front;
      return true;
    }
  }
  return false;
}

bool Helpers::take_last(std::uint32_t& i) {
  Open o = open_;
  while (o.front < o.back) {
    if (open_.compare_exchange_weak(o, {o.front, o.back - 1})) {
      i = o.back - 1;
      return true;
    }
  }
  return false;
}

// A helper that takes so long has been paused: another program has its processor. The caller moves
// it to its own processor and sleeps meanwhile.
void Helpers::wait_for(std::uint32_t pieces, Clock::duration patience) {
  if (spin_until([&] { return done_ == pieces; }, patience)) return;
  cpu_set_t own;
  CPU_ZERO(&own);
  CPU_SET(sched_getcpu(), &own);
  for (int i = 0; i < hired_; ++i) {
    const Helper& h = helpers_[static_cast<std::size_t>(i)];
    if (h.works && h.thread != 0) sched_setaffinity(h.thread, sizeof own, &own);
  }
  for (std::uint32_t seen; (seen = done_) != pieces;) done_.wait(seen);
}

// Two threads on one processor would take turns instead of working in parallel.
void Helpers::leave_processor_of_caller() const {
  const int here = sched_getcpu();
  cpu_set_t others;
  if (here != processor_ || sched_getaffinity(caller_, sizeof others, &others) != 0) return;
  CPU_CLR(here, &others);
  if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
}

void Helpers::help(int index) {
  const FlushDenormals flush;
  ask_for_short_slices();
  in_piece = true;
  Helper& me = helpers_[static_cast<std::size_t>(index)];
  me.thread = this_thread();
  const auto called = [&] {
    const Open o = open_;
    return index < wanted_ && o.front < o.back;
  };
  for (;;) {
    if (!spin_until(called, kSpin)) {
      const std::uint32_t bell = bell_;
      ++sleepers_;
      if (!called()) bell_.wait(bell);
      --sleepers_;
      continue;
    }
    leave_processor_of_caller();
    me.works = true;
    // Asked again: a helper that was paused here may have been called for an earlier, wider job.
    for (std::uint32_t i; index < wanted_ && take_last(i);) {
      piece_(job_, i);
      ++done_;
      done_.notify_one();
    }
    me.works = false;
    leave_processor_of_caller();
  }
}

}  // namespace

bool inside_piece() { return in_piece; }

void run_pieces(std::int64_t count, Piece piece, const void* job) {
  const FlushDenormals flush;
  const bool outermost = !std::exchange(in_piece, true);
  const int helpers = threads() - 1;
  const bool shared =
      outermost && helpers > 0 && count <= std::numeric_limits<std::uint32_t>::max();
  if (!shared || !Helpers::instance().run(count, piece, job, helpers)) {
    for (std::int64_t i = 0; i < count; ++i) piece(job, i);
  }
  if (outermost) in_piece = false;
}

}  // namespace tapestry
