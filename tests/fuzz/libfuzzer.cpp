// What libFuzzer calls. One program for all targets:
//
//     TAPESTRY_FUZZ=list        prints their names
//     TAPESTRY_FUZZ=seeds       writes TARGET/N into the folder that is the argument
//     TAPESTRY_FUZZ=TARGET      fuzzes it, with libFuzzer's flags
//
// tests/fuzz/run does all three.
#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fuzz/target.hpp"

using namespace tapestry::fuzz;

namespace {

const Target* target = nullptr;

// Bytes allocated now and at most, of which the sanitizer tells each change.
std::ptrdiff_t held = 0, peak = 0;

void allocated(const volatile void*, std::size_t bytes) {
  held += static_cast<std::ptrdiff_t>(bytes);
  peak = std::max(peak, held);
}
void freed(const volatile void* memory) {
  if (memory) held -= static_cast<std::ptrdiff_t>(__sanitizer_get_allocated_size(memory));
}

// Caches that are made once, messages, zlib's window and the buffers of a file.
constexpr std::size_t kFixed = 512 << 10;

void write_seeds(const std::filesystem::path& folder) {
  for (const Target& t : targets()) {
    std::filesystem::create_directories(folder / t.name);
    int number = 0;
    for (const std::string& seed : t.seeds())
      std::ofstream(folder / t.name / std::to_string(number++), std::ios::binary) << seed;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t, std::size_t);

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const char* wanted = std::getenv("TAPESTRY_FUZZ");
  const std::string_view name = wanted ? wanted : "";
  if (name == "list")
    for (const Target& t : targets()) std::printf("%-14s %s\n", t.name, t.reads);
  if (name == "seeds" && *argc == 2) write_seeds((*argv)[1]);
  if (name == "list" || name == "seeds") std::exit(0);
  const auto found =
      std::ranges::find_if(targets(), [&](const Target& t) { return t.name == name; });
  if (found == targets().end()) {
    std::fprintf(stderr, "TAPESTRY_FUZZ must name a target; TAPESTRY_FUZZ=list names them\n");
    std::exit(2);
  }
  target = &*found;
  target->seeds();  // what is made once is made before bytes are counted
  must(__sanitizer_install_malloc_and_free_hooks(allocated, freed), "allocations can be counted");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  peak = held;
  const std::ptrdiff_t before = held;
  target->run({reinterpret_cast<const char*>(data), size});
  const auto used = static_cast<std::size_t>(peak - before);
  const bool bounded = used <= kFixed + target->memory_factor * size;
  if (!bounded) std::fprintf(stderr, "%zu bytes of input, %zu allocated\n", size, used);
  must(bounded, "memory is bounded by the input");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  return target->mutate ? target->mutate(data, size, most, seed)
                        : LLVMFuzzerMutate(data, size, most);
}
