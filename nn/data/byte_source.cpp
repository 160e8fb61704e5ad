#include "nn/data/byte_source.hpp"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "autograd/error.hpp"

namespace tapestry::nn {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::uint8_t, 2> kGzipMagic = {0x1f, 0x8b};
constexpr int kGzipOnly = 16 + MAX_WBITS;  // windowBits of zlib: with a gzip wrapper, nothing else

const char* kFetchAgain = "fetch the file again; it may have been cut off or damaged on the way";

}  // namespace

void throw_bad_file(const fs::path& path, std::string message, std::string hint) {
  DataError error(std::move(message), std::move(hint));
  error.op = path.string();
  error.compose();
  throw error;
}

std::string gzip(std::string_view bytes, int level) {
  check<DataError>(bytes.size() <= std::numeric_limits<uInt>::max(),
                   "gzip: {} bytes are too many at once", bytes.size());  // zlib counts in 32 bits
  z_stream stream{};
  constexpr int kMemory = 8;  // zlib's default
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipOnly, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  check<DataError>(code == Z_STREAM_END, "gzip: {} bytes are too many at once", bytes.size());
  return out;
}

ByteSource::ByteSource(const fs::path& path) : path_(path) {
  std::error_code fault;
  const fs::file_status status = fs::status(path, fault);
  if (status.type() == fs::file_type::not_found) {
    throw_bad_file(path, "no such file", "check the path, or where --data and TAPESTRY_DATA point");
  }
  if (status.type() == fs::file_type::none) {
    throw_bad_file(path, fmt::format("cannot be looked at: {}", fault.message()),
                   "check the permissions of the folders above it");
  }
  if (status.type() == fs::file_type::directory) {
    throw_bad_file(path, "found a folder, expected a file",
                   "name the file, or pass the folder as the data set");
  }
  if (status.type() != fs::file_type::regular) {
    throw_bad_file(path, "found a device, pipe or socket, expected a regular file", "");
  }
  file_.reset(std::fopen(path.c_str(), "rb"));
  if (!file_) {
    throw_bad_file(path, fmt::format("cannot be opened: {}", std::strerror(errno)),
                   "check the file's permissions");
  }
  file_size_ = fs::file_size(path, fault);
  refill();
  begin();
}

ByteSource::ByteSource(std::span<const std::uint8_t> file, fs::path name)
    : path_(std::move(name)), file_size_(file.size()), waiting_(file) {
  begin();
}

void ByteSource::begin() {
  if (waiting_.empty()) throw_bad_file(path_, "the file is empty", kFetchAgain);
  const std::size_t magic = std::min(waiting_.size(), kGzipMagic.size());
  if (std::equal(kGzipMagic.begin(), kGzipMagic.begin() + magic, waiting_.begin())) {
    stream_ = std::make_unique<z_stream>();
    if (inflateInit2(stream_.get(), kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
}

ByteSource::~ByteSource() {
  if (stream_) inflateEnd(stream_.get());
}

std::uintmax_t ByteSource::most_bytes() const {
  return compressed() ? file_size_ * kDeflateFactor : file_size_;
}

void ByteSource::refill() {
  waiting_ = {};
  if (!file_) return;
  waiting_ = std::span(input_).first(std::fread(input_.data(), 1, input_.size(), file_.get()));
  if (std::ferror(file_.get())) {
    throw_bad_file(path_, fmt::format("reading failed: {}", std::strerror(errno)), "");
  }
}

std::size_t ByteSource::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && !ended_) {
    if (waiting_.empty()) refill();
    if (waiting_.empty() && compressed()) {
      throw_bad_file(path_, "truncated: the file ends before its gzip data do", kFetchAgain);
    }
    if (waiting_.empty()) break;
    const std::span<std::uint8_t> room = out.subspan(done);
    done += compressed() ? inflate_into(room) : copy_into(room);
  }
  return done;
}

std::size_t ByteSource::copy_into(std::span<std::uint8_t> room) {
  const std::size_t n = std::min(waiting_.size(), room.size());
  std::copy_n(waiting_.begin(), n, room.begin());
  waiting_ = waiting_.subspan(n);
  return n;
}

std::size_t ByteSource::inflate_into(std::span<std::uint8_t> room) {
  constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts in 32 bits
  const std::size_t piece = std::min(room.size(), kPiece),
                    given = std::min(waiting_.size(), kPiece);
  stream_->next_in = const_cast<Bytef*>(waiting_.data());
  stream_->avail_in = static_cast<uInt>(given);
  stream_->next_out = room.data();
  stream_->avail_out = static_cast<uInt>(piece);
  const int code = inflate(stream_.get(), Z_NO_FLUSH);
  waiting_ = waiting_.subspan(given - stream_->avail_in);
  if (code == Z_STREAM_END) {
    ended_ = true;
    if (waiting_.empty()) refill();
    if (!waiting_.empty()) {
      throw_bad_file(path_, "trailing bytes: the file goes on after the end of its gzip data",
                     kFetchAgain);
    }
  } else if (code != Z_OK) {
    throw_bad_file(
        path_,
        fmt::format("corrupt gzip data (zlib: {})", stream_->msg ? stream_->msg : zError(code)),
        kFetchAgain);
  }
  return piece - stream_->avail_out;
}

}  // namespace tapestry::nn
