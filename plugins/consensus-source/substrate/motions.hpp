// SPDX-License-Identifier: Apache-2.0
//
// substrate/motions.hpp - calls that may come and would change what is approved: a committee's
// pending motions, and what the scheduler is to carry out.
//
// Hardly ever is there one. Until then it costs a key in the request that reads the record, and
// the list of the scheduler's keys. A value that holds the call is decoded once: that needs nearly
// every type of the runtime, so the metadata are fetched again for it and let go.
#pragma once

#include "consensus-source/substrate/approvals.hpp"
#include "consensus-source/substrate/runtime.hpp"
#include "consensus-source/substrate/storage.hpp"

namespace cmw::substrate {

/// Software that may be approved later.
struct Announcement {
    std::string target;
    std::vector<std::uint8_t> digest;
    std::uint64_t height = 0; ///< Of the block, if it is known.
    std::string why;

    bool operator==(const Announcement&) const = default;
};

/// By target.
using Digests = std::map<std::string, std::vector<std::uint8_t>>;

/// What the calls named `items.call` in `value` would approve, however deep they stand in it: in a
/// batch, behind a proxy, or encoded within ("Inline"), which `layout` decodes. Of several the
/// last one counts for each target. Pure.
Digests find_calls(const Value& value, const Layout& layout, const MotionItems& items,
                   const RecordUse& use);

/// Of one connection; it begins knowing nothing.
class Motions {
  public:
    Motions(RpcClient& rpc, const Host& host, RecordUse use)
        : rpc_(rpc), host_(host), use_(std::move(use)) {}

    /// Keys that judge() needs the values of.
    std::vector<std::string> keys(const Runtime& runtime) const;

    /// Ask what else is needed at the block of this hash; judge() takes it.
    void ask(const Call& call, const Runtime& runtime, const std::string& hash);

    /// What would change. Whatever cannot be read of it is logged and left out: what is approved
    /// now does not depend on it. A connection that fails throws.
    std::vector<Announcement> judge(const Call& call, Storage& storage, const Block& block,
                                    const Runtime& runtime, const Values& values);

  private:
    /// One value that may hold the call, as it was when it was decoded.
    struct Source {
        bool motion = false;  ///< Of the committee; otherwise a task of the scheduler.
        std::string vote_key; ///< Where the committee's votes on it stand; "" if nowhere.
        std::uint64_t height = 0;
        std::string why;
        std::optional<std::vector<std::uint8_t>> value;
        Digests digests;
    };
    using Sources = std::map<std::string, Source>; ///< By storage key.

    void take_proposals(const Values& values, const MotionItems& items, Sources& sources) const;
    void take_agenda(const Call& call, const MotionItems& items, Sources& sources);
    void read_values(const Call& call, Storage& storage, const Block& block,
                     const MotionItems& items, Sources& sources);
    void decode_all(const Call& call, const Block& block, const MotionItems& items,
                    const std::vector<Source*>& fresh) const;

    RpcClient& rpc_;
    Host host_;
    RecordUse use_;
    std::optional<std::uint64_t> agenda_request_;
    Sources known_;
};

} // namespace cmw::substrate
