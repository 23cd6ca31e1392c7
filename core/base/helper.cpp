// SPDX-License-Identifier: Apache-2.0
#include "base/helper.hpp"

#include "base/system.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

namespace cmw::base {

namespace {

using How = HelperEnd::How;

/// Another thread's new process holds, until it executes, what was just written by this one.
constexpr int busy_tries = 50;
constexpr int busy_pause_ms = 20;

/// Whether the file, and not the machine, is the reason that it cannot be executed.
bool is_of_the_file(int error) {
    return error == ENOEXEC || error == EACCES || error == ENOENT || error == EPERM ||
           error == ELIBBAD || error == EINVAL || error == ENOTDIR || error == EISDIR;
}

void keep_last(std::string& output, std::size_t limit) {
    if (output.size() > limit) output.erase(0, output.size() - limit);
}

/// Takes what the pipe has, without waiting; whether more may come.
bool drain(int pipe, std::string& output, std::size_t limit) {
    std::array<std::byte, 4096> buffer{};
    for (int i = 0; i < 64; ++i) { // One that writes without end must not keep us from its end.
        const auto got = sys::read(pipe, buffer);
        if (!got) return got.error() == EAGAIN;
        if (*got == 0) return false;
        output.append(reinterpret_cast<const char*>(buffer.data()), *got);
        keep_last(output, limit);
    }
    return true;
}

/// Waits for the end of the program; empty, or what came before that.
std::optional<How> await(const sys::Guarded& running, const Helper& helper, const Cancel& cancel,
                         std::string& output) {
    const auto end = monotonic_now() + helper.timeout;
    bool more = true;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic_now());
        if (left.count() <= 0) return How::bad;
        std::array<pollfd, 3> fds{{{running.program.pidfd.get(), POLLIN, 0},
                                   {cancel.fd(), POLLIN, 0},
                                   {more ? running.output.get() : -1, POLLIN, 0}}};
        const auto wait_ms = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
        if (::poll(fds.data(), fds.size(), wait_ms) <= 0) continue;
        if (fds[2].revents != 0) more = drain(running.output.get(), output, helper.output_limit);
        if (fds[1].revents != 0) return How::cancelled;
        if (fds[0].revents == 0) continue;
        if (more) drain(running.output.get(), output, helper.output_limit);
        return std::nullopt;
    }
}

HelperEnd judge(int status, std::string output) {
    HelperEnd end{How::good, {}, std::move(output)};
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return end;
    end.how = How::bad;
    end.why = WIFEXITED(status) ? fmt::format("exit status {}", WEXITSTATUS(status))
                                : fmt::format("killed by signal {} ({})", WTERMSIG(status),
                                              ::strsignal(WTERMSIG(status)));
    return end;
}

HelperEnd run(const sys::Guarded& running, const Helper& helper, const Cancel& cancel) {
    std::string output;
    const auto broken_off = await(running, helper, cancel, output);
    const auto status = sys::kill_and_reap(running);
    if (broken_off == How::cancelled) return {How::cancelled, "cancelled", std::move(output)};
    if (broken_off)
        return {How::bad, "not done within " + format_duration(helper.timeout), std::move(output)};
    if (!status)
        return {How::not_run, system_problem({}, "learn how it ended", status.error()).what,
                std::move(output)};
    return judge(*status, std::move(output));
}

} // namespace

HelperEnd run_helper(const Helper& helper, const Cancel& cancel) {
    for (int tries = 1;; ++tries) {
        const auto running = sys::spawn_guarded(helper.command, helper.environment, helper.account);
        if (running) {
            auto end = run(*running, helper, cancel);
            const auto line = last_line(end.output);
            if (!end.why.empty() && !line.empty()) end.why += ": " + line;
            return end;
        }
        const int error = running.error();
        if (error != ETXTBSY || tries == busy_tries)
            return {is_of_the_file(error) ? How::bad : How::not_run,
                    system_problem(helper.command.front(), "execute it", error).what,
                    {}};
        pollfd cancelled{cancel.fd(), POLLIN, 0};
        if (::poll(&cancelled, 1, busy_pause_ms) > 0) return {How::cancelled, "cancelled", {}};
    }
}

std::string last_line(std::string_view output, std::size_t limit) {
    const auto end = output.find_last_not_of("\r\n\t ");
    if (end == std::string_view::npos) return {};
    output = output.substr(0, end + 1);
    auto line = std::string(output.substr(output.find_last_of('\n') + 1).substr(0, limit));
    for (auto& byte : line)
        if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = ' ';
    return line;
}

} // namespace cmw::base
