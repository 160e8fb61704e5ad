#pragma once

#include <fmt/format.h>

#include <functional>
#include <span>

#include "autograd/gradcheck/gradcheck.hpp"
#include "support/catch.hpp"

namespace tapestry::test {

/// One check: fails with the whole text of the report, and the line of the call.
inline void expect_ok(const GradReport& report, SourceLoc where = SourceLoc::current()) {
  if (report.ok) {
    SUCCEED(report.text);
  } else {
    FAIL_CHECK(fmt::format("{}:{}\n{}", where.file, where.line, report.text));
  }
}

/// The gradients of a function of tensors agree with central differences.
///
///     expect_grad([](auto in) { return softplus(in[0]) * in[1]; }, std::array{a, b});
inline void expect_grad(const std::function<Tensor(std::span<const Tensor>)>& fn,
                        std::span<const Tensor> inputs, SourceLoc where = SourceLoc::current()) {
  expect_ok(gradcheck(fn, inputs), where);
}

/// The gradients of a loss by its parameters agree with central differences.
inline void expect_grad(const std::function<Tensor()>& loss, std::span<Parameter* const> parameters,
                        SourceLoc where = SourceLoc::current()) {
  expect_ok(gradcheck(loss, parameters), where);
}

}  // namespace tapestry::test
