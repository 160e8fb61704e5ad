// Images of one's own: .npy, .npz and PNG.
#include <zlib.h>

#include "autograd/error.hpp"
#include "fuzz/target.hpp"
#include "nn/data/npy.hpp"
#include "nn/data/png.hpp"
#include "nn/data/zip.hpp"
#include "support/scratch_folder.hpp"
#include "vae/pictures/image_grid.hpp"

namespace tapestry::fuzz {

namespace {

void read_npy(std::string_view input) {
  accepted<DataError>([&] {
    const nn::NpyArray array = nn::parse_npy(bytes_of(input), "input");
    must(array.size() * array.width == std::ssize(array.data), "an array has all of its bytes");
    std::int64_t last = 0;
    for (std::size_t axis = 0; axis < array.shape.size(); ++axis)
      last += (array.shape[axis] - 1) * array.strides[axis];
    array.at(0);
    array.at(last);
  });
}

void read_npz(std::string_view input) {
  accepted<DataError>([&] {
    for (const nn::ZipEntry& entry : nn::parse_zip(bytes_of(input), "input"))
      accepted<DataError>([&] {
        const std::vector<std::uint8_t> bytes = nn::unpack(entry, "input");
        must(bytes.size() == entry.size, "a file is as long as its archive says");
        nn::parse_npy(bytes, "input");
      });
  });
}

void read_png(std::string_view input) {
  accepted<DataError>([&] {
    const nn::ByteImages image = nn::parse_png(bytes_of(input), "input");
    must(image.count == 1 && std::ssize(image.pixels) == image.image_size(),
         "a picture has as many pixels as its sizes say");
  });
}

std::string little(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, number >>= 8) text += static_cast<char>(number & 0xff);
  return text;
}

std::string npy(const std::string& type, const std::string& shape, std::size_t bytes) {
  std::string head =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  head.resize(118 - 1, ' ');
  head += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += little(head.size(), 2) + head;
  for (std::size_t i = 0; i < bytes; ++i) file += static_cast<char>(i);
  return file;
}

// One file, packed by a method (0: as it is), of which the list says that so many bytes come out.
std::string npz(const std::string& name, const std::string& file, int method, std::size_t size) {
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(file.data()), static_cast<uInt>(file.size()));
  const std::string about = little(20, 2) + little(0, 2) +
                            little(static_cast<std::uint64_t>(method), 2) + little(0, 4) +
                            little(crc, 4) + little(file.size(), 4) + little(size, 4) +
                            little(name.size(), 2) + little(0, 2);
  const std::string local = "PK\x03\x04" + about + name + file;
  const std::string central = std::string("PK\x01\x02") + little(20, 2) + about + little(0, 2) +
                              little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4) + name;
  return local + central + "PK\x05\x06" + little(0, 2) + little(0, 2) + little(1, 2) +
         little(1, 2) + little(central.size(), 4) + little(local.size(), 4) + little(0, 2);
}

// As it is.
std::string npz(const std::string& name, const std::string& file) {
  return npz(name, file, 0, file.size());
}

std::vector<std::string> npy_seeds() {
  return {npy("|u1", "2, 2, 3", 12), npy("<f4", "1, 2, 2", 16), npy(">i8", "2,", 16)};
}

std::vector<std::string> png_seeds() {
  const ScratchFolder folder;
  vae::write_picture(folder / "a.png", {3, 2, {0, 50, 100, 150, 200, 255}});
  return {slurp(folder / "a.png")};
}

}  // namespace

extern const Target kNpy{"npy", "an array of NumPy", read_npy, npy_seeds, 20};
extern const Target kNpz{"npz", "arrays of NumPy in a zip archive", read_npz,
                         [] {
                           return std::vector<std::string>{
                               npz("images.npy", npy("|u1", "2, 2, 3", 12)),
                               npz("images.npy", {3, 0}, 8, 1 << 28)};
                         },
                         4 * 1032};
// A byte holds eight pixels of one bit.
extern const Target kPng{"png", "a PNG picture", read_png, png_seeds, 9 * 1032};

}  // namespace tapestry::fuzz
