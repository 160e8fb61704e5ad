#pragma once

namespace tapestry {

/// Asks the system to give the calling thread its share of a processor in slices of a tenth of a millisecond, the shortest
/// there are: beside busy programs it then starts soon after it is woken, and stops as soon. Its share and its nice value stay.
/// Linux 6.12 and later do so; elsewhere nothing changes.
void ask_for_short_slices();

}  // namespace tapestry
