#pragma once

#include <cstdint>

namespace tapestry {

/// Whether this thread is in a piece of a job (run_pieces), where loops stay on it.
bool inside_piece();

/// Does piece i of a job.
using Piece = void (*)(const void* job, std::int64_t i);

/// Calls piece(job, i) once for every i in [0, count), on up to threads() threads, and returns when
/// all have ended; denormals are flushed meanwhile. The calling thread takes part. A piece must not
/// throw. Inside a piece, and while another thread's pieces run, a call does its pieces alone.
void run_pieces(std::int64_t count, Piece piece, const void* job);

}  // namespace tapestry
