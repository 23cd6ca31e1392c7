// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_profile.hpp"

#include <algorithm>

namespace cmw::shared {

namespace {

constexpr std::string_view spaces = " \t\r";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(spaces);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// A comment within a line begins with white space.
std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 1; i < line.size(); ++i)
        if ((line[i] == '#' || line[i] == ';') && spaces.find(line[i - 1]) != spaces.npos)
            return line.substr(0, i);
    return line;
}

/// The profile that a line in brackets begins; "" if it is of something else.
std::string_view section_name(std::string_view line, AwsFile kind) {
    const auto close = line.find(']');
    if (close == line.npos) return {};
    const auto name = trim(line.substr(1, close - 1));
    constexpr std::string_view profile = "profile";
    if (kind == AwsFile::credentials || name == "default") return name;
    if (!name.starts_with(profile) || name.size() == profile.size() ||
        spaces.find(name[profile.size()]) == spaces.npos)
        return {};
    return trim(name.substr(profile.size()));
}

} // namespace

std::map<std::string, AwsProfile> parse_aws_profiles(std::string_view text, AwsFile kind) {
    std::map<std::string, AwsProfile> profiles;
    AwsProfile* current = nullptr;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        at = end + 1;
        if (line.empty() || line[0] == '#' || line[0] == ';') continue;
        if (line[0] == '[') {
            const auto name = section_name(line, kind);
            current = name.empty() ? nullptr : &profiles[std::string(name)];
            continue;
        }
        const auto equals = line.find('=');
        const bool nested = spaces.find(line[0]) != spaces.npos;
        if (current == nullptr || nested || equals == line.npos) continue;
        (*current)[std::string(trim(line.substr(0, equals)))] =
            trim(without_comment(line.substr(equals + 1)));
    }
    return profiles;
}

} // namespace cmw::shared
