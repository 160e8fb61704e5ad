#include "fuzz/target.hpp"

namespace tapestry::fuzz {

extern const Target kIdx, kIdxGz, kNpy, kNpz, kPng, kWeights, kCheckpoint, kTrainerState, kCapture,
    kMetrics, kConfig, kCommandLine, kTrace, kMessage, kStepper;

std::span<const Target> targets() {
  static const Target all[] = {kIdx,     kIdxGz,       kNpy,          kNpz,     kPng,
                               kWeights, kCheckpoint,  kTrainerState, kCapture, kMetrics,
                               kConfig,  kCommandLine, kTrace,        kMessage, kStepper};
  return all;
}

}  // namespace tapestry::fuzz
