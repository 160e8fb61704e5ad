#include "nn/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "autograd/json_text.hpp"
#include "nn/file.hpp"

namespace tapestry::nn {

namespace {

using Json = nlohmann::json;  // its objects find a key without looking at all others
using OrderedJson = nlohmann::ordered_json;

constexpr const char* kMetadataKey = "__metadata__";
constexpr std::uint64_t kMaxHeader = 100'000'000;
constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kLengthBytes = 8;
constexpr int kMaxDepth = 4;  // header, tensor, its shape; text of a JSON value is made recursively

const char* format_name(DType dtype) {
  return dtype == DType::f32 ? "F32" : dtype == DType::f64 ? "F64" : "I32";
}

std::optional<DType> parse_dtype(const std::string& text) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i32}) {
    if (text == format_name(dtype)) return dtype;
  }
  return std::nullopt;
}

void copy_bytes(std::string_view from, Tensor& to) {
  const auto copy = [&](auto tag) {
    if (!from.empty()) std::memcpy(to.mutate<decltype(tag)>().data(), from.data(), from.size());
  };
  to.dtype() == DType::i32 ? copy(std::int32_t{}) : dispatch(to.dtype(), copy);
}

std::uint64_t read_length(std::string_view file) {
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    length = length << 8 | static_cast<unsigned char>(file[i]);
  }
  return length;
}

std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (std::size_t i = 0; i < kLengthBytes; ++i, length >>= 8) {
    bytes += static_cast<char>(length & 0xff);
  }
  return bytes;
}

std::string header_text(const OrderedJson& header, const std::filesystem::path& path) {
  try {
    return json_text(header);
  } catch (const OrderedJson::exception&) {
    throw ConfigError(
        fmt::format("{}: a name or a text of the metadata is not UTF-8", path.string()),
        "the header of the file is JSON; is a file name of an old system in a note?");
  }
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const Metadata& metadata) {
  OrderedJson header = OrderedJson::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& t : tensors) order.push_back(&t);
  std::ranges::stable_sort(order, [](auto* a, auto* b) {
    return size_of(a->value.dtype()) > size_of(b->value.dtype());
  });

  std::size_t end = 0;
  for (const NamedTensor* t : order) {
    check<ConfigError>(!t->name.empty() && t->name != kMetadataKey && !header.contains(t->name),
                       "{}: a tensor named '{}' cannot be saved (empty, reserved or twice)",
                       path.string(), t->name);
    check<ConfigError>(t->value.defined(), "{}: tensor {} is undefined", path.string(), t->name);
    const std::size_t begin = end;
    end += bytes_of(t->value).size();
    const Shape& shape = t->value.shape();
    header[t->name] = {{"dtype", format_name(t->value.dtype())},
                       {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                       {"data_offsets", {begin, end}}};
  }
  std::string text = header_text(header, path);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts aligned
  check<ConfigError>(text.size() <= kMaxHeader,
                     "{}: a header of {} bytes could not be read back; {} are the most",
                     path.string(), text.size(), kMaxHeader);

  std::string file = length_bytes(text.size()) + text;
  file.reserve(file.size() + end);
  for (const NamedTensor* t : order) file += bytes_of(t->value);
  write_file_atomically(path, file);
}

namespace {

/// What a message quotes of the file, which does not fill it.
std::string shortened(const std::string& text) {
  constexpr std::size_t kLongest = 200;
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

/// Reads one file; `require` throws every fault, with the file's name in front.
class Reader {
 public:
  Reader(std::string_view file, const std::string& name) : name_(name), file_(file) {}

  TensorFile read() {
    const Json header = parse_header();
    TensorFile result;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadataKey) {
        result.metadata = parse_metadata(value);
      } else {
        entries.push_back(parse_entry(name, value));
      }
    }
    check_layout(entries);
    for (Entry& e : entries) {
      Tensor tensor = Tensor::empty(e.shape, e.dtype);
      copy_bytes(data_.substr(e.begin, e.end - e.begin), tensor);
      result.tensors.push_back({std::move(e.name), std::move(tensor)});
    }
    return result;
  }

 private:
  struct Entry {
    std::string name;
    DType dtype;
    Shape shape;
    std::uint64_t begin, end;
  };

  /// Arguments become text only for a message.
  template <class T>
  static decltype(auto) shown(const T& argument) {
    if constexpr (std::is_same_v<T, Json>)
      return shortened(json_text(argument));
    else if constexpr (std::is_convertible_v<T, std::string>)
      return shortened(argument);
    else
      return argument;
  }

  template <class... Args>
  void require(bool ok, const char* format, const Args&... args) const {
    if (ok) return;
    throw DataError(name_ + ": " + fmt::format(fmt::runtime(format), shown(args)...));
  }

  Json parse_header() {
    require(file_.size() >= kLengthBytes, "truncated: {} bytes are too few for a safetensors file",
            file_.size());
    const std::uint64_t length = read_length(file_);
    require(length <= kMaxHeader, "a header of {} bytes is too long; is this a safetensors file?",
            length);
    require(length <= file_.size() - kLengthBytes, "truncated: {} bytes, but the header has {}",
            file_.size(), length);
    const std::string_view text = file_.substr(kLengthBytes, length);
    data_ = file_.substr(kLengthBytes + length);
    require(text.starts_with('{'), "the header does not start with {{");

    const JsonOutline outline = json_outline(text, kMaxDepth);
    std::set<std::string_view> names;  // a JSON library keeps one of two equal keys, silently
    for (const std::string& name : outline.keys)
      require(names.insert(name).second, "the header names {} twice", name);
    require(!outline.too_deep, "the header is nested deeper than {} levels", kMaxDepth);
    try {
      return parse_json(text);
    } catch (const Json::exception& e) {
      require(false, "the header is not JSON: {}", e.what());
    }
    return {};
  }

  Metadata parse_metadata(const Json& value) const {
    require(value.is_object(), "{} is not an object", kMetadataKey);
    Metadata metadata;
    for (const auto& [key, text] : value.items()) {
      require(text.is_string(), "{}: the value of {} is not a string", kMetadataKey, key);
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  Entry parse_entry(const std::string& name, const Json& value) const {
    const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                          value.contains("shape") && value.contains("data_offsets") &&
                          value["dtype"].is_string() && value["shape"].is_array() &&
                          value["data_offsets"].is_array() && value["data_offsets"].size() == 2;
    require(complete, "tensor {} needs dtype, shape and two data_offsets, and has {}", name, value);
    const auto dtype = parse_dtype(value["dtype"].get<std::string>());
    require(dtype.has_value(), "tensor {} has dtype {}; F32, F64 and I32 can be read", name,
            value["dtype"]);
    const std::vector<std::uint64_t> sizes = parse_numbers(name, value["shape"]);
    const std::vector<std::uint64_t> offsets = parse_numbers(name, value["data_offsets"]);
    require(sizes.size() <= Shape::kMaxRank, "tensor {} has {} axes; at most {} can be read", name,
            sizes.size(), Shape::kMaxRank);

    std::uint64_t bytes = size_of(*dtype);
    bool overflow = false;
    for (const std::uint64_t n : sizes) overflow |= __builtin_mul_overflow(bytes, n, &bytes);
    require(!overflow, "tensor {} has a size beyond 64 bits: {}", name, value["shape"]);
    require(offsets[0] <= offsets[1] && offsets[1] <= data_.size(),
            "tensor {} lies at {}, but the file has {} bytes of data", name, value["data_offsets"],
            data_.size());
    constexpr std::uint64_t kMost = std::uint64_t{1}
                                    << 47;  // of a tensor, with every 0 among its sizes left out
    std::uint64_t numbers = 1;
    for (const std::uint64_t n : sizes)
      overflow |= __builtin_mul_overflow(numbers, std::max<std::uint64_t>(n, 1), &numbers);
    require(!overflow && numbers < kMost, "tensor {} has a size beyond 2^47: {}", name,
            value["shape"]);
    require(offsets[1] - offsets[0] == bytes,
            "tensor {} of shape {} needs {} bytes, but lies at {}", name, value["shape"], bytes,
            value["data_offsets"]);
    const std::vector<std::int64_t> shape(sizes.begin(), sizes.end());
    return {name, *dtype, Shape(shape), offsets[0], offsets[1]};
  }

  std::vector<std::uint64_t> parse_numbers(const std::string& name, const Json& list) const {
    std::vector<std::uint64_t> numbers;
    for (const Json& n : list) {
      require(n.is_number_unsigned() && n.get<std::uint64_t>() <= kMaxNumber,
              "tensor {}: {} is not a size", name, n);
      numbers.push_back(n.get<std::uint64_t>());
    }
    return numbers;
  }

  /// The format allows neither gaps nor overlaps: in order of offset, each tensor starts where the
  /// one before it ends.
  void check_layout(std::vector<Entry>& entries) const {
    std::ranges::stable_sort(entries, [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t end = 0;
    for (const Entry& e : entries) {
      require(e.begin == end, "tensor {} starts at {}, {} the end of the tensor before it at {}",
              e.name, e.begin, e.begin < end ? "before" : "after", end);
      end = e.end;
    }
    require(end == data_.size(), "{} bytes follow the last tensor", data_.size() - end);
  }

  const std::string& name_;
  std::string_view file_;
  std::string_view data_;  ///< the part of file_ after the header
};

}  // namespace

TensorFile parse_tensors(std::string_view file, const std::string& name) {
  return Reader(file, name).read();
}

TensorFile load_tensors(const std::filesystem::path& path) {
  return parse_tensors(read_file(path), path.string());
}

}  // namespace tapestry::nn
