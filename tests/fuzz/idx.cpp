// IDX files, plain and gzip'd.
#include "nn/data/idx.hpp"

#include <zlib.h>

#include <algorithm>

#include "autograd/error.hpp"
#include "fuzz/target.hpp"
#include "nn/data/byte_source.hpp"
#include "support/scratch_folder.hpp"

namespace tapestry::fuzz {

namespace {

void read_idx(std::string_view input) {
  accepted<DataError>([&] {
    const nn::ByteImages images = nn::parse_idx_images(bytes_of(input), "input");
    must(images.count > 0 && std::ssize(images.pixels) == images.count * images.image_size(),
         "an image set has as many pixels as its sizes say");
  });
  accepted<DataError>([&] {
    const auto labels = nn::parse_idx_labels(bytes_of(input), "input", {.count = 3, .classes = 10});
    must(labels.size() == 3 && std::ranges::all_of(labels, [](auto label) { return label < 10; }),
         "labels are as many as images, and classes");
  });
}

std::vector<std::string> idx_seeds(std::string_view ending) {
  const ScratchFolder folder;
  const auto name = [&](const char* stem) { return folder / (std::string(stem) + ending.data()); };
  nn::write_idx_images(name("images"), {2, 2, 3, {0, 1, 2, 3, 4, 5, 255, 128, 64, 32, 16, 8}});
  nn::write_idx_labels(name("labels"), std::vector<std::uint8_t>{1, 0, 9});
  return {slurp(name("images")), slurp(name("labels"))};
}

constexpr std::size_t kMostInflated = 1 << 12;

std::string inflated(std::string_view gzipped) {
  std::string out(kMostInflated, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzipped.data()));
  stream.avail_in = static_cast<uInt>(gzipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

extern const Target kIdx{"idx", "an IDX file of images or labels", read_idx,
                         [] { return idx_seeds(""); }, 8};

}  // namespace tapestry::fuzz

// libFuzzer's own change of an input.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t,
                                                              std::size_t);

namespace tapestry::fuzz {

namespace {

// Half of the time it changes what is compressed: a change of the compressed bytes rarely gets past
// their checksum.
std::size_t mutate_gz(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, most);
  std::string plain = inflated({reinterpret_cast<const char*>(data), size});
  const std::size_t before = plain.size();
  plain.resize(kMostInflated);
  plain.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(plain.data()), before,
                                std::min(most, kMostInflated)));
  const std::string packed = nn::gzip(plain, 1);
  if (packed.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(packed.begin(), packed.end(), data);
  return packed.size();
}

}  // namespace

extern const Target kIdxGz{"idx_gz", "the same, gzip'd", read_idx, [] { return idx_seeds(".gz"); },
                           4 * 1032, mutate_gz};

}  // namespace tapestry::fuzz
