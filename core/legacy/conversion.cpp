// SPDX-License-Identifier: Apache-2.0
#include "legacy/conversion.hpp"

#include "base/text.hpp"
#include "config/settings.hpp"
#include "config/toml_writer.hpp"
#include "legacy/written.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::legacy {

using base::Problems;
using config::to_toml;

namespace {

std::string in_quotes(std::string_view text) {
    return to_toml(text);
}

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// What a limit of systemd is called for a process runner. Without a limit on files systemd gives
/// what the kernel allows at most, usually this.
std::string limit_value(const std::string& name, const std::string& text) {
    if (text != "infinity") return text;
    return name == "nofile" ? "1048576" : "unlimited";
}

class Converter {
  public:
    Converter(const Flags& flags, const Request& request) : flags_(flags), request_(request) {}

    tl::expected<Conversion, Problems> convert() {
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

  private:
    bool gateway() const { return flags_.on("--gateway"); }
    bool has_consensus() const { return !flags_.on("--disable-consensus"); }
    bool has_cloud() const { return !flags_.on("--disable-cloudwatch"); }
    bool ships_chain_log() const { return has_cloud() && has_consensus() && !gateway(); }
    std::string program() const { return gateway() ? "gateway" : "server"; }
    std::string service_name() const { return gateway() ? "gateway" : "cmix"; }

    std::string path(std::string_view flag) const {
        const auto value = flags_.value(flag);
        return value.starts_with('/') ? value : request_.unit.directory + "/" + value;
    }
    /// "--log-path", or that nobody gave it.
    std::string origin(std::string_view flag) const {
        return fmt::format("{}{}", flag, flags_.given(flag) ? "" : ", by default");
    }
    void from_flag(std::string_view key, std::string_view flag, std::string note = {}) {
        const auto value = flags_.value(flag);
        text_.key(key, in_quotes(is_path(flag) ? path(flag) : value), origin(flag),
                  std::move(note));
    }
    static bool is_path(std::string_view name) {
        const auto found = std::ranges::find(flags(), name, &Flag::name);
        return found != flags().end() && found->kind == FlagKind::path;
    }
    void notice(std::string_view what, std::string_view why) {
        result_.notices.push_back(fmt::format("{}: {}", what, why));
    }
    /// Told at the end of the file; and to whoever converts, if it was given.
    void not_carried(std::string_view flag, std::string_view why) {
        dropped_.push_back(fmt::format("{} {}: {}", flag, flags_.value(flag), why));
        if (flags_.given(flag)) notice(flag, why);
    }

    void check_paths();
    void heading();
    void host();
    void consensus();
    void binaries();
    void orders();
    void runner_and_backend();
    void components();
    void service();
    void service_environment();
    void recovered_errors();
    std::string runner_use() const;
    void logs();
    void log_table(const std::string& name, const std::string& flag, const std::string& event,
                   const std::string& group);
    void rest();
    void credentials();
    void credential(std::string_view key, std::string_view flag, std::string_view file);
    std::string keep_secret(const std::string& file, const std::string& value);

    const Flags& flags_;
    const Request& request_;
    Written text_;
    std::vector<std::string> dropped_;
    std::vector<std::string> told_; ///< Flags whose notice is not to be repeated.
    Problems problems_;
    Conversion result_;
};

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

void Converter::host() {
    text_.table("host");
    if (!request_.state_dir.empty()) text_.key("state-dir", in_quotes(request_.state_dir));
    if (!request_.runtime_dir.empty()) text_.key("runtime-dir", in_quotes(request_.runtime_dir));
    text_.key("network-check", in_quotes("warn"), "",
              "of TCP's slow start; \"refuse\": do not start with it, as the old wrapper");
    text_.key("log-level", in_quotes(flags_.on("--verbose") ? "debug" : "info"), "--verbose",
              flags_.on("--verbose") ? "" : "would be \"debug\"");
    text_.table("identity");
    from_flag("file", "--id-path");
}

void Converter::consensus() {
    if (!has_consensus()) {
        for (const auto* flag : {"--consensus-url", "--s3-bin-bucket"})
            not_carried(flag, "not used with --disable-consensus");
        if (flags_.given("--hash-path"))
            not_carried("--hash-path", "not used with --disable-consensus");
        return;
    }
    text_.table("consensus-source.chain");
    text_.key("plugin", in_quotes("substrate"));
    text_.key("endpoints", fmt::format("[{}]", in_quotes(flags_.value("--consensus-url"))),
              origin("--consensus-url"));
    if (!flags_.given("--hash-path")) return;
    text_.table("consensus-source.override");
    text_.key("plugin", in_quotes("override-file"));
    from_flag("path", "--hash-path", "approves instead of the chain, at your own risk");
    notice(
        "--hash-path",
        "the file approves, and not the chain; it also says that this node may run. If it names "
        "files instead of fields, use 'cmix-wrapper pin' and take it out: docs/override-file.md");
}

void Converter::credential(std::string_view key, std::string_view flag, std::string_view file) {
    const auto value = flags_.value(flag);
    const auto where = fmt::format("{}/{}", request_.secrets_folder, file);
    if (value.empty() || is_placeholder(value)) {
        const auto why = value.empty() ? "was not given" : "was not filled in";
        text_.suggested_key(key, fmt::format("{{ file = {} }}", in_quotes(where)),
                            std::string(flag), why);
        if (std::ranges::find(told_, flag) != told_.end()) return;
        told_.emplace_back(flag);
        notice(flag, fmt::format("it {}: put it into {} (chmod 600) and take the # from each {}",
                                 why, where, key));
    } else if (const auto name = variable_of(value); !name.empty()) {
        text_.key(key, fmt::format("{{ env = {} }}", in_quotes(name)), std::string(flag));
        if (std::ranges::find(told_, flag) != told_.end()) return;
        told_.emplace_back(flag);
        notice(flag,
               fmt::format("it is taken from the host's environment: give the new unit {}, too",
                           name));
    } else {
        text_.key(key, keep_secret(std::string(file), value), std::string(flag));
    }
}

std::string Converter::keep_secret(const std::string& file, const std::string& value) {
    if (std::ranges::find(result_.secrets, file, &Secret::name) == result_.secrets.end())
        result_.secrets.push_back({file, value});
    return fmt::format("{{ file = {} }}",
                       in_quotes(fmt::format("{}/{}", request_.secrets_folder, file)));
}

void Converter::credentials() {
    from_flag("region", "--s3-region");
    credential("access-key-id", "--s3-access-key", "s3-access-key");
    credential("secret-access-key", "--s3-secret", "s3-secret");
}

void Converter::binaries() {
    text_.table("binary-source.network");
    text_.key("plugin", in_quotes("s3"));
    from_flag("bucket", has_consensus() ? "--s3-bin-bucket" : "--s3-management-bucket");
    if (!has_consensus())
        text_.key("key", in_quotes("{path}"), "--disable-consensus", "where an order says");
    credentials();
}

void Converter::orders() {
    const auto source = [this](const std::string& name, std::string_view file) {
        text_.table("command-source." + name);
        text_.key("plugin", in_quotes("s3"));
        from_flag("bucket", "--s3-management-bucket");
        text_.key("key", in_quotes(fmt::format("{}/{}", program(), file)), "--gateway",
                  gateway() ? "yes" : "no");
        credentials();
        from_flag("certificate", "--management-cert");
        text_.key("services", fmt::format("[{}]", in_quotes(service_name())), "",
                  "what \"binary\" means in an order");
    };
    source("management", "command.jsonl");
    if (has_consensus()) return;
    source("versions", "version.jsonl");
    text_.key("start", in_quotes("beginning"), "", "as the old wrapper, but each order once");
    constexpr auto why =
        "versions are what orders to update in version.jsonl name, each taken once; "
        "until the first one nothing runs: docs/orders.md";
    text_.comment(why);
    notice("--disable-consensus", why);
}

void Converter::runner_and_backend() {
    text_.table("process-runner.local");
    text_.key("plugin", in_quotes("posix"));
    if (!has_cloud()) {
        for (const auto* flag :
             {"--cloudwatch-log-group", "--consensus-cw-group", "--consensus-log"})
            not_carried(flag, "not used with --disable-cloudwatch");
        return;
    }
    text_.table("log-backend.cloud");
    text_.key("plugin", in_quotes("cloudwatch"));
    from_flag("group", "--cloudwatch-log-group");
    credentials();
    if (ships_chain_log()) return;
    const auto* const why =
        gateway() ? "not used by a gateway" : "not used with --disable-consensus";
    not_carried("--consensus-log", why);
    not_carried("--consensus-cw-group", why);
}

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

} // namespace

tl::expected<Conversion, Problems> convert(const Flags& flags, const Request& request) {
    return Converter(flags, request).convert();
}

} // namespace cmw::legacy
