#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>

#include "autograd/ops.hpp"
#include "nn/data/byte_source.hpp"
#include "nn/data/npy.hpp"
#include "nn/data/own_images.hpp"
#include "nn/data/png.hpp"
#include "nn/data/zip.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"

// Which forms of arrays, archives and folders are taken, with their pixels, and what is said of the others.

using namespace tapestry;
using namespace tapestry::nn;

namespace {

/// The lowest `bytes` bytes of a number, in the order of the format.
std::string number(std::uint64_t value, int bytes, bool big = false) {
  std::string out;
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> 8 * (big ? bytes - 1 - i : i) & 255);
  return out;
}

std::string npy_of(const std::string& header, const std::string& data, int version = 1) {
  return "\x93NUMPY" + number(static_cast<std::uint64_t>(version), 2) +
         number(header.size(), version == 1 ? 2 : 4) + header + data;
}

std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                const std::string& fortran = "False") {
  return npy_of(
      "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n",
      data);
}

std::string floats(std::initializer_list<float> values) {
  std::string out;
  for (const float v : values) out += number(std::bit_cast<std::uint32_t>(v), 4);
  return out;
}

std::uint32_t crc_of(const std::string& text) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

using Files = std::vector<std::pair<std::string, std::string>>;

/// An archive of files that are not compressed.
std::string zip(const Files& files) {
  std::string body, list;
  for (const auto& [name, data] : files) {
    const std::string about = number(crc_of(data), 4) + number(data.size(), 4) +
                              number(data.size(), 4) + number(name.size(), 2) + number(0, 2);
    list += "PK\1\2" + number(20, 2) + number(20, 2) + number(0, 8) + about +
            std::string(10, '\0') + number(body.size(), 4) + name;
    body += "PK\3\4" + number(20, 2) + number(0, 8) + about + name + data;
  }
  return body + list + "PK\5\6" + number(0, 4) + number(files.size(), 2) + number(files.size(), 2) +
         number(list.size(), 4) + number(body.size(), 4) + number(0, 2);
}

std::string chunk(const std::string& type, const std::string& data) {
  return number(data.size(), 4, true) + type + data + number(crc_of(type + data), 4, true);
}

/// A picture of `rows` x `cols`, of type 0 (grey), 2 (RGB) and so on, whose bytes are all `value`.
std::string png(int rows, int cols, char value, int type = 0, int bits = 8) {
  const int channels = type == 2 ? 3 : 1;
  std::string raw;
  for (int y = 0; y < rows; ++y)
    raw += '\0' + std::string(static_cast<std::size_t>(cols * channels * bits / 8), value);
  std::string packed(compressBound(raw.size()), '\0');
  uLongf size = packed.size();
  REQUIRE(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                   reinterpret_cast<const Bytef*>(raw.data()), raw.size()) == Z_OK);
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", number(static_cast<std::uint64_t>(cols), 4, true) +
                           number(static_cast<std::uint64_t>(rows), 4, true) +
                           static_cast<char>(bits) + static_cast<char>(type) + number(0, 3)) +
         chunk("IDAT", packed) + chunk("IEND", "");
}

using Pixels = std::vector<std::uint8_t>;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A file or folder that is read, and what is said if it is refused.
struct Place {
  ScratchFolder scratch;
  void put(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((scratch / name).parent_path());
    scratch.write(name, bytes);
  }
  ImageDataset load(const std::string& name, const OwnOptions& options = {}) const {
    return load_own_images(scratch / name, options);
  }
  /// Checks that `name` is refused with a text that has both parts in it.
  void refuses(const std::string& name, const std::string& found, const std::string& hint) const {
    const std::string text = test::message<DataError>([&] { load(name); });
    check_contains(text, found);
    check_contains(text, hint);
  }
  void refuses_array(const std::string& bytes, const std::string& found,
                     const std::string& hint) const {
    put("a.npy", bytes);
    refuses("a.npy", found, hint);
  }
};

/// The one pixel of each image of an archive with two parts, images 1 x 1.
Pixels pixels_of(const std::string& descr, const std::string& train, int count) {
  const Place place;
  const std::string shape = "(" + std::to_string(count) + ", 1, 1)";
  place.put("a.npz", zip({{"x_train.npy", npy(descr, shape, train)},
                          {"x_test.npy", npy("|u1", "(1, 1, 1)", "\1")}}));
  return place.load("a.npz").train.pixels;
}

}  // namespace

TEST_CASE("own images: values of every dtype become bytes", "[nn][data]") {
  using namespace std::string_literals;
  CHECK(pixels_of("|u1", "\0\x7f\xff"s, 3) == Pixels{0, 127, 255});
  CHECK(pixels_of("|b1", "\0\1"s, 2) == Pixels{0, 255});
  CHECK(pixels_of("<u2", number(7, 2) + number(255, 2), 2) == Pixels{7, 255});
  CHECK(pixels_of(">i4", number(9, 4, true) + number(200, 4, true), 2) == Pixels{9, 200});
  CHECK(pixels_of("<i8", number(3, 8), 1) == Pixels{3});
  // 255 times 0, 0.5, 1 and 0.1, rounded
  CHECK(pixels_of("<f4", floats({0, .5f, 1, .1f}), 4) == Pixels{0, 128, 255, 26});
  CHECK(pixels_of(">f8", number(std::bit_cast<std::uint64_t>(.2), 8, true), 1) == Pixels{51});
  // halves: 0x3800 is 1/2, 0x3c00 is 1, 0x0001 is 2^-24
  CHECK(pixels_of("<f2", number(0x3800, 2) + number(0x3c00, 2) + number(1, 2), 3) ==
        Pixels{128, 255, 0});
}

TEST_CASE("npy: halves, signs and both orders of bytes", "[nn][data]") {
  const std::string halves = npy("<f2", "(5,)",
                                 number(0xc000, 2) + number(0x0001, 2) + number(0x7c00, 2) +
                                     number(0xfc00, 2) + number(0x7e00, 2));
  const NpyArray a = parse_npy(bytes_of(halves), "a.npy");
  CHECK(a.text() == "float16 [5]");
  CHECK(a.at(0) == -2);
  CHECK(a.at(1) == std::ldexp(1, -24));
  CHECK(a.at(2) == std::numeric_limits<double>::infinity());
  CHECK(a.at(3) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(a.at(4)));
  const std::string wide = npy(">i2", "(2,)", number(0xfffe, 2, true) + number(300, 2, true));
  const NpyArray b = parse_npy(bytes_of(wide), "b.npy");
  CHECK(b.at(0) == -2);
  CHECK(b.at(1) == 300);
  const std::string doubles = npy("<f8", "(1,)", number(std::bit_cast<std::uint64_t>(-.75), 8));
  CHECK(parse_npy(bytes_of(doubles), "c.npy").at(0) == -.75);
  // Version 2 counts its header in 4 bytes.
  const std::string newer =
      npy_of("{'shape': (2, 3), 'fortran_order': True, 'descr': '|i1'}", "abcdef", 2);
  const NpyArray d = parse_npy(bytes_of(newer), "d.npy");
  CHECK(d.text() == "int8 [2, 3]");
  CHECK(d.strides == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("npy: what is no array of numbers is named", "[nn][data]") {
  const Place place;
  const auto refuses = [&](const std::string& bytes, const char* found, const char* hint) {
    place.refuses_array(bytes, found, hint);
  };
  refuses("PK\3\4", "not an array of NumPy: found the first bytes 50 4b 03 04", "name it .npz");
  refuses("\x89PNG\r\n", "not an array of NumPy", "--data takes a folder of them");
  refuses("\x80\4abcdef", "found the first bytes 80 04", "it is a pickle");
  refuses("P5 28 28", "not an array of NumPy", "np.save writes such files");
  refuses(gzip("\x93NUMPY", 6), "found a gzip file", "gunzip");
  refuses("\x93NUMPY\1", "truncated header: found 7 bytes, expected 10", "cut off or damaged");
  refuses(npy_of("{}", "", 4), "found version 4 of the format, expected 1, 2 or 3", "save it");
  refuses(npy_of("{'descr': [('x', '<f4')], ", ""), "an array of records", "a['field']");
  refuses(npy("|u1", "(2, 2, 2)", "1234567"), "truncated: found 7 bytes after the header",
          "cut off");
  refuses(npy("|u1", "(1, 2, 2)", "12345"), "trailing bytes: found 5 after the header, expected 4",
          "np.savez for several");
  refuses(npy("|u1", "(0, 2, 2)", ""), "found uint8 [0, 2, 2], expected no size of zero",
          "the array is empty");
  for (const char* header :
       {"", "{'descr", "{descr: 1}", "{'descr': '|u1', 'other': 1}", "{'fortran_order': Maybe}",
        "{'shape': (2, 2)}", "{'shape': (a)}", "{'shape': (2 3)}",
        "{'shape': (99999999999999999999)}", "{'descr': 5}"})
    refuses(npy_of(header, ""), "is not {'descr': ..., 'fortran_order'", "np.save");
  const auto dtype = [&](const char* descr, const char* found, const char* hint) {
    refuses(npy(descr, "(1,)", "x"), found, hint);
  };
  dtype("|O", "Python objects (dtype=object) ('|O')", "write PNG");
  dtype("<c8", "complex numbers ('<c8')", "absolute value");
  dtype("<U5", "texts ('<U5')", "the numbers that they stand for");
  dtype("<M8[ns]", "dates", "the numbers that they stand for");
  dtype("<m8[ns]", "spans of time", "the numbers that they stand for");
  dtype("|V3", "raw bytes (void)", "a.view(np.uint8)");
  dtype("<f16", "floats of another size than 2, 4 or 8 bytes", "a.astype(np.float32)");
  dtype("|x1", "an unknown dtype ('|x1')", "a.astype(np.uint8)");
  dtype("=u2", "an unknown dtype ('=u2')", "a.astype(np.uint8)");
}

TEST_CASE("own images: values out of range are refused with the line that mends them",
          "[nn][data]") {
  const Place place;
  const auto refuses = [&](const char* descr, const std::string& data, int count, const char* found,
                           const char* hint) {
    const std::string shape = "(" + std::to_string(count) + ", 1, 1)";
    place.refuses_array(npy(descr, shape, data), found, hint);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  refuses("<f4", floats({0, nan}), 2, "found the value nan, expected numbers in [0, 1]",
          "np.nan_to_num(a) makes NaN 0");
  refuses("<f4", floats({0, 255}), 2, "found values from 0 to 255, expected floats in [0, 1]",
          "divide by 255");
  refuses("<f4", floats({1, -1}), 2, "found values from -1 to 1", "(a + 1) / 2 brings [-1, 1]");
  refuses("<f4", floats({-2, 6, nan}), 3, "found values from -2 to 6", "(a + 2) / 8");
  refuses("<f4", floats({500, 1000}), 2, "found values from 500 to 1000", "(a - 500) / 500");
  refuses("<f4", floats({0, 1000}), 2, "found values from 0 to 1000", "a / 1000");
  refuses("<u2", number(0, 2) + number(510, 2), 2, "found values from 0 to 510, expected 0 to 255",
          "(a * (255 / 510)).astype(np.uint8)");
  refuses("|i1", "\xff\4", 2, "found values from -1 to 4, expected 0 to 255",
          "((a + 1) * (255 / 5)).astype(np.uint8)");
}

TEST_CASE("own images: the axes of an array, in C and in Fortran order", "[nn][data]") {
  const Place place;
  const auto one = [&](const std::string& shape, const std::string& data, const char* fortran) {
    place.put("a.npz", zip({{"train_images.npy", npy("|u1", shape, data, fortran)},
                            {"test_images.npy", npy("|u1", shape, data, fortran)}}));
    return place.load("a.npz").train;
  };
  CHECK(one("(1, 2, 3)", "abcdef", "False").pixels == Pixels{'a', 'b', 'c', 'd', 'e', 'f'});
  CHECK(one("(1, 2, 3)", "abcdef", "True").pixels == Pixels{'a', 'c', 'e', 'b', 'd', 'f'});
  // Two pixels in colour: channels last are brought to planes, channels first are planes.
  const ByteImages last = one("(1, 2, 1, 3)", "RGBrgb", "False");
  CHECK(last.channels == 3);
  CHECK(last.rows == 2);
  CHECK(last.cols == 1);
  CHECK(last.pixels == Pixels{'R', 'r', 'G', 'g', 'B', 'b'});
  const ByteImages first = one("(1, 3, 1, 2)", "RrGgBb", "False");
  CHECK(first.channels == 3);
  CHECK(first.pixels == last.pixels);
  CHECK(one("(1, 2, 2, 1)", "abcd", "False").channels == 1);

  const auto refuses = [&](const char* shape, int size, const char* found, const char* hint) {
    const std::string data(static_cast<std::size_t>(size), '\1');
    place.refuses_array(npy("|u1", shape, data), found, hint);
  };
  refuses("(2, 3, 4, 3)", 72, "found uint8 [2, 3, 4, 3]", "which axis are the channels?");
  refuses("(2, 2, 2, 4)", 32, "found uint8 [2, 2, 2, 4]", "a[..., :3] drops it");
  refuses("(2, 2, 2, 2)", 16, "expected [N, rows, cols]", "images have 1 channel or 3");
  refuses("(2, 9)", 18, "found uint8 [2, 9]", "np.save(file, a.reshape(-1, 3, 3))");
  refuses("(2, 8)", 16, "found uint8 [2, 8]", "reshape it to the rows and columns");
  refuses("(4,)", 4, "found uint8 [4]", "they go into NAME.labels.npy");
  refuses("()", 1, "found uint8 []", "one axis counts the images");
}

TEST_CASE("own images: labels beside an array", "[nn][data]") {
  const Place place;
  place.put("a.npy", npy("|u1", "(4, 1, 1)", "abcd"));
  const auto labels = [&](const char* descr, const char* shape, const std::string& data) {
    place.put("a.labels.npy", npy(descr, shape, data));
  };
  // Each label goes with its image: 'a' is 0, 'b' is 1, ...
  for (const char* shape : {"(4,)", "(4, 1)"}) {
    labels("|u1", shape, number(0x03020100, 4));
    const ImageDataset data = place.load("a.npy", {.holdout = 0.5});
    CHECK(data.classes == 4);
    CHECK(data.note == "uint8, 4 classes, test images drawn by seed 1");
    REQUIRE(data.test.count == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(data.train_labels[i] == data.train.pixels[i] - 'a');
      CHECK(data.test_labels[i] == data.test.pixels[i] - 'a');
    }
  }
  const auto refuses = [&](const char* found, const char* hint) {
    place.refuses("a.npy", found, hint);
  };
  labels("|u1", "(4, 2)", "01010101");
  refuses("found uint8 [4, 2], expected labels [4]", "one-hot labels: a.argmax(1)");
  labels("<f4", "(4,)", floats({0, 1, 2, 3}));
  refuses("found float32 [4], expected labels that are whole numbers", "a.astype(np.uint8)");
  labels("|b1", "(4,)", number(0, 4));
  refuses("found bool [4], expected labels that are whole numbers", "a.astype(np.uint8)");
  labels("|u1", "(3,)", "\1\1\1");
  refuses("found 3 labels, expected 4, one for each image", "from the same data set?");
  labels("|i1", "(4,)", "\1\1\xff\1");
  refuses("found label -1 at position 2, expected 0 to 255", "np.unique(a, return_inverse=True)");
  labels("<u2", "(4,)", number(1, 6) + number(256, 2));
  refuses("found label 256 at position 3, expected 0 to 255", "numbers classes from 0");
}

TEST_CASE("own images: archives with one part and with two", "[nn][data]") {
  using namespace std::string_literals;
  const Place place;
  const std::string two = npy("|u1", "(2, 1, 1)", "ab"), one = npy("<f4", "(1, 1, 1)", floats({1}));
  const std::string labels = npy("|u1", "(2,)", "\0\2"s), label = npy("|u1", "(1,)", "\1");
  place.put("own.npz", zip({{"x_train.npy", two},
                            {"y_train.npy", labels},
                            {"x_test.npy", one},
                            {"y_test.npy", label}}));
  const ImageDataset own = place.load("own.npz");
  CHECK(own.name == "own");
  CHECK(own.train.pixels == Pixels{'a', 'b'});
  CHECK(own.train_labels == Pixels{0, 2});
  CHECK(own.test.pixels == Pixels{255});
  CHECK(own.test_labels == Pixels{1});
  CHECK(own.classes == 3);
  CHECK(own.note == "float32 in [0, 1], kept in steps of 1/255, 3 classes");

  place.put("split.npz", zip({{"images.npy", two}, {"labels.npy", labels}}));
  const ImageDataset split = place.load("split.npz");
  CHECK(split.train.count == 1);
  CHECK(split.test.count == 1);
  CHECK(split.train_labels[0] == (split.train.pixels[0] == 'a' ? 0 : 2));

  const auto refuses = [&](const Files& files, const char* found, const char* hint) {
    place.put("bad.npz", zip(files));
    place.refuses("bad.npz", found, hint);
  };
  refuses({{"faces.npy", two}, {"b.npy", two}},
          "found faces.npy, b.npy, expected an array named images, x or x_train",
          "np.savez(file, images=x, labels=y)");
  refuses({}, "found no arrays, expected an array", "np.savez");
  refuses({{"x_train.npy", two}, {"y_train.npy", labels}, {"x_test.npy", one}},
          "only one of the two parts has labels", "add y_train and y_test, or neither");
  refuses({{"x_train.npy", two}, {"x_test.npy", npy("|u1", "(1, 1, 2)", "ab")}},
          "found test images of 1 x 1 x 2, expected 1 x 1 x 1", "from the same data set?");
  refuses({{"x.npy", npy("|u1", "(1, 1, 1)", "a")}}, "found 1 image, expected at least 2",
          "a VAE learns from hundreds");
  refuses({{"x.npy", two}, {"y.npy", label}}, "bad.npz: y.npy: found 1 labels, expected 2",
          "one for each image");
}

TEST_CASE("own images: a folder of pictures", "[nn][data]") {
  const Place place;
  for (const char* name : {"plain/b.png", "plain/a.PNG", "plain/c.png"})
    place.put(name, png(2, 3, name[6]));
  place.put("plain/.hidden.jpg", "");
  place.put("plain/notes.txt", "not read");
  const ImageDataset plain = place.load("plain", {.holdout = 0.3});
  CHECK(plain.name == "plain");
  CHECK(place.load("plain/", {.holdout = 0.3}).name == "plain");
  CHECK(plain.note == "8-bit PNG, test images drawn by seed 1");
  CHECK(plain.classes == 0);
  CHECK(plain.rows() == 2);
  CHECK(plain.cols() == 3);
  REQUIRE(plain.test.count == 1);
  REQUIRE(plain.train.count == 2);
  CHECK(int{plain.train.pixels[0]} + plain.train.pixels[6] + plain.test.pixels[0] ==
        'a' + 'b' + 'c');
  CHECK(plain.train.pixels[0] < plain.train.pixels[6]);

  place.put("kinds/cats/1.png", png(1, 1, 10, 2));
  place.put("kinds/cats/2.png", png(1, 1, 20, 2));
  place.put("kinds/ants/1.png", png(1, 1, 30, 2));
  const ImageDataset kinds = place.load("kinds");
  CHECK(kinds.class_names == std::vector<std::string>{"ants", "cats"});
  CHECK(kinds.note == "8-bit PNG, 2 classes, test images drawn by seed 1");
  CHECK(kinds.channels() == 3);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(kinds.train_labels[i] == (kinds.train.pixels[3 * i] == 30 ? 0 : 1));

  for (const char* name : {"parts/train/a/1.png", "parts/train/b/1.png", "parts/test/b/1.png"})
    place.put(name, png(1, 1, name[6]));
  const ImageDataset parts = place.load("parts");
  CHECK(parts.train.count == 2);
  CHECK(parts.train_labels == Pixels{0, 1});
  CHECK(parts.test_labels == Pixels{1});

  // Pictures of several sizes, brought to one.
  place.put("sizes/a.png", png(2, 2, 40));
  place.put("sizes/b.png", png(4, 6, 40));
  const ImageDataset sizes = place.load("sizes", {.rows = 1, .cols = 3});
  CHECK(sizes.train.pixels == Pixels{40, 40, 40});
  CHECK(sizes.test.pixels == Pixels{40, 40, 40});
}

TEST_CASE("own images: however much is held out, one image is left to learn from", "[nn][data]") {
  const Place place;
  for (const char* name : {"two/a.png", "two/b.png"}) place.put(name, png(2, 3, name[4]));
  for (const double holdout : {0.01, 0.5, 0.99}) {
    const ImageDataset data = place.load("two", {.holdout = holdout});
    CHECK(data.train.count == 1);
    CHECK(data.test.count == 1);
  }
}

TEST_CASE("own images: a folder that is no data set is refused", "[nn][data]") {
  const Place place;
  const auto refuses = [&](const char* name, const char* found, const char* hint) {
    place.refuses(name, found, hint);
  };
  place.put("one.png", png(1, 1, 1));
  refuses("one.png", "found one picture, expected a folder of them", "name its folder");
  place.put("jpeg/a.JPEG", "x");
  refuses("jpeg", "found a picture of type .jpeg, expected .png",
          "convert('RGB').save('NAME.png')");
  place.put("mixed/a.png", png(1, 1, 1));
  place.put("mixed/cats/a.png", png(1, 1, 1));
  refuses("mixed", "found pictures beside the folder cats, expected one or the other",
          "the folder of its class");
  place.put("empty/notes.txt", "");
  refuses("empty", "found no PNG pictures", "a folder of them is a data set");
  place.put("deep/cats/tabby/a.png", png(1, 1, 1));
  refuses("deep", "found a folder in the folder of a class", "classes are one level deep");
  place.put("bare/cats/notes.txt", "");
  refuses("bare", "found no PNG pictures in the folder of a class",
          "remove the folder, or fill it");
  place.put("new/train/a/1.png", png(1, 1, 1));
  place.put("new/test/b/1.png", png(1, 1, 1));
  refuses("new", "this class is in the test part only", "the folders of the same classes");
  place.put("half/train/1.png", png(1, 1, 1));
  place.put("half/test/b/1.png", png(1, 1, 1));
  refuses("half", "this class is in the test part only", "both parts");
  place.put("other/train/b/1.png", png(1, 1, 1));
  place.put("other/test/1.png", png(1, 1, 1));
  refuses("other", "only one of train and test has folders of classes", "the same folders");
  place.put("kinds/a.png", png(1, 1, 1));
  place.put("kinds/b.png", png(1, 1, 1, 2));
  refuses("kinds", "found a picture in RGB, expected grey as in a.png", "convert('L')");
  place.put("sizes/a.png", png(2, 2, 1));
  place.put("sizes/b.png", png(2, 3, 1));
  refuses("sizes", "found 2 x 3 pixels, expected 2 x 2 as in a.png", "--resize 2");
  for (int k = 0; k <= 256; ++k)
    place.put("many/" + std::to_string(1000 + k) + "/a.png", png(1, 1, 1));
  refuses("many", "found more than 256 classes", "if these are no classes");
}

TEST_CASE("own images: a picture that is not 8-bit grey or RGB is refused", "[nn][data]") {
  const auto refuses = [](const std::string& bytes, const char* found, const char* hint) {
    const std::string text = test::message<DataError>([&] { parse_png(bytes_of(bytes), "a.png"); });
    check_contains(text, found);
    check_contains(text, hint);
  };
  refuses("\xff\xd8\xff\xe0", "not a PNG file: found the first bytes ff d8 ff e0", "it is a JPEG");
  refuses("GIF89a", "not a PNG file", "it is a GIF");
  refuses("BM", "found the first bytes 42 4d", "only PNG pictures are read");
  refuses("\x89PNG\r\n\x1a\n", "truncated header: found 8 bytes, expected 33", "cut off");
  const std::string good = png(2, 2, 5);
  CHECK(parse_png(bytes_of(good), "a.png").pixels == Pixels{5, 5, 5, 5});
  std::string chunks = good;
  chunks[12] = 'X';
  refuses(chunks, "its first chunk is not IHDR", "cut off");
  refuses(png(0, 2, 0), "found 0 x 2 pixels, expected 1 to 32768 a side", "export");
  refuses(png(1, 1, 0, 3), "found a palette", ".convert('L')");
  refuses(png(1, 1, 0, 4), "alpha channel", "convert('L') drops it");
  refuses(png(1, 1, 0, 6), "alpha channel", "convert('RGB') drops it");
  refuses(png(1, 1, 0, 5), "colour type 5 does not exist", "export");
  refuses(png(1, 1, 0, 0, 16), "found 16 bits a pixel, expected 8", "// 257");
  refuses(good + "more", "trailing bytes: the file goes on for 4 bytes after its end", "export");
  refuses(good.substr(0, good.size() - 12), "the file ends too early (libpng)", "export");
  std::string damaged = good;
  damaged[good.size() - 14] ^= 1;  // in the checksum of the pixels
  refuses(damaged, "(libpng)", "export the picture again");
}

TEST_CASE("own images: grey pictures of 1, 2 and 4 bits a pixel have the values of 8 bits",
          "[nn][data]") {
  const auto pixels = [](int bits, char row) {
    return parse_png(bytes_of(png(1, 8 / bits, row, 0, bits)), "a.png").pixels;
  };
  CHECK(pixels(1, '\x65') == Pixels{0, 255, 255, 0, 0, 255, 0, 255});
  CHECK(pixels(2, '\x1b') == Pixels{0, 85, 170, 255});
  CHECK(pixels(4, '\x3f') == Pixels{51, 255});
}

TEST_CASE("own images: which paths are images of one's own", "[nn][data]") {
  const Place place;
  for (const char* name : {"a.npy", "a.NPZ", "a.png"}) CHECK(is_own_images(name));
  CHECK_FALSE(is_own_images("mnist"));
  place.put("pictures/a.jpg", "");
  place.put("classes/cats/a.png", "");
  place.put("texts/a.txt", "");
  place.put("idx/a.png", "");
  place.put("idx/t10k-images-idx3-ubyte", "");
  CHECK(is_own_images(place.scratch / "pictures"));
  CHECK(is_own_images(place.scratch / "classes"));
  CHECK_FALSE(is_own_images(place.scratch / "texts"));
  CHECK_FALSE(is_own_images(place.scratch / "idx"));
}

TEST_CASE("own images: a colour image has its channels first, for measures and pictures",
          "[nn][data]") {
  const Place place;
  place.put("a.npz", zip({{"x_train.npy", npy("|u1", "(2, 2, 5, 3)", std::string(60, 'a'))},
                          {"x_test.npy", npy("|u1", "(1, 2, 5, 3)", std::string(30, 'a'))}}));
  const ImageDataset colour = place.load("a.npz");
  CHECK(colour.as_images(zeros({4, 30})).shape() == Shape{4, 3, 2, 5});
  CHECK(drawn_digits(1, 1).as_images(zeros({4, 784})).shape() == Shape{4, 28, 28});
}

TEST_CASE("own images: archives of several parts, too large or of other methods are refused",
          "[nn][data]") {
  const std::string good = zip({{"a.npy", "x"}});
  const auto refuses = [&](std::size_t from_end, const std::string& changed, const char* found) {
    std::string bytes = good;
    bytes.replace(bytes.size() - from_end, changed.size(), changed);
    check_contains(test::message<DataError>([&] { parse_zip(bytes_of(bytes), "a.npz"); }), found);
  };
  const std::string all(4, '\xff');
  refuses(18, number(1, 2), "it is one of several parts");
  refuses(12, number(0xffff, 2), "65,535 files or more");
  refuses(12, number(2, 2), "the list of files is cut off");
  refuses(6, all, "4 GB or more");
  constexpr std::size_t record = 22 + 46 + 5;  // the end, and what the list says of a.npy
  refuses(record - 8, number(1, 2), "a.npy is encrypted");
  refuses(record - 10, number(9, 2), "a.npy is packed by method 9, expected 0 (stored) or 8");
  refuses(record - 20, all, "a.npy has 4 GB or more");
  refuses(record - 24, all, "a.npy has 4 GB or more");
}

TEST_CASE("files: a path that the system refuses, a level that zlib does not have", "[nn][data]") {
  const std::string text = test::message<DataError>([] { ByteSource(std::string(5000, 'a')); });
  check_contains(text, "cannot be looked at: File name too long");
  check_contains(text, "check the permissions of the folders above it");
  CHECK_THROWS_AS(gzip("x", 10), std::bad_alloc);
}

TEST_CASE("data sets: a name is found by its first file under TAPESTRY_DATA", "[nn][data]") {
  const Place place;
  const EnvironmentScope data("TAPESTRY_DATA", place.scratch.path().c_str());
  place.put("mnist/train-images-idx3-ubyte", "");
  CHECK(find_dataset("mnist") == place.scratch / "mnist");
  CHECK_FALSE(find_dataset("no such name"));
}
