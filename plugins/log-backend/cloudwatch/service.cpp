// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "shared/http_answer.hpp"

#include <Poco/URI.h>

namespace cmw::cloudwatch {

namespace {

constexpr std::size_t longest_answer = 256 * 1024;
/// The service closes connections that were idle for about 6 s.
constexpr std::chrono::seconds idle_limit{4};
/// Signatures hold for 15 minutes around their time; answers take a while.
constexpr std::int64_t tolerated_skew = 4 * 60;

std::string region_of(const ServiceSettings& settings, const shared::Environment& environment) {
    if (!settings.region.empty()) return settings.region;
    for (const auto* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (auto region = environment(name); !region.empty()) return region;
    if (!settings.endpoint.empty()) return "us-east-1";
    throw Error(CMW_CONFIG, "cannot tell which region to send logs to: set region, or AWS_REGION "
                            "in the environment");
}

std::string server_of(const ServiceSettings& settings) {
    if (!settings.endpoint.empty())
        return settings.endpoint.ends_with('/')
                   ? settings.endpoint.substr(0, settings.endpoint.size() - 1)
                   : settings.endpoint;
    const auto* china = settings.region.starts_with("cn-") ? ".cn" : "";
    return "https://logs." + settings.region + ".amazonaws.com" + china;
}

} // namespace

void check_service_settings(const ServiceSettings& settings) {
    if (settings.region.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_") != std::string::npos)
        throw Error(CMW_CONFIG, "cannot use the region " + settings.region +
                                    ": it is a word such as us-west-1");
    if (!settings.endpoint.empty()) {
        shared::check_http_url("endpoint", settings.endpoint);
        const Poco::URI uri(settings.endpoint);
        if (uri.getPathEtc().size() > 1 || !uri.getUserInfo().empty())
            throw Error(CMW_CONFIG, "cannot use the endpoint: it must be no more than http:// or "
                                    "https://, a host and a port");
    }
    check_aws_credentials(settings.credentials);
    check_http_settings(settings.http);
}

Service::Service(ServiceSettings settings, const shared::Environment& environment, Host host)
    : settings_(std::move(settings)),
      credentials_(settings_.credentials, environment, std::string(host.product())),
      connection_(idle_limit),
      host_(host) {
    settings_.region = region_of(settings_, environment);
    settings_.http.user_agent = host.product();
    server_ = server_of(settings_);
}

Answer Service::ask(const Call& call, const std::string& operation, std::string& body, bool gzip) {
    shared::HttpRequest request{
        .url = server_ + "/", .headers = {}, .method = "POST", .body = {}, .target = {}};
    request.headers = {{"Host", shared::host_header(request.url)},
                       {"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Target", "Logs_20140328." + operation}};
    if (gzip) request.headers["Content-Encoding"] = "gzip";
    const auto now = shared::unix_seconds() + skew_;
    if (const auto keys = credentials_.get(call, now)) {
        const shared::AwsRequest to_sign{
            .method = request.method,
            .query = {},
            .headers = {request.headers.begin(), request.headers.end()},
            .body = {},
            .body_digest = shared::sha256_hex(body)};
        request.headers.merge(sign(to_sign, {settings_.region, "logs", now}, *keys));
    }
    request.headers["Accept-Encoding"] = "identity";
    request.body.swap(body);
    shared::HttpExchange exchange(call, request, settings_.http, &connection_);
    body.swap(request.body);
    last_date_ = shared::parse_http_date(exchange.header("Date")).value_or(0);
    Answer answer{exchange.status(), exchange.reason(), exchange.header("x-amzn-ErrorType"), "",
                  shared::parse_retry_after(exchange.header("Retry-After"), now)};
    answer.body = exchange.read_all(longest_answer);
    return answer;
}

bool Service::correct_clock(std::int64_t server_time) {
    const auto skew = server_time - shared::unix_seconds();
    if (server_time == 0 || std::abs(skew) < tolerated_skew) return false;
    skew_ = skew;
    host_.warn("this machine's clock is " + std::to_string(std::abs(skew)) + " s " +
               (skew > 0 ? "behind" : "ahead of") + " that of " + server_ +
               ": requests are signed with the server's time; set the clock");
    return true;
}

Answer Service::call(const Call& call, const std::string& operation, std::string& body, bool gzip) {
    auto answer = ask(call, operation, body, gzip);
    if (std::exchange(asked_, true)) return answer;
    const auto refusal = parse_refusal(answer);
    const bool late = refusal && is_about_time(*refusal) && correct_clock(last_date_);
    return late ? ask(call, operation, body, gzip) : answer;
}

Error Service::refused(const Refusal& refusal, const std::string& operation,
                       const std::string& target) const {
    return explain(refusal,
                   {operation, target + " in " + settings_.region, server_, credentials_.origin()});
}

} // namespace cmw::cloudwatch
