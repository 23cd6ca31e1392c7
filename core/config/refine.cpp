// SPDX-License-Identifier: Apache-2.0
#include "config/refine.hpp"

#include "config/reader.hpp"

#include "base/digest.hpp"
#include "base/pattern.hpp"
#include "base/time_format.hpp"
#include "base/window.hpp"
#include "config/settings.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace cmw::config {

namespace {

const std::string& text_of(const OptionValue& value) {
    return std::get<std::string>(value.value);
}

std::optional<unsigned> parse_whole(std::string_view text, int radix) {
    unsigned number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, radix);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<Fault> pattern_fault(const std::string& text, std::size_t item = 0) {
    if (text.empty())
        return Fault{"cannot use an empty pattern", "write a regular expression", item};
    const auto pattern = base::Pattern::compile(text);
    if (pattern) return std::nullopt;
    return Fault{pattern.error().what, pattern.error().fix, item};
}

} // namespace

std::optional<Fault> refine_folders(OptionValue& value, const Document& document) {
    auto& list = std::get<OptionList>(value.value);
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].empty()) return Fault{"cannot use an empty path", "name a folder", i};
        list[i] = document.resolve(list[i], value.position);
    }
    return std::nullopt;
}

std::optional<Fault> refine_command(OptionValue& value, const Document& document) {
    auto& list = std::get<OptionList>(value.value);
    if (list.empty() || list.front().empty())
        return Fault{"cannot run an empty command",
                     R"(name the program and its arguments: ["/usr/bin/program", "--option"])"};
    if (list.front().find('/') == std::string::npos)
        return Fault{
            fmt::format("cannot run \"{}\": programs are not searched for in $PATH", list.front()),
            fmt::format("write its whole path, such as \"/usr/bin/{}\"", list.front())};
    list.front() = document.resolve(list.front(), value.position);
    return std::nullopt;
}

std::optional<Fault> refine_output(OptionValue& value, const Document& document) {
    auto& text = std::get<std::string>(value.value);
    if (text.empty())
        return Fault{"cannot use an empty path", R"(name a file, or "null" to throw output away)"};
    text = text == "null" ? "" : document.resolve(text, value.position);
    return std::nullopt;
}

std::optional<mode_t> parse_mode(std::string_view text) {
    const auto mode = parse_whole(text, 8);
    if (!mode || text.size() < 3 || text.size() > 4 || *mode > 07777) return std::nullopt;
    return static_cast<mode_t>(*mode);
}

std::optional<Fault> check_mode(OptionValue& value, const Document&) {
    if (parse_mode(text_of(value))) return std::nullopt;
    return Fault{fmt::format("cannot use \"{}\" as a file mode", text_of(value)),
                 R"(write three or four octal digits, such as "0755")"};
}

std::optional<Fault> check_member(OptionValue& value, const Document&) {
    const auto& text = text_of(value);
    const auto whole = "/" + text + "/";
    const bool plain = !text.empty() && whole.find("//") == std::string::npos &&
                       whole.find("/./") == std::string::npos &&
                       whole.find("/../") == std::string::npos;
    if (plain) return std::nullopt;
    return Fault{fmt::format("cannot use \"{}\" as the name of a file in an archive", text),
                 R"(write it as in the archive's listing, without "./" before it: "bin/node")"};
}

std::optional<Fault> check_sha256(OptionValue& value, const Document&) {
    if (base::parse_digest(text_of(value), "sha-256")) return std::nullopt;
    return Fault{fmt::format("cannot use \"{}\" as a SHA-256", text_of(value)),
                 "write the 64 hexadecimal digits that sha256sum prints"};
}

std::optional<Fault> check_event(OptionValue& value, const Document&) {
    const auto& text = text_of(value);
    if (text == "line" || text == "level-word") return std::nullopt;
    return pattern_fault(text);
}

std::optional<Fault> check_log_path(OptionValue& value, const Document&) {
    const std::string_view path = text_of(value);
    const auto folder = path.substr(0, path.rfind('/') + 1);
    if (!is_wildcard(folder)) return std::nullopt;
    return Fault{fmt::format("cannot use wildcards in the folder {}", folder),
                 "write them into the last part of the path, and a stream for each folder"};
}

std::optional<Fault> check_time_format(OptionValue& value, const Document&) {
    const auto& text = text_of(value);
    if (text == "read") return std::nullopt;
    const auto format = base::TimeFormat::parse(text);
    if (format) return std::nullopt;
    return Fault{format.error().what, format.error().fix};
}

std::optional<Fault> check_patterns(OptionValue& value, const Document&) {
    const auto& list = std::get<OptionList>(value.value);
    for (std::size_t i = 0; i < list.size(); ++i)
        if (auto fault = pattern_fault(list[i], i)) return fault;
    return std::nullopt;
}

std::optional<Fault> check_pattern(OptionValue& value, const Document&) {
    return pattern_fault(text_of(value));
}

std::optional<Fault> check_verbs(OptionValue& value, const Document&) {
    static const std::vector<std::string> verbs{"start", "stop", "delay", "update"};
    const auto& list = std::get<OptionList>(value.value);
    for (std::size_t i = 0; i < list.size(); ++i)
        if (std::ranges::find(verbs, list[i]) == verbs.end())
            return Fault{fmt::format("cannot find the command \"{}\"", list[i]),
                         suggestion(list[i], verbs), i};
    return std::nullopt;
}

std::optional<Fault> check_windows(OptionValue& value, const Document&) {
    const auto& list = std::get<OptionList>(value.value);
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (base::parse_window(list[i])) continue;
        return Fault{fmt::format("cannot use \"{}\" as a time of the week", list[i]),
                     R"(write days and times in UTC, such as "Sat 02:00-04:00 UTC" or )"
                     R"("Mon-Fri 22:00-01:00")",
                     i};
    }
    return std::nullopt;
}

std::optional<Fault> check_agreement(OptionValue& value, const Document&) {
    const auto& text = text_of(value);
    const auto number = parse_whole(text, 10);
    if (text == "all" || text == "any" || (number && *number > 0)) return std::nullopt;
    return Fault{fmt::format("cannot use \"{}\" as a rule of agreement", text),
                 R"(write "all", "any", or how many of the sources must agree)"};
}

std::optional<Fault> check_environment(OptionValue& value, const Document&) {
    for (const auto& [variable, text] : std::get<OptionMap>(value.value)) {
        if (variable.empty() || variable.find('=') != std::string::npos)
            return Fault{fmt::format("cannot set an environment variable named \"{}\"", variable),
                         "names are not empty and hold no '='"};
    }
    return std::nullopt;
}

std::optional<Fault> check_endpoint(OptionValue& value, const Document&) {
    const auto& text = text_of(value);
    const auto colon = text.rfind(':');
    const bool has_host = colon != std::string::npos && colon > 0;
    const auto host = text.substr(0, has_host ? colon : 0);
    const bool good_host = has_host && (host.find(':') == std::string::npos ||
                                        (host.front() == '[' && host.back() == ']'));
    const auto port =
        good_host ? parse_whole(std::string_view(text).substr(colon + 1), 10) : std::nullopt;
    if (port && *port > 0 && *port < 65536) return std::nullopt;
    return Fault{fmt::format("cannot use \"{}\" as an address", text),
                 R"(write "HOST:PORT", such as "localhost:22840" or "[::1]:22840")"};
}

std::optional<Fault> check_http_url(OptionValue& value, const Document&) {
    const auto& text = text_of(value);
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (text.starts_with(scheme) && text.size() > scheme.size()) return std::nullopt;
    }
    return Fault{fmt::format("cannot use \"{}\" as an HTTP URL", text),
                 R"(write "http://..." or "https://...")"};
}

} // namespace cmw::config
