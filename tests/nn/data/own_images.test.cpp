#include "nn/data/own_images.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "autograd/error.hpp"
#include "nn/data/npy.hpp"
#include "nn/data/png.hpp"
#include "nn/data/zip.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"

// What the readers take and refuse, file by file: own_images_forms.test.cpp, and through the program
// tests/examples/own_data_test.py.

using namespace tapestry;
using namespace tapestry::nn;

namespace {

using Bytes = std::vector<std::uint8_t>;

// 4 x 5 pixels in RGB, and an archive with images.npy, uint8 [3, 4, 5]; both have the bytes of `values`.
constexpr const char* kPicture =
    "89504e470d0a1a0a0000000d4948445200000005000000040802000000c95162170000004b49444154789c0140"
    "00bfff0000254a6f94b9de04294e7398bde208002d52779cc1e60c31567ba0c5ea1035005a7fa4c9ee14395e83"
    "a8cdf2183d620087acd1f61c41668bb0d5fa20456a8f631b1cb79878d6970000000049454e44ae426082";
constexpr const char* kArchive =
    "504b0304140000000800000000006b231afd88000000bc0000000a000000696d616765732e6e70799bec17ea1b"
    "10c9c850c650ad9e925a9c5ca46ea5a05e536aa8aea3a09e965f54529498179f5f94920a12774bcc294e058a17"
    "672416a402f91ac63a0a263a0aa69a3a0ab50ae4012e0655affc293befb168fa15cfd8fb884337a87ccec1673c"
    "8661d50b8ebe12308daa5f72f29d88655cf38ab39f246c93dad75cfc26e398d6bde1ea2f05d7ac7e00504b0102"
    "1400140000000800000000006b231afd88000000bc0000000a0000000000000000000000000000000000696d61"
    "6765732e6e7079504b0506000000000100010038000000b00000000000";

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

Bytes values() {
  Bytes all;
  for (int i = 0; i < 60; ++i) all.push_back(static_cast<std::uint8_t>((i * 37 + i / 7) % 256));
  return all;
}

Bytes array_bytes(const std::string& shape, const Bytes& data) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  header += '\n';
  Bytes all = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
  all.insert(all.end(), header.begin(), header.end());
  all.insert(all.end(), data.begin(), data.end());
  return all;
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

/// Reads damaged copies of a file: bytes replaced, cut out, put in. Returns how many of them a reader took.
template <class Read>
int survivors(const Bytes& good, std::uint64_t seed, Read read) {
  Rng rng = Rng(seed).stream("damage");
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(rng.below(static_cast<std::int64_t>(n)));
  };
  int taken = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    Bytes bytes = good;
    for (std::size_t k = 0; k <= below(3); ++k) {
      const std::size_t at = below(bytes.size());
      const auto where = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      switch (below(4)) {
        case 0:
          *where = static_cast<std::uint8_t>(below(256));
          break;
        case 1:
          *where = static_cast<std::uint8_t>(*where ^ (1u << below(8)));
          break;
        case 2:
          bytes.erase(where, where + static_cast<std::ptrdiff_t>(
                                         std::min(bytes.size() - at, below(8) + 1)));
          break;
        default:
          bytes.insert(where, below(8) + 1, static_cast<std::uint8_t>(below(2) * 255));
      }
      if (bytes.empty()) bytes.push_back(0);
    }
    try {
      read(bytes);
      ++taken;
    } catch (const DataError& error) {
      CHECK_FALSE(error.message.empty());
    }
  }
  return taken;
}

}  // namespace

TEST_CASE("own images: a colour picture is three planes", "[nn][data]") {
  const ByteImages picture = parse_png(from_hex(kPicture), "a.png");
  CHECK(picture.rows == 4);
  CHECK(picture.cols == 5);
  REQUIRE(picture.channels == 3);
  CHECK(picture.image_size() == 60);
  const Bytes pixels = values();
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t c = 0; c < 3; ++c) CHECK(picture.pixels[20 * c + i] == pixels[3 * i + c]);
}

TEST_CASE("own images: damaged files end in an error or an array, nothing else", "[nn][data]") {
  const Bytes array = array_bytes("(3, 4, 5)", values());
  CHECK(survivors(array, 1, [](const Bytes& bytes) {
          const NpyArray a = parse_npy(bytes, "a.npy");
          for (std::int64_t i = 0; i < a.size(); ++i) a.at(i);
        }) > 0);
  survivors(from_hex(kPicture), 2, [](const Bytes& bytes) {
    const std::size_t size = parse_png(bytes, "a.png").pixels.size();
    CHECK(size <= 8 * 1032 * bytes.size());
  });
  survivors(from_hex(kArchive), 3, [](const Bytes& bytes) {
    for (const ZipEntry& entry : parse_zip(bytes, "a.npz")) {
      const std::size_t size = unpack(entry, "a.npz").size();
      CHECK(size <= 1032 * bytes.size());
    }
  });
}

TEST_CASE("own images: a picture that claims more than its file can hold is refused",
          "[nn][data]") {
  const auto refused = [](int rows, std::uint8_t bits, std::uint8_t type, const std::string& why) {
    Bytes bytes = from_hex(kPicture);
    bytes[22] = static_cast<std::uint8_t>(rows >> 8);
    bytes[23] = static_cast<std::uint8_t>(rows & 255);
    bytes[24] = bits;
    bytes[25] = type;
    return test::throws_with<DataError>([&] { parse_png(bytes, "a.png"); }, why);
  };
  // 132 bytes unpack to 136,224 at most; a row of 5 pixels is 2 bytes of one bit each, 6 of grey, 16 of RGB.
  REQUIRE(from_hex(kPicture).size() == 132);
  CHECK_FALSE(refused(32768, 1, 0, "can hold"));
  CHECK_FALSE(refused(22704, 8, 0, "can hold"));
  CHECK(refused(22705, 8, 0, "22705 x 5 pixels are more than 132 bytes can hold"));
  CHECK_FALSE(refused(8514, 8, 2, "can hold"));
  CHECK(refused(8515, 8, 2, "8515 x 5 pixels are more than 132 bytes can hold"));
  CHECK(refused(4, 0, 0, "0 bits a value do not exist"));
  CHECK(refused(4, 4, 2, "4 bits a value do not exist"));
}

TEST_CASE("own images: an archive holds what was put in", "[nn][data]") {
  const Bytes archive = from_hex(kArchive);
  const std::vector<ZipEntry> entries = parse_zip(archive, "a.npz");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].name == "images.npy");
  const Bytes file = unpack(entries[0], "a.npz");
  const NpyArray a = parse_npy(file, "images.npy");
  CHECK(a.text() == "uint8 [3, 4, 5]");
  CHECK(std::ranges::equal(a.data, values()));
}

TEST_CASE("own images: a file of an archive with a false size is refused", "[nn][data]") {
  const Bytes archive = from_hex(kArchive);
  ZipEntry entry = parse_zip(archive, "a.npz").front();
  for (const std::uint32_t size : {0u, entry.size - 1, entry.size + 1, 0x7fffffffu}) {
    ZipEntry changed = entry;
    changed.size = size;
    CHECK(test::throws_with<DataError>([&] { unpack(changed, "a.npz"); }, "damaged zip archive"));
  }
}

TEST_CASE("own images: each image is in one part, in the order of the file", "[nn][data]") {
  const ScratchFolder scratch;
  Bytes pixels;
  for (std::uint8_t i = 0; i < 100; ++i) pixels.insert(pixels.end(), 4, i);
  write(scratch / "a.npy", array_bytes("(100, 2, 2)", pixels));
  const auto seen = [&](std::uint64_t seed, double holdout) {
    const ImageDataset data =
        load_own_images(scratch / "a.npy", {.holdout = holdout, .seed = seed});
    CHECK(data.test.count == std::llround(100 * holdout));
    CHECK(std::ranges::is_sorted(data.test.pixels));
    CHECK(std::ranges::is_sorted(data.train.pixels));
    Bytes both = data.train.pixels;
    both.insert(both.end(), data.test.pixels.begin(), data.test.pixels.end());
    std::ranges::sort(both);
    CHECK(both == pixels);
    return data.test.pixels;
  };
  CHECK(seen(1, 0.1) == seen(1, 0.1));
  CHECK(seen(1, 0.1) != seen(2, 0.1));
  seen(3, 0.5);
  const ImageDataset by_name = load_dataset((scratch / "a.npy").string());
  CHECK(by_name.name == "a");
  CHECK(by_name.test.count == 10);
  CHECK_THROWS_AS(load_own_images(scratch / "a.npy", {.holdout = 0}), ConfigError);
  CHECK_THROWS_AS(load_own_images(scratch / "a.npy", {.holdout = 1}), ConfigError);
  CHECK_THROWS_AS(load_own_images(scratch / "a.npy", {.rows = 0, .cols = 28}), ConfigError);
  CHECK_THROWS_AS(load_own_images(scratch / "a.npy", {.rows = -2, .cols = -2}), ConfigError);
}

TEST_CASE("own images: a resized image keeps its mean and its edges", "[nn][data]") {
  ByteImages image{1, 2, 4, {0, 0, 100, 200, 40, 40, 100, 0}};
  CHECK(resized(image, 2, 4).pixels == image.pixels);
  CHECK(resized(image, 1, 2).pixels == Bytes{20, 100});
  CHECK(resized(image, 1, 1).pixels == Bytes{60});
  CHECK(resized(image, 4, 8).pixels == Bytes{0, 0,   0,   0,   100, 100, 200, 200, 0,  0,   0,
                                             0, 100, 100, 200, 200, 40,  40,  40,  40, 100, 100,
                                             0, 0,   40,  40,  40,  40,  100, 100, 0,  0});
  ByteImages third{1, 1, 3, {0, 90, 255}};
  CHECK(resized(third, 1, 2).pixels == Bytes{30, 200});  // (0 + 90/2) / 1.5, (90/2 + 255) / 1.5
  CHECK_THROWS_AS(resized(image, 0, 1), ConfigError);
}
