// SPDX-License-Identifier: Apache-2.0
#include "log_position.hpp"

#include <algorithm>
#include <sstream>

namespace cmw::container {

namespace {

constexpr std::size_t line_size = 256;
constexpr std::string_view format = "container-log-1";
constexpr std::string_view whole = "end";

} // namespace

void LogPosition::advance(std::int64_t time) {
    count = time == time_ns ? count + 1 : 1;
    time_ns = time;
}

std::string print_position(const LogPosition& position) {
    std::ostringstream out;
    out << format << ' ' << position.container << ' ' << position.time_ns << ' ' << position.count
        << ' ' << position.output.inode << ' ' << position.output.size << ' '
        << position.errors.inode << ' ' << position.errors.size << ' ' << whole;
    auto line = out.str();
    line.resize(line_size - 1, ' ');
    return line + '\n';
}

std::optional<LogPosition> parse_position(std::string_view line) {
    std::istringstream in{std::string(line)};
    std::string first;
    std::string last;
    LogPosition position;
    in >> first >> position.container >> position.time_ns >> position.count >>
        position.output.inode >> position.output.size >> position.errors.inode >>
        position.errors.size >> last;
    if (!in || first != format || last != whole || position.time_ns < 0) return std::nullopt;
    return position;
}

bool Skip::is_new(std::int64_t time) {
    if (!active_) return true;
    if (time < time_) return false;
    if (time > time_) active_ = false;
    if (!active_) return true;
    if (--left_ == 0) active_ = false;
    return false;
}

std::string_view Repeat::new_part(std::string_view text) {
    const auto rest = std::string_view(behind_).substr(seen_);
    const auto size = std::min(rest.size(), text.size());
    if (rest.substr(0, size) != text.substr(0, size)) {
        behind_.clear(); // Not ours: somebody else writes to this file, too.
        seen_ = 0;
        return text;
    }
    seen_ += size;
    return text.substr(size);
}

} // namespace cmw::container
