// SPDX-License-Identifier: Apache-2.0
//
// substrate/substrate.hpp - the consensus source: software that a Substrate chain approves.
#pragma once

#include "consensus-source/substrate/settings.hpp"
#include "shared/digest_option.hpp"

#include <cmw/consensus_source.hpp>

#include <array>
#include <memory>

namespace cmw::substrate {

class Chain;
struct Reading;

class Substrate final : public ConsensusSource {
  public:
    using Settings = substrate::Settings;
    static constexpr About about{"substrate", "0.1.0",
                                 "Software that a Substrate chain approves, read at its finalised "
                                 "head over WebSocket.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::endpoints>(
            {.name = "endpoints",
             .help = "WebSocket URLs of nodes, such as \"ws://localhost:63007\"; the first that "
                     "answers is used.",
             .required = true}),
        option<&Settings::pallet>({.name = "pallet",
                                   .help = "Pallet that holds the record of approved software.",
                                   .fallback = "XXCmix"}),
        option<&Settings::item>(
            {.name = "item",
             .help = "Storage item of the pallet; each of its fields that is as long as a digest "
                     "approves the target named like the field.",
             .fallback = "CmixHashes"}),
        option<&Settings::algorithm>({.name = "algorithm",
                                      .help = "Digest algorithm of the record.",
                                      .fallback = "blake2s-256",
                                      .choices = shared::digest_algorithms}),
        option<&Settings::genesis>(
            {.name = "genesis",
             .help = "Genesis hash of the network, in hexadecimal; a node of another is refused."}),
        option<&Settings::require_synced>(
            {.name = "require-synced",
             .help = "Approve nothing while the node says that it is still syncing.",
             .fallback = "true"}),
        option<&Settings::connect_timeout>({.name = "connect-timeout",
                                            .help = "For a connection to stand.",
                                            .fallback = "10s",
                                            .minimum = "10ms"}),
        option<&Settings::request_timeout>(
            {.name = "request-timeout",
             .help = "For the answer to a request, and for a message that began to be over.",
             .fallback = "30s",
             .minimum = "10ms"}),
        option<&Settings::silence_timeout>(
            {.name = "silence-timeout",
             .help = "Without a finalised head for this long, ask whether the node is still there "
                     "and has none; 0: never.",
             .fallback = "2m"}),
    };
    static void check(const Settings& settings);

    Substrate(Settings settings, Host host);
    ~Substrate() override;

    void poll(const Call& call, Verdict& verdict) override;

  private:
    std::unique_ptr<Chain> connect(const Call& call) const;
    void tell(const Reading& reading, Verdict& verdict) const;

    Settings settings_;
    Host host_;
    std::unique_ptr<Chain> chain_;
    bool told_ = false; ///< The newest head was answered for.
};

} // namespace cmw::substrate
