// SPDX-License-Identifier: Apache-2.0
#include "process_record.hpp"

#include "system_error.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <map>
#include <sstream>
#include <sys/syscall.h>

namespace cmw::posix {

namespace {

/// The start of a small file; nothing if it does not exist (any more).
std::optional<std::string> read_small(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) throw system_error("open " + path, errno);
    std::array<char, 8192> buffer{};
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == ESRCH) return std::nullopt; // Of /proc: it ended meanwhile.
    if (got < 0) throw system_error("read " + path, errno);
    return std::string(buffer.data(), static_cast<std::size_t>(got));
}

template <class Number>
bool parse(std::string_view text, Number& number) {
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end && number > 0;
}

} // namespace

std::optional<ProcessRecord> read_record(const std::string& path) {
    const auto text = read_small(path);
    if (!text) return std::nullopt;
    std::map<std::string, std::string> values;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        const auto space = std::min(line.find(' '), line.size());
        values[line.substr(0, space)] = line.substr(std::min(space + 1, line.size()));
    }
    ProcessRecord record;
    record.boot = values["boot"];
    record.mark = values["mark"];
    record.cgroup = values["cgroup"];
    if (!parse(values["pid"], record.pid) || !parse(values["start"], record.start) ||
        record.boot.empty())
        return std::nullopt;
    return record;
}

std::optional<ProcessFacts> read_facts(pid_t pid) {
    const auto stat = read_small("/proc/" + std::to_string(pid) + "/stat");
    if (!stat) return std::nullopt;
    const char* state = stat_field(stat->data(), stat->size(), 3);
    const char* start = stat_field(stat->data(), stat->size(), 22);
    if (start == nullptr) return std::nullopt;
    ProcessFacts facts;
    facts.state = *state;
    std::from_chars(start, stat->data() + stat->size(), facts.start);
    return facts;
}

std::string read_boot_id() {
    auto text = read_small("/proc/sys/kernel/random/boot_id");
    if (!text) throw Error(CMW_FAILED, "cannot read the boot id: /proc is not mounted");
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return *text;
}

UniqueFd open_process(const ProcessRecord& record, const std::string& boot) {
    if (record.boot != boot) return {};
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, record.pid, 0)));
    if (!pidfd && (errno == ESRCH || errno == EINVAL)) return {}; // EINVAL: a thread's number now.
    if (!pidfd) throw system_error("watch process " + std::to_string(record.pid), errno);
    // Only now: what the descriptor names cannot be replaced by another process any more.
    const auto facts = read_facts(record.pid);
    if (!facts || facts->start != record.start) return {};
    if (facts->state == 'Z' || facts->state == 'X') return {};
    return pidfd;
}

} // namespace cmw::posix
