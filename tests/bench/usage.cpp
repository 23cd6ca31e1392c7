// SPDX-License-Identifier: Apache-2.0
#include "bench/usage.hpp"

#include "support/temporary_folder.hpp"

#include <filesystem>
#include <sstream>
#include <unistd.h>

namespace cmw::test {

long number_in(const std::string& path, const std::string& name) {
    const auto text = read_text(path);
    const auto at = text.find("\n" + name + ":");
    return at == text.npos ? 0 : std::strtol(text.c_str() + at + name.size() + 2, nullptr, 10);
}

Usage usage_of(pid_t pid) {
    const auto process = "/proc/" + std::to_string(pid);
    Usage usage;
    for (const auto& task : std::filesystem::directory_iterator(process + "/task")) {
        const auto status = task.path().string() + "/status";
        usage.wakes += number_in(status, "voluntary_ctxt_switches") +
                       number_in(status, "nonvoluntary_ctxt_switches");
        ++usage.threads;
    }
    // "4711 (name) S 1 ...": the times are the 12th and 13th behind the name.
    const auto stat = read_text(process + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(") ") + 2));
    std::string field;
    long ticks = 0;
    for (int i = 1; i <= 13 && fields >> field; ++i)
        if (i > 11) ticks += std::stol(field);
    usage.cpu_ms =
        1000.0 * static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return usage;
}

} // namespace cmw::test
