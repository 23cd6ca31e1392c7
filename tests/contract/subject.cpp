// SPDX-License-Identifier: Apache-2.0
#include "subject.hpp"

#include "base/text.hpp"
#include "config/settings.hpp"
#include "plugin_host/catalog.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <sys/socket.h>
#include <unistd.h>

namespace cmw::test {

using config::OptionSpec;
using config::OptionType;
using config::OptionValue;
using config::OptionValues;

namespace {

/// What a plugin needs beside its defaults; "{folder}", "{port}" (of a server that is silent),
/// "{taker}" (the URL of one that takes all) and "{s3}" (of one that has a bucket) are replaced.
struct Needs {
    std::map<std::string, std::string> options;
    bool works = true;
};
std::map<std::string, std::string> with_bucket(std::map<std::string, std::string> options) {
    const S3State s3;
    options.insert({{"bucket", s3.bucket},
                    {"region", s3.region},
                    {"endpoint", "{s3}"},
                    {"access-key-id", s3.key_id},
                    {"secret-access-key", s3.secret}});
    return options;
}
const std::map<std::string, Needs>& known_needs() {
    static const std::map<std::string, Needs> all = {
        {"consensus-source fixed", {{{"aws.secret", "s"}}, false}},
        {"consensus-source cosmos",
         {{{"home", "{folder}"},
           {"target", "server"},
           {"digest", "sha256:" + std::string(64, 'a')}}}},
        {"consensus-source override-file", {{{"path", "{folder}/hashes.json"}}}},
        {"consensus-source substrate", {{{"endpoints", "ws://127.0.0.1:{port}"}}, false}},
        {"binary-source empty", {{}, false}},
        {"binary-source http", {{{"url", "http://127.0.0.1:{port}/{target}"}}, false}},
        {"binary-source s3", {with_bucket({{"key", "server"}})}},
        {"binary-source local-path", {{{"path", "{folder}/server"}}}},
        {"log-backend file", {{{"path", "{folder}/{stream}.log"}}}},
        {"log-backend console", {{{"stream", "stderr"}}}},
        {"log-backend journald", {{{"socket", "{folder}/journal.socket"}}}},
        {"log-backend cloudwatch",
         {{{"group", "nodes"},
           {"stream", "{stream}"},
           {"endpoint", "{taker}"},
           {"credentials", "anonymous"},
           {"proxy", "none"}}}},
        {"log-backend http", {{{"url", "{taker}/logs"}, {"proxy", "none"}}}},
        {"log-backend loki", {{{"url", "{taker}"}, {"proxy", "none"}}}},
        {"log-backend otlp", {{{"url", "{taker}"}, {"proxy", "none"}}}},
        {"log-backend sink", {{}}},
        {"log-backend syslog", {{{"address", "tcp://127.0.0.1:{port}"}}}},
        {"process-runner posix", {{}}},
        {"process-runner systemd", {{{"address", "unix:path={folder}/no-bus"}}, false}},
        {"process-runner container", {{{"socket", "{folder}/no-engine"}}, false}},
        {"process-runner never", {{}, false}},
        {"command-source silent", {{}}},
        {"command-source directory", {{{"path", "{folder}/orders"}}}},
        {"command-source s3", {with_bucket({{"key", "orders/command.jsonl"}, {"proxy", "none"}})}},
    };
    return all;
}

void replace(std::string& text, std::string_view word, std::string_view by) {
    if (const auto found = text.find(word); found != std::string::npos)
        text.replace(found, word.size(), by);
}

OptionValue value_of(const OptionSpec& spec, const std::optional<std::string>& text) {
    OptionValue value{spec.type, {}, spec.type == OptionType::secret, {}};
    if (!text) return value;
    switch (spec.type) {
    case OptionType::boolean:
        value.value = std::int64_t{*text == "true"};
        break;
    case OptionType::integer:
        value.value = std::int64_t{std::stoll(*text)};
        break;
    case OptionType::number:
        value.value = std::stod(*text);
        break;
    case OptionType::duration:
        value.value = std::int64_t{base::parse_duration(*text).value().count()};
        break;
    case OptionType::size:
        value.value = base::parse_size(*text).value();
        break;
    // A fallback of these stands in TOML: the suites do without it.
    case OptionType::list:
        if (text->front() != '[') value.value = config::OptionList{*text};
        break;
    case OptionType::map:
        break;
    case OptionType::string:
    case OptionType::path:
    case OptionType::secret:
        value.value = *text;
        break;
    }
    return value;
}

void take_all(const HttpServer::Request& request, HttpServer::Connection& connection) {
    const auto length = request.header("content-length");
    connection.receive(length.empty() ? 0 : std::stoul(length));
    const bool to_loki = request.target.ends_with("/push");
    connection.send(to_loki ? http_head("204 No Content", {"Content-Length: 0"}, true)
                            : http_head("200 OK", {"Content-Length: 2"}, true) + "{}");
    connection.keep();
}

} // namespace

std::string orders() {
    return std::string("{\"timestamp\": 1}\n\0\xff\xfe\r\n no end", 30);
}

SilentServer::SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 16) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
}
SilentServer::~SilentServer() {
    ::close(socket_);
}

Subject::Subject(const plugin_host::Plugin& plugin)
    : plugin_(&plugin), taker_(std::make_shared<HttpServer>(&take_all)) {
    write_text(*folder_ / "hashes.json", R"({"server": ")" + std::string(64, 'a') + R"("})");
    write_text(*folder_ / "server", "the program");
    bucket_->change([](auto& s3) { s3.objects["server"] = "the program"; });
    publish(orders());
    const auto known = known_needs().find(label());
    const Needs needs = known == known_needs().end() ? Needs{{}, false} : known->second;
    works_ = needs.works;
    for (const auto& spec : plugin.schema.options) {
        auto text = spec.fallback;
        if (const auto needed = needs.options.find(spec.name); needed != needs.options.end()) {
            text = needed->second;
            replace(*text, "{folder}", folder());
            replace(*text, "{port}", std::to_string(server_->port()));
            replace(*text, "{taker}", taker_->url(""));
            replace(*text, "{s3}", s3_->url(""));
        }
        options_.push_back(value_of(spec, text));
    }
    for (const auto& spec : plugin.schema.use_options)
        use_.push_back(value_of(spec, spec.fallback));
}

void Subject::publish(const std::optional<std::string>& content) const {
    const std::string name = "orders/command.jsonl";
    const auto file = *folder_ / name;
    if (content) {
        write_text(file + ".new", *content);
        std::filesystem::rename(file + ".new", file); // Never half of it.
    } else {
        std::filesystem::remove(file);
    }
    bucket_->change([&](auto& s3) {
        s3.objects.erase(name);
        if (content) s3.objects[name] = *content;
    });
}

tl::expected<std::unique_ptr<plugin_host::Session>, plugin_host::Failure>
Subject::create(const OptionValues& options) const {
    return plugin_host::Session::create(*plugin_, plugin_->schema.kind + ".it", options,
                                        {"cmix-wrapper/test", folder() + "/state", {}});
}

std::unique_ptr<plugin_host::Session> Subject::create() const {
    auto session = create(options_);
    INFO(label());
    INFO((session ? std::string() : session.error().text));
    REQUIRE(session);
    return std::move(*session);
}

std::vector<Subject> subjects(std::string_view kind) {
    std::vector<plugin_host::Catalog::Entry> entries;
    for (const std::string folder : {PLUGINS, ALL_KINDS}) {
        for (auto& entry : plugin_host::Catalog({folder}).all()) {
            INFO(entry.file);
            INFO((entry.problem ? to_string(*entry.problem) : ""));
            CHECK_FALSE(entry.problem);
            entries.push_back(std::move(entry));
        }
    }
    std::vector<Subject> found;
    for (const auto& entry : entries)
        for (const auto* plugin : entry.plugins)
            if (kind.empty() || plugin->schema.kind == kind) found.emplace_back(*plugin);
    for (const auto& [label, needs] : known_needs()) {
        const bool wanted = label.starts_with(kind);
        const auto is_it = [&](const Subject& subject) { return subject.label() == label; };
        if (wanted && std::ranges::none_of(found, is_it))
            std::cerr << "skipped: " << label << " is not built\n";
    }
    return found;
}

} // namespace cmw::test
