#pragma once

#include <string>

namespace support {

/// Plain text as text for gnuplot's enhanced mode. Names of Greek letters become letters; x_1, z_d
/// and x^2, 10^27, x^{2n} become lower and upper indices; ->, <=, >=, || and a minus between spaces
/// become signs. Other special characters of gnuplot are escaped.
///
///     "KL(q || p) >= 0, sigma^2"   is shown as   KL(q ‖ p) ≥ 0, σ²
std::string math_text(const std::string& text);

}  // namespace support
