#pragma once

#include <filesystem>
#include <string>

namespace tapestry::vae {

/// Text as gnuplot takes it, in single quotes.
std::string gnuplot_quoted(const std::string& text);

/// Runs gnuplot on `script` (terminal, data and plot commands, but no `set output`) and writes
/// `picture`, completely or not at all.
///
/// Returns an empty text, or one line saying why there is no picture (gnuplot is not installed, it
/// failed, the folder cannot be written): a missing plot never stops a run.
std::string draw_with_gnuplot(const std::filesystem::path& picture, const std::string& script);

}  // namespace tapestry::vae
