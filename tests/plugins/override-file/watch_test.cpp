// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/override_file.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace cmw::override_file;
using namespace std::chrono_literals;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using cmw::testing::TestCall;
using cmw::testing::TestVerdict;

namespace {

const std::string a(64, 'a');
const std::string b(64, 'b');

std::string object(const std::string& hash) {
    return R"({"server": ")" + hash + R"("})";
}

/// The source on a file of its own folder.
struct Fixture {
    TemporaryFolder folder;
    std::string path = folder / "override.json";
    cmw::testing::TestHost host;
    OverrideFile source{Settings{.path = path}, host.handle()};

    /// The status of one poll; `verdict` has what it told. A poll that has nothing to tell is
    /// given up at the call's time limit.
    cmw_status poll(TestVerdict& verdict, std::chrono::nanoseconds limit = 30s) {
        const TestCall call(limit);
        auto answer = verdict.handle();
        try {
            source.poll(call.handle(), answer);
            return CMW_OK;
        } catch (const cmw::Error& e) {
            text = e.what();
            return e.status();
        } catch (const std::system_error& e) {
            text = e.what();
            return cmw::detail::status_of(e.code());
        }
    }
    std::string text;
};

void replace(const std::string& path, const std::string& content) {
    write_text(path + ".new", content);
    std::filesystem::rename(path + ".new", path);
}

} // namespace

TEST_CASE("the file's hashes are told, and again when they change in place or by replacement") {
    Fixture f;
    write_text(f.path, object(a));
    TestVerdict first;
    REQUIRE(f.poll(first) == CMW_OK);
    CHECK(first.standing == CMW_STANDING_RUN);
    CHECK(first.approved == std::map<std::string, std::string>{{"server", "blake2s-256:" + a}});
    CHECK(first.facts.at("file") == f.path);
    CHECK(first.facts.at("modified").size() == 20);

    write_text(f.path, object(b));
    TestVerdict second;
    REQUIRE(f.poll(second) == CMW_OK);
    CHECK(second.approved.at("server") == "blake2s-256:" + b);

    replace(f.path, object(a));
    TestVerdict third;
    REQUIRE(f.poll(third) == CMW_OK);
    CHECK(third.approved.at("server") == "blake2s-256:" + a);
}

TEST_CASE("nothing is told while nothing changes") {
    Fixture f;
    write_text(f.path, object(a));
    TestVerdict first;
    REQUIRE(f.poll(first) == CMW_OK);
    TestVerdict none;
    write_text(f.folder / "other.json", object(b));
    write_text(f.path, object(a) + "\n"); // written, and says the same
    CHECK(f.poll(none, 100ms) == CMW_CANCELLED);
    write_text(f.path, object(b));
    CHECK(f.poll(none) == CMW_OK);
}

TEST_CASE("a file that is being written is not half read") {
    Fixture f;
    write_text(f.path, object(a));
    TestVerdict first;
    REQUIRE(f.poll(first) == CMW_OK);
    TestVerdict none;
    {
        std::ofstream writer(f.path + ".half");
        writer << "{\"server\": " << std::flush;
        // It appears by a link while its writer still has it open.
        std::filesystem::remove(f.path);
        CHECK(f.poll(none) == CMW_NOT_FOUND);
        std::filesystem::create_hard_link(f.path + ".half", f.path);
        CHECK(f.poll(none, 100ms) == CMW_CANCELLED);
        std::ofstream same(f.path, std::ios::app); // the close that counts bears the file's name
        same << "\"" << b << "\"}" << std::flush;
    }
    REQUIRE(f.poll(none) == CMW_OK);
    CHECK(none.approved.at("server") == "blake2s-256:" + b);
}

TEST_CASE("a change of mode does not make a file be read while it is being written") {
    Fixture f;
    write_text(f.path, object(a));
    TestVerdict verdict;
    REQUIRE(f.poll(verdict) == CMW_OK);
    {
        std::ofstream writer(f.path, std::ios::trunc);
        writer << "{\"server\": " << std::flush;
        ::chmod(f.path.c_str(), 0640);
        CHECK(f.poll(verdict, 50ms) == CMW_CANCELLED);
        CHECK(verdict.approved.at("server") == "blake2s-256:" + a);
        writer << "\"" << b << "\"}";
    }
    REQUIRE(f.poll(verdict) == CMW_OK);
    CHECK(verdict.approved.at("server") == "blake2s-256:" + b);
}

TEST_CASE("what is wrong with the file is said") {
    Fixture f;
    TestVerdict verdict;
    CHECK(f.poll(verdict) == CMW_NOT_FOUND);
    CHECK(f.text.find(f.path) != std::string::npos);
    write_text(f.path, "{");
    CHECK(f.poll(verdict) == CMW_INVALID);
    write_text(f.path, object(a));
    CHECK(f.poll(verdict) == CMW_OK);
    write_text(f.path, object("12"));
    CHECK(f.poll(verdict) == CMW_INVALID);
    CHECK(f.text ==
          "cannot use " + f.path + ": field 'server' is not a hash of 64 hexadecimal digits");
    ::chmod(f.path.c_str(), 0666);
    CHECK(f.poll(verdict) == CMW_DENIED);
    ::chmod(f.path.c_str(), 0600);
    write_text(f.path, std::string(1u << 21, ' '));
    CHECK(f.poll(verdict) == CMW_INVALID);
    std::filesystem::remove(f.path);
    CHECK(f.poll(verdict) == CMW_NOT_FOUND);
    ::mkfifo(f.path.c_str(), 0600);
    CHECK(f.poll(verdict) == CMW_FAILED);
    CHECK(f.text == "cannot use " + f.path + ": it is not a regular file");
}

TEST_CASE("a folder that is missing or goes away is said") {
    Fixture f;
    TestVerdict verdict;
    OverrideFile missing(Settings{.path = f.folder / "no/file"}, f.host.handle());
    const TestCall call(30s);
    auto answer = verdict.handle();
    CHECK_THROWS_AS(missing.poll(call.handle(), answer), std::system_error);

    const auto inner = f.folder / "inner/file";
    write_text(inner, object(a));
    OverrideFile source(Settings{.path = inner}, f.host.handle());
    source.poll(call.handle(), answer);
    std::filesystem::rename(f.folder / "inner", f.folder / "outer");
    CHECK_THROWS_AS(source.poll(call.handle(), answer), cmw::Error);
}

TEST_CASE("what a symbolic link leads to is watched") {
    Fixture f;
    const auto target = f.folder / "elsewhere/real.json";
    write_text(target, object(a));
    std::filesystem::create_symlink(target, f.path);
    TestVerdict verdict;
    REQUIRE(f.poll(verdict) == CMW_OK);
    replace(target, object(b));
    REQUIRE(f.poll(verdict) == CMW_OK);
    CHECK(verdict.approved.at("server") == "blake2s-256:" + b);
}

TEST_CASE("a link that is set anew is followed, and watched where it leads then") {
    Fixture f;
    // As mounted configuration does it: the file leads through a folder that is itself a link.
    write_text(f.folder / "v1/override.json", object(a));
    write_text(f.folder / "v2/override.json", object(b));
    std::filesystem::create_directory_symlink("v1", f.folder / "now");
    std::filesystem::create_symlink("now/override.json", f.path);
    TestVerdict verdict;
    REQUIRE(f.poll(verdict) == CMW_OK);
    std::filesystem::create_directory_symlink("v2", f.folder / "next");
    std::filesystem::rename(f.folder / "next", f.folder / "now");
    REQUIRE(f.poll(verdict) == CMW_OK);
    CHECK(verdict.approved.at("server") == "blake2s-256:" + b);
    write_text(f.folder / "v2/override.json", object(a));
    REQUIRE(f.poll(verdict) == CMW_OK);
    CHECK(verdict.approved.at("server") == "blake2s-256:" + a);
}

TEST_CASE("a waiting poll ends when it is cancelled") {
    Fixture f;
    write_text(f.path, object(a));
    TestVerdict verdict;
    REQUIRE(f.poll(verdict) == CMW_OK);
    TestCall call;
    std::thread canceller([&] { call.cancel(); });
    auto answer = verdict.handle();
    CHECK_THROWS_AS(f.source.poll(call.handle(), answer), cmw::Error);
    canceller.join();
}
