// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "shared/record_text.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <poll.h>
#include <unistd.h>

namespace cmw::console {

namespace {

/// A pipe that poll(2) calls writable takes so much without blocking (POSIX: PIPE_BUF).
constexpr std::size_t at_once = 4096;

std::string_view colour(std::uint32_t level) {
    static constexpr std::array<std::string_view, 6> codes{"\x1b[2m",  "\x1b[2m",  "",
                                                           "\x1b[33m", "\x1b[31m", "\x1b[1;31m"};
    return level < codes.size() ? codes[level] : codes[CMW_LEVEL_INFO];
}

Format format_for(const std::string& name, int fd) {
    if (name == "json") return Format::json;
    const bool terminal = ::isatty(fd) == 1;
    if (name == "auto" && !terminal) return Format::json;
    const char* no_colour = std::getenv("NO_COLOR"); // https://no-color.org
    const bool coloured = terminal && (no_colour == nullptr || *no_colour == '\0');
    return coloured ? Format::coloured : Format::text;
}

} // namespace

void append(std::string& out, const cmw_log_record& record, Format format) {
    if (format == Format::json) return record_text::append_json(out, record);
    record_text::append_time(out, record.time_ns);
    out += ' ';
    const auto code = format == Format::coloured ? colour(record.level) : std::string_view{};
    out.append(code).append(record_text::level_name(record.level));
    if (!code.empty()) out += "\x1b[0m";
    out.append(" ").append(record.stream.data, record.stream.size).append(": ");
    record_text::append_harmless(out, {record.text.data, record.text.size});
    out += '\n';
}

void write_all(int fd, std::string_view bytes, const Call& call) {
    while (!bytes.empty()) {
        call.wait(fd, POLLOUT, std::chrono::steady_clock::time_point::max());
        // Asked before it is written to, because writing to a pipe without a reader raises SIGPIPE.
        pollfd console{fd, POLLOUT, 0};
        ::poll(&console, 1, 0);
        if ((console.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
            throw Error(CMW_FAILED, "cannot write to the console: nobody reads it");
        if ((console.revents & POLLOUT) == 0) continue;
        const auto written = ::write(fd, bytes.data(), std::min(bytes.size(), at_once));
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            throw std::system_error(errno, std::generic_category(), "cannot write to the console");
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

ConsoleBackend::ConsoleBackend(const Settings& settings, Host)
    : fd_(settings.stream == "stderr" ? STDERR_FILENO : STDOUT_FILENO),
      format_(format_for(settings.format, fd_)) {}

void ConsoleBackend::write(const Call& call, Batch& batch) {
    // Some records at a time: few calls, and few that come twice when one fails.
    std::size_t taken = 0;
    lines_.clear();
    for (const auto& record : batch) {
        append(lines_, record, format_);
        ++taken;
        if (lines_.size() < at_once && taken < batch.size()) continue;
        write_all(fd_, lines_, call);
        batch.delivered(taken);
        lines_.clear();
    }
}

} // namespace cmw::console
