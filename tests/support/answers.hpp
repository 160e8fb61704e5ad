#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "autograd/tensor.hpp"

// Cases with answers of another program, as tests/answers writes them: gzip, one JSON object a line. A number of an answer
// is one of
//
//     =0.25            this number and no other
//     nan inf -inf
//     12345e-8         0.00012345 give or take two units of its last digit: the digits say how exact it is
//     inf|12345e30     either of them
//
// What is below the smallest normal number counts as 0 (docs/design/denormals.md).

namespace tapestry::test {

/// Calls fn with every case of tests/data/`file`, or of the file that the environment variable names instead.
void for_answers(const char* file, const char* variable,
                 const std::function<void(const nlohmann::json&)>& fn);

/// {"shape": [2,3], "x": "1 nan ..."} in the dtype, or with "i32" in the place of "x".
Tensor case_tensor(const nlohmann::json& value, DType dtype);

/// Empty if every element is what the answer says, otherwise text about the first that is not.
std::string disagreement(const Tensor& actual, const nlohmann::json& answer);

}  // namespace tapestry::test
