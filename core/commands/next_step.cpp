// SPDX-License-Identifier: Apache-2.0
#include "commands/next_step.hpp"

#include <algorithm>

namespace cmw::commands {

NextStep next_step(const CommandSet& set, const state::OrderRecord& record,
                   const config::OrderSettings& settings, const std::optional<std::string>& node_id,
                   base::UnixTime now) {
    using What = NextStep::What;
    const auto step = static_cast<std::size_t>(record.step);
    if (step >= set.commands.size()) return {What::finish, {}};
    const auto& command = set.commands[step];
    const auto lists = [&](const std::vector<std::string>& verbs) {
        return std::ranges::find(verbs, name(command.verb)) != verbs.end();
    };
    if (!command.nodes.empty()) {
        if (!node_id) return {What::identify, {}};
        if (std::ranges::find(command.nodes, *node_id) == command.nodes.end())
            return {What::skip, {}};
    }
    if (lists(settings.refuse)) return {What::refuse, {}};
    if (lists(settings.ask) && !record.approved) return {What::ask, {}};
    if (command.verb != Verb::delay) return {What::carry_out, {}};
    if (record.until == base::UnixTime{}) return {What::begin_wait, command.delay};
    if (record.until <= now) return {What::pass, {}};
    // A clock that went back does not make it longer than it was.
    return {What::wait, std::min<base::Nanoseconds>(record.until - now, command.delay)};
}

} // namespace cmw::commands
