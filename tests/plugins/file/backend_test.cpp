// SPDX-License-Identifier: Apache-2.0
#include "log-backend/file/backend.hpp"

#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace cmw::file;
using cmw::test::read_text;
using cmw::test::write_text;
using cmw::testing::TestBatch;
namespace fs = std::filesystem;

namespace {

FileBackend::Settings settings(const std::string& path, std::int64_t max_size = 1'000'000) {
    return {path, {max_size}, 2, false, "raw", "0640"};
}

struct Fixture {
    cmw::test::TemporaryFolder folder;
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;
    std::string path = folder / "a.log";

    void write(FileBackend& backend, TestBatch& batch) {
        auto records = batch.handle();
        backend.write(call.handle(), records);
    }
    void write(FileBackend& backend, std::vector<std::string> lines) {
        TestBatch batch("a", std::move(lines));
        write(backend, batch);
        CHECK(batch.delivered == batch.table()->count);
    }
};

/// Files of this process may not grow beyond `size` while it lives: a disk that is full.
class FullDisk {
  public:
    explicit FullDisk(rlim_t size) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{size, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

} // namespace

TEST_CASE("records are appended to the stream's file, in a new folder, with the mode") {
    Fixture test;
    FileBackend backend(settings(test.folder / "new/{stream}.log"), test.host.handle());
    test.write(backend, {"one", "two\nlines"});
    test.write(backend, {"", "three"});
    const auto path = test.folder / "new/a.log";
    CHECK(read_text(path) == "one\ntwo\nlines\n\nthree\n");
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777 & ~0640u) == 0);
}

TEST_CASE("a use names its own file") {
    Fixture test;
    FileBackend backend(settings(test.folder / "{stream}.log"), test.host.handle());
    const auto other = test.folder / "other-{stream}.log";
    const cmw_value value{CMW_TYPE_PATH, 0, {.string = cmw::to_str(other)}};
    const cmw_config use{sizeof(cmw_config), 1, &value};
    TestBatch batch("a", {"one"}, &use);
    test.write(backend, batch);
    CHECK(read_text(test.folder / "other-a.log") == "one\n");
}

TEST_CASE("records are written as text and as JSON lines") {
    Fixture test;
    auto options = settings(test.path);
    options.format = "text";
    FileBackend(options, test.host.handle());
    {
        FileBackend text(options, test.host.handle());
        test.write(text, {"one"});
    }
    CHECK(read_text(test.path) == "2020-09-13T12:26:40.000Z INFO one\n");
    fs::remove(test.path);
    options.format = "json";
    FileBackend json(options, test.host.handle());
    test.write(json, {"a\"b\\\n\x01\xFF\xC3\xA4"});
    CHECK(
        read_text(test.path) ==
        "{\"time\":\"2020-09-13T12:26:40.000Z\",\"level\":\"INFO\",\"stream\":\"a\",\"sequence\":1,"
        "\"text\":\"a\\\"b\\\\\\n\\u0001\xEF\xBF\xBD\xC3\xA4\"}\n");
}

TEST_CASE("files are rotated before they are too large, and so many are kept") {
    Fixture test;
    FileBackend backend(settings(test.path, 10), test.host.handle());
    test.write(backend, {"111", "222", "333", "444", "555"});
    CHECK(read_text(test.path) == "555\n");
    CHECK(read_text(test.path + ".1") == "333\n444\n");
    CHECK(read_text(test.path + ".2") == "111\n222\n");
    test.write(backend, {std::string(30, 'x')}); // Larger than a file may be: alone.
    test.write(backend, {"666"});
    CHECK(read_text(test.path) == "666\n");
    CHECK(read_text(test.path + ".1") == std::string(30, 'x') + "\n");
    CHECK(read_text(test.path + ".2") == "555\n");
    CHECK_FALSE(fs::exists(test.path + ".3"));
}

TEST_CASE("without generations to keep the file begins anew") {
    Fixture test;
    auto options = settings(test.path, 8);
    options.keep = 0;
    FileBackend backend(options, test.host.handle());
    test.write(backend, {"111", "222", "333"});
    CHECK(read_text(test.path) == "333\n");
    CHECK_FALSE(fs::exists(test.path + ".1"));
}

TEST_CASE("a file that somebody moved away or emptied is followed by its path") {
    Fixture test;
    FileBackend backend(settings(test.path), test.host.handle());
    test.write(backend, {"one"});
    fs::rename(test.path, test.path + ".old");
    test.write(backend, {"two"});
    CHECK(read_text(test.path + ".old") == "one\n");
    CHECK(read_text(test.path) == "two\n");
    fs::resize_file(test.path, 0);
    test.write(backend, {"three"});
    CHECK(read_text(test.path) == "three\n");
}

TEST_CASE("half a record that a crash left is cut off: it comes again") {
    Fixture test;
    write_text(test.path, "one\ntw");
    FileBackend backend(settings(test.path), test.host.handle());
    test.write(backend, {"two"});
    CHECK(read_text(test.path) == "one\ntwo\n");
}

TEST_CASE("a full disk leaves whole records, each once, and says how many") {
    Fixture test;
    const std::vector<std::string> lines{"1111", "2222", "3333", "4444"};
    for (const rlim_t room : {0u, 1u, 4u, 5u, 7u, 10u, 19u}) {
        CAPTURE(room);
        fs::remove(test.path);
        std::size_t delivered = 0;
        bool failed = false;
        {
            FileBackend backend(settings(test.path), test.host.handle());
            TestBatch batch("a", lines);
            {
                const FullDisk full(room);
                try {
                    test.write(backend, batch);
                } catch (const std::system_error&) {
                    failed = true;
                }
            }
            delivered = batch.delivered;
        }
        CHECK(failed);
        CHECK(delivered == room / 5);
        CHECK(fs::file_size(test.path) == delivered * 5);
        // The host makes a new instance, and gives it the rest.
        FileBackend backend(settings(test.path), test.host.handle());
        test.write(backend, {lines.begin() + static_cast<std::ptrdiff_t>(delivered), lines.end()});
        CHECK(read_text(test.path) == "1111\n2222\n3333\n4444\n");
    }
}

TEST_CASE("a batch of more records than one call writes arrives in order") {
    Fixture test;
    FileBackend backend(settings(test.path), test.host.handle());
    std::vector<std::string> lines;
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        lines.push_back(std::to_string(i));
        expected += lines.back() + "\n";
    }
    test.write(backend, lines);
    CHECK(read_text(test.path) == expected);
}

TEST_CASE("options that cannot work are refused, and a cancelled call stops") {
    Fixture test;
    CHECK_THROWS_WITH_AS(FileBackend::check(settings(test.folder / "{id}.log")),
                         doctest::Contains("only {stream}"), cmw::Error);
    auto options = settings(test.path);
    options.mode = "rw";
    CHECK_THROWS_WITH_AS(FileBackend::check(options), doctest::Contains("mode"), cmw::Error);
    CHECK_THROWS_AS(FileBackend::check_use(settings(test.path), {test.folder / "{"}), cmw::Error);

    FileBackend backend(settings(test.path), test.host.handle());
    test.call.cancel();
    TestBatch batch("a", {"one"});
    CHECK_THROWS_AS(test.write(backend, batch), cmw::Error);
    CHECK(batch.delivered == 0);
    CHECK(read_text(test.path).empty());
}

TEST_CASE("a stream's name cannot lead out of the folder, and a folder is no file") {
    Fixture test;
    FileBackend backend(settings(test.folder / "logs/{stream}"), test.host.handle());
    for (const auto* name : {"../x", "..", ".", ""}) {
        TestBatch batch(name, {"one"});
        CHECK_THROWS_AS(test.write(backend, batch), cmw::Error);
    }
    FileBackend folder_backend(settings(test.folder.path().string()), test.host.handle());
    TestBatch batch("a", {"one"});
    CHECK_THROWS_AS(test.write(folder_backend, batch), std::system_error);
}
