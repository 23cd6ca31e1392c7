// SPDX-License-Identifier: Apache-2.0
#include "config/report.hpp"

#include <algorithm>

namespace cmw::config {

void Report::add(const Position& position, std::string what, std::string fix) {
    problems_.push_back({position, std::move(what), std::move(fix)});
}

void Report::add_unavailable(const Position& position, std::string what, std::string fix) {
    ++unavailable_;
    add(position, std::move(what), std::move(fix));
}

void Report::warn(const Position& position, std::string what, std::string fix) {
    warnings_.push_back({position, std::move(what), std::move(fix)});
}

base::Problems Report::problems(const Document& document) const {
    return in_order(problems_, document);
}

base::Problems Report::warnings(const Document& document) const {
    return in_order(warnings_, document);
}

base::Problems Report::in_order(std::vector<Finding> findings, const Document& document) {
    std::ranges::stable_sort(findings, [&](const Finding& a, const Finding& b) {
        return document.before(a.position, b.position);
    });
    base::Problems problems;
    for (auto& finding : findings) {
        problems.push_back(
            {finding.position.to_string(), std::move(finding.what), std::move(finding.fix)});
    }
    return problems;
}

} // namespace cmw::config
