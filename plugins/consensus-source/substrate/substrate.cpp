// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/substrate.hpp"

#include "consensus-source/substrate/quorum.hpp"
#include "shared/hex.hpp"

#include <set>

namespace cmw::substrate {
namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// Up to which block the committee may change the record.
std::string permission(std::uint64_t until, std::uint64_t block) {
    return "block " + std::to_string(until) + " (" +
           (until > block ? std::to_string(until - block) + " blocks left" : "over") + ")";
}

std::string sync_text(const SyncState& sync) {
    return sync.current == 0 ? std::string("still syncing")
                             : "still syncing: block " + std::to_string(sync.current) + " of " +
                                   std::to_string(sync.highest);
}

void check_hash(const char* name, const std::optional<std::string>& hex) {
    if (!hex) return;
    const auto hash = shared::from_hex(*hex);
    if (!hash || hash->size() != 32)
        throw Error(CMW_CONFIG,
                    std::string("cannot use '") + name + "': it is not 64 hexadecimal digits");
}

void tell_facts(const Reading& reading, Verdict& verdict) {
    const auto& [answer, usable, sync, synced, runtime, verified] = reading;
    verdict.fact("genesis", answer.genesis);
    verdict.fact("block", std::to_string(answer.number));
    verdict.fact("block_hash", answer.hash);
    if (!verified.empty()) verdict.fact("verified", verified);
    verdict.fact("spec_name", runtime.name);
    verdict.fact("spec_version", std::to_string(runtime.version));
    verdict.fact("synced", synced ? "true" : "false");
    if (sync.current != 0) {
        const auto lag = sync.current - std::min(sync.current, answer.number);
        verdict.fact("best_block", std::to_string(sync.current));
        verdict.fact("finality_lag", std::to_string(lag));
    }
    if (answer.admin_permission)
        verdict.fact("admin_permission", permission(*answer.admin_permission, answer.number));
}

} // namespace

void Substrate::check(const Settings& settings) {
    if (settings.endpoints.empty())
        throw Error(CMW_CONFIG, "cannot read a chain: 'endpoints' names no node");
    std::set<std::string> known;
    for (const auto& url : settings.endpoints) {
        const auto endpoint = parse_endpoint(url);
        const bool added = known.insert(endpoint.name() + endpoint.resource).second;
        if (!added && settings.agree > 1) // It would agree with itself.
            throw Error(CMW_CONFIG, "cannot have endpoints agree: 'endpoints' names " +
                                        endpoint.name() + " twice");
    }
    if (settings.agree < 1 || static_cast<std::size_t>(settings.agree) > settings.endpoints.size())
        throw Error(CMW_CONFIG, "cannot have " + std::to_string(settings.agree) +
                                    " endpoints agree: 'endpoints' names " +
                                    std::to_string(settings.endpoints.size()));
    check_hash("genesis", settings.genesis);
    check_hash("checkpoint", settings.checkpoint);
    if (settings.verify == verify_proof && !settings.checkpoint)
        throw Error(CMW_CONFIG, "cannot verify without 'checkpoint': the hash of a finalised block "
                                "that you trust");
    for (const auto& [name, meaning] : settings.types) {
        try {
            named_layout(name, {settings.types.begin(), settings.types.end()});
        } catch (const Error& e) {
            throw Error(CMW_CONFIG, "cannot use '" + name + "' of 'types': " + e.what());
        }
    }
}

Substrate::Substrate(Settings settings, Host host)
    : settings_(std::move(settings)),
      host_(host),
      quorum_(std::make_unique<Quorum>((check(settings_), settings_), host)) {}

Substrate::~Substrate() = default;

void Substrate::poll(const Call& call, Verdict& verdict) {
    tell(quorum_->next(call), verdict);
}

void Substrate::tell(const Outcome& outcome, Verdict& verdict) const {
    const auto& answer = outcome.reading.answer;
    if (!outcome.reading.usable)
        verdict.wait(answer.number, sync_text(outcome.reading.sync));
    else if (answer.standing.run)
        verdict.run(answer.number);
    else
        verdict.wait(answer.number, answer.standing.reason);
    if (outcome.reading.usable && answer.standing.left) verdict.fact("active", "false");
    for (const auto& [target, digest] : answer.approved)
        verdict.approve(target, settings_.algorithm, digest);
    for (const auto& one : answer.announced)
        verdict.announce(one.target, settings_.algorithm, one.digest, one.height, one.why);
    verdict.fact("endpoint", joined(outcome.agreeing));
    if (settings_.agree > 1) {
        verdict.fact("agreeing", std::to_string(outcome.agreeing.size()) + " of " +
                                     std::to_string(settings_.endpoints.size()) + " endpoints, " +
                                     std::to_string(settings_.agree) + " needed");
        std::string differing;
        for (const auto& [name, what] : outcome.differing)
            differing += (differing.empty() ? "" : ", ") + name + " (" + what + ")";
        if (!differing.empty()) verdict.fact("differing", differing);
        if (!outcome.failing.empty()) verdict.fact("failing", joined(outcome.failing));
    }
    tell_facts(outcome.reading, verdict);
}

} // namespace cmw::substrate
