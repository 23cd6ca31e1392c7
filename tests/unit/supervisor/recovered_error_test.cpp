// SPDX-License-Identifier: Apache-2.0
#include "supervisor/recovered_error.hpp"

#include "support/temporary_folder.hpp"
#include "unit/supervisor/service_fixture.hpp"

#include <filesystem>

using namespace cmw;
using namespace cmw::supervisor;
using namespace cmw::supervisor::test;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

namespace {

/// A clock of a file system may stand still for milliseconds: this one goes on.
void write_again(const std::string& path) {
    static int writes = 0;
    write_text(path, "error");
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() +
                                               std::chrono::seconds(++writes));
}

config::ServiceSettings with_file(const std::string& path) {
    auto settings = usual_settings();
    settings.recovered_error_file = path;
    return settings;
}

} // namespace

TEST_SUITE_BEGIN("supervisor");

TEST_CASE("a program that ended well after it wrote its error file has failed") {
    const TemporaryFolder folder;
    const auto path = folder / "err.log";
    Fixture f(with_file(path));
    write_again(path); // Of an earlier run: none of this one's.
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    write_again(path);
    f.runner.end(1, {0, 0});
    REQUIRE(f.until([&] { return f.service->status().pid == 1002; }));
    CHECK(f.service->status().last_exit == to_string(Exit{0, 0}) + ", after it wrote " + path);
    f.runner.end(2, {0, 0}); // Without having written it.
    REQUIRE(f.comes_to(ServiceState::stopped));
    CHECK(f.service->status().last_exit == to_string(Exit{0, 0}));
    CHECK(f.starts() == 2);
}

TEST_CASE("whether the file was written since the start") {
    const auto loop = std::move(*base::EventLoop::create());
    const TemporaryFolder folder;
    const auto path = folder / "err.log";
    RecoveredError error(*loop, path, [] {});
    error.begin();
    CHECK_FALSE(error.written());
    write_text(path, "error");
    CHECK(error.written());
    error.begin();
    CHECK_FALSE(error.written());
    write_again(path);
    CHECK(error.written());
    std::filesystem::remove(path); // The operator has read it.
    CHECK_FALSE(error.written());
    // One that was taken back: by how long it has run.
    write_text(path, "error");
    error.resume(1h);
    CHECK(error.written());
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 2h);
    error.resume(1h);
    CHECK_FALSE(error.written());
}

TEST_CASE("a program that does not end after it wrote the file is overdue") {
    const auto loop = std::move(*base::EventLoop::create());
    const TemporaryFolder folder;
    const auto path = folder / "err.log";
    int overdue = 0;
    RecoveredError error(
        *loop, path, [&] { ++overdue; }, 20ms);
    const auto turn_until = [&](auto ready) {
        const auto end = base::monotonic_now() + 20s;
        while (!ready() && base::monotonic_now() < end) loop->run_once(5ms);
        return ready();
    };
    error.begin();
    error.watch();
    write_text(folder / "another", "");
    for (int i = 0; i < 20; ++i) loop->run_once(5ms);
    CHECK(overdue == 0);
    write_text(path, "error");
    CHECK(turn_until([&] { return overdue == 1; }));
    error.unwatch();
    error.begin();
    write_again(path); // Before it is watched.
    error.watch();
    CHECK(turn_until([&] { return overdue == 2; }));
    error.unwatch();
    error.begin();
    error.watch();
    write_again(path);
    error.unwatch(); // It ended in time.
    for (int i = 0; i < 20; ++i) loop->run_once(5ms);
    CHECK(overdue == 2);
    RecoveredError nowhere(
        *loop, folder / "missing/err.log", [&] { ++overdue; }, 1ms);
    nowhere.begin();
    nowhere.watch();
    CHECK_FALSE(nowhere.written());
}

TEST_CASE("of a program that failed its last lines are shown, and when it is started again") {
    const TemporaryFolder folder;
    auto settings = usual_settings();
    settings.output_path = settings.error_path = folder / "out.log";
    settings.restart_first = settings.restart_cap = 1h;
    Fixture f(settings);
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    CHECK_FALSE(f.service->status().next_start);
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i) + "\n";
    write_text(settings.output_path, text + "\npanic: " + std::string(1000, '!'));
    f.runner.end(1, {3, 0});
    REQUIRE(f.comes_to(ServiceState::backoff));
    const auto status = f.service->status();
    CHECK(status.failures == 1);
    REQUIRE(status.next_start);
    CHECK(*status.next_start > base::unix_now());
    REQUIRE(status.last_lines.size() == 10);
    CHECK(status.last_lines[8] == "line 2999");
    CHECK(status.last_lines[9] == "panic: " + std::string(293, '!'));
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    CHECK_FALSE(f.service->status().next_start);
    CHECK(f.service->status().failures == 0);
    f.service->stop();
    f.settle();
    f.runner.end(2, {0, 15});
    REQUIRE(f.comes_to(ServiceState::stopped));
    CHECK(f.service->status().last_lines.empty());
}

TEST_SUITE_END();
