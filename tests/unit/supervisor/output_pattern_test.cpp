// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output_pattern.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

using cmw::supervisor::OutputPattern;
using namespace cmw::test;

namespace {

void append(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

} // namespace

TEST_CASE(
    "a pattern is seen when a line of the output since the start matches it, and then for good") {
    TemporaryFolder folder;
    const auto path = folder / "output";
    append(path, "listening on 1\n"); // Of an earlier run.
    OutputPattern pattern("listening on \\d+$", {{path, cmw::supervisor::file_size(path)}});
    CHECK_FALSE(pattern.look());
    append(path, "starting\nlisten");
    CHECK_FALSE(pattern.look());
    append(path, "ing on port\n");
    CHECK_FALSE(pattern.look());
    append(path, "listening");
    CHECK_FALSE(pattern.look());
    append(path, " on 22840\nready\n");
    CHECK(pattern.look());
    std::filesystem::remove(path);
    CHECK(pattern.look());
}

TEST_CASE("a pattern is looked for in each file, in one that comes later and after a truncation") {
    TemporaryFolder folder;
    const auto out = folder / "out";
    const auto err = folder / "err";
    append(out, "a long line of the run before\n");
    OutputPattern pattern("^ready", {{out, cmw::supervisor::file_size(out)}, {err, 0}});
    const auto before = pattern.look();
    REQUIRE_FALSE(before);
    CHECK(before.error().what.find("'^ready'") != std::string::npos);
    SUBCASE("in one that comes later") {
        write_text(err, "ready\n");
        CHECK(pattern.look());
    }
    SUBCASE("after a truncation") {
        write_text(out, "ready\n");
        CHECK(pattern.look());
    }
}

TEST_CASE("a line without end costs neither memory nor stack") {
    TemporaryFolder folder;
    write_text(folder / "out", std::string(1 << 20, 'x') + "ready");
    OutputPattern pattern("(x|y)*ready", {{folder / "out", 0}});
    CHECK_FALSE(pattern.look());
}

TEST_CASE("a pattern over which other engines never end is decided") {
    TemporaryFolder folder;
    write_text(folder / "out", std::string(60'000, 'a') + "\nready\n");
    OutputPattern pattern("^(a+)+$|^never (a*)*b$", {{folder / "out", 0}});
    CHECK(pattern.look());
    OutputPattern other("^(a|aa)+b$", {{folder / "out", 0}});
    CHECK_FALSE(other.look());
}
