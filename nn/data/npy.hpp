#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

// Arrays as np.save writes them. (What np.savez writes is a zip archive of such files: zip.hpp.)

namespace tapestry::nn {

/// An array of whole numbers or floats, still as its bytes, which must outlive it.
struct NpyArray {
  std::string dtype = {};   ///< as NumPy prints it: "uint8", "float32", ">f8" is "float64"
  char kind = 'u';          ///< b bool, u and i whole numbers, f floats
  int width = 1;            ///< bytes of an element
  bool big_endian = false;  ///< of elements of more than one byte
  std::vector<std::int64_t> shape = {};  ///< no size is zero
  /// Elements from one index to the next, for each axis: C and Fortran order differ in nothing else.
  std::vector<std::int64_t> strides = {};
  std::span<const std::uint8_t> data = {};

  std::int64_t size() const;  ///< elements
  bool whole_numbers() const { return kind != 'f'; }
  /// The element at a place in `data`, counted in elements. Whole numbers beyond 2^53 are rounded.
  double at(std::int64_t place) const;
  std::string text() const;  ///< "float32 [60000, 28, 28]"
};

/// Reads a .npy file of format 1, 2 or 3; copies nothing. `name` is the file that a message is about. DataError for what
/// is no such file, is truncated or goes on, has a size of zero, or holds no real numbers: objects, texts, dates, records,
/// complex numbers and long doubles.
NpyArray parse_npy(std::span<const std::uint8_t> bytes, const std::filesystem::path& name);

}  // namespace tapestry::nn
