#include "support/concept/images.hpp"

#include <fmt/format.h>

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

}  // namespace support
