// SPDX-License-Identifier: Apache-2.0
#include "logs/own_log.hpp"

#include "logs/assembler.hpp"
#include "logs/generations.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <sys/resource.h>
#include <thread>

using namespace cmw::logs;

namespace {

/// The log goes to a file of the test's; afterwards to stderr alone, and only what matters.
struct OwnLog {
    explicit OwnLog(const std::string& file, const std::string& level = "debug",
                    std::size_t max_size = 1024 * 1024) {
        REQUIRE(init_own_log({level, file, max_size, 3}));
    }
    ~OwnLog() { (void)init_own_log({"fatal", "", 0, 0}); }
};

} // namespace

TEST_CASE("the host's own log has lines that the rule level-word reads") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "log/own.log";
    const OwnLog own(path);
    log(CMW_LEVEL_WARN, "cannot do {}: {}", "it", 5);
    log(CMW_LEVEL_TRACE, "not logged");
    log_line(CMW_LEVEL_INFO, "first\nFATAL second");
    log(CMW_LEVEL_FATAL, "braces {{}} and more");
    const auto text = cmw::test::read_text(path);
    RecordRules rule;
    rule.event = EventRule::parse("level-word").value();
    Assembler assembler(rule, 1000);
    std::vector<std::pair<std::uint32_t, std::string>> found;
    for (std::string_view rest = text;
         const auto record = assembler.next(rest, Following::nothing);) {
        const auto message = record->text.find(' ', record->text.find(' ') + 1);
        found.emplace_back(record->level, record->text.substr(message + 1));
        rest.remove_prefix(record->size);
    }
    using Found = std::vector<std::pair<std::uint32_t, std::string>>;
    CHECK(found == Found{{CMW_LEVEL_WARN, "cannot do it: 5"},
                         {CMW_LEVEL_INFO, "first\n    FATAL second"},
                         {CMW_LEVEL_FATAL, "braces {} and more"}});
    CHECK(text.find("WARN 20") == 0); // The time stands behind the level.
}

TEST_CASE("the host's own log is rotated by rename, into generations that are followed") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "own.log";
    const OwnLog own(path, "debug", 2000);
    for (int i = 0; i < 200; ++i) log(CMW_LEVEL_INFO, "line {}", i);
    const auto generations = list_generations(path).value();
    REQUIRE(generations.size() == 4);
    CHECK(generations.back().live);
    const auto last = cmw::test::read_text(path);
    CHECK(last.ends_with("line 199\n"));
}

TEST_CASE("a full disk takes lines of the own log, and nothing else") {
    const cmw::test::TemporaryFolder folder;
    const auto before = own_log_dropped();
    const OwnLog own(folder / "own.log");
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string line(500, 'x');
    for (int i = 0; i < 100; ++i) log_line(CMW_LEVEL_DEBUG, line);
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    CHECK(own_log_dropped() > before);
    CHECK(std::filesystem::file_size(folder / "own.log") == 4096);
}

TEST_CASE("a file of the own log that cannot be opened is a problem, and stderr works on") {
    const cmw::test::TemporaryFolder folder;
    const auto opened = init_own_log({"fatal", folder.path().string(), 1000, 1});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().what.starts_with("cannot open the host's own log"));
    log(CMW_LEVEL_DEBUG, "goes nowhere");
    (void)init_own_log({"fatal", "", 0, 0});
}
