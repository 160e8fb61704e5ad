// Files of vae/coding: a message, and what the codecs make of it.
#include "autograd/ops.hpp"
#include "fuzz/target.hpp"
#include "nn/checksum.hpp"
#include "support/scratch_folder.hpp"
#include "vae/coding/codecs.hpp"

namespace tapestry::fuzz {

namespace {

using namespace vae::coding;

// The message with its checksum put right, since no change of other bytes gets past it.
std::string with_checksum(std::string_view input) {
  std::string bytes(input);
  if (bytes.size() < 8) return bytes;
  std::uint64_t sum = nn::checksum(std::string_view(bytes).substr(0, bytes.size() - 8));
  for (std::size_t at = bytes.size() - 8; at < bytes.size(); ++at, sum >>= 8)
    bytes[at] = static_cast<char>(sum & 0xff);
  return bytes;
}

// Whatever is popped can be pushed back.
template <class Codec>
void pop_and_push(const Ans& message, const Codec& codec) {
  accepted<DataError>([&] {
    Ans copy = message;
    const Symbols symbols = codec.pop(copy);
    codec.push(copy, symbols);
    must(copy == message, "push undoes pop");
  });
}

void read_message(std::string_view input) {
  accepted<DataError>([&] { Ans::parse(input, "input"); });
  accepted<DataError>([&] {
    const Ans message = Ans::parse(with_checksum(input), "input");
    static const UniformCodec numbers(3, 11);
    static const BernoulliCodec coins(prob::Bernoulli(tensor({-30.0, 0.5, 4.0})));
    static const NormalBuckets buckets(6);
    static const NormalCodec normals(buckets,
                                     prob::Normal(tensor({0.5, -9.0}), tensor({1e-3, 40.0})));
    pop_and_push(message, numbers);
    pop_and_push(message, coins);
    pop_and_push(message, normals);
  });
}

std::vector<std::string> message_seeds() {
  const ScratchFolder folder;
  std::vector<std::string> seeds;
  Rng rng(1);
  for (const std::int64_t words : {0, 1, 4}) {
    Ans::random(words, rng).save(folder / "message");
    seeds.push_back(slurp(folder / "message"));
  }
  return seeds;
}

}  // namespace

extern const Target kMessage{"message", "a message of vae/coding, and codecs that read it",
                             read_message, message_seeds, 20};

}  // namespace tapestry::fuzz
