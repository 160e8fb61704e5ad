#pragma once

#include <filesystem>

/// A program that links tapestry::debug reads the variable TAPESTRY_DEBUG:
///
///     step       step through the first backward pass at the terminal (step:5 the fifth)
///     forward    the same from the first recorded node on
///     html       write the first backward pass as a page, tape.html (html:5 the fifth); a page that is
///                there already stays, and the new one becomes tape-2.html
///     nan        stop at the op that makes the first NaN or infinity, with the reason
///
/// TAPESTRY_SCRIPT=FILE gives `step` and `forward` their commands from a file.
namespace tapestry::debug {

/// Where pages go; the working folder otherwise.
void set_page_folder(const std::filesystem::path& folder);

}  // namespace tapestry::debug
