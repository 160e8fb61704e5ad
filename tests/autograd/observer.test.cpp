#include "autograd/observer.hpp"

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "support/catch.hpp"

using namespace tapestry;

namespace {

/// Writes down what it hears.
struct Diary : Observer {
  std::vector<std::string> entries;

  void note(const char* what, std::int32_t node) {
    entries.push_back(fmt::format("{} {}", what, node));
  }
  void opened(Tape&) override { entries.push_back("opened"); }
  void recorded(const Tape&, std::int32_t node, Inputs, const Tensor&) override {
    note("recorded", node);
  }
  void sweep_begins(Tape&, const Tensor&, const Tensor& seed, SourceLoc) override {
    entries.push_back(fmt::format("begins with {}", seed.item()));
  }
  void before_node(const Tape&, std::int32_t node) override { note("before", node); }
  void after_node(const Tape&, std::int32_t node) override { note("after", node); }
  void parameter_done(const Tape&, std::int32_t node) override { note("parameter", node); }
  void sweep_ends(const Tape&) override { entries.push_back("ends"); }
};

}  // namespace

TEST_CASE("an observer hears a step in the order in which it happens", "[autograd][observer]") {
  Parameter w("w", tensor(3.0));
  Diary diary;
  {
    const ObserverScope scope(diary);
    Tape tape;
    const Tensor y = square(w);  // node 0 is the parameter, 1 the square
    tape.backward(y + 1.0);      // 2 the number, 3 the sum
  }
  CHECK(diary.entries == std::vector<std::string>{"opened", "recorded 1", "recorded 3",
                                                  "begins with 1", "before 3", "after 3",
                                                  "before 1", "after 1", "parameter 0", "ends"});
  const std::size_t heard = diary.entries.size();
  Tape after;
  CHECK(diary.entries.size() == heard);
}

TEST_CASE("the inner of two observers hears first", "[autograd][observer]") {
  struct Named : Observer {
    Named(std::string& order, char name) : order_(order), name_(name) {}
    void opened(Tape&) override { order_ += name_; }
    std::string& order_;
    char name_;
  };
  std::string order;
  Named outer(order, 'o'), inner(order, 'i');
  const ObserverScope first(outer), second(inner);
  Tape tape;
  CHECK(order == "io");
}

TEST_CASE("an observer does not hear what it computes itself", "[autograd][observer]") {
  struct Curious : Observer {
    int heard = 0;
    void recorded(const Tape&, std::int32_t, Inputs, const Tensor& out) override {
      ++heard;
      square(out);
      Tape own;
      own.backward(sum(exp(own.watch(out))));
    }
  };
  Curious curious;
  const ObserverScope scope(curious);
  Tape tape;
  const Tensor x = tape.watch(tensor(2.0));
  exp(x);
  CHECK(curious.heard == 1);
}

TEST_CASE("a tape whose opening an observer refuses is not open", "[autograd][observer]") {
  struct Refusing : Observer {
    void opened(Tape&) override { throw Error("no"); }
  };
  Refusing refusing;
  {
    const ObserverScope scope(refusing);
    CHECK_THROWS_AS(Tape(), Error);
  }
  CHECK(Tape::active() == nullptr);
  Parameter w("w", tensor(3.0));
  CHECK_FALSE(square(w).tracked());
}
