// SPDX-License-Identifier: Apache-2.0
#include "command-source/directory/source.hpp"
#include "support/delivered.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace cmw;
using namespace std::chrono_literals;
using cmw::command_directory::Source;
using cmw::test::Delivered;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using Files = Delivered::Files;

namespace {

/// The source on a folder that is not there yet.
struct Fixture {
    TemporaryFolder root;
    std::string folder = root / "in/orders";
    testing::TestHost host;
    std::unique_ptr<Source> source = make(folder);

    std::unique_ptr<Source> make(const std::string& path) const {
        return std::make_unique<Source>(Source::Settings{.path = path, .pattern = "*.jsonl"},
                                        host.handle());
    }
    Delivered poll(std::chrono::nanoseconds limit = 60s) const {
        return test::poll(*source, testing::TestCall(limit));
    }
    /// Polls until it delivers these; a change may be told in several pieces.
    bool delivers(const Files& files) const {
        for (int i = 0; i < 20; ++i) {
            const auto result = poll();
            if (result.status != CMW_OK) return false;
            if (result.files == files) return true;
        }
        return false;
    }
    bool waits() const { return poll(100ms).status == CMW_CANCELLED; }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "files are delivered byte for byte, in name order, those that match") {
    const std::string bytes("{}\n\0\xff\r\n", 7);
    write_text(folder + "/b.jsonl", bytes);
    write_text(folder + "/a.jsonl", "");
    write_text(folder + "/c.json", "no");
    write_text(folder + "/.hidden.jsonl", "no");
    CHECK(poll().files == Files{{"a.jsonl", ""}, {"b.jsonl", bytes}});
    CHECK(waits());
    write_text(folder + "/c.json", "still no");
    CHECK(waits());
    write_text(folder + "/c.jsonl", "3");
    CHECK(delivers({{"a.jsonl", ""}, {"b.jsonl", bytes}, {"c.jsonl", "3"}}));
}

TEST_CASE_FIXTURE(Fixture, "a folder may come, go, come back and be replaced") {
    auto result = poll();
    CHECK(result.status == CMW_OK);
    CHECK(result.files.empty());
    CHECK(waits());
    write_text(folder + "/a.jsonl", "1");
    CHECK(delivers({{"a.jsonl", "1"}}));
    std::filesystem::remove_all(root / "in");
    CHECK(delivers({}));
    write_text(root / "other/orders/b.jsonl", "2");
    std::filesystem::rename(root / "other", root / "in");
    CHECK(delivers({{"b.jsonl", "2"}}));
    write_text(root / "third/c.jsonl", "3");
    std::filesystem::rename(folder, root / "in/old");
    std::filesystem::rename(root / "third", folder);
    CHECK(delivers({{"c.jsonl", "3"}}));
    std::filesystem::remove(folder + "/c.jsonl");
    CHECK(delivers({}));
}

TEST_CASE_FIXTURE(Fixture, "a file that was being written is delivered when it is closed") {
    std::filesystem::create_directories(folder);
    CHECK(poll().files.empty());
    std::ofstream writer(folder + "/a.jsonl");
    writer << "half" << std::flush;
    CHECK(delivers({{"a.jsonl", "half"}}));
    writer << " and half" << std::flush;
    CHECK(waits());
    writer.close();
    CHECK(delivers({{"a.jsonl", "half and half"}}));
    write_text(root / "new", "whole");
    std::filesystem::rename(root / "new", folder + "/a.jsonl");
    CHECK(delivers({{"a.jsonl", "whole"}}));
}

TEST_CASE_FIXTURE(Fixture, "one file can be named, through a link too") {
    source = make(root / "in/command");
    CHECK(poll().files.empty());
    write_text(root / "in/command", "1");
    CHECK(delivers({{"command", "1"}}));
    write_text(root / "in/other", "no");
    CHECK(waits());
    write_text(root / "elsewhere/x", "2");
    std::filesystem::remove(root / "in/command");
    std::filesystem::create_symlink(root / "elsewhere/x", root / "in/command");
    CHECK(delivers({{"command", "2"}}));
    write_text(root / "elsewhere/x", "3");
    CHECK(delivers({{"command", "3"}}));
}

TEST_CASE_FIXTURE(Fixture, "what cannot be taken is told once, and loses no other file") {
    write_text(folder + "/good.jsonl", "1");
    write_text(folder + "/large.jsonl", std::string((256 << 10) + 1, 'x'));
    write_text(root / "secret", "not ours");
    std::filesystem::create_symlink(root / "secret", folder + "/link.jsonl");
    std::filesystem::create_directory(folder + "/folder.jsonl");
    REQUIRE(::mkfifo((folder + "/pipe.jsonl").c_str(), 0600) == 0);
    CHECK(poll().files == Files{{"good.jsonl", "1"}});
    CHECK(host.lines().size() == 4);
    write_text(folder + "/good.jsonl", "2");
    CHECK(delivers({{"good.jsonl", "2"}}));
    CHECK(host.lines().size() == 4);
    write_text(folder + "/large.jsonl", "small");
    CHECK(delivers({{"good.jsonl", "2"}, {"large.jsonl", "small"}}));
}

TEST_CASE_FIXTURE(Fixture, "a file that may not be read is delivered when it may") {
    if (::geteuid() == 0) {
        MESSAGE("skipped: root may read everything");
        return;
    }
    write_text(folder + "/a.jsonl", "1");
    write_text(folder + "/b.jsonl", "2");
    REQUIRE(::chmod((folder + "/a.jsonl").c_str(), 0) == 0);
    CHECK(poll().files == Files{{"b.jsonl", "2"}});
    CHECK(host.lines().size() == 1);
    REQUIRE(::chmod((folder + "/a.jsonl").c_str(), 0600) == 0);
    CHECK(delivers({{"a.jsonl", "1"}, {"b.jsonl", "2"}}));
    REQUIRE(::chmod(folder.c_str(), 0) == 0);
    CHECK(poll().status == CMW_DENIED);
    REQUIRE(::chmod(folder.c_str(), 0700) == 0);
    CHECK(poll().files.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "of more files than the host takes the last ones are delivered") {
    for (int i = 0; i < 70; ++i)
        write_text(folder + "/" + std::to_string(100 + i) + ".jsonl", std::string(256 << 10, 'x'));
    auto files = poll().files;
    REQUIRE(files.size() == 64);
    CHECK(files.front().first == "106.jsonl");
    CHECK(files.back().first == "169.jsonl");
    CHECK(host.lines().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a waiting poll is cancelled") {
    CHECK(poll().status == CMW_OK);
    testing::TestCall call;
    call.cancel();
    CHECK(test::poll(*source, call).status == CMW_CANCELLED);
}

TEST_CASE("a path or pattern that cannot work is refused") {
    CHECK_THROWS_AS(Source::check({.path = "orders"}), Error);
    CHECK_THROWS_AS(Source::check({.path = "/orders", .pattern = ""}), Error);
    CHECK_THROWS_AS(Source::check({.path = "/orders", .pattern = "a/*"}), Error);
    CHECK_NOTHROW(Source::check({.path = "/orders/"}));
}
