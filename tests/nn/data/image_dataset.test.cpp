#include "nn/data/image_dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace fs = std::filesystem;

namespace {

ByteImages flat_images(std::int64_t count, std::int64_t rows, std::int64_t cols,
                       std::uint8_t grey) {
  ByteImages images{count, rows, cols, {}};
  images.pixels.assign(static_cast<std::size_t>(count * rows * cols), grey);
  return images;
}

/// A small data set under MNIST's file names; `grey` tells the copies apart.
void write_digits(const fs::path& folder, std::uint8_t grey, const std::string& ending = "") {
  fs::create_directories(folder);
  write_idx_images(folder / ("train-images-idx3-ubyte" + ending), flat_images(6, 4, 4, grey));
  write_idx_images(folder / ("t10k-images-idx3-ubyte" + ending), flat_images(2, 4, 4, grey));
  write_idx_labels(folder / ("train-labels-idx1-ubyte" + ending),
                   std::vector<std::uint8_t>{0, 1, 2, 7, 8, 9});
  write_idx_labels(folder / ("t10k-labels-idx1-ubyte" + ending), std::vector<std::uint8_t>{4, 5});
}

/// Makes a folder the current one until the end of the block.
class Inside {
 public:
  explicit Inside(const fs::path& folder) : before_(fs::current_path()) {
    fs::current_path(folder);
  }
  ~Inside() { fs::current_path(before_); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  fs::path before_;
};

std::string fault(const std::string& name) {
  try {
    load_dataset(name);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("dataset: a folder is used as it is, plain or gzip'd", "[nn][data]") {
  const EnvironmentScope nowhere("TAPESTRY_DATA", nullptr);
  const ScratchFolder scratch;
  for (const std::string ending : {"", ".gz"}) {
    const fs::path folder = scratch / ("digits" + ending);
    write_digits(folder, 77, ending);
    const ImageDataset data = load_dataset(folder.string());
    CHECK(data.name == "digits" + ending);
    CHECK(data.origin == folder.string());
    CHECK(data.train.count == 6);
    CHECK(data.test.count == 2);
    CHECK(data.rows() == 4);
    CHECK(data.cols() == 4);
    CHECK(data.image_size() == 16);
    CHECK(data.classes == 10);
    CHECK(data.train_labels == std::vector<std::uint8_t>{0, 1, 2, 7, 8, 9});
    CHECK(data.test_labels == std::vector<std::uint8_t>{4, 5});
    CHECK(data.train.pixels.front() == 77);
  }
}

TEST_CASE("dataset: TAPESTRY_DATA comes before data/ of the current folder, then of the project",
          "[nn][data]") {
  const ScratchFolder scratch;
  const fs::path project = fs::canonical(scratch.path()) / "project", inner = project / "build";
  fs::create_directories(inner);
  fs::create_directories(project / "autograd");
  std::ofstream(project / "autograd" / "autograd.hpp") << "#pragma once\n";
  const Inside current(inner);

  const fs::path outer_place = project / "data" / "mnist", inner_place = inner / "data" / "mnist",
                 named_place = scratch / "elsewhere/mnist";
  {
    const EnvironmentScope nowhere("TAPESTRY_DATA", nullptr);
    CHECK_FALSE(find_dataset("mnist").has_value());
    write_digits(outer_place, 1);
    CHECK(find_dataset("mnist") == outer_place);
    write_digits(inner_place, 2, ".gz");
    CHECK(find_dataset("mnist") == inner_place);
  }
  write_digits(named_place, 3);
  const EnvironmentScope named("TAPESTRY_DATA", (scratch / "elsewhere").c_str());
  CHECK(find_dataset("mnist") == named_place);
  CHECK(load_dataset("mnist").train.pixels.front() == 3);
  CHECK(load_dataset("mnist").name == "mnist");

  // A place without the images does not hide the next one.
  fs::remove(named_place / "train-images-idx3-ubyte");
  CHECK(load_dataset("mnist").train.pixels.front() == 2);
}

TEST_CASE("dataset: what is found nowhere lists every place and says how to get it", "[nn][data]") {
  const ScratchFolder scratch;
  const Inside current(scratch.path());
  fs::create_directories(scratch / "given/freyfaces");
  const EnvironmentScope given("TAPESTRY_DATA", (scratch / "given").c_str());
  const std::string message = fault("freyfaces");
  check_contains(message, "freyfaces: data set not found");
  check_contains(message, "given/freyfaces: neither frey-images-idx3-ubyte nor");
  check_contains(message, "data/freyfaces: no such folder");
  check_contains(message, "hint: ");

  const EnvironmentScope nowhere("TAPESTRY_DATA", nullptr);
  check_contains(fault("mnist"), "$TAPESTRY_DATA: not set");
  check_contains(fault("mnits"), "mnits: neither the name of a data set nor a folder");
  check_contains(fault("mnits"), "mnist, fashion, freyfaces and strokes");
  scratch.write("file", "x");
  check_contains(fault((scratch / "file").string()), "found a file, expected");
}

TEST_CASE("dataset: a missing or wrong file among the four is named", "[nn][data]") {
  const ScratchFolder scratch;
  const std::string folder = (scratch / "digits").string();
  write_digits(folder, 9);
  const fs::path base = folder;

  SECTION("each file is needed, labels too") {
    for (const char* name : {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte",
                             "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"}) {
      fs::rename(base / name, base / "away");
      check_contains(fault(folder), std::string("found neither ") + name + " nor");
      fs::rename(base / "away", base / name);
    }
    CHECK(fault(folder) == "no error");
  }
  SECTION("labels are checked although nobody asked for them") {
    write_idx_labels(base / "t10k-labels-idx1-ubyte", std::vector<std::uint8_t>{4, 5, 6});
    check_contains(fault(folder), "t10k-labels-idx1-ubyte: found 3 labels, expected 2");
    write_idx_labels(base / "t10k-labels-idx1-ubyte", std::vector<std::uint8_t>{4, 10});
    check_contains(fault(folder), "found label 10 at position 1, expected 0 to 9");
  }
  SECTION("test images have the size of the others") {
    write_idx_images(base / "t10k-images-idx3-ubyte", flat_images(2, 4, 5, 0));
    check_contains(fault(folder), "found images of 4 x 5, expected 4 x 4");
  }
}

TEST_CASE("dataset: Frey faces are split into the first 1,800 and the last 165", "[nn][data]") {
  const ScratchFolder scratch;
  ByteImages all{1965, 28, 20, {}};
  for (std::int64_t i = 0; i < all.count; ++i) {
    all.pixels.insert(all.pixels.end(), 560, static_cast<std::uint8_t>(i % 251));
  }
  write_idx_images(scratch / "frey-images-idx3-ubyte.gz", all);
  const ImageDataset data = load_dataset(scratch.path().string());
  CHECK(data.train.count == 1800);
  CHECK(data.test.count == 165);
  CHECK(data.classes == 0);
  CHECK(data.train_labels.empty());
  CHECK(data.train.pixels.size() == 1800 * 560);
  CHECK(data.train.pixels.back() == 1799 % 251);
  CHECK(data.test.pixels.size() == 165 * 560);
  CHECK(data.test.pixels.front() == 1800 % 251);

  write_idx_images(scratch / "frey-images-idx3-ubyte.gz", flat_images(10, 28, 20, 0));
  check_contains(fault(scratch.path().string()), "found 10 x 28 x 20, expected the 1965");
}

TEST_CASE("dataset: keep_first shortens both parts with their labels", "[nn][data]") {
  const ScratchFolder scratch;
  write_digits(scratch.path(), 5);
  ImageDataset data = load_dataset(scratch.path().string());
  keep_first(data, 4, 100);
  CHECK(data.train.count == 4);
  CHECK(data.train.pixels.size() == 64);
  CHECK(data.train_labels == std::vector<std::uint8_t>{0, 1, 2, 7});
  CHECK(data.test.count == 2);
  CHECK_THROWS_AS(keep_first(data, 0, 1), ConfigError);
}

TEST_CASE("dataset: as_images gives pixels their rows and columns", "[nn][data]") {
  ImageDataset data;
  data.train = {1, 2, 3, std::vector<std::uint8_t>(6)};
  CHECK(data.as_images(zeros({4, 6})).shape() == Shape{4, 2, 3});
  CHECK(data.as_images(zeros({5, 4, 6})).shape() == Shape{20, 2, 3});
  const auto flat = [&] { data.as_images(zeros({4, 5})); };
  CHECK(test::throws_with<ShapeError>(flat, "image_dataset.test.cpp"));
}

TEST_CASE("dataset: split_anew keeps every image and its label", "[nn][data]") {
  ImageDataset data;
  data.classes = 8;
  for (std::uint8_t i = 0; i < 8; ++i) {  // image i is 10 i, 10 i + 1, and its label is i
    ByteImages& part = i < 5 ? data.train : data.test;
    part = {part.count + 1, 1, 2, part.pixels};
    part.pixels.insert(part.pixels.end(), {std::uint8_t(10 * i), std::uint8_t(10 * i + 1)});
    (i < 5 ? data.train_labels : data.test_labels).push_back(i);
  }
  split_anew(data, Rng(1));
  CHECK(data.train.count == 5);
  CHECK(data.test.count == 3);
  std::vector<std::uint8_t> labels = data.train_labels, pixels = data.train.pixels;
  labels.insert(labels.end(), data.test_labels.begin(), data.test_labels.end());
  pixels.insert(pixels.end(), data.test.pixels.begin(), data.test.pixels.end());
  REQUIRE(labels.size() == 8);
  REQUIRE(pixels.size() == 16);
  CHECK(std::is_permutation(labels.begin(), labels.end(),
                            std::array<std::uint8_t, 8>{0, 1, 2, 3, 4, 5, 6, 7}.begin()));
  CHECK_FALSE(std::is_sorted(labels.begin(), labels.end()));
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(pixels[2 * i] == 10 * labels[i]);
    CHECK(pixels[2 * i + 1] == 10 * labels[i] + 1);
  }
}

TEST_CASE("dataset: the real MNIST has its published counts", "[nn][data]") {
  if (!std::getenv("TAPESTRY_DATA") || !find_dataset("mnist")) {
    WARN("skipped: TAPESTRY_DATA names no folder with mnist/");
    return;
  }
  const ImageDataset data = load_dataset("mnist");
  CHECK(data.train.count == 60000);
  CHECK(data.test.count == 10000);
  CHECK(data.rows() == 28);
  CHECK(data.cols() == 28);
  // The mean grey value 33.3184 = 0.1307 * 255 that everybody normalises MNIST with.
  const double sum = std::accumulate(data.train.pixels.begin(), data.train.pixels.end(), 0.0);
  CHECK(std::abs(sum / 47040000.0 - 33.3184) < 1e-4);
  CHECK(std::count(data.train_labels.begin(), data.train_labels.end(), 1) == 6742);
  CHECK(std::count(data.test_labels.begin(), data.test_labels.end(), 5) == 892);
}
