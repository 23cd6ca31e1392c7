// SPDX-License-Identifier: Apache-2.0
//
// substrate/quorum.hpp - the chain as several endpoints tell it: with `agree = 1` as the first
// that works does, else as so many of them do alike at the same finalised block.
//
// One connection is held in the first case, one to each endpoint in the other. They are waited for
// together and read one after the other. An endpoint that fails is left; while enough others are
// there it is tried again after a while, otherwise that is a failure of the whole.
#pragma once

#include "consensus-source/substrate/chain.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace cmw::substrate {

/// What was agreed on, and by whom.
struct Outcome {
    Reading reading;
    std::vector<std::string> agreeing;            ///< Names of endpoints.
    std::map<std::string, std::string> differing; ///< What they say, by name.
    std::vector<std::string> failing;
};

/// Failures throw cmw::Error as Chain does.
class Quorum {
  public:
    Quorum(const Settings& settings, const Host& host);
    ~Quorum();
    Quorum(const Quorum&) = delete;
    Quorum& operator=(const Quorum&) = delete;

    /// At first what there is now; then block until there is something newer. A call that is
    /// cancelled leaves what it did not tell to the next one.
    Outcome next(const Call& call);

  private:
    using Time = Chain::Time;

    struct Link {
        Endpoint endpoint;
        std::unique_ptr<Chain> chain; ///< nullptr: not connected.
        Time retry_at = Time::min();
        std::chrono::seconds pause{0};  ///< Before the last attempt to connect again.
        std::optional<Reading> reading; ///< The last one, for when it is asked for again.
    };

    bool alone() const { return settings_.agree == 1; }
    std::size_t needed() const { return static_cast<std::size_t>(settings_.agree); }
    /// Whether a node that is syncing is to be asked again without news.
    bool sync_matters() const { return alone() || !last_ || !last_->reading.usable; }
    std::size_t connected() const;
    void connect(const Call& call);
    [[noreturn]] void too_few(const Error& error) const;
    /// The link failed: throws, unless enough others are left.
    void drop(Link& link, const Error& error);
    template <class Work>
    void attempt(Link& link, Work work);

    void wait(const Call& call);
    Time wake_at() const;
    void poll_all(const Call& call, Time until) const;

    std::optional<Outcome> evaluate(const Call& call);
    std::optional<Outcome> evaluate_at(const Call& call, std::uint64_t number);
    void read_all(const Call& call, std::uint64_t number);
    Outcome outcome(const std::vector<const Link*>& voters, const std::vector<std::size_t>& agreed);
    [[noreturn]] void refuse() const;

    const Settings& settings_;
    Host host_;
    std::optional<VerifiedChain> verified_; ///< Nothing: nodes are believed.
    std::vector<Link> links_;
    bool pending_ = true;         ///< There is something that was not told.
    std::optional<Outcome> last_; ///< As it was told.
};

} // namespace cmw::substrate
