// SPDX-License-Identifier: Apache-2.0
//
// A runner, an engine that it uses, and a service "node".
#pragma once

#include "fake_engine.hpp"
#include "runner.hpp"

#include <cmw/testing.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <thread>

namespace cmw::test {

/// Waits up to 60 s for a condition.
template <class Condition>
bool eventually(Condition condition) {
    using namespace std::chrono_literals;
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

inline cmw_exit wait_for(container::Runner& runner, const cmw_process& process) {
    pollfd ended{process.exit_fd, POLLIN, 0};
    REQUIRE(::poll(&ended, 1, 60'000) == 1);
    const auto exit = runner.outcome(process.id);
    REQUIRE(exit);
    return *exit;
}

class RunnerFixture {
  public:
    static constexpr cmw_process none{sizeof(cmw_process), -1, 0, 0};

    TemporaryFolder folder;
    std::string output = folder / "node.log";
    FakeEngine engine{folder / "engine.sock"};
    testing::TestHost host{folder.path().string()};
    testing::TestCall call;
    container::Runner runner{settings(), host.handle()};
    std::string last_error;

    container::Runner::Settings settings() const { return {folder / "engine.sock", "test"}; }
    std::string own_labels() const {
        return R"({"cmix-wrapper.owner":")" + folder.path().string() + "\"}";
    }
    void never_pull() { pull_ = "never"; }
    void pull_missing() { pull_ = "missing"; }

    cmw_process start() { return start(call.handle()); }
    cmw_process start(const Call& its_call) {
        const auto image = "demo@sha256:" + std::string(64, 'a');
        const char* arguments[] = {"/opt/node", nullptr};
        const char* environment[] = {nullptr};
        // In the order of the options.
        std::vector<cmw_value> values(container::use_options.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string_view name = container::use_options[i].row.name;
            values[i].type = name == "image" || name == "pull" ? std::uint32_t{CMW_TYPE_STRING}
                                                               : std::uint32_t{CMW_TYPE_ABSENT};
            if (name == "image") values[i].as.string = to_str(image);
            if (name == "pull") values[i].as.string = to_str(pull_);
        }
        const cmw_config use{sizeof(cmw_config), static_cast<std::uint32_t>(values.size()),
                             values.data()};
        const cmw_program program{sizeof(cmw_program), 0,           "node",  "/opt/node",
                                  arguments,           environment, nullptr, output.c_str(),
                                  output.c_str(),      &use};
        auto process = none;
        runner.start(its_call, program, process);
        return process;
    }
    cmw_process adopt() {
        auto process = none;
        runner.adopt(call.handle(), "node", process);
        return process;
    }
    cmw_exit wait(const cmw_process& process) { return wait_for(runner, process); }

    /// How it failed; CMW_OK if it did not.
    cmw_status start_status() {
        return status_of([&] { start(); });
    }
    cmw_status start_status(const Call& its_call) {
        return status_of([&] { start(its_call); });
    }
    cmw_status adopt_status() {
        return status_of([&] { adopt(); });
    }
    bool host_said(std::string_view words) const {
        const auto lines = host.lines();
        return std::ranges::any_of(
            lines, [&](const auto& line) { return line.find(words) != std::string::npos; });
    }
    bool asked(std::string_view begin) const {
        const auto all = engine.asked();
        return std::ranges::any_of(all, [&](const auto& each) { return each.starts_with(begin); });
    }

  private:
    template <class Work>
    cmw_status status_of(Work work) {
        try {
            work();
            return CMW_OK;
        } catch (const Error& error) {
            last_error = error.what();
            return error.status();
        }
    }

    std::string pull_ = "missing";
};

} // namespace cmw::test
