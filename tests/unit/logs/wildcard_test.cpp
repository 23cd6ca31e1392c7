// SPDX-License-Identifier: Apache-2.0
#include "logs/wildcard.hpp"

using cmw::logs::new_logs;

TEST_CASE("a wildcard stands for the logs of a folder, each once") {
    using Names = std::vector<std::string>;
    struct Case {
        std::string pattern;
        Names names, known, expected;
    };
    const std::vector<Case> table{
        {"/l/*.log", {"b.log", "a.log", "a.txt"}, {}, {"a.log", "b.log"}},
        {"/l/*.log", {"a.log", "b.log"}, {"a.log"}, {"b.log"}},
        {"/l/*", {"a.log", "a.log.1", "a.log.2.gz", "a.log-20260101", "b"}, {}, {"a.log", "b"}},
        {"/l/*.log", {"a.log", "a-2026-01-01.log"}, {}, {"a.log"}},
        {"/l/*.log", {"a-2026-01-01.log"}, {"a.log"}, {}}, // Rotated a moment ago.
        {"/l/*.log", {"a-2026-01-01.log"}, {}, {"a-2026-01-01.log"}},
        {"/l/*", {".hidden", "seen.zst"}, {}, {}},
        {"/l/node[0-9].log", {"node1.log", "nodex.log", "node10.log"}, {}, {"node1.log"}},
        {"/l/a?.log", {"a.log", "ab.log"}, {}, {"ab.log"}},
    };
    for (const auto& one : table) {
        CAPTURE(one.pattern);
        CAPTURE(one.names);
        CHECK(new_logs(one.pattern, one.names, one.known) == one.expected);
    }
}
