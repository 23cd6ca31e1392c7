// SPDX-License-Identifier: Apache-2.0
//
// The tables of what is run: components, the service, its logs.
#include "config/settings.hpp"
#include "legacy/converter.hpp"

#include <fmt/ranges.h>

namespace cmw::legacy {

namespace {

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// What a limit of systemd is called for a process runner. Without a limit on files systemd gives
/// what the kernel allows at most, usually this.
std::string limit_value(const std::string& name, const std::string& text) {
    if (text != "infinity") return text;
    return name == "nofile" ? "1048576" : "unlimited";
}

} // namespace

void Converter::components() {
    const bool overridden = has_consensus() && flags_.given("--hash-path");
    const auto approver = !has_consensus() ? "versions" : overridden ? "override" : "chain";
    const auto component = [&](const std::string& name, std::string_view flag, bool is_program) {
        text_.table("component." + name);
        from_flag("path", flag);
        text_.key("approved-by", in_quotes(approver),
                  has_consensus() ? (overridden ? "--hash-path" : "") : "--disable-consensus");
        if (is_program && !has_consensus()) text_.key("field", in_quotes("binary"));
        text_.key("from", in_quotes("network"));
        if (!is_program) text_.key("mode", in_quotes("0644"));
    };
    component(program(), "--binary-path", true);
    if (!has_consensus()) component("cert", "--management-cert", false);
    if (!gateway()) {
        component("libpow", "--gpu-lib", false);
        component("fatbin", "--gpu-bin", false);
        return;
    }
    not_carried("--gpu-lib", "not used by a gateway");
    not_carried("--gpu-bin", "not used by a gateway");
}

std::string Converter::runner_use() const {
    const auto& unit = request_.unit;
    std::string options;
    if (!unit.user.empty()) options += ", user = " + in_quotes(unit.user);
    if (!unit.group.empty()) options += ", group = " + in_quotes(unit.group);
    std::vector<std::string> limits;
    for (const auto& [name, value] : unit.limits)
        limits.push_back(fmt::format("{} = {}", name, in_quotes(limit_value(name, value))));
    if (!limits.empty()) options += fmt::format(", limits = {{ {} }}", fmt::join(limits, ", "));
    return options.empty() ? in_quotes("local") : "{ use = \"local\"" + options + " }";
}

void Converter::service() {
    const auto& unit = request_.unit;
    text_.table("service." + service_name());
    std::vector<std::string> origins;
    if (!unit.user.empty()) origins.emplace_back("User=");
    if (!unit.group.empty()) origins.emplace_back("Group=");
    if (!unit.limits.empty()) origins.emplace_back("Limit...=");
    text_.key("runner", runner_use(), fmt::format("{}", fmt::join(origins, ", ")));
    text_.key("command",
              fmt::format("[{}, {}, {}]", in_quotes(path("--binary-path")), in_quotes("--config"),
                          in_quotes(path("--config-path"))),
              "--binary-path, --config-path");
    if (unit.directory != "/")
        text_.key("directory", in_quotes(unit.directory),
                  unit.command.empty() ? "" : "WorkingDirectory=");
    service_environment();
    text_.key("components", gateway() ? R"(["gateway"])" : R"(["server", "libpow", "fatbin"])", "",
              "replaced as one set, then restarted");
    if (has_consensus() && !gateway())
        text_.key("start-when", in_quotes("ready"), "",
                  "only while consensus says that it may run");
    text_.key("output",
              fmt::format("{{ stdout = \"null\", stderr = {} }}", in_quotes(path("--log-path"))),
              origin("--log-path"));
    recovered_errors();
}

void Converter::recovered_errors() {
    if (flags_.given("--err-path")) return from_flag("recovered-error-file", "--err-path");
    auto log = path("--log-path");
    log = log.substr(0, log.rfind('/'));
    text_.suggested_key("recovered-error-file",
                        in_quotes(fmt::format("{}/{}-err.log", log, service_name())), "--err-path");
    notice(
        "--err-path",
        fmt::format("it was not given, and its default, {}, is in a folder that no other default "
                    "is in: name the file that your program writes, or leave it out, as a "
                    "program that fails is restarted in any case",
                    flags_.value("--err-path")));
}

void Converter::service_environment() {
    std::vector<std::string> pairs;
    for (const auto& [name, value] : request_.unit.environment) {
        const bool of_flags =
            value == flags_.value("--s3-secret") || value == flags_.value("--s3-access-key");
        const auto has = [&](std::string_view part) { return name.find(part) != name.npos; };
        if (of_flags || name.starts_with("AWS_")) {
            notice("Environment=" + name,
                   "it was for the wrapper, and is not given to the program");
            continue;
        }
        const auto plain = std::ranges::all_of(name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_';
        });
        const bool is_secret =
            plain && (has("SECRET") || has("PASSWORD") || has("TOKEN") || has("KEY"));
        pairs.push_back(
            fmt::format("{} = {}", plain ? name : in_quotes(name),
                        is_secret ? keep_secret("environment-" + name, value) : in_quotes(value)));
    }
    if (!pairs.empty())
        text_.key("environment", fmt::format("{{ {} }}", fmt::join(pairs, ", ")), "Environment=");
}

void Converter::log_table(const std::string& name, const std::string& flag,
                          const std::string& event, const std::string& group) {
    text_.table("log." + name);
    from_flag("path", flag);
    if (!event.empty()) text_.key("event", in_quotes(event));
    if (!has_cloud()) return;
    const auto other_group =
        group.empty() ? "" : fmt::format(", group = {}", in_quotes(flags_.value(group)));
    text_.key("to",
              fmt::format("[{{ use = \"cloud\"{}, stream = {} }}]", other_group,
                          in_quotes("{id}-" + base_name(path(flag)))),
              group.empty() ? "" : origin(group));
    text_.key("start", in_quotes("end"), "", "what is there was shipped by the old wrapper");
    if (name == config::own_stream) return;
    text_.key("max-size", in_quotes("100MiB"), "",
              "where it was truncated; now nothing unread is lost");
}

void Converter::logs() {
    log_table(service_name(), "--log-path", "level-word", "");
    if (ships_chain_log()) log_table("chain", "--consensus-log", "line", "--consensus-cw-group");
    log_table(std::string(config::own_stream), "--wrapper-log", "", "");
}

} // namespace cmw::legacy
