#pragma once

#include <filesystem>
#include <string>

namespace tapestry::vae {

/// Text as gnuplot takes it, in single quotes.
std::string gnuplot_quoted(const std::string& text);

/// Draws what `script` says (terminal, data and plot commands, but no `set output`) to `picture`,
/// which appears whole or not at all.
///
/// Returns an empty text, or one line saying why there is no picture (gnuplot is not installed, it
/// failed, the folder cannot be written): a run does not end for want of a plot.
std::string draw_with_gnuplot(const std::filesystem::path& picture, const std::string& script);

}  // namespace tapestry::vae
