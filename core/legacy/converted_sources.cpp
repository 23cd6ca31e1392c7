// SPDX-License-Identifier: Apache-2.0
//
// The tables of where things come from: host, consensus, binaries, orders; and where logs go.
#include "legacy/converter.hpp"

namespace cmw::legacy {

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

} // namespace cmw::legacy
