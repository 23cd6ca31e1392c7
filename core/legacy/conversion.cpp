// SPDX-License-Identifier: Apache-2.0
#include "legacy/conversion.hpp"

#include "base/text.hpp"
#include "config/settings.hpp"
#include "legacy/converter.hpp"

#include <fmt/ranges.h>

namespace cmw::legacy {

using base::Problems;

tl::expected<Conversion, Problems> Converter::convert() {
    check_paths();
    if (!problems_.empty()) return tl::unexpected(std::move(problems_));
    heading();
    host();
    consensus();
    binaries();
    orders();
    runner_and_backend();
    components();
    service();
    logs();
    rest();
    result_.toml = text_.text();
    result_.origins = text_.origins();
    if (!base::is_utf8(result_.toml))
        return tl::unexpected(Problems{{request_.source,
                                        "cannot write what is not UTF-8 into a "
                                        "configuration",
                                        "look at the variables and users in it"}});
    return std::move(result_);
}

void Converter::check_paths() {
    for (const auto& flag : flags()) {
        if (flag.kind != FlagKind::path || flags_.value(flag.name).empty()) continue;
        const auto value = path(flag.name);
        if (value.ends_with('/') && flag.name != "--tmp-dir" && flag.name != "--cmd-dir")
            problems_.push_back(
                {std::string(flag.name), "cannot use a folder as the file", "name the file"});
        else if (flag.name.ends_with("-log") || flag.name == "--log-path") {
            if (config::is_wildcard(value))
                problems_.push_back(
                    {std::string(flag.name),
                     "cannot take it for one file: '*', '?' and '[' stand for several here",
                     "rename the log"});
        }
    }
}

void Converter::heading() {
    text_.comment(
        fmt::format("What cmix-wrapper makes of {}. Behind each setting stands the flag of the "
                    "old",
                    request_.source));
    text_.comment("wrapper that it comes from. All keys: docs/configuration.md. What is different: "
                  "docs/migration.md.");
    std::vector<std::string> toggles;
    for (const auto& flag : flags())
        if (flag.kind == FlagKind::toggle)
            toggles.push_back(fmt::format("{} {}", flag.name, flags_.on(flag.name) ? "yes" : "no"));
    text_.comment(fmt::format("{}.", fmt::join(toggles, ", ")));
}

void Converter::rest() {
    not_carried("--tmp-dir", "a new file is written beside the one that it replaces");
    not_carried("--cmd-dir", "'cmix-wrapper history management' tells what was ordered");
    if (has_consensus())
        dropped_.emplace_back("the chain's \"wrapper\": it is the file of the old wrapper");
    const auto& unit = request_.unit;
    for (const auto& file : unit.environment_files) {
        constexpr auto why = "give it to the new unit for { env = \"...\" }, and what the program "
                             "needs of it to 'environment' of its service";
        dropped_.push_back(fmt::format("EnvironmentFile={}: {}", file, why));
        notice("EnvironmentFile=" + file, why);
    }
    for (const auto& setting : unit.others) {
        const auto line = setting.name.substr(setting.name.find('.') + 1) + "=" + setting.value;
        constexpr auto why = "of the old unit; if it is needed: 'systemctl edit cmix-wrapper'";
        dropped_.push_back(fmt::format("{}: {}", line, why));
        notice(line, why);
    }
    if (!unit.cut.empty()) {
        dropped_.push_back("what the shell did besides: " + unit.cut);
        notice("the shell", "it is not used any more, nor what it did besides: " + unit.cut);
    }
    text_.table_end();
    text_.comment("Not carried over:");
    for (const auto& line : dropped_) text_.comment(line);
}

tl::expected<Conversion, Problems> convert(const Flags& flags, const Request& request) {
    return Converter(flags, request).convert();
}

} // namespace cmw::legacy
