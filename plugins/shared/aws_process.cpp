// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_process.hpp"

#include "shared/unique_fd.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace cmw::shared {

namespace {

constexpr std::chrono::minutes patience{1};
constexpr std::size_t longest_output = 64 * 1024;

/// A program that is running; killed, with those that it started, unless it was seen to end.
class Program {
  public:
    Program(const std::vector<std::string>& words, int output) {
        std::vector<char*> arguments;
        for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&files, output, 1);
        ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP);
        const int error =
            ::posix_spawnp(&pid_, arguments[0], &files, &attributes, arguments.data(), environ);
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&files);
        if (error != 0)
            throw Error(CMW_CONFIG, "cannot run " + words[0] +
                                        ", which credential_process names: " +
                                        std::generic_category().message(error));
    }
    ~Program() {
        if (pid_ < 0) return;
        ::kill(-pid_, SIGKILL);
        (void)end();
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    pid_t pid() const { return pid_; }
    /// Waits for its end; the status of wait(2).
    int end() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

  private:
    pid_t pid_ = -1;
};

std::string read_output(const Call& call, int fd, std::chrono::steady_clock::time_point until) {
    std::string output;
    std::array<char, 4096> piece{};
    while (true) {
        if (!call.wait(fd, POLLIN, until)) throw Error(CMW_AGAIN, "it takes over a minute");
        const auto got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return output;
        output.append(piece.data(), static_cast<std::size_t>(got));
        if (output.size() > longest_output) throw Error(CMW_INVALID, "it prints too much");
    }
}

} // namespace

std::vector<std::string> split_command(std::string_view command) {
    std::vector<std::string> words;
    bool quoted = false;
    bool within = false;
    for (const char c : command) {
        const bool space = !quoted && (c == ' ' || c == '\t');
        if (c == '"') quoted = !quoted;
        if (!space && !within) words.emplace_back();
        within = !space;
        if (!space && c != '"') words.back() += c;
    }
    if (quoted || words.empty() || words[0].empty())
        throw Error(CMW_CONFIG, quoted ? "cannot use credential_process: a quote is not closed"
                                       : "cannot use credential_process: it names no program");
    return words;
}

AwsLoan run_credential_process(const Call& call, const std::string& command) {
    const auto words = split_command(command);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    const UniqueFd output(ends[0]);
    const auto until = std::chrono::steady_clock::now() + patience;
    std::string text;
    int status = 0;
    try {
        UniqueFd input(ends[1]);
        Program program(words, input.get());
        input = UniqueFd();
        text = read_output(call, output.get(), until);
        const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, program.pid(), 0)));
        if (!call.wait(ended.get(), POLLIN, until)) throw Error(CMW_AGAIN, "it does not end");
        status = program.end();
    } catch (const Error& failure) {
        if (failure.status() == CMW_CANCELLED || failure.status() == CMW_CONFIG) throw;
        throw Error(failure.status(),
                    "cannot get credentials from " + words[0] + ": " + failure.what());
    }
    if (status != 0)
        throw Error(CMW_DENIED, "cannot get credentials from " + words[0] +
                                    ", which credential_process names: it failed");
    auto loan = parse_role_credentials(text);
    loan.origin = "the program " + words[0];
    return loan;
}

} // namespace cmw::shared
