#include "autograd/kernels/short_slices.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("short slices: a thread keeps its nice value and its policy", "[autograd][threads]") {
  for (const int policy : {SCHED_OTHER, SCHED_BATCH}) {
    int nice = -1, after = -1;
    std::thread([&] {
      const auto me = static_cast<id_t>(gettid());
      const sched_param none{};
      sched_setscheduler(0, policy, &none);
      setpriority(PRIO_PROCESS, me, 7);
      ask_for_short_slices();
      nice = getpriority(PRIO_PROCESS, me);
      after = sched_getscheduler(0);
    }).join();
    CHECK(nice == 7);
    CHECK(after == policy);
  }
}
