// SPDX-License-Identifier: Apache-2.0
//
// consensus/agreement.hpp - what several consensus sources approve together, from the last whole
// answer of each. Pure.
#pragma once

#include "plugin_host/consensus_source.hpp"

#include <span>

namespace cmw::consensus {

/// One source and its last answer; nullptr: it never answered.
struct Opinion {
    std::string source;
    const plugin_host::Verdict* verdict = nullptr;
};

struct Agreement {
    std::optional<base::Digest> approved; ///< Nothing: nothing is to change.
    std::vector<std::string> sources;     ///< Who named it, in their order.
    std::vector<std::string> locations;   ///< URLs that they gave, each once.
    std::string why;                      ///< "chain at block 123", "mine (file /etc/hashes.json)"
    /// What is odd and shown, though it changes nothing: sources that do not agree, a digest that
    /// is missing or was refused. "" if nothing is.
    std::string notice;
    bool disagree = false; ///< Two sources name different digests.
    bool ready = false;    ///< As many as needed say that this machine is to run.
    bool left = false; ///< So many know that it is none of those that run that too few can say so.
    std::string waiting; ///< Why not, of the first that does not.
};

/// What is approved for `field` when `needed` of the sources must name the same. With one needed,
/// the first of them that names any is believed. With more, a digest that so many name, if no
/// other one has as many.
Agreement agree(std::span<const Opinion> opinions, const std::string& field, std::size_t needed);

/// What the sources announce for `field`, each digest once and not too many.
std::vector<plugin_host::Announcement> announced(std::span<const Opinion> opinions,
                                                 const std::string& field);

} // namespace cmw::consensus
