#include "autograd/observer.hpp"

namespace tapestry {

constinit thread_local ObserverScope* ObserverScope::innermost_ = nullptr;
constinit thread_local bool ObserverScope::deaf_ = false;

ObserverScope::ObserverScope(Observer& observer) : observer_(observer), outer_(innermost_) {
  innermost_ = this;
}

// A scope opened inside a callback can outlive the ones around it, so search the list for this one.
ObserverScope::~ObserverScope() {
  ObserverScope** link = &innermost_;
  while (*link != this) link = &(*link)->outer_;
  *link = outer_;
}

}  // namespace tapestry

volatile int tapestry_debug_stops = 0;
const int tapestry_debug_abi = 1;

// Never inlined or cloned, and it pretends to use its arguments: they are in place when a breakpoint
// stops on it.
[[gnu::noinline, gnu::used]] void tapestry_debug_node(const tapestry::Tape* tape, std::int32_t node,
                                                      int phase) {
  asm volatile("" : : "r"(tape), "r"(node), "r"(phase));
}

#ifdef TAPESTRY_GDB_SCRIPT
// gdb reads this section of a program and loads the script that it names, if the user's auto-load
// safe-path allows it. The byte 1 says: a file, in Python.
asm(".pushsection \".debug_gdb_scripts\", \"MS\",@progbits,1\n"
    ".byte 1\n"
    ".asciz \"" TAPESTRY_GDB_SCRIPT
    "\"\n"
    ".popsection");
#endif
