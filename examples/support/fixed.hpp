#pragma once

namespace support {

/// True if a program of debug_tour was started with --fixed and so takes the corrected line. Prints
/// the usage and ends the program for any other argument.
bool fixed(int argc, char** argv);

}  // namespace support
