// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/consensus_source.hpp - a consensus source as the core sees it.
#pragma once

#include "plugin_host/artifact.hpp"
#include "plugin_host/instance.hpp"

#include <map>

namespace cmw::plugin_host {

/// What may be approved later.
struct Announcement {
    Artifact artifact;
    std::uint64_t height = 0; ///< 0: not known.
    std::string why;

    bool operator==(const Announcement&) const = default;
};

/// One whole answer of a consensus source.
struct Verdict {
    bool run = false;         ///< Whether this machine is to run the network's software.
    std::uint64_t height = 0; ///< Block.
    std::string reason;       ///< Why not to run, in words.
    std::map<std::string, base::Digest> approved; ///< By target, such as "server".
    /// By target: URLs where the network says that what is approved can be had.
    std::map<std::string, std::vector<std::string>> locations;
    std::vector<Announcement> announced;
    std::map<std::string, std::string> facts; ///< For `status`: "endpoint", "block_hash".

    bool operator==(const Verdict&) const = default;
};

/// It knows that this machine is none of those that run; one that cannot tell at present does not.
inline bool knows_that_it_left(const Verdict& verdict) {
    const auto active = verdict.facts.find("active");
    return !verdict.run && active != verdict.facts.end() && active->second == "false";
}

/// An interface so that the watcher is tested without a plugin.
class ConsensusSource {
  public:
    virtual ~ConsensusSource() = default;

    /// The whole current answer: the first one soon, a later one when something changes.
    /// CMW_CANCELLED: nothing changed until the deadline. `done` runs on the loop's thread.
    virtual void poll(std::function<void(tl::expected<Verdict, Failure>)> done) = 0;
    virtual void cancel() = 0;
    virtual void reinitialise() = 0;
    virtual InstanceStatus status() const = 0;
};

/// Over the ABI. An approval that makes no sense (unknown algorithm, wrong size, named twice) makes
/// the whole answer a Failure with CMW_INVALID that names the target, and so does an answer that
/// does not say where this machine stands. An all-zero approval is left out and its target named in
/// facts["refused"]. A poll ends after 5 minutes, unless the instance's settings say otherwise.
std::unique_ptr<ConsensusSource> make_consensus_source(Instance& instance);

} // namespace cmw::plugin_host
