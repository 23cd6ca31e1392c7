// SPDX-License-Identifier: Apache-2.0
#include "legacy/unit_file.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::legacy {

using base::Problem;
using base::Problems;

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is_comment(std::string_view line) {
    const auto text = trimmed(line);
    return text.starts_with('#') || text.starts_with(';');
}

/// Assignments with their sections; lines that a backslash continues are joined by a space, and
/// comments between them left out.
std::vector<UnitSetting> assignments(std::string_view text, Problems& problems,
                                     const std::string& name) {
    std::vector<UnitSetting> settings;
    std::string section;
    std::string joined;
    std::size_t number = 0;
    std::size_t first = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (is_comment(line)) continue;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (joined.empty()) first = number;
        const bool goes_on = line.ends_with('\\') && !text.empty();
        if (line.ends_with('\\')) line.remove_suffix(1);
        joined += line;
        if (goes_on) {
            joined += ' ';
            continue;
        }
        const auto whole = std::string(trimmed(joined));
        joined.clear();
        const auto equals = whole.find('=');
        if (whole.empty()) continue;
        if (whole.front() == '[' && whole.back() == ']') {
            section = whole.substr(1, whole.size() - 2);
        } else if (equals == std::string::npos || section.empty()) {
            problems.push_back(
                {fmt::format("{}:{}", name, first),
                 "cannot understand this line: it is neither a section nor a setting",
                 "name a unit file, such as /lib/systemd/system/xxnetwork-cmix.service"});
            if (problems.size() >= 5) return settings; // Some other file.
        } else {
            settings.push_back(
                {fmt::format("{}.{}", section, trimmed(std::string_view(whole).substr(0, equals))),
                 std::string(trimmed(std::string_view(whole).substr(equals + 1))), first});
        }
    }
    return settings;
}

/// What the shipped unit does for every host, or what only describes the old one.
bool is_of_no_interest(const UnitSetting& setting) {
    static constexpr std::string_view names[] = {"Unit.Description",
                                                 "Unit.Documentation",
                                                 "Unit.StartLimitIntervalSec",
                                                 "Unit.StartLimitBurst",
                                                 "Service.Type",
                                                 "Service.Restart",
                                                 "Service.RestartSec",
                                                 "Service.KillMode",
                                                 "Install.WantedBy",
                                                 "Service.StartLimitInterval",
                                                 "Service.StartLimitBurst",
                                                 "Unit.StartLimitInterval"};
    if (std::ranges::find(names, setting.name) != std::end(names)) return true;
    if (setting.name != "Unit.After" && setting.name != "Unit.Wants") return false;
    const auto words = split_words(setting.value).value_or(std::vector<std::string>{});
    return std::ranges::all_of(words, [](const auto& word) {
        return word == "network-online.target" || word == "network.target" ||
               word == "local-fs.target";
    });
}

class Reader {
  public:
    Reader(const std::string& name, Problems problems) : problems_(std::move(problems)) {
        unit_.name = name;
    }

    void take(const UnitSetting& setting) {
        if (setting.name == "Service.ExecStart")
            take_command(setting);
        else if (setting.name == "Service.Environment")
            take_environment(setting);
        else if (setting.name == "Service.EnvironmentFile")
            take_environment_file(setting);
        else if (setting.name == "Service.User")
            unit_.user = text(setting);
        else if (setting.name == "Service.Group")
            unit_.group = text(setting);
        else if (setting.name == "Service.WorkingDirectory")
            take_directory(setting);
        else if (setting.name.starts_with("Service.Limit"))
            take_limit(setting);
        else if (!is_of_no_interest(setting))
            unit_.others.push_back(setting);
    }

    tl::expected<Unit, Problems> finish() {
        if (commands_.empty())
            problems_.push_back({unit_.name, "cannot find ExecStart= under [Service]",
                                 "name the unit file that starts the old wrapper"});
        if (commands_.size() > 1)
            fail(commands_.back(),
                 {"", "cannot tell which of several ExecStart= is the wrapper's", "leave one"});
        if (commands_.size() == 1) read_command(commands_.front());
        if (!problems_.empty()) return tl::unexpected(std::move(problems_));
        return std::move(unit_);
    }

  private:
    void fail(const UnitSetting& setting, Problem problem) {
        problem.where = fmt::format("{}:{}", unit_.name, setting.line);
        problems_.push_back(std::move(problem));
    }

    std::string text(const UnitSetting& setting) {
        auto expanded = expand_specifiers(setting.value);
        if (!expanded) fail(setting, expanded.error());
        return expanded.value_or("");
    }

    void take_command(const UnitSetting& setting) {
        if (setting.value.empty())
            commands_.clear();
        else
            commands_.push_back(setting);
    }

    void take_environment(const UnitSetting& setting) {
        if (setting.value.empty()) return unit_.environment.clear();
        const auto words = split_words(setting.value);
        if (!words) return fail(setting, words.error());
        for (const auto& word : *words) {
            const auto value = expand_specifiers(word);
            const auto equals = word.find('=');
            if (!value)
                fail(setting, value.error());
            else if (equals == std::string::npos || equals == 0)
                fail(setting, {"", "cannot understand a variable without NAME=", "correct it"});
            else
                unit_.environment[value->substr(0, equals)] = value->substr(equals + 1);
        }
    }

    void take_environment_file(const UnitSetting& setting) {
        if (setting.value.empty()) return unit_.environment_files.clear();
        unit_.environment_files.push_back(text(setting));
    }

    void take_directory(const UnitSetting& setting) {
        auto folder = text(setting);
        if (folder.starts_with('-')) folder.erase(0, 1);
        unit_.directory = folder.empty() ? std::string("/") : std::move(folder);
        if (!unit_.directory.starts_with('/'))
            fail(setting, {"", "cannot use this as a folder", "write its whole path"});
    }

    void take_limit(const UnitSetting& setting) {
        constexpr std::string_view before = "Service.Limit";
        static constexpr std::string_view known[] = {
            "as",     "core",  "cpu", "data",   "fsize",      "memlock", "msgqueue",
            "nofile", "nproc", "rss", "rtprio", "sigpending", "stack"};
        auto name = setting.name.substr(before.size());
        for (auto& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        const auto hard = setting.value.substr(setting.value.find(':') + 1);
        const bool number =
            !hard.empty() && hard.find_first_not_of("0123456789") == std::string::npos;
        if (std::ranges::find(known, name) != std::end(known) && (number || hard == "infinity"))
            unit_.limits[name] = hard;
        else
            unit_.others.push_back(setting);
    }

    void read_command(const UnitSetting& setting) {
        std::string_view line = setting.value;
        bool variables = true;
        bool named = false;
        for (; !line.empty() && std::string_view("@-:+!|").find(line.front()) != line.npos;
             line.remove_prefix(1)) {
            variables = variables && line.front() != ':';
            named = named || line.front() == '@';
        }
        auto words = split_words(line);
        if (!words) return fail(setting, words.error());
        for (auto& word : *words) {
            auto expanded = expand_specifiers(word);
            if (!expanded) return fail(setting, expanded.error());
            word = std::move(*expanded);
        }
        if (variables) words = expand_variables(*words, unit_.environment);
        if (named && words->size() > 1) words->erase(words->begin() + 1);
        if (words->empty()) return fail(setting, {"", "cannot find the program", "name it"});
        unit_.command = through_shell(setting, std::move(*words));
    }

    /// The command that a shell was to run; else as it is.
    std::vector<std::string> through_shell(const UnitSetting& setting,
                                           std::vector<std::string> words) {
        const auto program = words.front().substr(words.front().rfind('/') + 1);
        const bool shell = program == "sh" || program == "bash" || program == "dash";
        if (!shell || words.size() != 3 || words[1] != "-c") return words;
        auto inner = split_shell(words[2], unit_.cut);
        if (!inner) {
            fail(setting, inner.error());
            return {};
        }
        return expand_variables(*inner, unit_.environment);
    }

    Unit unit_;
    Problems problems_;
    std::vector<UnitSetting> commands_;
};

} // namespace

tl::expected<Unit, Problems> parse_unit(std::string_view text, const std::string& name) {
    Problems problems;
    const auto settings = assignments(text, problems, name);
    if (problems.size() >= 5) return tl::unexpected(std::move(problems));
    Reader reader(name, std::move(problems));
    for (const auto& setting : settings) reader.take(setting);
    return reader.finish();
}

} // namespace cmw::legacy
