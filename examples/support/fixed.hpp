#pragma once

namespace support {

/// Whether a program of debug_tour was started with --fixed: then it takes the corrected line.
/// For any other argument it says what there is, and the program ends.
bool fixed(int argc, char** argv);

}  // namespace support
