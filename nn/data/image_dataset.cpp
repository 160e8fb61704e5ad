#include "nn/data/image_dataset.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "nn/checksum.hpp"
#include "nn/data/byte_source.hpp"
#include "nn/data/own_images.hpp"
#include "nn/data/strokes.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;

/// A file of a data set is known by its plain name; gzip'd copies add ".gz".
constexpr const char* kTrainImages = "train-images-idx3-ubyte";
constexpr const char* kTrainLabels = "train-labels-idx1-ubyte";
constexpr const char* kTestImages = "t10k-images-idx3-ubyte";
constexpr const char* kTestLabels = "t10k-labels-idx1-ubyte";
constexpr const char* kFreyImages = "frey-images-idx3-ubyte";

constexpr int kDigitClasses = 10;
constexpr std::int64_t kFreyCount = 1965, kFreyTest = 165, kFreyRows = 28, kFreyCols = 20;
constexpr std::int64_t kStrokesTrain = 60000, kStrokesTest = 10000;

/// A named data set that is read from files.
struct Known {
  const char* name;
  const char* first_file;     ///< the folder is the one that holds this file
  const char* system_folder;  ///< where a package of the system puts it, or null
  const char* hint;           ///< how to get it
};

constexpr std::array kKnown = {
    Known{"mnist", kTrainImages, "/usr/share/tapestry/mnist",
          "`examples/run mnist_vae` fetches MNIST; or set TAPESTRY_DATA to the folder that holds "
          "mnist/"},
    Known{
        "fashion", kTrainImages, "/usr/share/datasets/fashion-mnist",
        "install the package dataset-fashion-mnist, or set TAPESTRY_DATA to the folder that holds "
        "fashion/"},
    Known{"freyfaces", kFreyImages, nullptr,
          "put frey-images-idx3-ubyte.gz into data/freyfaces, or set TAPESTRY_DATA to the folder "
          "that holds freyfaces/"},
};

const Known* find_known(std::string_view name) {
  const auto at = std::find_if(kKnown.begin(), kKnown.end(),
                               [&](const Known& known) { return known.name == name; });
  return at == kKnown.end() ? nullptr : &*at;
}

/// True if the path exists, readable or not.
bool there(const fs::path& path) {
  std::error_code fault;
  return fs::exists(path, fault);
}

/// The plain file if it is there, else the gzip'd one, else nothing.
std::optional<fs::path> find_file(const fs::path& folder, std::string name) {
  if (there(folder / name)) return folder / name;
  name += ".gz";
  if (there(folder / name)) return folder / name;
  return std::nullopt;
}

fs::path need_file(const fs::path& folder, const std::string& name) {
  if (const auto path = find_file(folder, name)) return *path;
  throw_bad_file(folder, fmt::format("found neither {} nor {}.gz", name, name),
                 "a data set needs all of its files; fetch the missing one");
}

/// The nearest folder above the current one that holds the project's sources, if any.
std::optional<fs::path> project_root() {
  std::error_code fault;
  for (fs::path folder = fs::current_path(fault); !fault; folder = folder.parent_path()) {
    if (there(folder / "autograd" / "autograd.hpp")) return folder;
    if (folder == folder.parent_path()) break;
  }
  return std::nullopt;
}

/// The places where a named data set may be, best first.
std::vector<fs::path> places(const Known& known) {
  std::vector<fs::path> list;
  const char* data = std::getenv("TAPESTRY_DATA");
  if (data && *data) list.push_back(fs::path(data) / known.name);
  std::error_code fault;
  const fs::path here = fs::current_path(fault);
  if (!fault) list.push_back(here / "data" / known.name);
  const auto root = project_root();
  if (root && *root != here) list.push_back(*root / "data" / known.name);
  if (known.system_folder) list.emplace_back(known.system_folder);
  return list;
}

std::optional<fs::path> find_known_folder(const Known& known) {
  for (const fs::path& place : places(known)) {
    if (find_file(place, known.first_file)) return place;
  }
  return std::nullopt;
}

/// Throws DataError for a name that was found nowhere; lists the places and the fault of each.
[[noreturn]] void throw_not_found(const Known& known) {
  std::vector<std::string> looked;
  const char* data = std::getenv("TAPESTRY_DATA");
  if (!data || !*data) looked.emplace_back("looked in $TAPESTRY_DATA: not set");
  for (const fs::path& place : places(known)) {
    looked.push_back(there(place) ? fmt::format("looked in {}: neither {} nor {}.gz",
                                                place.string(), known.first_file, known.first_file)
                                  : fmt::format("looked in {}: no such folder", place.string()));
  }
  DataError error("data set not found", known.hint);
  error.op = known.name;
  error.operands = std::move(looked);
  error.compose();
  throw error;
}

void load_four_files(const fs::path& folder, ImageDataset& data) {
  const fs::path train_path = need_file(folder, kTrainImages);
  const fs::path test_path = need_file(folder, kTestImages);
  const fs::path train_labels = need_file(folder, kTrainLabels);
  const fs::path test_labels = need_file(folder, kTestLabels);
  data.train = read_idx_images(train_path);
  data.test = read_idx_images(test_path);
  if (data.test.rows != data.train.rows || data.test.cols != data.train.cols) {
    throw_bad_file(test_path,
                   fmt::format("found images of {} x {}, expected {} x {} as in {}", data.test.rows,
                               data.test.cols, data.train.rows, data.train.cols, kTrainImages),
                   "do both files come from the same data set?");
  }
  data.classes = kDigitClasses;
  data.train_labels =
      read_idx_labels(train_labels, {.count = data.train.count, .classes = kDigitClasses});
  data.test_labels =
      read_idx_labels(test_labels, {.count = data.test.count, .classes = kDigitClasses});
}

void load_frey_faces(const fs::path& folder, ImageDataset& data) {
  const fs::path path = need_file(folder, kFreyImages);
  ByteImages all = read_idx_images(path);
  if (all.count != kFreyCount || all.rows != kFreyRows || all.cols != kFreyCols) {
    throw_bad_file(path,
                   fmt::format("found {} x {} x {}, expected the {} frames of {} x {} of Frey Face",
                               all.count, all.rows, all.cols, kFreyCount, kFreyRows, kFreyCols),
                   "name other images train-images-idx3-ubyte and so on, as MNIST does");
  }
  const auto cut = all.pixels.begin() + (kFreyCount - kFreyTest) * all.image_size();
  data.test = {kFreyTest, all.rows, all.cols, {cut, all.pixels.end()}};
  all.pixels.erase(cut, all.pixels.end());
  all.count = kFreyCount - kFreyTest;
  data.train = std::move(all);
}

ImageDataset load_folder(const fs::path& folder, std::string name) {
  ImageDataset data;
  data.name = std::move(name);
  data.origin = folder.string();
  if (find_file(folder, kFreyImages)) {
    load_frey_faces(folder, data);
  } else {
    load_four_files(folder, data);
  }
  return data;
}

void keep_first(ByteImages& images, std::vector<std::uint8_t>& labels, std::int64_t count) {
  check<ConfigError>(count >= 1, "data: cannot keep the first {} images, at least 1", count);
  if (count >= images.count) return;
  images.count = count;
  images.pixels.resize(static_cast<std::size_t>(count * images.image_size()));
  if (!labels.empty()) labels.resize(static_cast<std::size_t>(count));
}

}  // namespace

ImageDataset load_dataset(const std::string& name_or_folder) {
  if (name_or_folder == "strokes") return drawn_digits(kStrokesTrain, kStrokesTest);
  if (const Known* known = find_known(name_or_folder)) {
    const auto folder = find_known_folder(*known);
    if (!folder) throw_not_found(*known);
    return load_folder(*folder, name_or_folder);
  }
  const fs::path folder = name_or_folder;
  if (is_own_images(folder)) return load_own_images(folder);
  std::error_code fault;
  if (!fs::is_directory(folder, fault)) {
    throw_bad_file(
        folder,
        there(folder) ? "found a file, expected .npy, .npz, a folder, or the name of a data set"
                      : "neither the name of a data set nor a folder",
        "names are mnist, fashion, freyfaces and strokes; images of your own are .npy, .npz or a "
        "folder of PNG");
  }
  const fs::path last = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
  return load_folder(folder, last.string());
}

ImageDataset drawn_digits(std::int64_t train, std::int64_t test, std::uint64_t seed) {
  ImageDataset data;
  data.name = "strokes";
  data.origin = "built in";
  data.classes = kStrokeClasses;
  data.train = draw_strokes(seed, 0, train);
  data.test = draw_strokes(seed, train, test);
  data.train_labels = stroke_labels(0, train);
  data.test_labels = stroke_labels(train, test);
  return data;
}

std::optional<fs::path> find_dataset(const std::string& name) {
  const Known* known = find_known(name);
  return known ? find_known_folder(*known) : std::nullopt;
}

std::int64_t ImageDataset::size(Part part) const {
  return (part == Part::train ? train : test).count;
}

Batch ImageDataset::batch(Part part, std::span<const std::int32_t> index, const Rng& rng,
                          std::int64_t epoch) const {
  const ByteImages& images = part == Part::train ? train : test;
  const std::vector<std::uint8_t>& all = part == Part::train ? train_labels : test_labels;
  Batch batch{.images = image_tensor(images, index, binarize, rng, epoch), .index = index};
  if (all.empty()) return batch;
  check<DataError>(std::ssize(all) == images.count, "{}: {} labels for {} images", name, all.size(),
                   images.count);
  batch.labels = Tensor::empty({std::ssize(index)}, DType::i32);
  const auto labels = batch.labels.mutate<std::int32_t>();
  for (std::size_t row = 0; row < index.size(); ++row)
    labels[row] = all[static_cast<std::size_t>(index[row])];
  return batch;
}

std::uint64_t ImageDataset::fingerprint() const {
  std::uint64_t sum = 0;
  for (const auto* bytes : {&train.pixels, &train_labels, &test.pixels, &test_labels})
    sum = nn::fingerprint({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, sum);
  return sum;
}

Tensor ImageDataset::as_images(Arg flat) const {
  if (channels() == 1) return reshape(flat, {-1, rows(), cols()});
  return reshape(flat, {-1, channels(), rows(), cols()});
}

void keep_first(ImageDataset& data, std::int64_t train, std::int64_t test) {
  keep_first(data.train, data.train_labels, train);
  keep_first(data.test, data.test_labels, test);
}

void split_anew(ImageDataset& data, Rng rng) {
  const ImageDataset old = data;
  data.train.pixels.clear();
  data.train_labels.clear();
  data.test.pixels.clear();
  data.test_labels.clear();
  const std::vector<std::int32_t> order = rng.permutation(old.train.count + old.test.count);
  for (std::size_t to = 0; to < order.size(); ++to) {
    const bool from_test = order[to] >= old.train.count;
    const bool to_test = std::cmp_greater_equal(to, old.train.count);
    const std::int64_t at = order[to] - (from_test ? old.train.count : 0);
    const auto image = (from_test ? old.test : old.train).image(at);
    std::vector<std::uint8_t>& pixels = (to_test ? data.test : data.train).pixels;
    pixels.insert(pixels.end(), image.begin(), image.end());
    if (data.classes > 0)
      (to_test ? data.test_labels : data.train_labels)
          .push_back(
              (from_test ? old.test_labels : old.train_labels)[static_cast<std::size_t>(at)]);
  }
}

}  // namespace tapestry::nn
