#include "nn/data/idx.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "autograd/error.hpp"
#include "autograd/random.hpp"
#include "nn/data/byte_source.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

/// Four bytes, big-endian.
std::string size32(std::uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
          static_cast<char>(n)};
}

std::string header(std::uint8_t type, std::vector<std::uint32_t> sizes) {
  std::string out = {0, 0, static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const std::uint32_t n : sizes) out += size32(n);
  return out;
}

/// Bytes 0, 1, 2, ...
std::string ramp(std::size_t n) {
  std::string out(n, '\0');
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<char>(i);
  return out;
}

std::string gzipped(const std::string& bytes) {
  const ScratchFolder folder;
  const std::string path = (folder / "bytes.gz").string();
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return slurp(path);
}

/// The message of the DataError that reading these bytes as images or labels gives.
template <class Read>
std::string fault(const std::filesystem::path& path, Read read) {
  try {
    read(path);
  } catch (const DataError& error) {
    CHECK(error.op == path.string());
    return error.message;
  }
  return "no error";
}
std::string images_fault(const std::filesystem::path& path) {
  return fault(path, [](const auto& p) { read_idx_images(p); });
}
std::string images_fault(const std::string& bytes) {
  const ScratchFolder folder;
  return images_fault(folder.write("images", bytes));
}
std::string labels_fault(const std::string& bytes, const LabelRule& rule) {
  const ScratchFolder folder;
  return fault(folder.write("labels", bytes), [&](const auto& p) { read_idx_labels(p, rule); });
}

const std::string kGood = header(8, {2, 3, 4}) + ramp(24);

}  // namespace

TEST_CASE("idx: a plain and a gzip'd file give the same images", "[nn][data]") {
  const ScratchFolder folder;
  for (const std::string& bytes : {kGood, gzipped(kGood)}) {
    const ByteImages images = read_idx_images(folder.write("images", bytes));
    CHECK(images.count == 2);
    CHECK(images.rows == 3);
    CHECK(images.cols == 4);
    CHECK(images.image_size() == 12);
    REQUIRE(images.pixels.size() == 24);
    for (std::size_t i = 0; i < 24; ++i) CHECK(images.pixels[i] == i);
    CHECK(images.image(1)[0] == 12);
  }
}

TEST_CASE("idx: what is written is read back, plain and gzip'd", "[nn][data]") {
  const ScratchFolder folder;
  ByteImages images{300, 28, 20, {}};  // larger than the reader's buffer
  Rng rng(7);
  for (std::int64_t i = 0; i < 300 * 28 * 20; ++i) {
    images.pixels.push_back(static_cast<std::uint8_t>(rng.below(256)));
  }
  const std::vector<std::uint8_t> labels = {3, 1, 4, 1, 5};
  for (const std::string ending : {"", ".gz"}) {
    const auto images_path = folder / ("images" + ending),
               labels_path = folder / ("labels" + ending);
    write_idx_images(images_path, images);
    write_idx_labels(labels_path, labels);
    const ByteImages back = read_idx_images(images_path);
    CHECK(back.count == 300);
    CHECK(back.rows == 28);
    CHECK(back.cols == 20);
    CHECK(back.pixels == images.pixels);
    CHECK(read_idx_labels(labels_path, {.count = 5}) == labels);
  }
  CHECK(slurp(folder / "images").size() == 16 + images.pixels.size());
  CHECK(slurp(folder / "labels.gz").substr(0, 2) == "\x1f\x8b");
}

TEST_CASE("idx: writing images whose bytes do not match their sizes is refused", "[nn][data]") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(write_idx_images(folder / "x", {2, 3, 4, {1, 2, 3}}), DataError);
  CHECK_THROWS_AS(write_idx_images(folder / "x", {0, 3, 4, {}}), DataError);
  const ByteImages colours{1, 2, 2, std::vector<std::uint8_t>(12), 3};
  CHECK(test::throws_with<DataError>([&] { write_idx_images(folder / "x", colours); },
                                     "grey images"));
  CHECK_THROWS_AS(write_idx_labels(folder / "no" / "such" / "folder", {}), DataError);
}

TEST_CASE("idx: a path that is no readable file is named with the reason", "[nn][data]") {
  const ScratchFolder folder;
  CHECK(images_fault(folder / "absent") == "no such file");
  CHECK(images_fault(folder.path()) == "found a folder, expected a file");
  CHECK(images_fault(folder.write("empty", "")) == "the file is empty");

  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(images_fault(pipe) == "found a device, pipe or socket, expected a regular file");

  const auto locked = folder.write("locked", kGood);
  std::filesystem::permissions(locked, std::filesystem::perms::none);
  if (::geteuid() == 0) {
    WARN("root reads every file: the test of an unreadable one is skipped");
  } else {
    CHECK(images_fault(locked) == "cannot be opened: Permission denied");
  }
}

TEST_CASE("idx: a truncated header is told from an empty file", "[nn][data]") {
  for (const std::size_t size : {1u, 3u, 4u, 15u}) {
    const std::string expected =
        "truncated header: found " + std::to_string(size) + " bytes, expected 16";
    CHECK(images_fault(kGood.substr(0, size)) == expected);
    CHECK(images_fault(gzipped(kGood.substr(0, size))) == expected);
  }
  CHECK(images_fault(gzipped("")) == "truncated header: found 0 bytes, expected 16");
}

TEST_CASE("idx: a wrong magic, type or rank is shown with what was expected", "[nn][data]") {
  for (const bool zip : {false, true}) {
    const auto with = [&](const std::string& bytes) { return zip ? gzipped(bytes) : bytes; };
    CHECK(images_fault(with("<!DOCTYPE html>")) ==
          "not an IDX file: found the first bytes 3c 21 44 4f, expected 00 00 08 03");
    CHECK(images_fault(with(header(0x0d, {2, 3, 4}) + ramp(96))) ==
          "found element type 0x0d (32-bit float), expected 0x08 (unsigned byte)");
    CHECK(images_fault(with(header(0x42, {2, 3, 4}) + ramp(24))) ==
          "found element type 0x42 (unknown), expected 0x08 (unsigned byte)");
    CHECK(images_fault(with(header(8, {5}) + ramp(5))) == "found rank 1, expected 3");
    CHECK(labels_fault(with(kGood), {.count = 2}) == "found rank 3, expected 1");
  }
}

TEST_CASE("idx: missing and surplus bytes are counted", "[nn][data]") {
  CHECK(images_fault(kGood.substr(0, kGood.size() - 1)) ==
        "truncated, or wrong sizes in the header: 2 x 3 x 4 elements are more than a file of 39 "
        "bytes can hold");
  CHECK(images_fault(gzipped(kGood.substr(0, kGood.size() - 1))) ==
        "truncated: found 23 bytes after the header, expected 2 x 3 x 4 = 24");
  const std::string surplus =
      "trailing bytes: found more than the 2 x 3 x 4 = 24 bytes that the header announces";
  CHECK(images_fault(kGood + "x") == surplus);
  CHECK(images_fault(gzipped(kGood + "x")) == surplus);
}

TEST_CASE("idx: sizes beyond the file or beyond 64 bits ask for no memory", "[nn][data]") {
  const std::uint32_t most = 0xffffffff;
  for (const std::vector<std::uint32_t>& sizes : {std::vector{most, most, most},
                                                  {most, 1, 1},
                                                  {1, most, 2},
                                                  {0x10000, 0x10000, 0x10000},
                                                  {most, most, 1},
                                                  {0x80000000, 0x80000000, 4}}) {
    const std::string bytes = header(8, sizes) + ramp(24);
    check_contains(images_fault(bytes), "elements are more than a file of 40 bytes");
    check_contains(images_fault(gzipped(bytes)),
                   "elements are more than the gzip data in a file of");
  }
}

TEST_CASE("idx: a size of zero is refused", "[nn][data]") {
  CHECK(images_fault(header(8, {0, 3, 4})) == "found sizes 0 x 3 x 4, expected none to be zero");
  CHECK(images_fault(header(8, {2, 0, 4})) == "found sizes 2 x 0 x 4, expected none to be zero");
  CHECK(images_fault(gzipped(header(8, {2, 3, 0}))) ==
        "found sizes 2 x 3 x 0, expected none to be zero");
  CHECK(labels_fault(header(8, {0}), {.count = 0}) == "found sizes 0, expected none to be zero");
}

TEST_CASE("idx: damaged gzip data are told from truncated ones", "[nn][data]") {
  const std::string good = gzipped(kGood);

  std::string crc = good;
  crc[crc.size() - 8] = static_cast<char>(crc[crc.size() - 8] ^ 1);
  CHECK(images_fault(crc) == "corrupt gzip data (zlib: incorrect data check)");

  std::string length = good;
  length.back() = static_cast<char>(length.back() ^ 1);
  CHECK(images_fault(length) == "corrupt gzip data (zlib: incorrect length check)");

  std::string method = good;
  method[2] = 7;
  CHECK(images_fault(method) == "corrupt gzip data (zlib: unknown compression method)");

  for (std::size_t size = 1; size < good.size(); ++size) {
    INFO("the first " << size << " of " << good.size() << " bytes");
    // One byte of the magic alone could begin anything that is not IDX.
    CHECK(images_fault(good.substr(0, size)) == "truncated: the file ends before its gzip data do");
  }
  CHECK(images_fault(good + "x") ==
        "trailing bytes: the file goes on after the end of its gzip data");
  CHECK(images_fault(good + good) ==
        "trailing bytes: the file goes on after the end of its gzip data");
}

TEST_CASE("idx: labels must match the images in number and the classes in value", "[nn][data]") {
  const std::string labels = header(8, {3}) + std::string{0, 9, 5};
  CHECK(labels_fault(labels, {.count = 3}) == "no error");
  CHECK(labels_fault(labels, {.count = 4}) == "found 3 labels, expected 4, one for each image");
  CHECK(labels_fault(gzipped(labels), {.count = 2}) ==
        "found 3 labels, expected 2, one for each image");
  CHECK(labels_fault(labels, {.count = 3, .classes = 9}) ==
        "found label 9 at position 1, expected 0 to 8");
  CHECK(labels_fault(header(8, {2}) + std::string{3, '\xff'}, {.count = 2}) ==
        "found label 255 at position 1, expected 0 to 9");
}

TEST_CASE("idx: random damage gives images or a DataError, nothing else", "[nn][data]") {
  const ScratchFolder folder;
  Rng rng(20240607);
  const std::vector<std::string> seeds = {kGood, gzipped(kGood),
                                          gzipped(header(8, {3, 28, 28}) + ramp(3 * 28 * 28))};
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = seeds[static_cast<std::size_t>(rng.below(std::ssize(seeds)))];
    const auto anywhere = [&] { return static_cast<std::size_t>(rng.below(std::ssize(bytes))); };
    for (std::int64_t change = rng.below(4); change >= 0 && !bytes.empty(); --change) {
      const std::size_t at = anywhere();
      switch (rng.below(4)) {
        case 0:
          bytes[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.below(8)));
          break;
        case 2:
          bytes.erase(at, anywhere());
          break;
        default:
          bytes.insert(at, static_cast<std::size_t>(rng.below(9)), '\xff');
          break;
      }
    }
    const auto path = folder.write("images", bytes);
    try {
      const ByteImages images = read_idx_images(path);
      REQUIRE(std::ssize(images.pixels) == images.count * images.image_size());
    } catch (const DataError&) {
      ++refused;
    }
  }
  CHECK(refused > 2000);
}

TEST_CASE("idx: bytes in memory are read like their file, plain and gzip'd", "[nn][data]") {
  const ScratchFolder folder;
  const auto bytes_of = [](const std::string& text) {
    return std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  for (const std::string& file : {kGood, gzipped(kGood)}) {
    const ByteImages images = parse_idx_images(bytes_of(file), "memory");
    CHECK(images.pixels == read_idx_images(folder.write("images", file)).pixels);
    CHECK(images.count == 2);
    for (std::size_t n = 0; n < file.size(); ++n) {
      try {
        parse_idx_images(bytes_of(file.substr(0, n)), "memory");
        FAIL("the first " << n << " bytes are no file");
      } catch (const DataError& error) {
        CHECK(error.op == "memory");
        CHECK(error.message == images_fault(file.substr(0, n)));
      }
    }
  }
  const std::string labels = header(8, {3}) + std::string("\1\0\2", 3);
  CHECK(parse_idx_labels(bytes_of(labels), "memory", {.count = 3}) ==
        std::vector<std::uint8_t>{1, 0, 2});
}

TEST_CASE("gzip: more bytes than zlib can count are refused, not cut off", "[nn][data]") {
  const std::string_view many("never read", std::size_t{1} << 32);
  CHECK_THROWS_AS(gzip(many), DataError);
  CHECK(gzip("abc").size() > 3);
}
