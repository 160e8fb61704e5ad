#include "nn/data/own_images.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "autograd/error.hpp"
#include "nn/data/byte_source.hpp"
#include "nn/data/npy.hpp"
#include "nn/data/png.hpp"
#include "nn/data/zip.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;

constexpr int kMostClasses = 256;
constexpr double kBytes = 255;

/// Images and what came with them.
struct Group {
  ByteImages images;
  std::vector<std::uint8_t> labels;
};

/// What a source holds; without images in `test` there is no test part.
struct Loaded {
  Group train, test;
  int classes = 0;
  std::vector<std::string> class_names;
  std::string values;  ///< "float32 in [0, 1]"
};

std::vector<std::uint8_t> read_whole(const fs::path& path) {
  ByteSource source(path);
  if (source.compressed()) throw_bad_file(path, "found a gzip file", "unpack it with gunzip first");
  std::vector<std::uint8_t> bytes(source.file_size());
  bytes.resize(source.read(bytes));
  return bytes;
}

// --- arrays

/// The axes of images in an array: the number of each, -1 for none.
struct Axes {
  int channel, row, col;
};

[[noreturn]] void throw_shape(const NpyArray& a, const fs::path& name, const std::string& hint) {
  throw_bad_file(
      name,
      fmt::format("found {}, expected [N, rows, cols], or in colour [N, rows, cols, 3] or "
                  "[N, 3, rows, cols]",
                  a.text()),
      hint);
}

Axes axes_of(const NpyArray& a, const fs::path& name) {
  if (a.shape.size() == 3) return {-1, 1, 2};
  if (a.shape.size() == 4) {
    const auto channels = [](std::int64_t n) { return n == 1 || n == 3; };
    const bool first = channels(a.shape[1]), last = channels(a.shape[3]);
    if (first && last)
      throw_shape(a, name, "which axis are the channels? bring the images to four rows or more");
    if (last) return {3, 1, 2};
    if (first) return {1, 2, 3};
    if (a.shape[3] == 4 || a.shape[1] == 4)
      throw_shape(a, name, "four channels have transparency in them: a[..., :3] drops it");
    throw_shape(a, name, "images have 1 channel or 3");
  }
  if (a.shape.size() == 2) {
    const auto side = std::llround(std::sqrt(static_cast<double>(a.shape[1])));
    throw_shape(a, name,
                side * side == a.shape[1]
                    ? fmt::format("np.save(file, a.reshape(-1, {}, {}))", side, side)
                    : "reshape it to the rows and columns of the images");
  }
  throw_shape(a, name,
              a.shape.size() == 1 ? "are these labels? they go into NAME.labels.npy"
                                  : "one axis counts the images, two or three make an image");
}

/// A value as a byte.
class ToByte {
 public:
  ToByte(const NpyArray& array, const fs::path& name) : array_(array), name_(name) {}

  std::uint8_t operator()(std::int64_t place) const {
    const double value = array_.at(place);
    if (array_.kind == 'b') return value != 0 ? 255 : 0;
    const double top = array_.whole_numbers() ? kBytes : 1;
    if (!(value >= 0 && value <= top)) refuse(value);
    return static_cast<std::uint8_t>(array_.whole_numbers() ? value : std::round(value * kBytes));
  }

 private:
  [[noreturn]] void refuse(double value) const {
    if (!std::isfinite(value))
      throw_bad_file(name_, fmt::format("found the value {}, expected numbers in [0, 1]", value),
                     "np.nan_to_num(a) makes NaN 0; are these pixels?");
    double least = value, most = value;
    for (std::int64_t i = 0; i < array_.size(); ++i) {
      const double other = array_.at(i);
      if (!std::isfinite(other)) continue;
      least = std::min(least, other);
      most = std::max(most, other);
    }
    const std::string found = fmt::format("found values from {:g} to {:g}", least, most);
    const std::string shifted = least == 0  ? "a"
                                : least < 0 ? fmt::format("(a + {:g})", -least)
                                            : fmt::format("(a - {:g})", least);
    if (array_.whole_numbers())
      throw_bad_file(
          name_, found + ", expected 0 to 255",
          fmt::format("scale them: ({} * (255 / {:g})).astype(np.uint8)", shifted, most - least));
    throw_bad_file(name_, found + ", expected floats in [0, 1]",
                   least >= 0 && most <= kBytes ? "divide by 255"
                   : least >= -1 && most <= 1   ? "(a + 1) / 2 brings [-1, 1] to [0, 1]"
                                                : fmt::format("{} / {:g}", shifted, most - least));
  }

  const NpyArray& array_;
  const fs::path& name_;
};

ByteImages images_of(const NpyArray& a, const fs::path& name) {
  const Axes axes = axes_of(a, name);
  const auto size = [&](int axis) {
    return axis < 0 ? 1 : a.shape[static_cast<std::size_t>(axis)];
  };
  const auto stride = [&](int axis) {
    return axis < 0 ? 0 : a.strides[static_cast<std::size_t>(axis)];
  };
  ByteImages images{.count = a.shape[0],
                    .rows = size(axes.row),
                    .cols = size(axes.col),
                    .pixels = {},
                    .channels = size(axes.channel)};
  if (images.count > std::numeric_limits<std::int32_t>::max())
    throw_bad_file(name, fmt::format("found {} images, expected fewer than 2^31", images.count),
                   "cut the array into parts");
  images.pixels.resize(static_cast<std::size_t>(a.size()));
  const ToByte byte(a, name);
  std::uint8_t* to = images.pixels.data();
  for (std::int64_t n = 0; n < images.count; ++n)
    for (std::int64_t c = 0; c < images.channels; ++c)
      for (std::int64_t y = 0; y < images.rows; ++y) {
        const std::int64_t from =
            n * a.strides[0] + c * stride(axes.channel) + y * stride(axes.row);
        for (std::int64_t x = 0; x < images.cols; ++x) *to++ = byte(from + x * stride(axes.col));
      }
  return images;
}

std::string values_of(const NpyArray& a) {
  return a.whole_numbers() ? a.dtype : a.dtype + " in [0, 1], kept in steps of 1/255";
}

std::vector<std::uint8_t> labels_of(const NpyArray& a, std::int64_t count, const fs::path& name) {
  const bool column = a.shape.size() == 2 && a.shape[1] == 1;
  if (a.shape.size() != 1 && !column)
    throw_bad_file(name, fmt::format("found {}, expected labels [{}]", a.text(), count),
                   "one-hot labels: a.argmax(1)");
  if (!a.whole_numbers() || a.kind == 'b')
    throw_bad_file(name, fmt::format("found {}, expected labels that are whole numbers", a.text()),
                   "a.astype(np.uint8)");
  if (a.shape[0] != count)
    throw_bad_file(
        name, fmt::format("found {} labels, expected {}, one for each image", a.shape[0], count),
        "do images and labels come from the same data set?");
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    const double label = a.at(i);
    if (label < 0 || label >= kMostClasses)
      throw_bad_file(name,
                     fmt::format("found label {:.0f} at position {}, expected 0 to {}", label, i,
                                 kMostClasses - 1),
                     "np.unique(a, return_inverse=True)[1] numbers classes from 0");
    labels.push_back(static_cast<std::uint8_t>(label));
  }
  return labels;
}

void count_classes(Loaded& source) {
  for (const Group* part : {&source.train, &source.test})
    for (const std::uint8_t label : part->labels)
      source.classes = std::max(source.classes, label + 1);
}

Loaded from_npy(const fs::path& path) {
  Loaded source;
  {
    const std::vector<std::uint8_t> bytes = read_whole(path);
    const NpyArray array = parse_npy(bytes, path);
    source.train.images = images_of(array, path);
    source.values = values_of(array);
  }
  fs::path labels = path;
  labels.replace_extension(".labels.npy");
  std::error_code fault;
  if (fs::exists(labels, fault)) {
    const std::vector<std::uint8_t> bytes = read_whole(labels);
    source.train.labels = labels_of(parse_npy(bytes, labels), source.train.images.count, labels);
    count_classes(source);
  }
  return source;
}

Loaded from_npz(const fs::path& path) {
  const std::vector<std::uint8_t> bytes = read_whole(path);
  const std::vector<ZipEntry> entries = parse_zip(bytes, path);
  const auto find = [&](std::initializer_list<const char*> names) -> const ZipEntry* {
    for (const char* name : names)
      for (const ZipEntry& entry : entries)
        if (entry.name == std::string(name) + ".npy") return &entry;
    return nullptr;
  };
  Loaded source;
  const auto load = [&](const ZipEntry& entry, const auto& use) {
    const fs::path name = path.string() + ": " + entry.name;
    const std::vector<std::uint8_t> array = unpack(entry, path);
    use(parse_npy(array, name), name);
  };
  const auto read = [&](Group& part, const ZipEntry* images, const ZipEntry* labels) {
    if (!images) return;
    load(*images, [&](const NpyArray& a, const fs::path& name) {
      part.images = images_of(a, name);
      source.values = values_of(a);
    });
    if (labels)
      load(*labels, [&](const NpyArray& a, const fs::path& name) {
        part.labels = labels_of(a, part.images.count, name);
      });
  };
  const ZipEntry* images = find({"x_train", "train_images", "images", "x", "X", "data", "arr_0"});
  if (!images) {
    std::vector<std::string> found;
    for (const ZipEntry& entry : entries) found.push_back(entry.name);
    throw_bad_file(
        path,
        fmt::format("found {}, expected an array named images, x or x_train",
                    found.empty() ? "no arrays" : fmt::format("{}", fmt::join(found, ", "))),
        "np.savez(file, images=x, labels=y)");
  }
  read(source.train, images, find({"y_train", "train_labels", "labels", "y"}));
  read(source.test, find({"x_test", "test_images"}), find({"y_test", "test_labels"}));
  if (source.test.images.count > 0 && source.test.labels.empty() != source.train.labels.empty())
    throw_bad_file(path, "only one of the two parts has labels",
                   "add y_train and y_test, or neither");
  count_classes(source);
  return source;
}

// --- pictures

std::string lower_extension(const fs::path& path) {
  std::string text = path.extension().string();
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

/// What lies in a folder, by name; hidden files do not count.
struct Listing {
  std::vector<fs::path> pictures, folders;
  bool idx = false;  ///< files of the IDX format
};

Listing list_folder(const fs::path& folder) {
  Listing list;
  std::error_code fault;
  for (auto at = fs::directory_iterator(folder, fault); !fault && at != fs::directory_iterator();
       at.increment(fault)) {
    const fs::path path = at->path();
    std::error_code ignored;
    if (path.filename().string().starts_with(".")) continue;
    if (fs::is_directory(path, ignored)) {
      list.folders.push_back(path);
      continue;
    }
    list.idx |= path.filename().string().find("-ubyte") != std::string::npos;
    const std::string type = lower_extension(path);
    if (type == ".png") list.pictures.push_back(path);
    for (const char* other :
         {".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
      if (type == other)
        throw_bad_file(path, fmt::format("found a picture of type {}, expected .png", type),
                       "Image.open(f).convert('RGB').save('NAME.png') with Pillow");
  }
  if (fault)
    throw_bad_file(folder, fmt::format("cannot be listed: {}", fault.message()),
                   "check the folder's permissions");
  std::ranges::sort(list.pictures);
  std::ranges::sort(list.folders);
  return list;
}

/// Adds the pictures to a part; the first picture of all decides on size and kind.
void add_pictures(Group& part, const std::vector<fs::path>& files, const OwnOptions& options,
                  ByteImages& first, fs::path& first_name) {
  for (const fs::path& file : files) {
    const std::vector<std::uint8_t> bytes = read_whole(file);
    ByteImages one = parse_png(bytes, file);
    if (options.rows > 0) one = resized(one, options.rows, options.cols);
    if (first.count == 0) {
      first = {1, one.rows, one.cols, {}, one.channels};
      first_name = file.filename();
    }
    const auto kind = [](const ByteImages& i) { return i.channels == 3 ? "RGB" : "grey"; };
    if (one.channels != first.channels)
      throw_bad_file(file,
                     fmt::format("found a picture in {}, expected {} as in {}", kind(one),
                                 kind(first), first_name.string()),
                     "Image.open(f).convert('RGB') or .convert('L') for all of them");
    if (one.rows != first.rows || one.cols != first.cols)
      throw_bad_file(file,
                     fmt::format("found {} x {} pixels, expected {} x {} as in {}", one.rows,
                                 one.cols, first.rows, first.cols, first_name.string()),
                     fmt::format("--resize {} brings all to one size", first.rows));
    part.images.rows = one.rows;
    part.images.cols = one.cols;
    part.images.channels = one.channels;
    part.images.count += 1;
    part.images.pixels.insert(part.images.pixels.end(), one.pixels.begin(), one.pixels.end());
  }
}

Loaded from_folder(const fs::path& folder, const OwnOptions& options) {
  Loaded source;
  ByteImages first;
  fs::path first_name;
  // The pictures of one part: all in the folder, or all in folders of their classes.
  const auto read_part = [&](Group& part, const fs::path& from, const Listing& list) {
    if (!list.pictures.empty() && !list.folders.empty())
      throw_bad_file(from,
                     fmt::format("found pictures beside the folder {}, expected one or the other",
                                 list.folders.front().filename().string()),
                     "with classes, every picture lies in the folder of its class");
    if (list.pictures.empty() && list.folders.empty())
      throw_bad_file(from, "found no PNG pictures", "a folder of them is a data set");
    add_pictures(part, list.pictures, options, first, first_name);
    for (const fs::path& inner : list.folders) {
      const Listing pictures = list_folder(inner);
      if (!pictures.folders.empty())
        throw_bad_file(inner, "found a folder in the folder of a class, expected pictures",
                       "classes are one level deep");
      if (pictures.pictures.empty())
        throw_bad_file(inner, "found no PNG pictures in the folder of a class",
                       "remove the folder, or fill it");
      const std::string name = inner.filename().string();
      auto at = std::ranges::find(source.class_names, name);
      if (at == source.class_names.end()) {
        if (&part == &source.test)
          throw_bad_file(inner, "this class is in the test part only",
                         "both parts have the folders of the same classes");
        if (std::ssize(source.class_names) == kMostClasses)
          throw_bad_file(folder, fmt::format("found more than {} classes", kMostClasses),
                         "put the pictures into one folder if these are no classes");
        source.class_names.push_back(name);
        at = source.class_names.end() - 1;
      }
      const std::int64_t before = part.images.count;
      add_pictures(part, pictures.pictures, options, first, first_name);
      part.labels.insert(part.labels.end(), static_cast<std::size_t>(part.images.count - before),
                         static_cast<std::uint8_t>(at - source.class_names.begin()));
    }
  };
  const Listing top = list_folder(folder);
  std::error_code fault;
  if (top.pictures.empty() && fs::is_directory(folder / "train", fault) &&
      fs::is_directory(folder / "test", fault)) {
    read_part(source.train, folder / "train", list_folder(folder / "train"));
    read_part(source.test, folder / "test", list_folder(folder / "test"));
    if (source.train.labels.empty() != source.test.labels.empty())
      throw_bad_file(folder, "only one of train and test has folders of classes",
                     "give both the same folders");
  } else {
    read_part(source.train, folder, top);
  }
  source.classes = static_cast<int>(source.class_names.size());
  source.values = "8-bit PNG";
  return source;
}

// --- split

Group take(const Group& all, const std::vector<std::int32_t>& index) {
  Group part;
  part.images = {std::ssize(index), all.images.rows, all.images.cols, {}, all.images.channels};
  part.images.pixels.reserve(index.size() * static_cast<std::size_t>(all.images.image_size()));
  for (const std::int32_t i : index) {
    const auto image = all.images.image(i);
    part.images.pixels.insert(part.images.pixels.end(), image.begin(), image.end());
    if (!all.labels.empty()) part.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
  }
  return part;
}

void hold_out(Loaded& source, const OwnOptions& options, const fs::path& path) {
  const std::int64_t count = source.train.images.count;
  if (count < 2)
    throw_bad_file(path, "found 1 image, expected at least 2: one to learn from, one to test on",
                   "a VAE learns from hundreds");
  const auto wanted = std::llround(options.holdout * static_cast<double>(count));
  const std::int64_t held = std::clamp<std::int64_t>(wanted, 1, count - 1);
  const std::vector<std::int32_t> order = Rng(options.seed).stream("holdout").permutation(count);
  std::vector<std::int32_t> test(order.begin(), order.begin() + held);
  std::vector<std::int32_t> train(order.begin() + held, order.end());
  std::ranges::sort(test);
  std::ranges::sort(train);
  source.test = take(source.train, test);
  source.train = take(source.train, train);
}

}  // namespace

bool is_own_images(const fs::path& path) {
  const std::string type = lower_extension(path);
  if (type == ".npy" || type == ".npz" || type == ".png") return true;
  std::error_code fault;
  if (!fs::is_directory(path, fault)) return false;
  bool any = false;
  for (const auto& entry : fs::directory_iterator(path, fault)) {
    const std::string name = entry.path().filename().string();
    if (name.find("-ubyte") != std::string::npos) return false;
    std::error_code ignored;
    const std::string kind = lower_extension(entry.path());
    any |= entry.is_directory(ignored) || kind == ".png" || kind == ".jpg" || kind == ".jpeg";
  }
  return any;
}

ByteImages resized(const ByteImages& images, std::int64_t rows, std::int64_t cols) {
  check<ConfigError>(rows >= 1 && cols >= 1, "images cannot be resized to {} x {}", rows, cols);
  ByteImages out{images.count, rows, cols, {}, images.channels};
  if (rows == images.rows && cols == images.cols) {
    out.pixels = images.pixels;
    return out;
  }
  // New pixel i covers [i, i + 1) * before / after of the old ones: the weights of those that it touches.
  struct Weight {
    std::int64_t from;
    double weight;
  };
  const auto cover = [](std::int64_t before, std::int64_t after) {
    std::vector<std::vector<Weight>> all(static_cast<std::size_t>(after));
    const double step = static_cast<double>(before) / static_cast<double>(after);
    for (std::int64_t i = 0; i < after; ++i) {
      const double begin = static_cast<double>(i) * step, end = begin + step;
      for (auto k = static_cast<std::int64_t>(begin); k < before && static_cast<double>(k) < end;
           ++k) {
        const double low = std::max(begin, static_cast<double>(k));
        const double high = std::min(end, static_cast<double>(k + 1));
        if (high > low) all[static_cast<std::size_t>(i)].push_back({k, (high - low) / step});
      }
    }
    return all;
  };
  const auto down = cover(images.rows, rows), across = cover(images.cols, cols);
  out.pixels.reserve(static_cast<std::size_t>(images.count * out.image_size()));
  for (std::int64_t plane = 0; plane < images.count * images.channels; ++plane) {
    const std::uint8_t* from = images.pixels.data() + plane * images.rows * images.cols;
    for (const auto& row : down)
      for (const auto& col : across) {
        double sum = 0;
        for (const Weight& y : row)
          for (const Weight& x : col)
            sum += y.weight * x.weight * from[y.from * images.cols + x.from];
        out.pixels.push_back(static_cast<std::uint8_t>(std::lround(sum)));
      }
  }
  return out;
}

ImageDataset load_own_images(const fs::path& path, const OwnOptions& options) {
  check<ConfigError>(options.holdout > 0 && options.holdout < 1,
                     "the share that is held out is {}, expected a number between 0 and 1",
                     options.holdout);
  check<ConfigError>(
      (options.rows == 0 && options.cols == 0) || (options.rows >= 1 && options.cols >= 1),
      "the new size is {} x {}, expected two numbers of at least 1, or 0 and 0 to "
      "keep the size",
      options.rows, options.cols);
  std::error_code fault;
  const std::string type = lower_extension(path);
  const bool folder = fs::is_directory(path, fault);
  if (type == ".png" && !folder)
    throw_bad_file(path, "found one picture, expected a folder of them", "name its folder");
  Loaded source = folder           ? from_folder(path, options)
                  : type == ".npz" ? from_npz(path)
                                   : from_npy(path);
  const auto size_of = [](const ByteImages& i) {
    return fmt::format("{} x {} x {}", i.channels, i.rows, i.cols);
  };
  if (options.rows > 0)
    for (Group* part : {&source.train, &source.test})
      if (part->images.count > 0) part->images = resized(part->images, options.rows, options.cols);
  const bool own_test = source.test.images.count > 0;
  if (!own_test)
    hold_out(source, options, path);
  else if (size_of(source.test.images) != size_of(source.train.images))
    throw_bad_file(path,
                   fmt::format("found test images of {}, expected {} as in the training images",
                               size_of(source.test.images), size_of(source.train.images)),
                   "do both parts come from the same data set?");
  ImageDataset data;
  const fs::path last = path.has_filename() ? path : path.parent_path();
  data.name = folder ? last.filename().string() : last.stem().string();
  data.origin = path.string();
  data.train = std::move(source.train.images);
  data.test = std::move(source.test.images);
  data.train_labels = std::move(source.train.labels);
  data.test_labels = std::move(source.test.labels);
  data.classes = source.classes;
  data.class_names = std::move(source.class_names);
  data.note = source.values;
  if (data.classes > 0) data.note += fmt::format(", {} classes", data.classes);
  if (!own_test) data.note += fmt::format(", test images drawn by seed {}", options.seed);
  return data;
}

}  // namespace tapestry::nn
