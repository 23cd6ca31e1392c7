// SPDX-License-Identifier: Apache-2.0
//
// commands/inbox.hpp - the orders of one command source: asks it for files, takes those that are
// news, and carries each set out, one command after the other, once. What was taken is saved before
// it is begun, and each step when it is done: a host that is killed goes on with the very step. All
// commands may be repeated for this: to start what runs changes nothing.
//
// A delay, an operator who has not answered and a service that does not stop hold up nothing but
// what is behind them in this inbox. Belongs to the loop's thread.
#pragma once

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "commands/command_set.hpp"
#include "config/settings.hpp"
#include "plugin_host/command_source.hpp"
#include "state/database.hpp"

namespace cmw::commands {

/// What `status` shows of a command source.
struct InboxStatus {
    std::string error;       ///< Why it, or the certificate, cannot be read; "" if they can.
    std::string refused;     ///< Why the last file that was refused was; "" if none was.
    std::string doing;       ///< "stop binary (command 1 of 3 of command.jsonl)"; "" if nothing.
    bool asks = false;       ///< `doing` waits for the operator's word.
    std::string last;        ///< The last set that ended, and how: "command.jsonl: done".
    std::size_t waiting = 0; ///< Sets behind the one that is being carried out.

    bool operator==(const InboxStatus&) const = default;
};

class Inbox {
  public:
    using Done = std::function<void(base::Result<>)>;

    struct Hooks {
        /// Carries out a start, stop or update; `who` is for history.
        std::function<void(const Command& command, const std::string& who, Done done)> carry_out;
        /// This node's id; nothing: not known yet.
        std::function<std::optional<std::string>()> node_id;
        /// This stands in the history now, together with what it tells of.
        std::function<void(const state::HistoryEntry&)> told;
        std::function<void()> changed; ///< status() changed.
    };

    struct Options {
        base::Backoff backoff{std::chrono::milliseconds(500), std::chrono::minutes(1), 2.0, 0.2};
        base::UnixTime (*now)() noexcept = &base::unix_now;
    };

    /// Begins at once. `settings` and what is borrowed outlive it.
    Inbox(base::EventLoop& loop, const config::InstanceSettings& settings,
          plugin_host::CommandSource& source, state::Database& database, Hooks hooks,
          Options options);
    ~Inbox(); ///< What is being carried out goes on without it.
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    /// The operator's word on the command that waits for it: yes, or the set ends here.
    base::Result<> decide(bool approved, const std::string& who);

    InboxStatus status() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace cmw::commands
