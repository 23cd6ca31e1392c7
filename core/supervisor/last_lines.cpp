// SPDX-License-Identifier: Apache-2.0
#include "supervisor/last_lines.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <fcntl.h>

namespace cmw::supervisor {

namespace {

constexpr std::int64_t looked_at = 4096;
constexpr std::size_t longest = 300;

/// A line that began before it is left out.
std::string end_of(const std::string& path) {
    const auto file = base::sys::open(path, O_RDONLY | O_NONBLOCK);
    const auto found = file ? base::sys::fstat(file->get()) : tl::unexpected(ENOENT);
    if (!found || !S_ISREG(found->st_mode)) return {};
    std::string end(looked_at, '\0');
    const auto at = std::max<std::int64_t>(0, found->st_size - looked_at);
    const auto got = base::sys::pread(file->get(), std::as_writable_bytes(std::span(end)), at);
    if (!got) return {};
    end.resize(*got);
    const auto first = end.find('\n');
    return at > 0 && first + 1 < end.size() ? end.substr(first + 1) : end;
}

} // namespace

std::vector<std::string> last_lines(const config::ServiceSettings& service, std::size_t most) {
    std::vector<std::string> lines;
    for (const auto& path : {service.error_path, service.output_path}) {
        if (path.empty() || !lines.empty()) continue;
        const auto text = end_of(path);
        for (std::string_view rest = text; !rest.empty();) {
            const auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            if (!line.empty()) lines.emplace_back(line.substr(0, longest));
        }
    }
    if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<long>(most));
    return lines;
}

} // namespace cmw::supervisor
