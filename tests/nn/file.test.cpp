#include "nn/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "support/catch.hpp"

using namespace tapestry::nn;
namespace fs = std::filesystem;

TEST_CASE("files are written by a program that began with its input closed", "[nn]") {
  // The next file to be opened then gets the number 0, which is no error.
  std::string name = (fs::temp_directory_path() / "tapestry_XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  const int input = ::dup(0);
  ::close(0);
  std::string thrown, read;
  try {
    write_file_atomically(folder / "a", "first");
    append_to_file(folder / "a", " second");
    read = read_file(folder / "a");
  } catch (const std::exception& e) {
    thrown = e.what();
  }
  if (input >= 0) {
    ::dup2(input, 0);
    ::close(input);
  }
  fs::remove_all(folder);
  CHECK(thrown.empty());
  CHECK(read == "first second");
}
