#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tapestry {

/// Text of JSON as a value and back. nlohmann's parser and writer are compiled behind these functions,
/// once for the project: they take longer to compile than the sources that use them. All of them throw
/// nlohmann::json::exception, whose text names the byte that is wrong.
nlohmann::json parse_json(std::string_view text);

/// What can be told about text of JSON before it is parsed.
struct JsonOutline {
  bool too_deep = false;  ///< a list or an object lies deeper than allowed; the keys end there
  /// Of the outermost object, in the order of the text: some may be equal.
  std::vector<std::string> keys;
};

/// The outline of `text`, whose lists and objects may be nested `most` deep. Reads up to the first fault,
/// which parse_json then reports. A pass of its own: a parse that is asked for each key looks at all
/// earlier values again for each object.
JsonOutline json_outline(std::string_view text, int most);

/// What happens to bytes of a text that are not UTF-8, which JSON cannot hold.
enum class NotUtf8 { refuse, replace };

/// The text of `value`: in one line, or with `indent` spaces a level.
std::string json_text(const nlohmann::json& value, int indent = -1);
std::string json_text(const nlohmann::ordered_json& value, int indent = -1,
                      NotUtf8 bytes = NotUtf8::refuse);

/// `value` for a message: its text, or the name of its type when that could be long.
std::string brief(const nlohmann::json& value);

}  // namespace tapestry
