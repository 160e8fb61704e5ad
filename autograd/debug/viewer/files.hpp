#pragma once

#include <string_view>

namespace tapestry::debug::viewer {

// The files of this folder, put into the library by embed.cmake: page, style and script.
extern const std::string_view kPage, kStyle, kScript;

}  // namespace tapestry::debug::viewer
