// SPDX-License-Identifier: Apache-2.0
//
// app/history.cpp - cmix-wrapper history.
#include "control/history.hpp"
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/line_count.hpp"
#include "app/terminal.hpp"
#include "base/system.hpp"
#include "control/api.hpp"
#include "state/database.hpp"

#include <ctime>
#include <unistd.h>

namespace cmw::app {

namespace {

std::string local_time(base::UnixTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
    std::tm parts{};
    std::array<char, 32> text{};
    ::localtime_r(&seconds, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

Colour colour_of(std::string_view event) {
    constexpr std::string_view bad[] = {"crashed",      "refused",     "failed",
                                        "start-failed", "rolled-back", "unhealthy"};
    return std::ranges::find(bad, event) != std::end(bad) ? Colour::red : Colour::none;
}

/// Why, by whom, and what it cost.
std::string details_of(const state::HistoryEntry& entry) {
    auto text = entry.why;
    const auto add = [&text](const std::string& more) {
        text += (text.empty() ? "" : ", ") + more;
    };
    if (!entry.by.empty()) add("by " + entry.by);
    if (entry.downtime)
        add(fmt::format("down for {:.1f} ms",
                        std::chrono::duration<double, std::milli>(*entry.downtime).count()));
    return text;
}

std::string render(const std::vector<state::HistoryEntry>& entries, bool colours) {
    Table table({"TIME", "KIND", "NAME", "EVENT", "FROM", "TO", "WHY"});
    const auto brief = [](const std::string& digest) {
        return digest.empty() ? std::string("-") : digest.substr(0, 12);
    };
    for (const auto& entry : entries)
        table.add({local_time(entry.time),
                   entry.kind,
                   entry.name.empty() ? "-" : entry.name,
                   {entry.event, colour_of(entry.event)},
                   brief(entry.from),
                   brief(entry.to),
                   details_of(entry)});
    return table.render(colours);
}

using Entries = std::vector<state::HistoryEntry>;

int show(const base::Result<Entries>& entries) {
    if (!entries) return failure(entries.error());
    print(entries->empty() ? "nothing has happened yet\n"
                           : render(*entries, wants_colours(STDOUT_FILENO)));
    return ExitStatus::done;
}

/// What the host kept that does not run.
int show_kept(const Arguments& arguments, const std::string& path, std::size_t limit) {
    auto database = state::Database::open_to_read(path);
    if (!database) return failure(database.error());
    const auto name = arguments.words.empty() ? std::string() : arguments.words.front();
    const auto entries = database->history(name, std::min(limit, control::Api::max_history));
    if (!entries) return failure(entries.error());
    report({"", "the host does not run: this is what it kept", ""});
    if (!arguments.has("json")) return show(entries);
    print(control::to_json(*entries) + "\n");
    return ExitStatus::done;
}

} // namespace

int history(const Arguments& arguments) {
    const auto limit = line_count(arguments, 50);
    if (!limit) return misused(limit.error());
    const auto files = read_files(arguments);
    if (!files) return misconfigured(files.error());
    auto path = fmt::format("/v1/history?limit={}", *limit);
    if (!arguments.words.empty()) path += "&name=" + escaped(arguments.words.front());
    const auto answer = control::Client(control_socket(files->host)).get(path);
    if (!answer) {
        const auto state = files->host.state_dir + "/state.db";
        const bool kept = answer.error().no_host && base::sys::stat(state);
        return kept ? show_kept(arguments, state, *limit) : failure(answer.error());
    }
    if (!arguments.has("json")) return show(control::parse_history(*answer));
    print(*answer);
    return ExitStatus::done;
}

} // namespace cmw::app
