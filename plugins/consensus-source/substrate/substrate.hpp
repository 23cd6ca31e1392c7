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

class Quorum;
struct Outcome;

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
             .help = "WebSocket URLs of nodes, such as \"ws://localhost:63007\". With 'agree' of 1 "
                     "one of them is used, and the next one when it fails.",
             .required = true}),
        option<&Settings::agree>(
            {.name = "agree",
             .help =
                 "So many of the endpoints must say the same of the same finalised block before "
                 "it counts; with more than 1 all of them are connected to.",
             .fallback = "1",
             .minimum = "1"}),
        option<&Settings::pallet>({.name = "pallet",
                                   .help = "Pallet that holds the record of approved software.",
                                   .fallback = "XXCmix"}),
        option<&Settings::item>(
            {.name = "item",
             .help = "Storage item of the pallet; each of its fields that is as long as a digest "
                     "approves the target named like the field, unless 'fields' says otherwise.",
             .fallback = "CmixHashes"}),
        option<&Settings::fields>(
            {.name = "fields",
             .help = "Where in the item the digest of each target stands: names of fields and "
                     "numbers in lists, with dots between them, such as "
                     "{ server = \"binaries.0.hash\" }. What is None there is not approved."}),
        option<&Settings::algorithm>({.name = "algorithm",
                                      .help = "Digest algorithm of the record.",
                                      .fallback = "blake2s-256",
                                      .choices = shared::digest_algorithms}),
        option<&Settings::genesis>(
            {.name = "genesis",
             .help = "Genesis hash of the network, in hexadecimal; a node of another is refused."}),
        option<&Settings::types>(
            {.name = "types",
             .help = "For metadata of version 13, which name types and do not say what they are: "
                     "types of the chain's own, such as { SoftwareHashes = \"{server: Hash, "
                     "gateway: Hash}\" }."}),
        option<&Settings::ready>(
            {.name = "ready",
             .help = "When this machine may run: \"validator\", while the identity file's "
                     "hexNodeID is the cmix_id of an active validator that is not disabled; "
                     "\"synced\", as soon as the node is in sync; \"auto\", the first where an "
                     "identity that is not a gateway's is configured, else the second.",
             .fallback = ready_auto,
             .choices = ready_choices}),
        option<&Settings::committee>(
            {.name = "committee",
             .help =
                 "Pallet of the committee whose pending motions are announced, so that their "
                 "binaries are fetched ahead; without it, TechnicalCommittee or TechCommittee."}),
        option<&Settings::call>({.name = "call",
                                 .help = "Call of the pallet that sets the item, looked for in "
                                         "motions and in the scheduler's agenda.",
                                 .fallback = "set_cmix_hashes"}),
        option<&Settings::verify>(
            {.name = "verify",
             .help = "\"proof\": believe a node nothing that it cannot prove by the network's "
                     "GRANDPA authorities, beginning with 'checkpoint'; \"none\": believe it.",
             .fallback = verify_none,
             .choices = verify_choices}),
        option<&Settings::checkpoint>(
            {.name = "checkpoint",
             .help = "Hash of a finalised block that is trusted, in hexadecimal; needed once, with "
                     "an endpoint that still has its state."}),
        option<&Settings::proof_age>(
            {.name = "proof-age",
             .help = "With 'verify', how far a block's own time may be behind the clock; 0: any.",
             .fallback = "1h"}),
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
    void tell(const Outcome& outcome, Verdict& verdict) const;

    Settings settings_;
    Host host_;
    std::unique_ptr<Quorum> quorum_;
};

} // namespace cmw::substrate
