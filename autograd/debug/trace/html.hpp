#pragma once

#include "autograd/debug/trace/trace.hpp"

namespace tapestry::debug {

/// Writes a page that shows the trace: one file that needs no other and no network. Open it in any
/// browser. Throws DataError if the file cannot be written.
void write_html(const Trace& trace, const std::filesystem::path& path);
/// The same for two traces side by side, for example of two steps, or before and after a fix:
/// nodes are matched in order by op, module and shape.
void write_html(const Trace& before, const Trace& after, const std::filesystem::path& path);

}  // namespace tapestry::debug
