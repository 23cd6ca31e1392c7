// SPDX-License-Identifier: Apache-2.0
#include "ledger/count.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace cmw::test {

namespace {

constexpr std::string_view mark = "line ";
constexpr std::string_view rest =
    " of a node that writes what it does, second by second, so that somebody may read it: the end";

} // namespace

std::string numbered_line(std::size_t number) {
    return std::string(mark) + std::to_string(number) + std::string(rest) + "\n";
}

Numbers numbers_in(std::string_view text) {
    Numbers all;
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
        at += mark.size();
        std::size_t number = 0;
        const auto [end, error] =
            std::from_chars(text.data() + at, text.data() + text.size(), number);
        at = static_cast<std::size_t>(end - text.data());
        if (error != std::errc{} || !text.substr(at).starts_with(rest))
            throw std::runtime_error("a torn line behind " + std::to_string(all.size()) + ": " +
                                     std::string(text.substr(at, 40)));
        all.push_back(number);
    }
    return all;
}

Count count(const Numbers& arrived, std::size_t written) {
    Count result;
    std::vector<bool> seen(written);
    std::size_t next = 0;
    bool is_back = false;
    for (const auto number : arrived) {
        if (number >= written) throw std::runtime_error("a line that nobody wrote");
        if (number > next) result.in_order = false;
        if (seen[number]) {
            ++result.again;
            if (!is_back) ++result.steps_back;
        }
        is_back = seen[number];
        seen[number] = true;
        next = std::max(next, number + 1);
    }
    const auto missing = static_cast<std::size_t>(std::ranges::count(seen, false));
    result.missing = missing;
    if (missing == 0) return result;
    const auto first = std::ranges::find(seen, false);
    const auto end = std::find(first, seen.end(), true);
    result.first_missing =
        std::to_string(first - seen.begin()) + ".." + std::to_string(end - seen.begin() - 1);
    return result;
}

std::size_t most_again(std::vector<std::size_t> batches, std::size_t count) {
    std::ranges::sort(batches, std::greater{});
    batches.resize(std::min(batches.size(), count));
    return std::accumulate(batches.begin(), batches.end(), std::size_t{0});
}

} // namespace cmw::test
