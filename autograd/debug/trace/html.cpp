#include "autograd/debug/trace/html.hpp"

#include <fstream>

#include "autograd/debug/viewer/files.hpp"

namespace tapestry::debug {
namespace {

void replace(std::string& text, std::string_view mark, std::string_view by) {
  const std::size_t at = text.find(mark);
  check(at != std::string::npos, "viewer.html has no place {}", mark);
  text.replace(at, mark.size(), by);
}

// Inside a script element only '<' could end it, or begin a comment.
std::string script_safe(const std::string& json) {
  std::string safe;
  safe.reserve(json.size() + json.size() / 50);
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string text_safe(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

// `before` is JSON too: null where there is nothing to compare with.
void write_page(const std::string& title, const std::string& trace, const std::string& before,
                const std::filesystem::path& path) {
  std::string page(viewer::kPage);
  // From the end of the page to its beginning: what was put in is not searched again.
  replace(page, "<!-- script -->", viewer::kScript);
  replace(page, "<!-- trace -->", trace);
  replace(page, "<!-- before -->", before);
  replace(page, "<!-- style -->", viewer::kStyle);
  replace(page, "<!-- title -->", text_safe(title));
  std::ofstream file(path, std::ios::binary);
  file << page;
  check<DataError>(static_cast<bool>(file.flush()), "{}: cannot be written", path.string());
}

}  // namespace

void write_html(const Trace& trace, const std::filesystem::path& path) {
  write_page(trace.title, script_safe(to_json(trace)), "null", path);
}

void write_html(const Trace& before, const Trace& after, const std::filesystem::path& path) {
  write_page(before.title + " / " + after.title, script_safe(to_json(after)),
             script_safe(to_json(before)), path);
}

}  // namespace tapestry::debug
