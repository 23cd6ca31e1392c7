// SPDX-License-Identifier: Apache-2.0
//
// commands/inbox_impl.hpp - what an inbox is made of. How files come in is in inbox.cpp, how commands are
// carried out in inbox_steps.cpp.
#pragma once

#include "commands/inbox.hpp"
#include "commands/judgement.hpp"

#include <deque>
#include <random>

namespace cmw::commands {

struct Inbox::Impl : std::enable_shared_from_this<Inbox::Impl> {
    base::EventLoop& loop;
    const config::InstanceSettings& settings;
    plugin_host::CommandSource& source;
    state::Database& database;
    const Hooks hooks;
    const Options options;

    bool known = false; ///< The state was read.
    Standing standing;
    struct Set {
        state::OrderRecord record;
        CommandSet set;
    };
    std::deque<Set> sets; ///< Taken and not done; the first is carried out.
    bool busy = false;    ///< A command is being carried out.
    InboxStatus shown;
    InboxStatus told;

    unsigned failures = 0;
    unsigned quick = 0; ///< Answers in a row that came at once and had nothing new.
    static constexpr unsigned enough_quick = 3; ///< So many, and the source does not wait for news.
    base::Monotonic asked_at;
    base::EventLoop::Handle asking;
    base::EventLoop::Handle delay;
    std::minstd_rand random{std::random_device{}()};

    Impl(base::EventLoop& l, const config::InstanceSettings& s, plugin_host::CommandSource& c,
         state::Database& d, Hooks h, Options o)
        : loop(l), settings(s), source(c), database(d), hooks(std::move(h)), options(o) {}

    // ---- Files in ----
    void begin();
    base::Result<> read_state();
    void ask();
    void take(tl::expected<std::vector<plugin_host::CommandFile>, plugin_host::Failure> answer);
    base::Result<bool> take_files(const std::vector<plugin_host::CommandFile>& files);
    base::Result<> accept(const plugin_host::CommandFile& file, Judgement judgement);
    base::Result<> refuse(const plugin_host::CommandFile& file, const Judgement& judgement);
    void trouble(const std::string& why, base::Nanoseconds at_least);

    // ---- Commands out ----
    void advance();
    bool advance_one();
    void carry_out(const Command& command);
    bool save(state::OrderRecord changed, const std::optional<state::HistoryEntry>& entry = {});
    void end_set(const std::string& outcome);
    std::string who() const;
    /// For the history: of a set of this digest; and of the first set, at its end or in between.
    state::HistoryEntry entry(const std::string& event, const std::string& digest,
                              const std::string& why) const;
    state::HistoryEntry entry_of_first(const std::string& event, const std::string& why) const;
    void show();
};

} // namespace cmw::commands
