// SPDX-License-Identifier: Apache-2.0
//
// substrate/agreement.hpp - which answer enough endpoints give. Pure.
#pragma once

#include "consensus-source/substrate/reading.hpp"

#include <vector>

namespace cmw::substrate {

/// Of the newest finalised block of each endpoint, those that at least `needed` of them have
/// finalised, the highest first: where an answer is to be looked for.
std::vector<std::uint64_t> candidates(std::vector<std::uint64_t> newest, std::size_t needed);

/// Positions of the answers that are the same, of the largest such group if it has `needed` at
/// least; empty if there is none. Of equal groups the one of the first answer.
std::vector<std::size_t> agreeing(const std::vector<const Answer*>& answers, std::size_t needed);

/// In a few words what `other` says differently: "another block", "another digest of server".
std::string difference(const Answer& answer, const Answer& other);

} // namespace cmw::substrate
