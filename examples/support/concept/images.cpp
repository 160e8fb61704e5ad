#include "support/concept/images.hpp"

#include <fmt/format.h>

#include <cmath>

#include "nn/data/strokes.hpp"

namespace support {

using namespace tapestry;

nn::ImageDataset load_images(const Concept& c, const std::string& name, std::int64_t quick_train,
                             std::int64_t quick_test) {
  if (!c.quick()) {
    if (!nn::find_dataset(name)) {
      c.skip(fmt::format("{} is not in data/{} nor in $TAPESTRY_DATA/{}; --quick needs no file",
                         name, name, name));
    }
    return nn::load_dataset(name);
  }
  nn::ImageDataset data;
  data.name = "strokes";
  data.origin = "built in";
  data.classes = nn::kStrokeClasses;
  data.train = nn::draw_strokes(1, 0, quick_train);
  data.test = nn::draw_strokes(1, quick_train, quick_test);
  data.train_labels = nn::stroke_labels(0, quick_train);
  data.test_labels = nn::stroke_labels(quick_train, quick_test);
  return data;
}

namespace {
std::string curve_of(const std::string& name, std::int64_t k) {
  return fmt::format("{}, image {}", name, k);
}
}  // namespace

void keep_images(Record& record, const std::string& name, const Tensor& images) {
  for (std::int64_t k = 0; k < images.dim(0); ++k) {
    record.curves[curve_of(name, k)];  // a black image has no points
    for (std::int64_t p = 0; p < images.dim(1); ++p)
      if (images.at({k, p}) > 0.5) record.add(curve_of(name, k), static_cast<double>(p), 1);
  }
}

Tensor kept_images(const Record& record, const std::string& name, std::int64_t n,
                   std::int64_t side) {
  std::vector<double> pixels(static_cast<std::size_t>(n * side * side), 0.0);
  for (std::int64_t k = 0; k < n; ++k)
    for (const double p : record.curve(curve_of(name, k)).x)
      pixels[static_cast<std::size_t>(k * side * side) + static_cast<std::size_t>(p)] = 1;
  return tensor(pixels, {n, side, side}, DType::f64);
}

void keep_grey_images(Record& record, const std::string& name, const Tensor& images) {
  record.numbers[name + ", images"] = static_cast<double>(images.dim(0));
  for (std::int64_t k = 0; k < images.dim(0); ++k) {
    record.curves[curve_of(name, k)];  // a black image has no points
    for (std::int64_t p = 0; p < images.dim(1); ++p)
      if (const double grey = std::round(100 * images.at({k, p})) / 100; grey > 0)
        record.add(curve_of(name, k), static_cast<double>(p), grey);
  }
}

Tensor kept_grey_images(const Record& record, const std::string& name, std::int64_t side) {
  const auto n = static_cast<std::int64_t>(record.number(name + ", images"));
  std::vector<double> pixels(static_cast<std::size_t>(n * side * side), 0.0);
  for (std::int64_t k = 0; k < n; ++k) {
    const Record::Curve& kept = record.curve(curve_of(name, k));
    for (std::size_t i = 0; i < kept.x.size(); ++i)
      pixels[static_cast<std::size_t>(k * side * side) + static_cast<std::size_t>(kept.x[i])] =
          kept.y[i];
  }
  return tensor(pixels, {n, side, side}, DType::f64);
}

}  // namespace support
