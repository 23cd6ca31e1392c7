// SPDX-License-Identifier: Apache-2.0
#include "commands/next_step.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::commands;
using namespace std::chrono_literals;
using What = NextStep::What;

TEST_CASE("next_step: every command at its time") {
    const base::UnixTime now(1'000'000s);
    const Command stop{Verb::stop, "binary", {}, {}, {}, {}};
    const Command stop_a{Verb::stop, "binary", {"A"}, {}, {}, {}};
    const Command pause{Verb::delay, "", {}, 5s, {}, {}};
    const Command pause_a{Verb::delay, "", {"A"}, 5s, {}, {}};
    const std::vector<std::string> stops{"stop"};
    struct Row {
        const char* what;
        std::vector<Command> commands;
        std::int64_t step;
        base::UnixTime until;
        bool approved;
        std::vector<std::string> ask;
        std::vector<std::string> refuse;
        std::optional<std::string> node;
        NextStep expected;
    };
    const Row rows[] = {
        {"nothing to do", {}, 0, {}, false, {}, {}, "A", {What::finish, {}}},
        {"behind the last", {stop}, 1, {}, false, {}, {}, "A", {What::finish, {}}},
        {"for all", {stop}, 0, {}, false, {}, {}, {}, {What::carry_out, {}}},
        {"for this node", {stop_a}, 0, {}, false, {}, {}, "A", {What::carry_out, {}}},
        {"for another node", {stop_a}, 0, {}, false, {}, {}, "B", {What::skip, {}}},
        {"for somebody", {stop_a}, 0, {}, false, {}, {}, {}, {What::identify, {}}},
        {"refused", {stop}, 0, {}, false, {}, stops, "A", {What::refuse, {}}},
        {"refused, not for us", {stop_a}, 0, {}, false, {}, stops, "B", {What::skip, {}}},
        {"asked", {stop}, 0, {}, false, stops, {}, "A", {What::ask, {}}},
        {"asked, not for us", {stop_a}, 0, {}, false, stops, {}, "B", {What::skip, {}}},
        {"approved", {stop}, 0, {}, true, stops, {}, "A", {What::carry_out, {}}},
        {"approved and refused", {stop}, 0, {}, true, stops, stops, "A", {What::refuse, {}}},
        {"a delay", {stop, pause}, 1, {}, false, {}, {}, "A", {What::begin_wait, 5s}},
        {"a delay lasts", {pause}, 0, now + 2s, false, {}, {}, "A", {What::wait, 2s}},
        {"a delay is over", {pause}, 0, now, false, {}, {}, "A", {What::pass, {}}},
        {"the clock went back", {pause}, 0, now + 9h, false, {}, {}, "A", {What::wait, 5s}},
        {"a delay for others", {pause_a}, 0, {}, false, {}, {}, "B", {What::skip, {}}},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.what));
        CommandSet set;
        set.commands = row.commands;
        state::OrderRecord record;
        record.step = row.step;
        record.until = row.until;
        record.approved = row.approved;
        config::OrderSettings settings;
        settings.ask = row.ask;
        settings.refuse = row.refuse;
        const auto next = next_step(set, record, settings, row.node, now);
        CHECK(next.what == row.expected.what);
        CHECK(next.rest == row.expected.rest);
    }
}
