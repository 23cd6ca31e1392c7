// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/source.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <cmw/testing.hpp>
#include <doctest/doctest.h>
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

struct Fixture {
    test::TemporaryFolder folder;
    TestHost host;
    TestCall call;
    TestWriter writer;

    Outcome fetch(std::optional<std::string> path, std::optional<std::string> of_use = {}) {
        static constexpr std::array<std::uint8_t, 2> digest{0xab, 0xcd};
        const cmw_artifact artifact{sizeof(cmw_artifact),
                                    digest.size(),
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
            Source source(settings, host.handle());
            auto out = writer.handle();
            source.fetch(call.handle(), use, Artifact(&artifact), out);
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

TEST_CASE_FIXTURE(Fixture, "a folder is searched by digest, then by target") {
    test::write_text(folder / "other", "no");
    const auto nothing = fetch(folder / "");
    CHECK(nothing.status == CMW_NOT_FOUND);
    CHECK(nothing.text ==
          "cannot find the artifact in " + folder / "" + ": tried abcd, server/abcd, server");
    for (const auto* name : {"server", "server/abcd", "abcd"}) {
        CAPTURE(name);
        std::filesystem::remove_all(folder / "server");
        test::write_text(folder / name, name);
        writer.content.clear();
        CHECK(fetch(folder / "").text == "");
        CHECK(writer.content == name);
    }
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
