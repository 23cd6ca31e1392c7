// SPDX-License-Identifier: Apache-2.0
#include "usage.hpp"

#include "process_record.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cmw::posix {

namespace {

constexpr std::int64_t microseconds = 1'000'000;

/// Of /proc, where a file of one process is written anew for each reader.
std::string read_whole(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::int64_t> number_at(const char* at, const char* end) {
    std::int64_t value = 0;
    if (at == nullptr || std::from_chars(at, end, value).ec != std::errc()) return std::nullopt;
    return value;
}

} // namespace

void take_stat(std::string_view stat, cmw_usage& usage) {
    const auto field = [&](int number) {
        return number_at(stat_field(stat.data(), stat.size(), number), stat.data() + stat.size());
    };
    const auto user = field(14);
    const auto kernel = field(15);
    if (user && kernel) usage.cpu_us = (*user + *kernel) * (microseconds / ::sysconf(_SC_CLK_TCK));
    if (const auto threads = field(20)) usage.threads = *threads;
}

void read_usage(pid_t pid, cmw_usage& usage) {
    const auto folder = "/proc/" + std::to_string(pid);
    take_stat(read_whole(folder + "/stat"), usage);
    const auto memory = read_whole(folder + "/statm"); // In pages: all, then what is resident.
    if (const auto space = memory.find(' '); space != std::string::npos)
        if (const auto pages = number_at(memory.data() + space + 1, memory.data() + memory.size()))
            usage.memory_bytes = *pages * ::sysconf(_SC_PAGESIZE);
    std::error_code error;
    std::int64_t count = 0;
    for (std::filesystem::directory_iterator at(folder + "/fd", error), end; !error && at != end;
         at.increment(error))
        ++count;
    if (!error) usage.descriptors = count;
}

} // namespace cmw::posix
