// SPDX-License-Identifier: Apache-2.0
//
// The folders that lead to a log, under the pipeline's hands.
#include "base/system.hpp"
#include "logs/pipeline.hpp"
#include "unit/logs/pipeline_fixture.hpp"

using namespace cmw::logs;
using namespace cmw::logs::test;
namespace fs = std::filesystem;
namespace sys = cmw::base::sys;

namespace {

/// A log two folders down, which may not be there yet.
struct Deep : Fixture {
    fs::path top = fs::path(folder / "top");
    fs::path own = top / "deep/down";
    Sink sink;

    Deep() { path = own / "a.log"; }
    void make(const std::string& line) {
        fs::create_directories(own);
        append(path, line + "\n");
    }
    bool ships(const Texts& texts) {
        return eventually([&] { return sink.texts() == texts; });
    }
};

} // namespace

TEST_CASE("a log in a folder that is not there yet is followed when it comes") {
    Deep test;
    const auto pipeline = test.start({test.sink.backend("b")});
    for (const auto& folder : {test.top, test.top / "deep", test.own}) fs::create_directory(folder);
    append(test.path, "one\n");
    CHECK(test.ships({"one"}));
    fs::remove_all(test.top);
    test.make("two");
    CHECK(test.ships({"one", "two"}));
}

// A file that is open keeps the folders above it in memory: nothing tells of their end but the folder
// above each.
TEST_CASE("a log is followed into folders that were deleted, moved or linked anew") {
    Deep test;
    test.make("one");
    const auto pipeline = test.start({test.sink.backend("b")});
    CHECK(test.ships({"one"}));
    SUBCASE("deleted at once") {
        fs::remove_all(test.top);
    }
    SUBCASE("deleted one after the other") {
        for (const auto& gone : {fs::path(test.path), test.own, test.own.parent_path(), test.top}) {
            fs::remove(gone);
            // As its reader may have been here when the next one goes.
            (void)pipeline->streams();
            std::this_thread::sleep_for(5ms);
        }
    }
    SUBCASE("moved, its own") {
        fs::rename(test.own, test.top / "old");
    }
    SUBCASE("moved, one above") {
        fs::rename(test.top, test.folder / "old");
    }
    SUBCASE("moved, and a link in its place") {
        fs::rename(test.top, test.folder / "old");
        fs::create_directories(test.folder / "new");
        fs::create_directory_symlink(test.folder / "new", test.top);
    }
    test.make("two");
    CHECK(test.ships({"one", "two"}));
    append(test.path, "three\n");
    CHECK(test.ships({"one", "two", "three"}));
    fs::rename(test.path, test.path + ".1"); // Its generations are looked for in the new folder.
    append(test.path, "four\n");
    CHECK(test.ships({"one", "two", "three", "four"}));
}

TEST_CASE("the logs of a wildcard are found in a folder that was made anew") {
    Deep test;
    test.make("one");
    const auto pipeline =
        test.start({stream("a", test.own / "*.log", {"b"})}, {test.sink.backend("b")});
    CHECK(test.ships({"one"}));
    fs::remove_all(test.top);
    fs::create_directories(test.own);
    append(test.own / "b.log", "two\n");
    CHECK(test.ships({"one", "two"}));
}

TEST_CASE("a folder that must not be watched is no matter above one that may be") {
    Deep test;
    test.make("one");
    std::atomic<bool> own_too = true;
    sys::set_fault_plan([&](sys::Call call, std::string_view path) {
        const bool above = call == sys::Call::inotify && path == test.top.string();
        const bool down = call == sys::Call::inotify && path == test.own.string();
        return above || (down && own_too) ? EACCES : 0;
    });
    {
        const auto pipeline = test.start({test.sink.backend("b")});
        CHECK(eventually([&] {
            const std::lock_guard lock(test.mutex);
            return !test.said.empty();
        }));
        own_too = false;
        CHECK(test.ships({"one"}));
        append(test.path, "two\n");
        CHECK(test.ships({"one", "two"}));
        const std::lock_guard lock(test.mutex);
        REQUIRE(test.said.size() == 1);
        CHECK(test.said.front() ==
              "log.a: " + test.own.string() + ": cannot watch it: Permission denied");
    }
    sys::set_fault_plan({});
}
