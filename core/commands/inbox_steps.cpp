// SPDX-License-Identifier: Apache-2.0
//
// How an inbox carries out what it took.
#include "commands/inbox_impl.hpp"
#include "commands/next_step.hpp"

#include <fmt/format.h>

namespace cmw::commands {

using base::Result;
using state::OrderRecord;

namespace {

/// The same set, at its next command.
OrderRecord behind(OrderRecord record) {
    ++record.step;
    record.until = {};
    record.approved = false;
    return record;
}

} // namespace

void Inbox::Impl::advance() {
    while (!busy && !sets.empty() && advance_one()) {
    }
    show();
}

/// One step of the first set; false: something must happen before the next.
bool Inbox::Impl::advance_one() {
    using What = NextStep::What;
    auto& [record, set] = sets.front();
    const auto next = next_step(set, record, settings.orders, hooks.node_id(), options.now());
    switch (next.what) {
    case What::finish:
        end_set("done");
        return true;
    case What::pass:
    case What::skip:
        return save(behind(record));
    case What::refuse:
        end_set(fmt::format("cannot {}: the configuration refuses it",
                            in_words(set.commands[static_cast<std::size_t>(record.step)])));
        return true;
    case What::begin_wait: {
        auto begun = record;
        begun.until = options.now() + next.rest;
        return save(std::move(begun));
    }
    case What::wait:
        delay = loop.after(next.rest, [this] { advance(); });
        return false;
    case What::ask:
    case What::identify:
        return false;
    case What::carry_out:
        carry_out(set.commands[static_cast<std::size_t>(record.step)]);
        return !busy;
    }
    return false;
}

void Inbox::Impl::carry_out(const Command& command) {
    busy = true;
    hooks.carry_out(command, who(), [weak = weak_from_this(), command](const Result<>& result) {
        const auto self = weak.lock();
        if (!self) return;
        // Never from within the call: what it was asked by may still be at work.
        self->loop.post([weak, command, result] {
            const auto impl = weak.lock();
            if (!impl) return;
            impl->busy = false;
            // After a failure the rest of the set does not follow.
            if (result)
                impl->save(behind(impl->sets.front().record));
            else
                impl->end_set(fmt::format("cannot {}: {}", in_words(command),
                                          base::to_string(result.error())));
            impl->advance();
        });
    });
}

/// A state that cannot be written stops the set here until it can.
bool Inbox::Impl::save(OrderRecord changed, const std::optional<state::HistoryEntry>& entry) {
    const auto saved = database.save_order(settings.name, changed, entry);
    if (saved)
        sets.front().record = std::move(changed);
    else
        shown.error = base::to_string(saved.error());
    return saved.has_value();
}

void Inbox::Impl::end_set(const std::string& outcome) {
    auto record = sets.front().record;
    record.outcome = outcome;
    const auto ended = entry_of_first(outcome == "done" ? "done" : "failed", outcome);
    if (const auto saved = database.save_order(settings.name, record, ended); !saved)
        shown.error = base::to_string(saved.error()); // It is looked at again by the next host.
    hooks.told(ended);
    shown.last = fmt::format("{}: {}", record.file, outcome);
    sets.pop_front();
}

std::string Inbox::Impl::who() const {
    return fmt::format("{} ({})", settings.name, sets.front().record.file);
}

state::HistoryEntry Inbox::Impl::entry(const std::string& event, const std::string& digest,
                                       const std::string& why) const {
    return {0, options.now(), "orders", settings.name, event, "", digest, why};
}

state::HistoryEntry Inbox::Impl::entry_of_first(const std::string& event,
                                                const std::string& why) const {
    const auto& record = sets.front().record;
    return entry(event, record.digest, fmt::format("{}: {}", record.file, why));
}

void Inbox::Impl::show() {
    shown.doing.clear();
    shown.asks = false;
    shown.waiting = sets.empty() ? 0 : sets.size() - 1;
    if (!sets.empty()) {
        const auto& [record, set] = sets.front();
        const auto step = static_cast<std::size_t>(record.step);
        const auto next = next_step(set, record, settings.orders, hooks.node_id(), options.now());
        shown.asks = !busy && next.what == NextStep::What::ask;
        if (step < set.commands.size())
            shown.doing = fmt::format("{} (command {} of {} of {}){}", in_words(set.commands[step]),
                                      step + 1, set.commands.size(), record.file,
                                      next.what == NextStep::What::identify
                                          ? ": waits for this node's identity file"
                                          : "");
    }
    if (shown == told) return;
    told = shown;
    hooks.changed();
}

Result<> Inbox::decide(bool approved, const std::string& who) {
    if (!impl_->shown.asks)
        return base::fail("command-source." + impl_->settings.name,
                          "cannot decide: no order waits for it", "see 'cmix-wrapper status'");
    auto record = impl_->sets.front().record;
    auto decided = impl_->entry_of_first(approved ? "approved" : "declined", impl_->shown.doing);
    decided.by = who;
    record.approved = approved;
    if (!impl_->save(std::move(record), decided))
        return base::fail("command-source." + impl_->settings.name,
                          "cannot save what was decided: " + impl_->shown.error);
    impl_->hooks.told(decided);
    if (!approved) impl_->end_set("declined by " + who);
    impl_->advance();
    return {};
}

} // namespace cmw::commands
