#include "vae/pictures/curves.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/text.hpp"

using namespace tapestry::vae;

namespace {

/// Only the picture may be left in the folder.
bool holds_only(const ScratchFolder& folder, const std::string& name) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().filename() != name) return false;
    ++files;
  }
  return files == 1;
}

const std::vector<CurvePoint> kRun = {{1, 160, 130, 108, 22}, {2, 125, 118, 94, 24}};

}  // namespace

TEST_CASE("curves: a picture where gnuplot is, one line of reason where it is not",
          "[vae][pictures]") {
  const ScratchFolder folder;
  const std::string note = write_curves(folder / "curves.png", "it's a run", kRun);
  if (note.empty()) {
    CHECK(slurp(folder / "curves.png").substr(1, 3) == "PNG");
    CHECK(holds_only(folder, "curves.png"));
  } else {
    WARN(note);
    check_contains(note, "gnuplot");
    CHECK(std::filesystem::is_empty(folder.path()));
  }
}

TEST_CASE("curves: without gnuplot the note names the package and nothing is left",
          "[vae][pictures]") {
  const ScratchFolder folder;
  const EnvironmentScope nowhere("PATH", "/nonexistent");
  CHECK(write_curves(folder / "curves.png", "run", kRun) ==
        "no curves.png: gnuplot is not installed (Debian's package gnuplot-nox)");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("curves: a failing gnuplot, no folder or no points give a note, never an exception",
          "[vae][pictures]") {
  const ScratchFolder folder;
  CHECK(write_curves(folder / "curves.png", "run", {}) == "no curves.png: no epoch is finished");
  check_contains(write_curves(folder / "absent/curves.png", "run", kRun), "cannot write");

  const auto fake = folder.write("gnuplot", "#!/bin/sh\nexit 3\n");
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  const EnvironmentScope path("PATH", folder.path().c_str());
  CHECK(write_curves(folder / "curves.png", "run", kRun) == "no curves.png: gnuplot failed");
  CHECK(holds_only(folder, "gnuplot"));
}

TEST_CASE("curves: a run that diverged still gives a picture of what is finite",
          "[vae][pictures]") {
  const ScratchFolder folder;
  std::vector<CurvePoint> run = kRun;
  run.push_back({3, NAN, INFINITY, 1, 1});
  const std::string note = write_curves(folder / "curves.png", "run", run);
  if (note.find("not installed") == std::string::npos) CHECK(note.empty());
}
