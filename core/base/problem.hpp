// SPDX-License-Identifier: Apache-2.0
//
// base/problem.hpp - how the core fails: a value that tells an operator where, what and what to do.
//
// Exceptions end at the border of a library that throws, and at main.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace cmw::base {

/// One failure, in words for an operator.
struct Problem {
    std::string where; ///< "wrapper.toml:12:5", "ws://localhost:63007", a path; "" if none.
    std::string what;  ///< Begins with "cannot": "cannot open the file: permission denied".
    std::string fix;   ///< What to do about it, as a sentence's second half; "" if unknown.

    bool operator==(const Problem&) const = default;
};

/// "where: what; fix" in one line, without the parts that are empty.
std::string to_string(const Problem& problem);

/// A value, or why there is none.
template <class T = void>
using Result = tl::expected<T, Problem>;

/// "cannot <verb>: <text of errno>" at `where`.
Problem system_problem(std::string_view where, std::string_view verb, int error_number);

/// Short for returning a Problem from a function with a Result.
inline tl::unexpected<Problem> fail(std::string where, std::string what, std::string fix = {}) {
    return tl::unexpected<Problem>(Problem{std::move(where), std::move(what), std::move(fix)});
}
inline tl::unexpected<Problem> fail(Problem problem) {
    return tl::unexpected<Problem>(std::move(problem));
}

using Problems = std::vector<Problem>;

} // namespace cmw::base
