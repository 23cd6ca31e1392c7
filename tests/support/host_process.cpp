// SPDX-License-Identifier: Apache-2.0
#include "support/host_process.hpp"

#include "support/temporary_folder.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace cmw::test {

using namespace std::chrono_literals;

namespace {

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr)
        throw std::runtime_error(std::string(name) + " is not set: run `meson test`");
    return value;
}

int exit_status(int wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

} // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

std::string program_path() {
    return setting("CMIX_WRAPPER_PROGRAM");
}
std::string demo_node_path() {
    return setting("DEMO_NODE");
}

Child::Child(const std::vector<std::string>& command, const std::string& output,
             const std::string& errors) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    constexpr int flags = O_WRONLY | O_CREAT | O_APPEND;
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), flags, 0644);
    ::posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), flags, 0644);
    std::vector<char*> arguments;
    for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot run " + command.front());
}

Child::~Child() {
    if (pid_ < 0) return;
    signal(SIGKILL);
    wait();
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

void Child::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

std::optional<int> Child::wait(std::chrono::milliseconds limit) {
    const auto ended = [&] {
        int found = 0;
        if (pid_ < 0) return true;
        if (::waitpid(pid_, &found, WNOHANG) != pid_) return false;
        status_ = exit_status(found);
        pid_ = -1;
        return true;
    };
    if (!eventually(ended, limit)) return std::nullopt;
    return status_;
}

Ended run(const std::vector<std::string>& command) {
    const TemporaryFolder folder;
    Child child(command, folder / "output", folder / "errors");
    const auto status = child.wait();
    return {status.value_or(-1), read_text(folder / "output"), read_text(folder / "errors")};
}

bool is_running(pid_t pid) {
    // "4711 (name) S ...": the state follows the last parenthesis.
    const auto stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    const auto after_name = stat.rfind(") ");
    return after_name != std::string::npos && stat[after_name + 2] != 'Z';
}

} // namespace cmw::test
