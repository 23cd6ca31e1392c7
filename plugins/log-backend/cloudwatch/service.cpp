// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "shared/aws_service.hpp"
#include "shared/http_answer.hpp"

namespace cmw::cloudwatch {

namespace {

constexpr std::size_t longest_answer = 256 * 1024;
/// The service closes connections that were idle for about 6 s.
constexpr std::chrono::seconds idle_limit{4};
/// Signatures hold for 15 minutes around their time; answers take a while.
constexpr std::int64_t tolerated_skew = 4 * 60;

std::string region_of(const ServiceSettings& settings, const shared::Environment& environment) {
    if (auto region = shared::aws_region(settings.region, environment); !region.empty())
        return region;
    if (!settings.endpoint.empty()) return "us-east-1";
    throw Error(CMW_CONFIG, "cannot tell which region to send logs to: set region, or AWS_REGION "
                            "in the environment");
}

} // namespace

void check_service_settings(const ServiceSettings& settings) {
    shared::check_aws_place(settings.region, settings.endpoint);
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
    server_ = shared::aws_server("logs", settings_.region, settings_.endpoint);
}

Answer Service::ask(const Call& call, const Asked& asked) {
    shared::HttpRequest request{
        .url = server_ + "/", .headers = {}, .method = "POST", .body = asked.body, .target = {}};
    request.headers = {{"Host", shared::host_header(request.url)},
                       {"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Target", "Logs_20140328." + asked.operation}};
    if (asked.gzip) request.headers["Content-Encoding"] = "gzip";
    const auto now = shared::unix_seconds() + skew_;
    if (const auto keys = credentials_.get(call, now)) {
        const shared::AwsRequest to_sign{
            .method = request.method,
            .query = {},
            .headers = {request.headers.begin(), request.headers.end()},
            .body = {},
            .body_digest = asked.digest};
        request.headers.merge(sign(to_sign, {settings_.region, "logs", now}, *keys));
    }
    request.headers["Accept-Encoding"] = "identity";
    shared::HttpExchange exchange(call, request, settings_.http, &connection_);
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
    host_.warn(shared::clock_warning(skew, server_));
    return true;
}

Answer Service::call(const Call& call, const Asked& asked) {
    auto answer = ask(call, asked);
    if (std::exchange(asked_, true)) return answer;
    const auto refusal = parse_refusal(answer);
    const bool late = refusal && is_about_time(*refusal) && correct_clock(last_date_);
    return late ? ask(call, asked) : answer;
}

Error Service::refused(const Refusal& refusal, const std::string& operation,
                       const std::string& target) const {
    return explain(refusal,
                   {operation, target + " in " + settings_.region, server_, credentials_.origin()});
}

} // namespace cmw::cloudwatch
