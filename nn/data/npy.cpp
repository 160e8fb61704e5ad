#include "nn/data/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include "nn/data/byte_source.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr const char* kSaveAgain = "the file was cut off or damaged; save it again with np.save";

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What a file is that should be an array, by its first bytes.
const char* hint_of(std::string_view bytes) {
  if (bytes.starts_with("PK")) return "it is a zip archive: name it .npz";
  if (bytes.starts_with("\x1f\x8b")) return "it is compressed: unpack it with gunzip first";
  if (bytes.starts_with("\x89PNG")) return "it is a PNG picture: --data takes a folder of them";
  if (bytes.starts_with("\x80"))
    return "it is a pickle: load it in Python and write it with np.save";
  return "np.save writes such files";
}

/// The header's text, {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }.
class Header {
 public:
  Header(std::string_view text, const fs::path& name) : all_(text), rest_(text), name_(name) {
    expect('{');
    while (peek() != '}') {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        if (peek() == '[')
          throw_bad_file(name_, "found an array of records (a structured dtype), expected numbers",
                         "save one field of it: np.save(file, a['field'])");
        descr = quoted();
      } else if (key == "fortran_order") {
        const std::string_view value = word();
        if (value != "True" && value != "False") bad();
        fortran = value == "True";
        said_order_ = true;
      } else if (key == "shape") {
        read_shape();
      } else {
        bad();
      }
      if (peek() == ',') expect(',');
    }
    if (descr.empty() || !said_order_ || !said_shape_) bad();
  }

  std::string_view descr;
  bool fortran = false;
  std::vector<std::int64_t> shape;

 private:
  [[noreturn]] void bad() const {
    std::string shown(all_.substr(0, 60));
    shown.erase(shown.find_last_not_of(" \n") + 1);
    std::ranges::replace_if(
        shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    throw_bad_file(name_,
                   fmt::format("the header \"{}\" is not {{'descr': ..., 'fortran_order': ..., "
                               "'shape': ...}}",
                               shown),
                   kSaveAgain);
  }
  char peek() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
    return rest_.empty() ? '\0' : rest_[0];
  }
  void expect(char c) {
    if (peek() != c) bad();
    rest_.remove_prefix(1);
  }
  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') bad();
    rest_.remove_prefix(1);
    const std::size_t end = rest_.find(quote);
    if (end == rest_.npos) bad();
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return value;
  }
  std::string_view word() {
    peek();
    const std::size_t end = std::min(rest_.find_first_of(", }"), rest_.size());
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return value;
  }
  void read_shape() {
    said_shape_ = true;
    shape.clear();
    expect('(');
    while (peek() != ')') {
      std::int64_t size = 0;
      std::size_t digits = 0;
      for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
        if (__builtin_mul_overflow(size, 10, &size) ||
            __builtin_add_overflow(size, rest_[digits] - '0', &size))
          bad();
      if (digits == 0 || shape.size() == 32) bad();
      rest_.remove_prefix(digits);
      shape.push_back(size);
      if (peek() == ',')
        expect(',');
      else if (peek() != ')')
        bad();
    }
    expect(')');
  }

  std::string_view all_, rest_;
  const fs::path& name_;
  bool said_order_ = false, said_shape_ = false;
};

[[noreturn]] void throw_dtype(const fs::path& name, std::string_view descr) {
  struct Row {
    char kind;
    const char *what, *hint;
  };
  constexpr std::array rows = {
      Row{'O', "Python objects (dtype=object)",
          "pictures of several sizes make such an array: bring them to one size, or write PNG"},
      Row{'c', "complex numbers", "save their real part or their absolute value"},
      Row{'S', "texts", "save the numbers that they stand for"},
      Row{'a', "texts", "save the numbers that they stand for"},
      Row{'U', "texts", "save the numbers that they stand for"},
      Row{'M', "dates", "save the numbers that they stand for"},
      Row{'m', "spans of time", "save the numbers that they stand for"},
      Row{'V', "raw bytes (void)", "view them as uint8: a.view(np.uint8)"},
      Row{'f', "floats of another size than 2, 4 or 8 bytes", "a.astype(np.float32)"}};
  const char kind = descr.size() > 1 ? descr[1] : '?';
  const auto* row = std::ranges::find(rows, kind, &Row::kind);
  throw_bad_file(name,
                 fmt::format("found {} ('{}'), expected uint8, or floats in [0, 1]",
                             row == rows.end() ? "an unknown dtype" : row->what, descr),
                 row == rows.end() ? "a.astype(np.uint8) or a.astype(np.float32)" : row->hint);
}

void set_dtype(NpyArray& array, std::string_view descr, const fs::path& name) {
  const auto known = [&](char kind, std::initializer_list<int> widths) {
    return array.kind == kind && std::ranges::find(widths, array.width) != widths.end();
  };
  if (descr.size() != 3) throw_dtype(name, descr);
  array.kind = descr[1];
  array.width = descr[2] - '0';
  array.big_endian = descr[0] == '>';
  const bool order = descr[0] == '<' || descr[0] == '>' || (descr[0] == '|' && array.width == 1);
  if (!order || !(known('b', {1}) || known('u', {1, 2, 4, 8}) || known('i', {1, 2, 4, 8}) ||
                  known('f', {2, 4, 8})))
    throw_dtype(name, descr);
  array.dtype = array.kind == 'b' ? "bool"
                                  : fmt::format("{}{}",
                                                array.kind == 'u'   ? "uint"
                                                : array.kind == 'i' ? "int"
                                                                    : "float",
                                                8 * array.width);
}

/// Half precision: 1 sign, 5 exponent, 10 fraction bits.
double half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 31  ? (fraction ? std::nan("") : HUGE_VAL)
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -size : size;
}

}  // namespace

std::int64_t NpyArray::size() const { return std::ssize(data) / width; }

double NpyArray::at(std::int64_t place) const {
  std::uint64_t bits = 0;
  const std::uint8_t* from = data.data() + place * width;
  for (int i = 0; i < width; ++i) bits = bits << 8 | from[big_endian ? i : width - 1 - i];
  if (kind == 'f') {
    if (width == 2) return half(static_cast<std::uint16_t>(bits));
    if (width == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    return std::bit_cast<double>(bits);
  }
  if (kind == 'i') {
    const int unused = 64 - 8 * width;
    return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
  }
  return static_cast<double>(bits);
}

std::string NpyArray::text() const { return fmt::format("{} [{}]", dtype, fmt::join(shape, ", ")); }

NpyArray parse_npy(std::span<const std::uint8_t> bytes, const fs::path& name) {
  const std::string_view all = text_of(bytes);
  const std::size_t known = std::min(all.size(), kMagic.size());
  if (all.substr(0, known) != kMagic.substr(0, known))
    throw_bad_file(
        name,
        fmt::format("not an array of NumPy: found the first bytes {:02x}, expected {:02x}",
                    fmt::join(bytes.first(known), " "),
                    fmt::join(std::span(reinterpret_cast<const std::uint8_t*>(kMagic.data()),
                                        kMagic.size()),
                              " ")),
        hint_of(all));
  const auto need = [&](std::size_t size) {
    if (bytes.size() < size)
      throw_bad_file(
          name, fmt::format("truncated header: found {} bytes, expected {}", bytes.size(), size),
          kSaveAgain);
  };
  need(10);
  const int version = bytes[6];
  if (version < 1 || version > 3)
    throw_bad_file(name, fmt::format("found version {} of the format, expected 1, 2 or 3", version),
                   "save it again with a present NumPy");
  need(version == 1 ? 10 : 12);
  const std::size_t begin = version == 1 ? 10 : 12;
  std::size_t length = bytes[8] | std::size_t{bytes[9]} << 8;
  if (version > 1) length |= std::size_t{bytes[10]} << 16 | std::size_t{bytes[11]} << 24;
  need(begin + length);
  const Header header(all.substr(begin, length), name);

  NpyArray array{.shape = header.shape, .strides = {}, .data = bytes.subspan(begin + length)};
  set_dtype(array, header.descr, name);
  std::int64_t size = 1, expected = 0;
  bool overflow = false;
  for (const std::int64_t n : array.shape) {
    if (n == 0)
      throw_bad_file(name, fmt::format("found {}, expected no size of zero", array.text()),
                     "the array is empty");
    overflow |= __builtin_mul_overflow(size, n, &size);
  }
  overflow |= __builtin_mul_overflow(size, std::int64_t{array.width}, &expected);
  if (overflow || std::ssize(array.data) < expected)
    throw_bad_file(name,
                   fmt::format("truncated: found {} bytes after the header, too few for {}",
                               array.data.size(), array.text()),
                   kSaveAgain);
  if (std::ssize(array.data) > expected)
    throw_bad_file(name,
                   fmt::format("trailing bytes: found {} after the header, expected {} for {}",
                               array.data.size(), expected, array.text()),
                   "one array in a file: np.save once, or np.savez for several");
  array.strides.resize(array.shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < array.shape.size(); ++i) {
    const std::size_t axis = header.fortran ? i : array.shape.size() - 1 - i;
    array.strides[axis] = stride;
    stride *= array.shape[axis];
  }
  return array;
}

}  // namespace tapestry::nn
