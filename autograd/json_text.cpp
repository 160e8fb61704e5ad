#include "autograd/json_text.hpp"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace tapestry {

namespace {

using Json = nlohmann::json;  // its objects find a key without looking at all others
using OrderedJson = nlohmann::ordered_json;

// What sax_parse calls for each part of a text; each function says whether it goes on.
class OutlineReader {
 public:
  explicit OutlineReader(int most) : most_(most) {}
  JsonOutline outline;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(Json::binary_t&) { return true; }
  bool start_object(std::size_t) { return deeper(); }
  bool start_array(std::size_t) { return deeper(); }
  bool end_object() { return --depth_ >= 0; }
  bool end_array() { return --depth_ >= 0; }
  bool key(std::string& name) {
    if (depth_ == 1) outline.keys.push_back(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  bool deeper() {
    outline.too_deep = ++depth_ > most_;
    return !outline.too_deep;
  }

  int most_, depth_ = 0;
};

}  // namespace

nlohmann::json parse_json(std::string_view text) { return Json::parse(text); }

JsonOutline json_outline(std::string_view text, int most) {
  OutlineReader reader(most);
  Json::sax_parse(text, &reader);
  return std::move(reader.outline);
}

std::string json_text(const nlohmann::json& value, int indent) { return value.dump(indent); }

std::string json_text(const nlohmann::ordered_json& value, int indent, NotUtf8 bytes) {
  return value.dump(indent, ' ', false,
                    bytes == NotUtf8::refuse ? OrderedJson::error_handler_t::strict
                                             : OrderedJson::error_handler_t::replace);
}

std::string brief(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 60;
  const std::string text =
      value.is_primitive() ? json_text(value) : std::string("an ") + value.type_name();
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

}  // namespace tapestry
