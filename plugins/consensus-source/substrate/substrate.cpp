// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/substrate.hpp"

#include "consensus-source/substrate/approvals.hpp"
#include "consensus-source/substrate/chain.hpp"
#include "shared/hex.hpp"

namespace cmw::substrate {

void Substrate::check(const Settings& settings) {
    if (settings.endpoints.empty())
        throw Error(CMW_CONFIG, "cannot read a chain: 'endpoints' names no node");
    for (const auto& url : settings.endpoints) parse_endpoint(url);
    if (settings.genesis) {
        const auto hash = shared::from_hex(*settings.genesis);
        if (!hash || hash->size() != 32)
            throw Error(CMW_CONFIG, "cannot use 'genesis': it is not 64 hexadecimal digits");
    }
}

Substrate::Substrate(Settings settings, Host host) : settings_(std::move(settings)), host_(host) {
    check(settings_);
}

Substrate::~Substrate() = default;

void Substrate::poll(const Call& call, Verdict& verdict) {
    if (chain_ && !chain_->usable()) chain_.reset();
    if (!chain_) {
        chain_ = connect(call);
        told_ = false;
    }
    // A call that is cancelled in the midst of reading leaves the head to the next one.
    if (told_) chain_->wait_for_news(call);
    told_ = false;
    tell(chain_->read(call), verdict);
    told_ = true;
}

std::unique_ptr<Chain> Substrate::connect(const Call& call) const {
    for (auto url = settings_.endpoints.begin();; ++url) {
        try {
            return std::make_unique<Chain>(call, settings_, parse_endpoint(*url));
        } catch (const Error& e) {
            if (e.status() == CMW_CANCELLED || url + 1 == settings_.endpoints.end()) throw;
            host_.warn(std::string(e.what()) + "; trying the next endpoint");
        }
    }
}

void Substrate::tell(const Reading& reading, Verdict& verdict) const {
    const auto& sync = reading.sync;
    if (reading.value) {
        std::vector<Approval> found;
        try {
            found = approvals(chain_->item(), *reading.value);
        } catch (const Error& e) {
            throw Error(e.status(), "cannot use " + settings_.pallet + "." + settings_.item +
                                        " at block " + std::to_string(reading.head.number) +
                                        " of " + chain_->endpoint() + ": " + e.what());
        }
        verdict.run(reading.head.number);
        for (const auto& [target, digest] : found)
            verdict.approve(target, settings_.algorithm, digest);
    } else {
        verdict.wait(reading.head.number,
                     sync.current == 0 ? std::string("still syncing")
                                       : "still syncing: block " + std::to_string(sync.current) +
                                             " of " + std::to_string(sync.highest));
    }
    verdict.fact("endpoint", chain_->endpoint());
    verdict.fact("genesis", chain_->genesis());
    verdict.fact("block_hash", reading.hash);
    verdict.fact("spec_name", reading.runtime.name);
    verdict.fact("spec_version", std::to_string(reading.runtime.version));
    verdict.fact("synced", reading.synced ? "true" : "false");
    if (sync.current != 0) verdict.fact("best_block", std::to_string(sync.current));
}

} // namespace cmw::substrate
