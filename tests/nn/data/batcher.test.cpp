#include "nn/data/batcher.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

/// Images of 4 x 4 whose pixels run through all greys; image i begins with grey i mod 256.
ByteImages greys(std::int64_t count) {
  ByteImages images{count, 4, 4, {}};
  for (std::int64_t i = 0; i < count * 16; ++i) {
    images.pixels.push_back(static_cast<std::uint8_t>(i / 16 + i % 16 * 16));
  }
  return images;
}

struct Epoch {
  std::vector<std::int32_t> index;
  std::vector<float> values;
  std::vector<std::int64_t> sizes;
};

Epoch run_epoch(Batcher& batches) {
  Epoch epoch;
  Batch batch;
  while (batches.next(batch)) {
    epoch.sizes.push_back(batch.images.dim(0));
    epoch.index.insert(epoch.index.end(), batch.index.begin(), batch.index.end());
    const auto values = batch.images.view<float>();
    epoch.values.insert(epoch.values.end(), values.begin(), values.end());
  }
  return epoch;
}

bool is_permutation_of_all(std::vector<std::int32_t> index, std::int64_t count) {
  std::sort(index.begin(), index.end());
  for (std::int64_t i = 0; i < count; ++i) {
    if (index[static_cast<std::size_t>(i)] != i) return false;
  }
  return std::ssize(index) == count;
}

}  // namespace

TEST_CASE("batcher: each image comes exactly once an epoch, the last batch may be short",
          "[nn][data]") {
  const ByteImages images = greys(50);
  Batcher batches(images, Rng(1), {.batch = 16});
  CHECK(batches.steps_per_epoch() == 4);
  CHECK(batches.images_per_epoch() == 50);
  const Epoch first = run_epoch(batches), second = run_epoch(batches);
  CHECK(first.sizes == std::vector<std::int64_t>{16, 16, 16, 2});
  CHECK(is_permutation_of_all(first.index, 50));
  CHECK(is_permutation_of_all(second.index, 50));
  CHECK(first.index != second.index);
  // The index names the images that the tensor holds.
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t p = 0; p < 16; ++p) {
      CHECK(first.values[i * 16 + p] == images.image(first.index[i])[p] / 255.f);
    }
  }
}

TEST_CASE("batcher: drop_last leaves out the short batch, other images each epoch", "[nn][data]") {
  const ByteImages images = greys(50);
  Batcher batches(images, Rng(1), {.batch = 16, .drop_last = true});
  CHECK(batches.steps_per_epoch() == 3);
  CHECK(batches.images_per_epoch() == 48);
  CHECK(run_epoch(batches).sizes == std::vector<std::int64_t>{16, 16, 16});
  CHECK(run_epoch(batches).sizes == std::vector<std::int64_t>{16, 16, 16});
  CHECK(batches.state().epoch == 2);

  Batcher even(images, Rng(1), {.batch = 25});
  CHECK(even.steps_per_epoch() == 2);
  CHECK(run_epoch(even).sizes == std::vector<std::int64_t>{25, 25});
}

TEST_CASE("batcher: without shuffling the order is that of the data", "[nn][data]") {
  const ByteImages images = greys(10);
  Batcher batches(images, Rng(1), {.batch = 3, .shuffle = false});
  for (int epoch = 0; epoch < 2; ++epoch) {
    CHECK(run_epoch(batches).index == std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  }
}

TEST_CASE("batcher: the seed decides everything, epochs differ", "[nn][data]") {
  const ByteImages images = greys(60);
  const BatcherOptions options{.batch = 16, .binarize = Binarize::dynamic};
  Batcher one(images, Rng(5), options), same(images, Rng(5), options),
      other(images, Rng(6), options);
  const Epoch first = run_epoch(one), again = run_epoch(same), different = run_epoch(other);
  CHECK(first.index == again.index);
  CHECK(first.values == again.values);
  CHECK(first.index != different.index);

  // Without shuffling, only the binarisation can make two epochs differ.
  Batcher still(images, Rng(5), {.batch = 60, .binarize = Binarize::dynamic, .shuffle = false});
  CHECK(run_epoch(still).values != run_epoch(still).values);
}

TEST_CASE("batcher: restored from any state it goes on with the same bytes", "[nn][data]") {
  const ByteImages images = greys(50);
  const BatcherOptions options{.batch = 16, .binarize = Binarize::dynamic};
  for (int steps = 0; steps <= 14; ++steps) {
    Batcher original(images, Rng(9), options);
    Batch batch;
    for (int i = 0; i < steps; ++i) original.next(batch);
    Batcher resumed(images, Rng(9), options);
    resumed.set_state(original.state());
    CHECK(resumed.state() == original.state());
    for (int epoch = 0; epoch < 2; ++epoch) {
      const Epoch rest = run_epoch(original), same = run_epoch(resumed);
      INFO("after " << steps << " calls, epoch " << epoch);
      CHECK(rest.index == same.index);
      CHECK(rest.values == same.values);
    }
  }
}

TEST_CASE("batcher: a loop over epoch() sees what next() gives", "[nn][data]") {
  const ByteImages images = greys(50);
  const BatcherOptions options{.batch = 16, .binarize = Binarize::dynamic};
  Batcher by_hand(images, Rng(9), options), loop(images, Rng(9), options),
      endless(images, Rng(9), options);
  std::int64_t step = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const Epoch expected = run_epoch(by_hand);
    std::vector<float> values, of_endless;
    for (const Batch& batch : loop.epoch()) {
      const auto of_batch = batch.images.view<float>();
      values.insert(values.end(), of_batch.begin(), of_batch.end());
      const Batch same = endless.next();  // does not stop at the end of an epoch
      CHECK(same.images.to_vector() == batch.images.to_vector());
      CHECK(batch.step == step++);  // goes on over the epochs: schedules are functions of it
      CHECK_FALSE(batch.labels.defined());
    }
    CHECK(values == expected.values);
    CHECK(loop.state() == by_hand.state());
  }
}

TEST_CASE("batcher: a loop that is left early goes on where it stopped", "[nn][data]") {
  const ByteImages images = greys(50);
  Batcher batches(images, Rng(1), {.batch = 16});
  for (const Batch& batch : batches.epoch()) {
    if (batch.index.size() == 16 && batches.state().position == 32) break;
  }
  CHECK(batches.state() == Batcher::State{0, 32});
  CHECK(run_epoch(batches).sizes == std::vector<std::int64_t>{16, 2});
  CHECK(batches.state() == Batcher::State{1, 0});

  batches.set_state({.epoch = 3, .position = 50});  // saved after the last step of an epoch
  for (const Batch& batch : batches.epoch()) FAIL(batch.index.size());
  CHECK(batches.state() == Batcher::State{4, 0});
}

TEST_CASE("batcher: images of a data set come as bytes alone do, and with their labels",
          "[nn][data]") {
  ImageDataset data;
  data.train = greys(50);
  data.test = greys(7);
  data.binarize = Binarize::dynamic;
  data.classes = 50;
  for (std::uint8_t i = 0; i < 50; ++i) data.train_labels.push_back(i);
  Batcher labelled(data, Rng(9), {.batch = 16}), test(data, Rng(9), {.part = Part::test});
  Batcher plain(data.train, Rng(9), {.batch = 16, .binarize = Binarize::dynamic});
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (const Batch& batch : labelled.epoch()) {
      const Batch same = plain.next();
      CHECK(batch.images.to_vector() == same.images.to_vector());
      REQUIRE(batch.labels.dtype() == DType::i32);
      const auto labels = batch.labels.view<std::int32_t>();
      CHECK(std::equal(labels.begin(), labels.end(), batch.index.begin(), batch.index.end()));
    }
  }
  CHECK(test.next().images.shape() == Shape{7, 16});
  const Batch some = data.range(Part::test, 2, 3, Rng(4));
  CHECK(some.images.to_vector() ==
        image_tensor(data.test, 2, 3, Binarize::dynamic, Rng(4)).to_vector());
  CHECK_FALSE(some.labels.defined());
  CHECK_THROWS_AS(data.range(Part::test, 5, 3, Rng(4)), ShapeError);
  CHECK(test::throws_with<ConfigError>(
      [&] { Batcher(data, Rng(1), {.binarize = Binarize::threshold}); }, "`binarize`"));
  data.train_labels.pop_back();
  CHECK(test::throws_with<DataError>([&] { (void)labelled.next(); }, "49 labels for 50 images"));
}

TEST_CASE("batcher: rows of a tensor keep their shape and their labels", "[nn][data]") {
  const Tensor x = Rng(1).normal({10, 2, 3});
  const TensorDataset data({x, arange(10)}, {x});
  CHECK(data.size(Part::train) == 10);
  Batcher batches(data, Rng(2), {.batch = 4});
  double seen = 0;
  for (const Batch& batch : batches.epoch()) {
    CHECK(batch.images.shape() == Shape{std::ssize(batch.index), 2, 3});
    CHECK(batch.images.to_vector() ==
          take_rows(x, index_tensor(batch.index, {std::ssize(batch.index)})).to_vector());
    seen += sum(batch.labels).item();
  }
  CHECK(seen == 45);
  const Batch test = data.range(Part::test, 8, 2, Rng(1));
  CHECK(test.images.to_vector() == slice(x, 0, 8, 10).to_vector());
  CHECK_FALSE(test.labels.defined());
  const TensorDataset of_classes({x, arange(10).to(DType::i32)});
  const Batch some = of_classes.range(Part::train, 3, 2, Rng(1));
  CHECK(some.labels.dtype() == DType::i32);
  CHECK(some.labels.to_vector() == std::vector<double>{3, 4});

  CHECK(test::throws_with<ShapeError>([&] { TensorDataset({x, arange(9)}); }, "as many labels"));
  CHECK(test::throws_with<ShapeError>([&] { TensorDataset({x}, {ones({4, 3})}); }, "one shape"));
  CHECK_THROWS_AS(TensorDataset({x}).range(Part::test, 0, 1, Rng(1)), ShapeError);
  CHECK_THROWS_AS(TensorDataset({}), ShapeError);
}

TEST_CASE("batcher: a state that it cannot have been in is refused", "[nn][data]") {
  const ByteImages images = greys(50);
  Batcher batches(images, Rng(1), {.batch = 16});
  batches.set_state({.epoch = 3, .position = 50});
  Batch batch;
  CHECK_FALSE(batches.next(batch));
  CHECK(batches.state() == Batcher::State{4, 0});
  CHECK_THROWS_AS(batches.set_state({.epoch = -1, .position = 0}), DomainError);
  CHECK_THROWS_AS(batches.set_state({.epoch = 0, .position = 51}), DomainError);
  CHECK_THROWS_AS(batches.set_state({.epoch = 0, .position = -16}), DomainError);
  CHECK_THROWS_AS(batches.set_state({.epoch = 0, .position = 17}), DomainError);
}

TEST_CASE("batcher: options out of range are refused", "[nn][data]") {
  const ByteImages images = greys(5), none{0, 4, 4, {}};
  CHECK_THROWS_AS(Batcher(none, Rng(1), {}), ConfigError);
  CHECK_THROWS_AS(Batcher(images, Rng(1), {.batch = 0}), ConfigError);
  CHECK_THROWS_AS(Batcher(images, Rng(1), {.batch = 6, .drop_last = true}), ConfigError);
  CHECK_NOTHROW(Batcher(images, Rng(1), {.batch = 6}));
}

TEST_CASE("binarize: names and rules belong together", "[nn][data]") {
  for (const Binarize rule : {Binarize::none, Binarize::threshold, Binarize::dynamic}) {
    CHECK(binarize_rule(name(rule)) == rule);
  }
  CHECK_THROWS_AS(binarize_rule("Dynamic"), ConfigError);
}

TEST_CASE("binarize: none is byte / 255 and threshold cuts above 127, in f32 and f64",
          "[nn][data]") {
  ByteImages images{1, 16, 16, {}};
  for (int grey = 0; grey < 256; ++grey) images.pixels.push_back(static_cast<std::uint8_t>(grey));
  for (const DType dtype : {DType::f32, DType::f64}) {
    const DTypeScope scope(dtype);
    const Tensor none = image_tensor(images, 0, 1, Binarize::none, Rng(1));
    const Tensor cut = image_tensor(images, 0, 1, Binarize::threshold, Rng(1));
    REQUIRE(none.dtype() == dtype);
    REQUIRE(none.shape() == Shape{1, 256});
    const auto grey_values = none.to_vector(), cut_values = cut.to_vector();
    for (std::size_t grey = 0; grey < 256; ++grey) {
      const double exact = static_cast<double>(grey) / 255;
      CHECK(grey_values[grey] == (dtype == DType::f64 ? exact : static_cast<float>(exact)));
      CHECK(cut_values[grey] == (grey > 127 ? 1.0 : 0.0));
    }
  }
}

TEST_CASE("binarize: dynamic draws 1 with probability byte / 255", "[nn][data][statistical]") {
  // 40,000 draws of each grey. Per grey |z| <= 5 standard errors: with 254 greys a false alarm has
  // a probability below 2e-4, and the seed is fixed. 0 and 255 are exact.
  constexpr int kCount = 40000;
  ByteImages images{kCount, 16, 16, {}};
  for (int i = 0; i < kCount * 256; ++i) images.pixels.push_back(static_cast<std::uint8_t>(i));
  Batcher batches(images, Rng(11), {.batch = 1000, .binarize = Binarize::dynamic});
  std::vector<double> ones(256);
  Batch batch;
  bool only_bits = true;
  while (batches.next(batch)) {
    const auto values = batch.images.view<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      only_bits = only_bits && (values[i] == 0.f || values[i] == 1.f);
      ones[i % 256] += values[i];
    }
  }
  CHECK(only_bits);
  CHECK(ones[0] == 0);
  CHECK(ones[255] == kCount);
  double chi2 = 0;
  for (std::size_t grey = 1; grey < 255; ++grey) {
    const double p = static_cast<double>(grey) / 255;
    const double z = (ones[grey] - kCount * p) / std::sqrt(kCount * p * (1 - p));
    INFO("grey " << grey);
    CHECK(std::abs(z) <= 5);
    chi2 += z * z;
  }
  // All greys together: chi-squared with 254 degrees of freedom, standard deviation 22.5.
  CHECK(std::abs(chi2 - 254) <= 5 * 22.5);
}

TEST_CASE("binarize: neighbouring pixels, images and epochs are drawn independently",
          "[nn][data][statistical]") {
  constexpr std::int64_t kCount = 20000;
  ByteImages images{kCount, 4, 4, {}};
  images.pixels.assign(kCount * 16, 128);
  Batcher batches(images, Rng(12),
                  {.batch = kCount, .binarize = Binarize::dynamic, .shuffle = false});
  const std::vector<float> one = run_epoch(batches).values, two = run_epoch(batches).values;
  const double p = 128.0 / 255;
  const auto correlation = [&](const float* a, const float* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += (a[i] - p) * (b[i] - p);
    return sum / (static_cast<double>(n) * p * (1 - p)) * std::sqrt(static_cast<double>(n));
  };
  const std::size_t n = one.size();
  CHECK(std::abs(correlation(one.data(), two.data(), n)) <= 5);
  // Pixels side by side, pixels that share a word of random bits, and images side by side.
  for (const std::size_t lag : {1u, 8u, 16u}) {
    INFO("lag " << lag);
    CHECK(std::abs(correlation(one.data(), one.data() + lag, n - lag)) <= 5);
  }
}

TEST_CASE("binarize: images of an odd number of pixels are drawn to the last one", "[nn][data]") {
  const ByteImages images{1, 3, 3, std::vector<std::uint8_t>(9, 255)};
  CHECK(image_tensor(images, 0, 1, Binarize::dynamic, Rng(1)).to_vector() ==
        std::vector<double>(9, 1.0));
}

TEST_CASE("image_tensor: fixed draws, the same for any cutting into ranges", "[nn][data]") {
  const ByteImages images = greys(40);
  const Rng rng = Rng(3).stream("test");
  const Tensor all = image_tensor(images, 0, 40, Binarize::dynamic, rng);
  const Tensor again = image_tensor(images, 0, 40, Binarize::dynamic, rng);
  const Tensor part = image_tensor(images, 13, 9, Binarize::dynamic, rng);
  REQUIRE(part.shape() == Shape{9, 16});
  CHECK(all.to_vector() == again.to_vector());
  CHECK(std::memcmp(all.view<float>().data() + 13 * 16, part.view<float>().data(),
                    9 * 16 * sizeof(float)) == 0);
  CHECK(image_tensor(images, 0, 40, Binarize::dynamic, Rng(4)).to_vector() != all.to_vector());
  CHECK_THROWS_AS(image_tensor(images, 35, 6, Binarize::none, rng), ShapeError);
  CHECK_THROWS_AS(image_tensor(images, -1, 2, Binarize::none, rng), ShapeError);
}

TEST_CASE("image_tensor: the same bits for one thread and for two", "[nn][data][threads]") {
  const ByteImages images = greys(333);
  const test::KeepThreads keep;
  set_threads(1);
  const Tensor one = image_tensor(images, 0, 333, Binarize::dynamic, Rng(3));
  set_threads(2);
  const Tensor two = image_tensor(images, 0, 333, Binarize::dynamic, Rng(3));
  CHECK(one.to_vector() == two.to_vector());
}

TEST_CASE("batcher: from the second batch on no memory comes from malloc", "[nn][data]") {
  if (pool_stats().reused == 0) {
    zeros({4});
    zeros({4});
  }
  if (pool_stats().reused == 0) {
    WARN("skipped: the pool is off in this build");
    return;
  }
  const ByteImages images = greys(1024);
  Batcher batches(images, Rng(1), {.batch = 128, .binarize = Binarize::dynamic});
  Batch batch;
  batches.next(batch);
  const auto fresh = pool_stats().fresh;
  while (batches.next(batch)) CHECK(pool_stats().fresh == fresh);
  batch = {};
  for (const Batch& again : batches.epoch()) {
    CHECK(again.images.defined());
    CHECK(pool_stats().fresh == fresh);
  }
}

TEST_CASE("tensor data set: rows may be whole numbers, as the words of a sentence", "[nn][data]") {
  const std::vector<std::int32_t> words{1, 2, 2147483647, -4, 5, 6};
  const TensorDataset data({index_tensor(words, {3, 2})});
  const std::vector<std::int32_t> wanted{2, 1};
  const Batch batch = data.batch(Part::train, wanted, Rng(1), 0);
  CHECK(batch.images.dtype() == DType::i32);
  CHECK(batch.images.to_vector() == std::vector<double>{5, 6, 2147483647, -4});
}
