#pragma once

#include <filesystem>

/// Every example obeys the variable TAPESTRY_DEBUG, without a line of its own:
///
///     step       step through the first backward pass at the terminal (step:5 the fifth)
///     forward    the same from the first recorded node on
///     html       write the first backward pass as a page, tape.html (html:5 the fifth)
///     nan        stop where a NaN or an infinity is born, and say why
///
/// TAPESTRY_SCRIPT=FILE gives `step` and `forward` their commands from a file.
namespace support {

/// Where tape.html goes; the working folder otherwise.
void set_debug_folder(const std::filesystem::path& folder);

}  // namespace support
