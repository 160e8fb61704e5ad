#include "autograd/storage.hpp"

#include <malloc.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "autograd/tensor.hpp"
#include "support/catch.hpp"

namespace tapestry {
namespace {

// False in an ASan build or with TAPESTRY_POOL=off.
bool pooled() {
  { Storage s(1); }
  return pool_stats().cached > 0;
}

}  // namespace

TEST_CASE("storage is 64-byte aligned at every size", "[autograd][storage]") {
  for (std::size_t bytes = 0; bytes < 5000; bytes += 37) {
    const Storage s(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(s.data()) % 64 == 0);
  }
}

TEST_CASE("storage holds as many bytes as were asked for", "[autograd][storage]") {
  // ASan builds find a size class that is too small; here neighbours would overwrite each other.
  std::vector<Storage> blocks;
  std::vector<std::size_t> sizes;
  for (std::size_t bytes = 1; bytes < 200000; bytes = bytes * 5 / 4 + 1) {
    blocks.emplace_back(bytes);
    sizes.push_back(bytes);
    std::memset(blocks.back().data(), static_cast<int>(blocks.size()), bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto* data = static_cast<const unsigned char*>(blocks[i].data());
    CHECK(data[0] == i + 1);
    CHECK(data[sizes[i] - 1] == i + 1);
  }
}

TEST_CASE("copies share, moves pass on, the last one frees", "[autograd][storage]") {
  const std::size_t before = pool_stats().in_use;
  {
    Storage a(1000);
    CHECK(a.unique());
    CHECK(pool_stats().in_use > before);
    Storage b = a;
    CHECK(b.same(a));
    CHECK_FALSE(a.unique());
    const Storage c = std::move(b);
    CHECK_FALSE(static_cast<bool>(b));
    CHECK(c.same(a));
    b = c;
    const Storage& itself = b;
    b = itself;
    a = Storage();
    CHECK_FALSE(static_cast<bool>(a));
    CHECK_FALSE(c.unique());
  }
  CHECK(pool_stats().in_use == before);
}

TEST_CASE("what a thread frees after its pool has ended goes back to the system",
          "[autograd][storage][threads]") {
  if (!pooled()) return;
  constexpr std::size_t kBytes = std::size_t{8} << 20;
  const auto held = [] {
    const struct mallinfo2 now = mallinfo2();
    return now.uordblks + now.hblkhd;
  };
  const auto before = held();
  for (int i = 0; i < 8; ++i) {
    std::thread([] {
      thread_local Storage last;  // made before the thread's pool, so freed after it
      last = Storage();
      last = Storage(kBytes);
    }).join();
  }
  CHECK(held() < before + 2 * kBytes);
}

TEST_CASE("a request that no memory fulfils leaves the statistics alone", "[autograd][storage]") {
  if (!pooled()) return;
  const PoolStats before = pool_stats();
  CHECK_THROWS_AS(Storage(std::size_t{1} << 49), std::bad_alloc);
  CHECK(pool_stats().in_use == before.in_use);
  CHECK(pool_stats().peak == before.peak);
  CHECK(pool_stats().fresh == before.fresh);
}

TEST_CASE("a freed block is used again for its size class", "[autograd][storage][pool]") {
  if (!pooled()) return;
  { const Storage first(3000); }
  const PoolStats before = pool_stats();
  for (int i = 0; i < 10; ++i) const Storage again(3000);
  CHECK(pool_stats().fresh == before.fresh);
  CHECK(pool_stats().reused == before.reused + 10);
}

TEST_CASE("a block is at most a quarter larger than what was asked for",
          "[autograd][storage][pool]") {
  if (!pooled()) return;
  for (std::size_t bytes = 320; bytes < (std::size_t{1} << 20); bytes = bytes * 9 / 8) {
    CAPTURE(bytes);
    pool_trim();
    { const Storage s(bytes); }
    const std::size_t lines = (bytes + 63) / 64 * 64;  // whole lines of the cache
    CHECK(pool_stats().cached >= lines);
    CHECK(pool_stats().cached <= lines + lines / 4);
  }
}

TEST_CASE("peak is the highest number of bytes at a time", "[autograd][storage][pool]") {
  const PoolStats before = pool_stats();
  {
    const Storage big(std::size_t{1} << 24);
    CHECK(pool_stats().in_use >= before.in_use + (std::size_t{1} << 24));
  }
  CHECK(pool_stats().peak >= before.in_use + (std::size_t{1} << 24));
  CHECK(pool_stats().in_use == before.in_use);
}

TEST_CASE("trim gives the cached blocks back", "[autograd][storage][pool]") {
  { const Storage s(100000); }
  pool_trim();
  CHECK(pool_stats().cached == 0);
}

TEST_CASE("storage may be freed on another thread than the one that made it",
          "[autograd][storage][threads]") {
  std::vector<Storage> made;
  for (int i = 0; i < 100; ++i) made.emplace_back(std::size_t{256});
  std::thread other([taken = std::move(made)]() mutable {
    for (Storage& s : taken) std::memset(s.data(), 1, 256);
    taken.clear();
    for (int i = 0; i < 100; ++i) std::memset(Storage(256).data(), 2, 256);
  });
  other.join();
  const Storage mine(256);
  std::memset(mine.data(), 3, 256);
}

TEST_CASE("handles of one block may be copied and dropped by many threads at once",
          "[autograd][storage][threads]") {
  const Storage shared(1024);
  {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([mine = shared] {
        for (int i = 0; i < 10000; ++i) const Storage copy = mine;
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(shared.unique());
}

TEST_CASE("storage: what another thread made does not make the count of this one wrap",
          "[storage]") {
  std::vector<tapestry::Tensor> made(1);
  std::thread([&] { made[0] = tapestry::zeros({1 << 20}); }).join();
  std::thread([&] {
    made.clear();
    CHECK(tapestry::pool_stats().in_use == 0);
  }).join();
}

}  // namespace tapestry
