#include "vae/training/data_parallel.hpp"

#include <bit>
#include <chrono>
#include <cstring>

#include "autograd/ops.hpp"
#include "autograd/row_window.hpp"
#include "autograd/tape.hpp"
#include "autograd/threads.hpp"
#include "nn/checksum.hpp"

namespace tapestry::vae {
namespace {

using Bytes = std::vector<std::byte>;
using Gradients = std::vector<Tensor>;  // by parameter; undefined where nothing arrived

struct Rows {
  std::int64_t first, last;
};
Rows piece_of(std::int64_t rows, int piece, int pieces) {
  return {rows * piece / pieces, rows * (piece + 1) / pieces};
}

Tensor rows_of(const Tensor& t, Rows r) {
  if (t.dtype() != DType::i32) return slice(t, 0, r.first, r.last);
  return slice(t.to(DType::f64), 0, r.first, r.last).to(DType::i32);  // whole numbers there, too
}

nn::Batch rows_of(const nn::Batch& batch, Rows r) {
  nn::Batch part = batch;
  part.images = rows_of(batch.images, r);
  if (batch.labels.defined()) part.labels = rows_of(batch.labels, r);
  if (!batch.index.empty())
    part.index = batch.index.subspan(static_cast<std::size_t>(r.first),
                                     static_cast<std::size_t>(r.last - r.first));
  return part;
}

void add_to(Gradients& sum, const Gradients& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (!more[i].defined()) continue;
    sum[i] = sum[i].defined() ? sum[i] + more[i] : more[i];
  }
}

// ((0 + 1) + (2 + 3)) + ...: which neighbours are added first does not depend on who adds them.
Gradients tree_sum(std::vector<Gradients> parts) {
  for (std::size_t step = 1; step < parts.size(); step *= 2)
    for (std::size_t i = 0; i + step < parts.size(); i += 2 * step)
      add_to(parts[i], parts[i + step]);
  return std::move(parts.front());
}

// What a process tells the others: plain numbers one after another.
class Writer {
 public:
  void put(std::int64_t number) { put(&number, sizeof number); }
  void put(const std::string& text) {
    put(static_cast<std::int64_t>(text.size()));
    put(text.data(), text.size());
  }
  void put(const Tensor& t) {  // undefined is -1
    put(t.defined() ? static_cast<std::int64_t>(t.dtype()) : -1);
    if (!t.defined()) return;
    put(t.size());
    dispatch(t.dtype(),
             [&]<class T>(T) { put(t.view<T>().data(), t.view<T>().size() * sizeof(T)); });
  }
  Bytes bytes;

 private:
  void put(const void* from, std::size_t count) {
    const auto* first = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), first, first + count);
  }
};
class Reader {
 public:
  explicit Reader(const Bytes& bytes) : bytes_(bytes) {}
  std::int64_t number() {
    std::int64_t n = 0;
    take(&n, sizeof n);
    return n;
  }
  std::string text() {
    std::string t(static_cast<std::size_t>(number()), ' ');
    take(t.data(), t.size());
    return t;
  }
  Tensor tensor() {  // of rank 1
    const std::int64_t dtype = number();
    if (dtype < 0) return {};
    Tensor t = Tensor::empty({number()}, static_cast<DType>(dtype));
    dispatch(t.dtype(),
             [&]<class T>(T) { take(t.mutate<T>().data(), t.mutate<T>().size() * sizeof(T)); });
    return t;
  }

 private:
  void take(void* to, std::size_t count) {
    check<Error>(at_ + count <= bytes_.size(),
                 "processes of one run are at different places of it");
    if (count) std::memcpy(to, bytes_.data() + at_, count);
    at_ += count;
  }
  const Bytes& bytes_;
  std::size_t at_ = 0;
};

// The rows of an objective, piece after piece.
struct Said {
  std::vector<Tensor> value, bound;
  std::vector<std::string> names;
  std::vector<std::vector<Tensor>> parts;

  void add(const Objective& o) {
    value.push_back(o.value.detach());
    if (o.bound.defined()) bound.push_back(o.bound.detach());
    names.resize(o.parts.size());
    parts.resize(o.parts.size());
    for (std::size_t i = 0; i < o.parts.size(); ++i) {
      names[i] = o.parts[i].name;
      parts[i].push_back(broadcast_to(o.parts[i].value.detach(), o.value.shape()));
    }
  }
  Objective whole() const {
    Objective o{.value = concat(value, 0)};
    if (!bound.empty()) o.bound = concat(bound, 0);
    for (std::size_t i = 0; i < parts.size(); ++i)
      o.parts.push_back({names[i], concat(parts[i], 0)});
    return o;
  }

  void write(Writer& to) const {
    to.put(static_cast<std::int64_t>(!value.empty()));
    if (value.empty()) return;
    const Objective o = whole();
    to.put(o.value);
    to.put(o.bound);
    to.put(static_cast<std::int64_t>(o.parts.size()));
    for (const NamedPart& part : o.parts) {
      to.put(part.name);
      to.put(part.value);
    }
  }
  void read(Reader& from) {
    if (!from.number()) return;
    Objective o{.value = from.tensor()};
    o.bound = from.tensor();
    for (std::int64_t left = from.number(); left > 0; --left) {
      std::string name = from.text();
      o.parts.push_back({std::move(name), from.tensor()});
    }
    add(o);
  }
};

}  // namespace

DataParallel::DataParallel(nn::Communicator& ranks, Mode mode, const nn::Module& model)
    : ranks_(ranks), mode_(mode) {
  if (model.state().size() != model.parameters().size())
    throw ConfigError(
        "a model that keeps statistics of its minibatches (batch normalisation, a moving codebook) "
        "or random numbers of its own (dropout) cannot be trained in pieces of a minibatch",
        "train it in one process");
  if (mode == Mode::fast) return;
  const auto n = static_cast<unsigned>(ranks.size());
  if (!std::has_single_bit(n) || n > kPieces)
    throw ConfigError(fmt::format("exact mode knows 1, 2, 4 and 8 processes, not {}", n),
                      "leave out --exact for any number of them");
  set_threads(1);
}

bool DataParallel::any(bool here) {
  const auto one = static_cast<std::byte>(here);
  for (const Bytes& said : ranks_.gather({&one, 1}))
    if (said[0] != std::byte{0}) return true;
  return false;
}

Objective DataParallel::turn(const Player& player, const nn::Batch& batch, Rng& rng) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](auto from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
  };
  const auto began = Clock::now();
  const std::int64_t rows = batch.images.dim(0);
  const int pieces = mode_ == Mode::exact ? kPieces : ranks_.size();
  const int first = pieces * ranks_.rank() / ranks_.size();
  const int last = pieces * (ranks_.rank() + 1) / ranks_.size();
  const std::vector<Parameter*> parameters = player.optimizer.parameters();

  // 1. The gradients of this process's pieces: each is the share of its rows in the mean over all.
  std::vector<Gradients> gradients;
  Said said;
  auto draw = static_cast<std::int64_t>(rng.state().draw);
  for (int piece = first; piece < last; ++piece) {
    const Rows r = piece_of(rows, piece, pieces);
    Gradients& own = gradients.emplace_back(parameters.size());
    if (r.first == r.last) continue;
    player.optimizer.zero_grad();
    const RowWindow window(r.first, r.last - r.first, rows);
    Rng piece_rng = rng;
    Tape tape;
    const Objective objective = player.play(rows_of(batch, r), piece_rng);
    check<ShapeError>(objective.value.rank() == 1 && objective.value.dim(0) == r.last - r.first,
                      "the objective of {} rows has the shape {}: only a mean over rows can be "
                      "trained in pieces",
                      r.last - r.first, objective.value.shape());
    tape.backward(sum(objective.value) * (-1.0 / static_cast<double>(rows)));
    for (std::size_t i = 0; i < parameters.size(); ++i) own[i] = parameters[i]->grad();
    said.add(objective);
    draw = static_cast<std::int64_t>(piece_rng.state().draw);
  }
  seconds_.gradients += seconds(began);

  // 2. Everybody hears everybody's rows and, in exact mode, gradients.
  const auto exchange = Clock::now();
  const NoGrad no_grad;
  const Gradients mine = tree_sum(std::move(gradients));
  Writer letter;
  for (const std::int64_t number : {batch.step, rows, draw}) letter.put(number);
  said.write(letter);
  for (const Tensor& g : mine) {
    if (mode_ == Mode::exact)
      letter.put(g);
    else
      letter.put(std::int64_t{g.defined()});
  }

  Said all;
  std::vector<Gradients> sums;
  std::vector<bool> arrived(parameters.size());
  for (const Bytes& theirs : ranks_.gather(letter.bytes)) {
    Reader reader(theirs);
    const std::int64_t its_step = reader.number(), its_rows = reader.number();
    check<Error>(its_step == batch.step && its_rows == rows,
                 "process {} is at step {} with {} rows, this one at step {} with {}", sums.size(),
                 its_step, its_rows, batch.step, rows);
    draw = std::max(draw, reader.number());
    all.read(reader);
    Gradients& its = sums.emplace_back(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (mode_ == Mode::fast) {
        if (reader.number()) arrived[i] = true;
      } else if (const Tensor flat = reader.tensor(); flat.defined()) {
        its[i] = flat.with_shape(parameters[i]->shape());
      }
    }
  }

  // 3. The sum becomes the parameters' gradient.
  Gradients total = mode_ == Mode::exact ? tree_sum(std::move(sums)) : mine;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (mode_ == Mode::fast && arrived[i]) {
      Tensor sum = total[i].defined()
                       ? total[i].clone()
                       : zeros(parameters[i]->shape(), parameters[i]->value().dtype());
      dispatch(sum.dtype(), [&]<class T>(T) { ranks_.sum(sum.mutate<T>()); });
      total[i] = sum;
    }
    parameters[i]->zero_grad();
    if (total[i].defined()) parameters[i]->set_grad(total[i]);
  }
  Rng::State state = rng.state();
  state.draw = static_cast<std::uint64_t>(draw);
  rng.set_state(state);
  if (turns_++ % 100 == 0) expect_same(player.model);
  seconds_.exchange += seconds(exchange);

  return all.whole();
}

void DataParallel::expect_same(const nn::Module& model) {
  std::vector<std::uint64_t> sums;
  const nn::NamedTensors state = model.state();
  for (const nn::NamedTensor& t : state) sums.push_back(nn::fingerprint(nn::bytes_of(t.value)));
  const std::vector<Bytes> all = ranks_.gather(std::as_bytes(std::span(sums)));
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (std::memcmp(all[rank].data() + 8 * i, all[0].data() + 8 * i, 8) != 0)
        throw Error(fmt::format("processes 0 and {} have different values in the parameter {}",
                                rank, state[i].name),
                    "the processes of a run need the same program on processors of one kind");
    }
  }
}

}  // namespace tapestry::vae
