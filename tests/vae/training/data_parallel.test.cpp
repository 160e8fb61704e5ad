#include "vae/training/data_parallel.hpp"

#include <array>
#include <barrier>
#include <optional>
#include <thread>

#include "autograd/ops.hpp"
#include "autograd/row_window.hpp"
#include "autograd/tape.hpp"
#include "autograd/threads.hpp"
#include "nn/init.hpp"
#include "nn/layers/batch_norm.hpp"
#include "nn/optim/sgd.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/models/mlp.hpp"

using namespace tapestry;
using Mode = vae::DataParallel::Mode;

namespace {

// Ranks that are threads of one process.
struct Meeting {
  explicit Meeting(int n) : letters(static_cast<std::size_t>(n)), barrier(n) {}
  std::vector<std::vector<std::byte>> letters;
  std::barrier<> barrier;
};
class ThreadRank final : public nn::Communicator {
 public:
  ThreadRank(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_.letters.size()); }
  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine) override {
    meeting_.letters[static_cast<std::size_t>(rank_)].assign(mine.begin(), mine.end());
    meeting_.barrier.arrive_and_wait();
    auto all = meeting_.letters;
    meeting_.barrier.arrive_and_wait();
    return all;
  }
  void sum(std::span<float> x) override { sum_of(x); }
  void sum(std::span<double> x) override { sum_of(x); }
  [[noreturn]] void abort(const std::string&) override { std::terminate(); }

 private:
  template <class T>
  void sum_of(std::span<T> x) {
    const auto all = gather(std::as_bytes(x));
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = 0;
      for (const auto& letter : all) x[i] += reinterpret_cast<const T*>(letter.data())[i];
    }
  }
  Meeting& meeting_;
  int rank_;
};

constexpr std::int64_t kRows = 13;  // no multiple of anything

// One turn of a small VAE in f64, and what it leaves.
struct Turn {
  std::vector<std::vector<double>> gradients;
  std::vector<double> objective, log_lik;
  std::uint64_t draw = 0;
};
struct Model {
  Model() : vae({.rows = 3, .cols = 4, .hidden = {7}, .latent = 2}), sgd(prepared()) {}
  std::vector<Parameter*> prepared() {
    nn::init::torch_default(vae, Rng(3).stream("init"));
    for (Parameter* p : vae.parameters()) p->convert(DType::f64);
    return vae.parameters();
  }
  // Three draws of z for each row.
  Turn turn(vae::DataParallel* team, std::int64_t rows = kRows) {
    const DTypeScope f64(DType::f64);
    Rng rng(5), pixels(6);
    const nn::Batch batch{.images = pixels.uniform({rows, 12}, DType::f64), .step = 4};
    const vae::Player player = vae::vae_player(vae, sgd, {.samples = 3});
    vae::Objective objective;
    if (team) {
      objective = team->turn(player, batch, rng);
    } else {
      Tape tape;
      objective = player.play(batch, rng);
      tape.backward(objective.loss());
    }
    Turn t{.gradients = {},
           .objective = objective.value.to_vector(),
           .log_lik = objective.parts.at(0).value.to_vector(),
           .draw = rng.state().draw};
    for (Parameter* p : vae.parameters()) t.gradients.push_back(p->grad().to_vector());
    return t;
  }
  vae::MlpVae vae;
  nn::Sgd sgd;
};

// The same turn on n ranks; all must leave the same.
std::optional<Turn> turn_of(int n, Mode mode, std::int64_t rows = kRows) {
  Meeting meeting(n);
  std::vector<Turn> turns(static_cast<std::size_t>(n));
  std::vector<std::thread> threads;
  for (int r = 0; r < n; ++r) {
    threads.emplace_back([&, r] {
      ThreadRank rank(meeting, r);
      Model model;
      vae::DataParallel team(rank, mode, model.vae);
      turns[static_cast<std::size_t>(r)] = model.turn(&team, rows);
    });
  }
  for (std::thread& t : threads) t.join();
  for (const Turn& t : turns)
    if (t.gradients != turns[0].gradients || t.objective != turns[0].objective) return {};
  return turns[0];
}

double farthest(const Turn& a, const Turn& b) {
  double most = 0;
  const auto compare = [&](const std::vector<double>& x, const std::vector<double>& y) {
    REQUIRE(x.size() == y.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      most = std::max(most, std::fabs(x[i] - y[i]) / (1 + std::fabs(y[i])));
  };
  for (std::size_t i = 0; i < a.gradients.size(); ++i) compare(a.gradients[i], b.gradients[i]);
  compare(a.objective, b.objective);
  compare(a.log_lik, b.log_lik);
  return most;
}

struct KeepThreads {
  const int before = threads();
  ~KeepThreads() { set_threads(before); }
};

}  // namespace

TEST_CASE("a row window gives the rows of the whole draw", "[vae][parallel]") {
  const auto rows_of = [](const Shape& whole, const Shape& part, int axis) {
    Rng a(1), b(1);
    const Tensor all = a.normal(whole);
    const RowWindow window(2, 3, 11);
    const Tensor mine = b.normal(part);
    CHECK(mine.to_vector() == slice(all, axis, 2, 5).to_vector());
    CHECK(a.state() == b.state());
    return RowWindow::active() == &window;
  };
  CHECK(rows_of({11}, {3}, 0));
  CHECK(rows_of({11, 4}, {3, 4}, 0));
  CHECK(rows_of({3, 11, 4}, {3, 3, 4}, 1));  // three samples of three rows
  CHECK(rows_of({11, 3}, {3, 3}, 0));        // of three latents
  CHECK(RowWindow::active() == nullptr);
  Rng a(1), b(1);
  const RowWindow window(2, 3, 11);
  CHECK(a.uniform({4, 5}).to_vector() == b.uniform({4, 5}).to_vector());  // no rows: as it is
  CHECK_THROWS_AS(RowWindow(9, 3, 11), DomainError);
}

TEST_CASE("gradients of several processes are those of one", "[vae][parallel]") {
  const KeepThreads keep;
  const Turn one = Model().turn(nullptr);
  for (const int n : {1, 2, 3, 5}) {
    const std::optional<Turn> fast = turn_of(n, Mode::fast);
    INFO(n << " processes");
    REQUIRE(fast);
    CHECK(farthest(*fast, one) < 1e-12);
    CHECK(fast->draw == one.draw);
  }
  const std::optional<Turn> exact = turn_of(1, Mode::exact);
  REQUIRE(exact);
  CHECK(farthest(*exact, one) < 1e-12);
  for (const int n : {2, 4, 8}) {
    const std::optional<Turn> more = turn_of(n, Mode::exact);
    INFO(n << " processes");
    REQUIRE(more);
    CHECK(more->gradients == exact->gradients);  // to the last bit
    CHECK(more->objective == exact->objective);
    CHECK(more->draw == exact->draw);
  }
}

TEST_CASE("a minibatch with fewer rows than processes is a minibatch", "[vae][parallel]") {
  const KeepThreads keep;
  const Turn one = Model().turn(nullptr, 3);
  const auto fast = turn_of(5, Mode::fast, 3), exact = turn_of(8, Mode::exact, 3);
  REQUIRE(fast);
  REQUIRE(exact);
  CHECK(farthest(*fast, one) < 1e-12);
  CHECK(farthest(*exact, one) < 1e-12);
  CHECK(exact->draw == one.draw);
}

TEST_CASE("processes ask each other: one that says yes is enough", "[vae][parallel]") {
  const KeepThreads keep;
  for (const int yes : {-1, 0, 2}) {
    Meeting meeting(3);
    std::array<int, 3> heard{};
    std::vector<std::thread> threads;
    for (int r = 0; r < 3; ++r) {
      threads.emplace_back([&, r] {
        ThreadRank rank(meeting, r);
        const Model model;
        heard[static_cast<std::size_t>(r)] =
            vae::DataParallel(rank, Mode::fast, model.vae).any(r == yes);
      });
    }
    for (std::thread& t : threads) t.join();
    CHECK(heard == (yes < 0 ? std::array{0, 0, 0} : std::array{1, 1, 1}));
  }
}

TEST_CASE("labels and row numbers go with the rows of a piece", "[vae][parallel]") {
  const KeepThreads keep;
  nn::Alone alone;
  Model model;
  const DTypeScope f64(DType::f64);
  vae::Player player = vae::vae_player(model.vae, model.sgd);
  std::vector<double> labels, index;
  std::vector<std::int64_t> sizes;
  player.play = [&, play = player.play](const nn::Batch& piece, Rng& rng) {
    CHECK(piece.labels.dtype() == DType::i32);
    sizes.push_back(piece.images.dim(0));
    for (const double label : piece.labels.to_vector()) labels.push_back(label);
    for (const auto row : piece.index) index.push_back(row);
    return play(piece, rng);
  };
  Rng rng(5), pixels(6);
  const std::vector<std::int32_t> rows{9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  const std::vector<double> digits{3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
  const nn::Batch batch{.images = pixels.uniform({10, 12}, DType::f64),
                        .labels = tensor(digits, {10}, DType::i32),
                        .index = rows};
  vae::DataParallel(alone, Mode::exact, model.vae).turn(player, batch, rng);
  CHECK(sizes == std::vector<std::int64_t>{1, 1, 1, 2, 1, 1, 1, 2});
  CHECK(labels == digits);
  CHECK(index == std::vector<double>(rows.begin(), rows.end()));
}

TEST_CASE("what cannot be trained in pieces is refused", "[vae][parallel]") {
  const KeepThreads keep;
  nn::Alone alone;
  const nn::BatchNorm norm(4);
  CHECK(test::throws_with<ConfigError>([&] { vae::DataParallel(alone, Mode::fast, norm); },
                                       "statistics of its minibatches"));
  Meeting meeting(3);
  ThreadRank third(meeting, 2);
  const Model model;
  CHECK(test::throws_with<ConfigError>([&] { vae::DataParallel(third, Mode::exact, model.vae); },
                                       "1, 2, 4 and 8 processes, not 3"));
}

TEST_CASE("processes whose parameters differ are noticed", "[vae][parallel]") {
  const KeepThreads keep;
  Meeting meeting(2);
  std::array<std::string, 2> said;
  std::vector<std::thread> threads;
  for (int r = 0; r < 2; ++r) {
    threads.emplace_back([&, r] {
      ThreadRank rank(meeting, r);
      Model model;
      if (r == 1)
        model.vae.decoder.out.bias.update([](Tensor& b) { b.mutate<double>()[3] += 1e-9; });
      vae::DataParallel team(rank, Mode::fast, model.vae);
      try {
        model.turn(&team);
      } catch (const Error& error) {
        said[static_cast<std::size_t>(r)] = error.message;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::string& text : said)
    CHECK(text == "processes 0 and 1 have different values in the parameter decoder.out.bias");
}
