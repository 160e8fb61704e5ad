#include "nn/safetensors.hpp"

#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <limits>

#include "nn/checkpoint.hpp"
#include "nn/file.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;
namespace fs = std::filesystem;

namespace {

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const auto compare = [&](auto tag) {
    using T = decltype(tag);
    const auto x = a.view<T>(), y = b.view<T>();
    return x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  };
  return a.dtype() == DType::i32 ? compare(std::int32_t{}) : dispatch(a.dtype(), compare);
}

NamedTensors sample_tensors() {
  const double inf = std::numeric_limits<double>::infinity();
  return {{"a", tensor(std::vector<double>{0.1, -2.5, 1e-30}, {3}, DType::f32)},
          {"encoder.fc1.weight", tensor(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3}, DType::f64)},
          {"symbols", index_tensor(std::vector<std::int32_t>{-1, 2147483647}, {2})},
          {"scalar", full({}, 0.1, DType::f64)},
          {"empty", zeros({0, 4}, DType::f32)},
          {"odd", tensor(std::vector<double>{inf, -0.0, std::nan("")}, {3, 1}, DType::f32)},
          {"\"quoted\" \xc3\xa9\n", ones({1}, DType::f32)}};
}

std::string header(const std::string& json, const std::string& data = "") {
  std::string bytes;
  for (std::uint64_t rest = json.size(), i = 0; i < 8; ++i, rest >>= 8) {
    bytes += static_cast<char>(rest & 0xff);
  }
  return bytes + json + data;
}

const std::string kEight(8, '\0');

}  // namespace

TEST_CASE("safetensors: tensors without values are in the order of their names") {
  const ScratchFolder folder;
  save_tensors(folder / "t.safetensors",
               {{"b", zeros({0})}, {"a", zeros({0, 3})}, {"c", zeros({0})}});
  std::vector<std::string> names;
  for (const NamedTensor& t : load_tensors(folder / "t.safetensors").tensors)
    names.push_back(t.name);
  CHECK(names == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("safetensors: what was saved is loaded with the same bits, names and metadata") {
  const ScratchFolder folder;
  const NamedTensors tensors = sample_tensors();
  const Metadata metadata{{"epoch", "3"}, {"model", "mlp \"a\""}};
  save_tensors(folder / "x.safetensors", tensors, metadata);
  const TensorFile file = load_tensors(folder / "x.safetensors");
  CHECK(file.metadata == metadata);
  REQUIRE(file.tensors.size() == tensors.size());
  for (const NamedTensor& t : tensors) {
    CAPTURE(t.name);
    const auto found =
        std::ranges::find_if(file.tensors, [&](const auto& f) { return f.name == t.name; });
    REQUIRE(found != file.tensors.end());
    CHECK(same_bits(found->value, t.value));
  }
  save_tensors(folder / "none.safetensors", {});
  CHECK(load_tensors(folder / "none.safetensors").tensors.empty());
}

TEST_CASE("safetensors: the layout is the documented one, data aligned to 8") {
  const ScratchFolder folder;
  save_tensors(folder / "x.safetensors",
               {{"w", tensor(std::vector<double>{1.0}, {1}, DType::f32)},
                {"d", tensor(std::vector<double>{2.0}, {1, 1}, DType::f64)}});
  const std::string bytes = read_file(folder / "x.safetensors");
  const std::string json = R"({"d":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},)"
                           R"("w":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})";
  const std::size_t length = (json.size() + 7) / 8 * 8;
  REQUIRE(bytes.size() == 8 + length + 12);
  CHECK(bytes.substr(0, 8) == header(std::string(length, ' ')).substr(0, 8));
  CHECK(bytes.substr(8, json.size()) == json);
  CHECK(bytes.substr(8 + length) == std::string("\0\0\0\0\0\0\0\x40\0\0\x80\x3f", 12));
}

TEST_CASE("safetensors: a header of brackets is refused, however deep it is") {
  const ScratchFolder folder;
  const fs::path path = folder / "deep.safetensors";
  for (const std::size_t depth : {10u, 1000000u}) {
    const std::string brackets = std::string(depth, '[') + std::string(depth, ']');
    for (const std::string& text :
         {"{\"a\":" + brackets + "}", "{\"__metadata__\":{\"a\":" + brackets + "}}",
          R"({"a":{"dtype":"F32","shape":)" + brackets + R"(,"data_offsets":[0,8]}})"}) {
      write_file_atomically(path, header(text, kEight));
      CHECK(test::throws_with<DataError>([&] { load_tensors(path); }, "nested"));
    }
  }
}

TEST_CASE("safetensors: every fault of a file has its own message") {
  const ScratchFolder folder;
  const fs::path path = folder / "bad.safetensors";
  struct Fault {
    std::string bytes, message;
  };
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const auto entry = [](const std::string& text) { return header("{\"a\":" + text + "}", kEight); };
  const std::vector<Fault> faults{
      {"", "truncated"},
      {"1234567", "truncated"},
      {header(good, kEight).substr(0, 30), "truncated"},
      {header(good, kEight).substr(0, 66), "the file has"},
      {std::string(8, '\xff') + "{}", "too long"},
      {"\x89PNG\r\n\x1a\n rest of a picture", "too long"},
      {header("", ""), "does not start with {"},
      {header(" {}", ""), "does not start with {"},
      {header("{\"a\":", kEight), "not JSON"},
      {header("{} {}", kEight), "not JSON"},
      {header(good.substr(0, good.size() - 1) + ",\"a\":3}", kEight), "names a twice"},
      {entry("3"), "needs dtype"},
      {entry(R"({"dtype":"F32","shape":[2]})"), "needs dtype"},
      {entry(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})"), "needs dtype"},
      {entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "needs dtype"},
      {entry(R"({"dtype":"F16","shape":[4],"data_offsets":[0,8]})"), "F16"},
      {entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "-2 is not a size"},
      {entry(R"({"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]})"),
       "not a size"},
      {entry(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "2.0 is not a size"},
      {entry(R"({"dtype":"F32","shape":[1,1,1,1,1,1,2],"data_offsets":[0,8]})"), "7 axes"},
      {entry(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"), "64 bits"},
      {entry(R"({"dtype":"F32","shape":[1152921504606846976,0],"data_offsets":[0,0]})"), "2^47"},
      {entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "lies at [8,0]"},
      {entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})"), "lies at [8,16]"},
      {entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "needs 12 bytes"},
      {entry(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), "starts at 4"},
      {entry(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), "4 bytes follow"},
      {header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
              R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
              kEight),
       "before the end"},
      {header(R"({"__metadata__":{"a":1}})"), "__metadata__"},
      {header(R"({"__metadata__":[]})"), "__metadata__"},
  };
  for (const Fault& f : faults) {
    CAPTURE(f.bytes, f.message);
    write_file_atomically(path, f.bytes);
    try {
      load_tensors(path);
      FAIL("it was read");
    } catch (const DataError& e) {
      INFO(e.what());
      CHECK(e.message.find(f.message) != std::string::npos);
      CHECK(e.message.starts_with(path.string()));
    }
  }
  CHECK(test::throws_with<DataError>([&] { load_tensors(folder / "none"); }, "No such file"));
  CHECK(test::throws_with<DataError>([&] { load_tensors(folder.path()); }, "not a regular file"));
}

TEST_CASE("safetensors: no cut of a good file is read as a whole one") {
  const ScratchFolder folder;
  save_tensors(folder / "good", sample_tensors());
  const std::string bytes = read_file(folder / "good");
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CHECK_THROWS_AS(parse_tensors(std::string_view(bytes).substr(0, n), "cut"), DataError);
  }
}

TEST_CASE("safetensors: a damaged header is read or refused, never anything else") {
  const ScratchFolder folder;
  save_tensors(folder / "good", sample_tensors(), {{"epoch", "3"}});
  const std::string good = read_file(folder / "good");
  const std::size_t header_end = good.find("}}") + 2;
  for (std::size_t i = 0; i < header_end; ++i) {
    for (const char damage : {'0', '9', '"', ',', '}', '\xff'}) {
      std::string bytes = good;
      bytes[i] = damage;
      try {
        parse_tensors(bytes, "bad");
      } catch (const DataError&) {}
    }
  }
  SUCCEED();
}

TEST_CASE("safetensors: names that cannot be saved are refused before anything is written") {
  const ScratchFolder folder;
  const Tensor x = ones({1});
  for (const NamedTensors& bad :
       {NamedTensors{{"", x}}, NamedTensors{{"__metadata__", x}}, NamedTensors{{"a", x}, {"a", x}},
        NamedTensors{{"a", Tensor()}}}) {
    CHECK_THROWS_AS(save_tensors(folder / "x", bad), ConfigError);
    CHECK_FALSE(fs::exists(folder / "x"));
  }
  CHECK_THROWS_AS(save_tensors(folder / "x", {{"\xff", x}}), ConfigError);  // JSON is UTF-8
  CHECK(test::throws_with<ConfigError>(
      [&] {
        save_tensors(folder / "x", {{"a", x}}, {{"note", "caf\xe9"}});
      },
      "UTF-8"));
  CHECK_FALSE(fs::exists(folder / "x"));
}

TEST_CASE("checkpoint: a file that does not fit the module leaves it unchanged and is named") {
  const ScratchFolder folder;
  Linear small(2, 2), large(3, 2);
  init::torch_default(small, Rng(1));
  init::torch_default(large, Rng(2));
  save(folder / "m.safetensors", small);
  const auto before = large.weight.value().to_vector();
  CHECK(test::throws_with<DataError>([&] { load(folder / "m.safetensors", large); },
                                     "m.safetensors: tensor weight has shape [2,2]"));
  CHECK(large.weight.value().to_vector() == before);
}

TEST_CASE("checkpoint: loading counts as initialising") {
  const ScratchFolder folder;
  Linear from(2, 2), to(2, 2);
  init::torch_default(from, Rng(1));
  save(folder / "m.safetensors", from);
  load(folder / "m.safetensors", to);
  CHECK(to(ones({1, 2})).to_vector() == from(ones({1, 2})).to_vector());
}

TEST_CASE("files: an atomic write replaces the old contents and leaves nothing else behind") {
  const ScratchFolder folder;
  write_file_atomically(folder / "f", "old and longer");
  write_file_atomically(folder / "f", std::string_view("new\0!", 5));
  CHECK(read_file(folder / "f") == std::string("new\0!", 5));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("files: a write that fails says why and keeps the old contents") {
  const ScratchFolder folder;
  CHECK(test::throws_with<DataError>([&] { write_file_atomically(folder / "no/f", "x"); },
                                     "No such file or directory"));
  fs::create_directory(folder / "taken");
  write_file_atomically(folder / "taken/f", "x");
  CHECK_THROWS_AS(write_file_atomically(folder / "taken", "x"), DataError);
  CHECK(read_file(folder / "taken/f") == "x");
  CHECK_FALSE(fs::exists(folder / "taken.tmp"));
}

TEST_CASE("safetensors: Python's safetensors package reads our file and we read its", "[python]") {
  const ScratchFolder folder;
  save_tensors(folder / "ours.safetensors", sample_tensors(), {{"made by", "tapestry"}});
  const char* python = std::getenv("TAPESTRY_PYTHON");
  const std::string command =
      fmt::format("{} '{}/../nn/check_safetensors.py' '{}' '{}'", python ? python : "python3",
                  TAPESTRY_TEST_DATA, (folder / "ours.safetensors").string(),
                  (folder / "theirs.safetensors").string());
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) {
    WARN("skipped: python3 with the packages safetensors and numpy is not there");
    return;
  }
  REQUIRE(WEXITSTATUS(status) == 0);
  const TensorFile theirs = load_tensors(folder / "theirs.safetensors");
  CHECK(theirs.metadata == Metadata{{"made by", "python"}});
  for (const NamedTensor& t : sample_tensors()) {
    CAPTURE(t.name);
    const auto found =
        std::ranges::find_if(theirs.tensors, [&](const auto& f) { return f.name == t.name; });
    REQUIRE(found != theirs.tensors.end());
    CHECK(same_bits(found->value, t.value));
  }
}

TEST_CASE("safetensors: a header of very many names takes no more time than its length") {
  constexpr int kNames = 50'000;
  std::string json = "{";
  for (int i = 0; i < kNames; ++i)
    json += fmt::format("\"{}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}},", i);
  json.back() = '}';
  const std::clock_t start = std::clock();
  CHECK(parse_tensors(header(json), "many").tensors.size() == kNames);
  // of this process; a reader that looks at all names before it for each of them takes minutes
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
#ifdef __OPTIMIZE__
  CHECK(seconds < 5);
#else
  CHECK(seconds < 30);
#endif
}

TEST_CASE("safetensors: a message quotes no more than the beginning of what is wrong") {
  const std::string many = "[" + std::string(5000, '1') + "]";
  const std::string text = test::message<DataError>(
      [&] { parse_tensors(header("{\"w\":{\"dtype\":" + many + "}}"), "long"); });
  CHECK(text.size() < 600);
}

TEST_CASE("files: what is appended is at the end, and a folder that is not there is named") {
  const ScratchFolder folder;
  append_to_file(folder / "log", "one\n");
  append_to_file(folder / "log", "two\n");
  CHECK(read_file(folder / "log") == "one\ntwo\n");
  CHECK(test::throws_with<DataError>([&] { append_to_file(folder / "none/log", "x"); },
                                     "none/log: cannot write: No such file"));
}
