// SPDX-License-Identifier: Apache-2.0
#include "base/problem.hpp"

#include <system_error>

namespace cmw::base {

std::string to_string(const Problem& problem) {
    std::string line;
    if (!problem.where.empty()) line += problem.where + ": ";
    line += problem.what;
    if (!problem.fix.empty()) line += "; " + problem.fix;
    return line;
}

Problem system_problem(std::string_view where, std::string_view verb, int error_number) {
    return {std::string(where),
            "cannot " + std::string(verb) + ": " + std::generic_category().message(error_number),
            {}};
}

} // namespace cmw::base
