#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace tapestry {

/// What nlohmann's sax_parse calls for each part of a JSON text: stops at a list or object that is nested
/// deeper than `most`, and gives each key of the outermost object to `on_key`. A pass of its own before
/// the text is parsed; a parse with a callback looks at all earlier values again for each object.
template <class OnKey>
class JsonNesting {
 public:
  JsonNesting(int most, OnKey on_key) : most_(most), on_key_(std::move(on_key)) {}
  bool too_deep() const { return depth_ > most_; }

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  template <class Bytes>
  bool binary(Bytes&) {
    return true;
  }
  bool start_object(std::size_t) { return ++depth_ <= most_; }
  bool start_array(std::size_t) { return ++depth_ <= most_; }
  bool end_object() { return --depth_ >= 0; }
  bool end_array() { return --depth_ >= 0; }
  bool key(std::string& name) {
    if (depth_ == 1) on_key_(name);
    return true;
  }
  /// Ends this pass: the caller parses the text again, and that parse reports the fault.
  template <class Fault>
  bool parse_error(std::size_t, const std::string&, const Fault&) {
    return false;
  }

 private:
  int most_, depth_ = 0;
  OnKey on_key_;
};

}  // namespace tapestry
