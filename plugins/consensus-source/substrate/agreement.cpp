// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/agreement.hpp"

#include <algorithm>

namespace cmw::substrate {

std::vector<std::uint64_t> candidates(std::vector<std::uint64_t> newest, std::size_t needed) {
    std::ranges::sort(newest, std::greater());
    std::vector<std::uint64_t> found;
    for (std::size_t i = needed - 1; i < newest.size(); ++i)
        if (found.empty() || found.back() != newest[i]) found.push_back(newest[i]);
    return found;
}

std::vector<std::size_t> agreeing(const std::vector<const Answer*>& answers, std::size_t needed) {
    std::vector<std::size_t> best;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        std::vector<std::size_t> same;
        for (std::size_t j = 0; j < answers.size(); ++j)
            if (*answers[j] == *answers[i]) same.push_back(j);
        if (same.size() > best.size()) best = std::move(same);
    }
    if (best.size() < needed) best.clear();
    return best;
}

std::string difference(const Answer& answer, const Answer& other) {
    if (other.genesis != answer.genesis) return "another network";
    if (other.hash != answer.hash) return "another block";
    for (const auto& [target, digest] : answer.approved) {
        const auto found = other.approved.find(target);
        if (found == other.approved.end()) return "no digest of " + target;
        if (found->second != digest) return "another digest of " + target;
    }
    if (other.approved != answer.approved) return "digests of more targets";
    if (other.standing != answer.standing) return "another standing of this node";
    return other == answer ? "nothing else" : "other motions";
}

} // namespace cmw::substrate
