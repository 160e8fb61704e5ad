#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autograd/tape.hpp"
#include "nn/named_tensor.hpp"
#include "nn/param.hpp"

namespace tapestry::nn {

class Module;

/// A member of a module: exactly one of the three pointers is set.
struct Member {
  std::string name;
  Param* param = nullptr;
  Buffer* buffer = nullptr;
  Module* module = nullptr;
};

struct NamedParameter {
  std::string name;  ///< path below the module that was asked
  Param* parameter;
};

struct NamedBuffer {
  std::string name;
  Buffer* buffer;
};

/// A tree of parameters, buffers and other modules. Members register themselves:
///
///     struct Encoder : nn::Callable<Encoder> {  // a module that is called: nn/callable.hpp
///       nn::Child<nn::Linear> fc1{*this, "fc1", 784, 400, Activation::relu};
///       nn::Child<nn::Linear> loc{*this, "loc", 400, 20};
///       nn::Child<nn::Linear> scale{*this, "scale", 400, 20, Activation::softplus};
///
///       prob::Normal forward(const Tensor& x) {
///         const Tensor h = fc1(x);
///         return {loc(h), scale(h)};
///       }
///     };
///     Encoder encoder;
///     nn::init::torch_default(encoder, Rng(1).stream("init"));
///
/// Modules stay where they were made (no copy, no move), so the tree's pointers stay valid.
class Module {
 public:
  Module();
  Module(const Module&) = delete;  // stays where it was made: pass it by reference, Net& net
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  /// Name from the root of the tree, `encoder.fc1`; empty for the root.
  const std::string& path() const { return path_; }
  std::span<const Member> members() const { return members_; }
  using Visit = std::function<void(const std::string& path, const Member&)>;
  /// Calls `visit(path, member)` for every member of the tree, in the order of declaration; a
  /// module comes before its own members. Paths start below this module.
  void walk(const Visit& visit, const std::string& above = "") const;

  /// Every parameter of the tree, in the order of declaration: what an optimizer takes.
  std::vector<Parameter*> parameters() const;
  std::vector<NamedParameter> named_parameters() const;
  std::vector<NamedBuffer> named_buffers() const;
  std::int64_t parameter_count() const;  ///< learned numbers in the tree

  void zero_grad();
  bool training() const { return training_; }
  void train(bool on = true);  ///< batch statistics and dropout on; how a module starts
  void eval() { train(false); }
  void set_trainable(bool on);  ///< freezes or thaws every parameter
  void convert(DType dtype);    ///< parameters and buffers; gradients are dropped
  /// Gives every random stream of the tree its own numbers, by path. The initialisers call it.
  void seed(const Rng& rng);

  /// Parameters and buffers of the tree by name: what a checkpoint holds.
  NamedTensors state() const;
  /// Restores what `state` returned, in any order. Names must match exactly, and each shape and dtype;
  /// otherwise DataError names the first that does not, and the module is unchanged.
  void load_state(const NamedTensors& given);

  /// A table of the tree: name, type, shape of the last output, parameters and their number.
  std::string summary() const;
  /// Type and sizes for people, "Linear 784 -> 400". The default is the name of the class.
  virtual std::string describe() const;
  /// Shape of the last output, where the module noted one.
  virtual std::optional<Shape> output_shape() const { return std::nullopt; }

  /// Called by members as they are constructed. ConfigError for a name that is empty, dotted or
  /// taken.
  void adopt(const char* name, Param& param);
  void adopt(const char* name, Buffer& buffer);
  void adopt(const std::string& name, Module& module);

 protected:
  /// Opens the module's scope, whose path the ops in it carry: Layer and Callable do it before
  /// `forward`. ConfigError if a parameter of this module was never initialised, or if the module
  /// belongs to none but is a part of the one that calls it: a member without Child, whose parameters
  /// no optimizer finds.
  [[nodiscard]] Scope enter(SourceLoc from) const;

 private:
  Member& add_member(const std::string& name);
  void refuse_orphan(const Module& caller, SourceLoc from) const;
  void set_path(const std::string& path);

  std::string path_;
  std::vector<Member> members_;
  bool training_ = true;
  std::uint64_t born_;  ///< serial number, in order of construction
};

/// A module from one tensor to one tensor: what Sequential holds. Layers implement `forward`.
class Layer : public Module {
 public:
  Tensor operator()(Arg x);
  std::optional<Shape> output_shape() const override { return output_shape_; }

 protected:
  virtual Tensor forward(const Tensor& x) = 0;
  /// What `run` returns, inside the layer's scope.
  template <class Run>
  Tensor in_scope(SourceLoc from, Run&& run) {
    const Scope scope = enter(from);
    Tensor y = run();
    output_shape_ = y.shape();
    return y;
  }

 private:
  std::optional<Shape> output_shape_;
};

/// A module that is a member of another: an M that registers itself.
/// `Child<Linear> fc1{*this, "fc1", 784, 400};` then `fc1(x)`, `fc1.weight` or `fc1->weight`.
template <class M>
class Child : public M {
 public:
  template <class... Args>
  Child(Module& owner, const char* name, Args&&... args) : M(std::forward<Args>(args)...) {
    owner.adopt(name, *this);
  }
  /// The same for an M whose first argument is a list of sizes: `{*this, "trunk", {784, 400, 400}}`.
  template <class... Args>
  Child(Module& owner, const char* name, std::initializer_list<std::int64_t> sizes, Args&&... args)
      : M(sizes, std::forward<Args>(args)...) {
    owner.adopt(name, *this);
  }
  Child(const Child& other)
      : M(other) {}  ///< never compiles; copying its owner is refused in one line
  M* operator->() { return this; }
};

/// Modules in a row, named 0, 1, ...:
/// `ChildList<Linear> hidden{*this, "hidden"}; hidden.add(784, 400); ... hidden[0](x)`.
template <class M>
class ChildList : public Module {
 public:
  ChildList(Module& owner, const char* name) { owner.adopt(name, *this); }

  /// Constructs one at the end: an M, or a D derived from M.
  template <class D = M, class... Args>
  D& add(Args&&... args) {
    auto made = std::make_unique<D>(std::forward<Args>(args)...);
    D& module = *made;
    adopt(std::to_string(list_.size()), module);
    list_.push_back(std::move(made));
    return module;
  }
  std::size_t size() const { return list_.size(); }
  M& operator[](std::size_t i) const { return *list_.at(i); }
  std::string describe() const override { return "list"; }

 private:
  std::vector<std::unique_ptr<M>> list_;
};

}  // namespace tapestry::nn
