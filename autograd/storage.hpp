#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tapestry {

/// Counters of this thread's pool. In the steady state of a training loop `fresh` does not grow.
struct PoolStats {
  std::size_t in_use = 0;    ///< bytes held by live tensors
  std::size_t peak = 0;      ///< highest `in_use` so far
  std::size_t cached = 0;    ///< bytes waiting in the free lists
  std::uint64_t fresh = 0;   ///< requests that went to malloc
  std::uint64_t reused = 0;  ///< requests answered from a free list
};

PoolStats pool_stats();
bool pool_enabled();  ///< false under ASan or with TAPESTRY_POOL=off
void pool_trim();     ///< gives the cached blocks of this thread back to the system

/// Counted handle on a 64-byte aligned buffer from the thread's pool. The contents start undefined.
/// TAPESTRY_POOL=off in the environment (and any ASan build) makes every request a malloc of its
/// own, so that tools see a use after free.
class Storage {
 public:
  Storage() = default;
  explicit Storage(std::size_t bytes);  ///< std::bad_alloc
  Storage(const Storage& other) noexcept : block_(other.block_) { retain(); }
  Storage(Storage&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  Storage& operator=(const Storage& other) noexcept;
  Storage& operator=(Storage&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Storage() { release(); }

  explicit operator bool() const { return block_ != nullptr; }
  void* data() const { return block_ ? reinterpret_cast<char*>(block_) + kHeader : nullptr; }
  bool unique() const { return block_ && block_->refs.load(std::memory_order_acquire) == 1; }
  bool same(const Storage& other) const { return block_ == other.block_; }

  /// One cache line in front of the data.
  struct Block {
    std::atomic<std::int32_t> refs;
    std::int32_t size_class;
    std::size_t bytes;  ///< capacity of the data part
    Block* next;        ///< in a free list
  };
  static constexpr std::size_t kHeader = 64;

 private:
  void retain() noexcept {
    if (block_) block_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    // A sole owner needs no atomic decrement.
    if (block_ && (unique() || block_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1)) give();
    block_ = nullptr;
  }
  void give() noexcept;  ///< the block goes back to the pool

  Block* block_ = nullptr;
};

}  // namespace tapestry
