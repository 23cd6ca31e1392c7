// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/source.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <cmw/testing.hpp>
#include <doctest/doctest.h>
#include <functional>
#include <openssl/evp.h>
#include <sys/stat.h>

using namespace cmw;
using namespace cmw::local_path;
using cmw::testing::TestCall;
using cmw::testing::TestHost;
using cmw::testing::TestWriter;

namespace {

struct Outcome {
    cmw_status status = CMW_OK;
    std::string text;
};

template <class Work>
Outcome outcome_of(Work work) {
    try {
        work();
        return {};
    } catch (const Error& error) {
        return {error.status(), error.what()};
    }
}

using Digest = std::vector<std::uint8_t>;

Digest digest_of(const std::string& content) {
    Digest digest(32);
    REQUIRE(EVP_Digest(content.data(), content.size(), digest.data(), nullptr, EVP_blake2s256(),
                       nullptr) == 1);
    return digest;
}

struct Fixture {
    test::TemporaryFolder folder;
    TestHost host;
    TestCall call;
    TestWriter writer;
    Digest digest{0xab, 0xcd};
    std::optional<Source> source;

    Outcome fetch(std::optional<std::string> path, std::optional<std::string> of_use = {}) {
        const cmw_artifact artifact{sizeof(cmw_artifact),
                                    static_cast<std::uint32_t>(digest.size()),
                                    digest.data(),
                                    to_str("blake2s-256"),
                                    to_str("server"),
                                    nullptr,
                                    0,
                                    0};
        cmw_value value{};
        value.type = of_use ? CMW_TYPE_PATH : CMW_TYPE_ABSENT;
        if (of_use) value.as.string = to_str(*of_use);
        const cmw_config use{sizeof(cmw_config), 1, &value};
        Source::Settings settings;
        if (path) settings.path = *path;
        return outcome_of([&] {
            source.emplace(settings, host.handle());
            auto out = writer.handle();
            source->fetch(call.handle(), use, Artifact(&artifact), out);
        });
    }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a file is copied and stays") {
    const std::string content(1'000'000, 'c');
    test::write_text(folder / "node", content);
    CHECK(fetch(folder / "node").text == "");
    CHECK(writer.content == content);
    CHECK(writer.total == content.size());
    CHECK(test::read_text(folder / "node") == content);
}

TEST_CASE_FIXTURE(Fixture, "a folder is searched by name") {
    test::write_text(folder / "other", "no");
    const auto nothing = fetch(folder / "");
    CHECK(nothing.status == CMW_NOT_FOUND);
    CHECK(nothing.text == "cannot find the artifact in " + folder / "" +
                              ": tried abcd, server/abcd, and hashed 1 of its 1 files; waiting for "
                              "it");
    for (const auto* name : {"server/abcd", "abcd"}) {
        CAPTURE(name);
        test::write_text(folder / name, name);
        writer.content.clear();
        CHECK(fetch(folder / "").text == "");
        CHECK(writer.content == name);
    }
}

TEST_CASE_FIXTURE(Fixture, "a folder is searched by content, whatever the names") {
    const std::string content(300'000, 'c');
    digest = digest_of(content);
    test::write_text(folder / "a-readme", "no");
    test::write_text(folder / "my build (final)", content);
    test::write_text(folder / "server", "an older one");
    REQUIRE(::mkfifo((folder / "a-fifo").c_str(), 0600) == 0);
    std::filesystem::create_symlink("/dev/zero", folder / "a-link");
    CHECK(fetch(folder / "").text == "");
    CHECK(writer.content == content);
    test::write_text(folder / "my build (final)", content + "changed");
    CHECK(fetch(folder / "").status == CMW_NOT_FOUND);
}

TEST_CASE_FIXTURE(Fixture, "what a file hashed to is remembered while it is the same file") {
    test::write_text(folder / "file", "content");
    Hashes hashes;
    const auto of = [&] { return hashes.of(call.handle(), File(folder / "file"), "sha-256"); };
    const auto first = of();
    CHECK(first == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
    CHECK(of() == first);
    const auto written = std::filesystem::last_write_time(folder / "file");
    test::write_text(folder / "file", "CONTENT");
    std::filesystem::last_write_time(folder / "file", written);
    CHECK(of() != first);
    CHECK(hashes.of(call.handle(), File(folder / "file"), "md5") == "");
}

TEST_CASE_FIXTURE(Fixture, "a link may lead to within a folder, not out of it") {
    const test::TemporaryFolder elsewhere;
    test::write_text(elsewhere / "secret", "secret");
    std::filesystem::create_symlink(elsewhere / "secret", folder / "abcd");
    const auto out = fetch(folder / "");
    CHECK(out.status == CMW_FAILED);
    CHECK(out.text == "cannot take " + folder / "" + "abcd: it leads out of " + folder / "" +
                          ", to " + elsewhere / "secret");
    CHECK(writer.content.empty());
    std::filesystem::remove(folder / "abcd");
    test::write_text(folder / "versions/7", "seven");
    std::filesystem::create_symlink("versions/7", folder / "abcd");
    CHECK(fetch(folder / "").text == "");
    CHECK(writer.content == "seven");
}

namespace {

/// Waits until the host was asked for another try.
bool asked(const TestHost& host, unsigned times) {
    for (int i = 0; i < 3'000; ++i) {
        if (host.retries >= times) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

} // namespace

TEST_CASE_FIXTURE(Fixture, "what is not there is waited for") {
    struct Case {
        const char* what;
        const char* path;
        std::function<void()> comes;
    };
    const std::vector<Case> table{
        {"a file", "node", [&] { test::write_text(folder / "node", "x"); }},
        {"renamed", "bin-node",
         [&] {
             test::write_text(folder / "temporary", "x");
             std::filesystem::rename(folder / "temporary", folder / "bin-node");
         }},
        {"a link", "linked", [&] { std::filesystem::create_symlink("node", folder / "linked"); }},
        {"with its folders", "a/b/node", [&] { test::write_text(folder / "a/b/node", "x"); }},
        {"in a folder", "", [&] { test::write_text(folder / "anything", "x"); }},
        {"in the folder of a target", "",
         [&] {
             std::filesystem::create_directory(folder / "server");
             test::write_text(folder / "server/abcd", "x");
         }},
    };
    unsigned before = 0;
    for (const auto& entry : table) {
        CAPTURE(entry.what);
        before = host.retries;
        REQUIRE(fetch(folder / entry.path).status == CMW_NOT_FOUND);
        entry.comes();
        CHECK(asked(host, before + 1));
    }
}

TEST_CASE_FIXTURE(Fixture, "a file that was not the right one is watched for another") {
    test::write_text(folder / "node", "half of");
    CHECK(fetch(folder / "node").text == "");
    test::write_text(folder / "node", "half of it and the rest");
    CHECK(asked(host, 1));
}

TEST_CASE_FIXTURE(Fixture, "what happens beside a file that is waited for wakes nobody") {
    REQUIRE(fetch(folder / "node").status == CMW_NOT_FOUND);
    test::write_text(folder / "other", "x");
    test::write_text(folder / "another", "x");
    test::write_text(folder / "node", "x");
    CHECK(asked(host, 1));
    source.reset(); // The watch has ended: nothing more can come.
    CHECK(host.retries == 1);
}

TEST_CASE_FIXTURE(Fixture, "names may stand in the path") {
    test::write_text(folder / "server-abcd.bin", "found");
    CHECK(fetch(folder / "{target}-{digest}.bin").text == "");
    CHECK(writer.content == "found");
}

TEST_CASE_FIXTURE(Fixture, "the path of a use takes the place of the instance's") {
    test::write_text(folder / "one", "one");
    test::write_text(folder / "two", "two");
    CHECK(fetch(folder / "one", folder / "two").text == "");
    CHECK(writer.content == "two");
    CHECK(fetch(std::nullopt).status == CMW_CONFIG);
}

TEST_CASE_FIXTURE(Fixture, "what is no file is refused without opening it") {
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    for (const auto& path : {folder / "fifo", std::string("/dev/null"), std::string("/dev/zero")}) {
        const auto done = fetch(path);
        CHECK(done.status == CMW_FAILED);
        CHECK(done.text == "cannot read " + path + ": it is not a regular file");
    }
    std::filesystem::remove(folder / "fifo");
    std::filesystem::create_directories(folder / "server/abcd");
    CHECK(fetch(folder / "").status == CMW_NOT_FOUND);
    CHECK(fetch(folder / "missing").status == CMW_NOT_FOUND);
    CHECK(writer.began_at == CMW_SIZE_UNKNOWN);
}

TEST_CASE("a copy goes on where it broke off") {
    Fixture fixture;
    test::write_text(fixture.folder / "node", "content");
    Source::Settings settings;
    settings.path = fixture.folder / "node";
    static constexpr std::array<std::uint8_t, 1> digest{1};
    const cmw_artifact artifact{
        sizeof(cmw_artifact), 1, digest.data(), to_str("a"), to_str("b"), nullptr, 0, 0};
    const cmw_config no_use{sizeof(cmw_config), 0, nullptr};
    struct Row {
        std::string kept;
        std::uint64_t began_at;
    };
    for (const auto& [kept, began_at] :
         std::vector<Row>{{"cont", 4}, {"content", 7}, {"more than the content", 0}}) {
        TestWriter writer(kept);
        auto out = writer.handle();
        Source(settings, fixture.host.handle())
            .fetch(fixture.call.handle(), no_use, Artifact(&artifact), out);
        CHECK(writer.content == "content");
        CHECK(writer.began_at == began_at);
    }
}

TEST_CASE_FIXTURE(Fixture, "a cancelled copy ends") {
    test::write_text(folder / "node", std::string(1'000'000, 'c'));
    call.cancel();
    CHECK(fetch(folder / "node").status == CMW_CANCELLED);
}

TEST_CASE("options that cannot work are told before") {
    const auto check = [](std::optional<std::string> path, std::optional<std::string> of_use) {
        Source::Settings settings;
        Source::Settings use;
        if (path) settings.path = *path;
        if (of_use) use.path = *of_use;
        return outcome_of([&] {
            Source::check(settings);
            Source::check_use(settings, use);
        });
    };
    CHECK(check("/a", {}).status == CMW_OK);
    CHECK(check({}, "/a/{digest}").status == CMW_OK);
    CHECK(check({}, {}).text == "cannot tell where to look: set path, here or in the source");
    CHECK(check("/a/{digset}", {}).text == "cannot use {digset}: there are {digest}, {target}");
    CHECK(check({}, "/a/{digest").status == CMW_CONFIG);
}
