// SPDX-License-Identifier: Apache-2.0
//
// ledger/count.hpp - what was written, held against what arrived. A line begins with "line N ", and
// the lines of a log are numbered from 0.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::test {

using Numbers = std::vector<std::size_t>;

/// A line with that number, line feed included; 100 bytes and more.
std::string numbered_line(std::size_t number);

/// The number of each line in `text`, in their order. Throws std::runtime_error at one that is torn:
/// it does not have the end of a line.
Numbers numbers_in(std::string_view text);

struct Count {
    std::size_t missing = 0;
    std::size_t again = 0;      ///< Lines that came once more than they should have.
    std::size_t steps_back = 0; ///< How often it went back to lines that had been there.
    bool in_order = true;       ///< Each line came for the first time after all before it.
    std::string first_missing;  ///< "7..9", "" if none is.
};
Count count(const Numbers& arrived, std::size_t written);

/// The lines of the `count` largest batches: those that may have been under way.
std::size_t most_again(std::vector<std::size_t> batches, std::size_t count);

} // namespace cmw::test
