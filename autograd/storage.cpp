#include "autograd/storage.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace tapestry {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAsan = true;
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
constexpr bool kAsan = true;
#  else
constexpr bool kAsan = false;
#  endif
#else
constexpr bool kAsan = false;
#endif

bool decide_pooling() {
  const char* setting = std::getenv("TAPESTRY_POOL");
  return !kAsan && !(setting && std::strcmp(setting, "off") == 0);
}

// Size classes: every power of two from 64 bytes on in four steps, so at most a quarter is wasted. The last class
// holds the largest tensor that has a shape, 2^48 numbers of 8 bytes (check_sizes).
constexpr int kClasses = 4 * 44;
constexpr std::size_t kMost = std::size_t{1} << 51;

int class_of(std::size_t bytes) {
  const std::size_t lines = (bytes + 63) / 64;
  if (lines <= 4) return static_cast<int>(lines ? lines - 1 : 0);
  const int power =
      static_cast<int>(std::bit_width(lines - 1)) - 1;  // lines in (2^power, 2^(power+1)]
  const std::size_t step = std::size_t{1} << (power - 2);
  return 4 * (power - 1) + static_cast<int>((lines - 1 - (std::size_t{1} << power)) / step);
}

std::size_t bytes_of(int size_class) {
  if (size_class < 4) return 64 * static_cast<std::size_t>(size_class + 1);
  const int power = size_class / 4 + 1;
  const std::size_t step = std::size_t{1} << (power - 2);
  return 64 * ((std::size_t{1} << power) + step * static_cast<std::size_t>(size_class % 4 + 1));
}

// True once this thread's pool was destroyed: tensors with static storage are freed after it. Not a member of the
// pool, where the compiler may drop a store in the destructor.
constinit thread_local bool pool_ended = false;

// The blocks that this thread freed last, by size class. A block may be freed on another thread
// than the one that made it; it then joins that thread's lists.
struct Pool {
  std::array<Storage::Block*, kClasses> free{};
  PoolStats stats;

  ~Pool() {
    trim();
    pool_ended = true;
  }

  Storage::Block* take(std::size_t bytes) {
    if (bytes > kMost) throw std::bad_alloc();
    const int c = class_of(bytes);
    const std::size_t capacity = bytes_of(c);
    Storage::Block*& head = free[static_cast<std::size_t>(c)];
    if (head && !pool_ended) {
      Storage::Block* block = head;
      head = block->next;
      stats.cached -= capacity;
      ++stats.reused;
      count(capacity);
      block->refs.store(1, std::memory_order_relaxed);
      return block;
    }
    void* memory = std::aligned_alloc(64, capacity + Storage::kHeader);
    if (!memory) {  // perhaps what waits in the free lists helps
      trim();
      memory = std::aligned_alloc(64, capacity + Storage::kHeader);
    }
    if (!memory) throw std::bad_alloc();
    ++stats.fresh;
    count(capacity);
    return new (memory) Storage::Block{{1}, c, capacity, nullptr};
  }

  void count(std::size_t capacity) {
    stats.in_use += capacity;
    if (stats.in_use > stats.peak) stats.peak = stats.in_use;
  }

  void give(Storage::Block* block) {
    if (pool_ended) return std::free(block);
    stats.in_use -= std::min(stats.in_use, block->bytes);  // another thread may have made it
    if (!pool_enabled()) return std::free(block);
    Storage::Block*& head = free[static_cast<std::size_t>(block->size_class)];
    block->next = head;
    head = block;
    stats.cached += block->bytes;
  }

  void trim() {
    for (Storage::Block*& head : free) {
      while (head) std::free(std::exchange(head, head->next));
    }
    stats.cached = 0;
  }
};

thread_local Pool pool;

}  // namespace

bool pool_enabled() {
  static const bool on = decide_pooling();
  return on;
}
PoolStats pool_stats() { return pool.stats; }
void pool_trim() { pool.trim(); }

Storage::Storage(std::size_t bytes) : block_(pool.take(bytes)) {}

// NOLINTNEXTLINE(bugprone-unhandled-self-assignment): a storage has its own block
Storage& Storage::operator=(const Storage& other) noexcept {
  if (block_ != other.block_) {
    release();
    block_ = other.block_;
    retain();
  }
  return *this;
}

void Storage::give() noexcept { pool.give(block_); }

}  // namespace tapestry
