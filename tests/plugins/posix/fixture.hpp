// SPDX-License-Identifier: Apache-2.0
//
// A posix runner with real processes.
#pragma once

#include "runner.hpp"

#include "support/temporary_folder.hpp"

#include <algorithm>
#include <cmw/testing.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace posix_test {

using namespace std::chrono_literals;
using cmw::posix::Runner;
using cmw::test::read_text;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using cmw::testing::TestCall;
using cmw::testing::TestHost;

inline constexpr auto patience = 30s;

template <class Condition>
bool until(Condition ready) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!ready() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    return ready();
}

inline bool runs(std::int64_t pid) {
    const auto facts = cmw::posix::read_facts(static_cast<pid_t>(pid));
    return facts && facts->state != 'Z' && facts->state != 'X';
}

inline std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::istringstream text(read_text(path));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

/// The lines that begin with `prefix`, without it.
inline std::vector<std::string> told(const std::string& path, std::string_view prefix) {
    std::vector<std::string> found;
    for (const auto& line : lines_of(path))
        if (line.starts_with(prefix)) found.push_back(line.substr(prefix.size()));
    return found;
}

/// A runner with a folder of its own, and what it is told to run.
struct Fixture {
    TemporaryFolder folder;
    TestHost host{folder.path()};
    TestCall call;
    Runner runner{{}, host.handle()};

    std::string user;
    std::string group;
    std::map<std::string, std::string> limits;
    std::map<std::string, cmw_value> options; ///< The others, by name.
    const char* directory = nullptr;
    std::string output = folder / "output";
    std::string error = folder / "output";
    std::vector<const char*> environment{"PATH=/usr/bin:/bin", nullptr};

    cmw_process start(Runner& with, const char* name, std::vector<const char*> arguments) {
        std::vector<cmw_str> pairs;
        for (const auto& [key, value] : limits) {
            pairs.push_back(cmw::to_str(key));
            pairs.push_back(cmw::to_str(value));
        }
        std::array<cmw_value, Runner::use_options.size()> values{};
        const auto text = [](const std::string& from) {
            cmw_value value{from.empty() ? CMW_TYPE_ABSENT : CMW_TYPE_STRING, 0, {}};
            value.as.string = cmw::to_str(from);
            return value;
        };
        values[0] = text(user);
        values[1] = text(group);
        values[2] = {CMW_TYPE_MAP, static_cast<std::uint32_t>(limits.size()), {}};
        values[2].as.list = pairs.data();
        for (std::size_t i = 3; i < values.size(); ++i)
            if (const auto found = options.find(Runner::use_options[i].row.name);
                found != options.end())
                values[i] = found->second;
        const cmw_config use{sizeof(cmw_config), values.size(), values.data()};
        arguments.push_back(nullptr);
        const cmw_program program{
            sizeof(cmw_program), 0,         name,           arguments[0],  arguments.data(),
            environment.data(),  directory, output.c_str(), error.c_str(), &use};
        cmw_process process{sizeof(cmw_process), -1, 0, 0};
        with.start(call.handle(), program, process);
        return process;
    }
    cmw_process start(std::vector<const char*> arguments) {
        return start(runner, "svc", std::move(arguments));
    }
    cmw_process shell(const char* script) { return start({"/bin/sh", "-c", script}); }

    cmw_process adopt(Runner& with, const char* name = "svc") {
        cmw_process process{sizeof(cmw_process), -1, 0, 0};
        with.adopt(call.handle(), name, process);
        return process;
    }
    std::string adopt_problem(Runner& with, const char* name = "svc") {
        try {
            adopt(with, name);
            return "";
        } catch (const cmw::Error& e) {
            CHECK(e.status() == CMW_NOT_FOUND);
            return e.what();
        }
    }
    std::string start_problem(std::vector<const char*> arguments) {
        try {
            start(std::move(arguments));
            return "";
        } catch (const cmw::Error& e) {
            return e.what();
        }
    }

    /// Waits for the end on the descriptor, as the host does.
    cmw_exit wait(Runner& with, const cmw_process& process) {
        pollfd ended{process.exit_fd, POLLIN, 0};
        REQUIRE(::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) ==
                1);
        const auto exit = with.outcome(process.id);
        REQUIRE(exit.has_value());
        return *exit;
    }
    cmw_exit wait(const cmw_process& process) { return wait(runner, process); }
    bool has_record() const { return std::filesystem::exists(folder / "svc.process"); }
    /// The program has come so far.
    bool wrote(const std::string& text) {
        return until([&] { return read_text(folder / "output").find(text) != std::string::npos; });
    }
};

} // namespace posix_test
