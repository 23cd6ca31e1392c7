// SPDX-License-Identifier: Apache-2.0
#include "shared/s3_bucket.hpp"

#include "shared/aws_service.hpp"
#include "shared/http_answer.hpp"

namespace cmw::shared {

namespace {

constexpr std::size_t longest_error = 64 * 1024;

bool by_path(const S3Settings& settings) {
    if (settings.addressing != "auto") return settings.addressing == "path";
    return !settings.endpoint.empty() || settings.bucket.find('.') != std::string::npos;
}

std::string server_of(const S3Settings& settings) {
    return aws_server("s3", settings.region, settings.endpoint);
}

bool is_answer(int status) {
    return status == 200 || status == 206 || status == 304 || status == 412 || status == 416;
}

S3Failure failure_of(HttpExchange& exchange) {
    const auto elements = parse_s3_error(exchange.read_all(longest_error));
    const auto text = [&](const char* name) {
        const auto found = elements.find(name);
        return found == elements.end() ? "" : found->second;
    };
    auto region = exchange.header("x-amz-bucket-region");
    if (region.empty()) region = text("Region");
    return {exchange.status(),
            exchange.reason(),
            text("Code"),
            text("Message"),
            region,
            parse_retry_after(exchange.header("Retry-After"), unix_seconds())};
}

} // namespace

void check_s3_settings(const S3Settings& settings) {
    if (settings.bucket.empty() ||
        settings.bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789.-_") != std::string::npos)
        throw Error(CMW_CONFIG, "cannot use the bucket " + settings.bucket +
                                    ": its name is made of letters, digits, dots and hyphens");
    check_aws_place(settings.region, settings.endpoint,
                    "; bucket and keys are options of their own");
    check_aws_credentials(settings.credentials);
    check_http_settings(settings.http);
}

S3Place place_of(const S3Settings& settings, const std::string& key) {
    const auto server = server_of(settings);
    if (by_path(settings)) return {server, "/" + settings.bucket + "/" + key};
    const auto host = server.find("://") + 3;
    return {server.substr(0, host) + settings.bucket + "." + server.substr(host), "/" + key};
}

S3Bucket::S3Bucket(S3Settings settings, const Environment& environment, Host host)
    : settings_(std::move(settings)),
      credentials_(settings_.credentials, environment, std::string(host.product())),
      host_(host) {
    settings_.region = aws_region(settings_.region, environment);
    if (settings_.region.empty()) settings_.region = "us-east-1";
    settings_.http.user_agent = host.product();
}

std::string S3Bucket::shown(const std::string& key) const {
    const auto place = place_of(settings_, key);
    return place.server + place.path;
}

std::unique_ptr<HttpExchange> S3Bucket::ask(const Call& call, const std::string& key,
                                            const HttpRequest::Headers& headers) {
    const auto place = place_of(settings_, key);
    const auto target = aws_encode(place.path, true);
    HttpRequest request{
        .url = place.server + target, .headers = headers, .body = {}, .target = target};
    request.headers["Host"] = host_header(request.url);
    const auto now = unix_seconds() + skew_;
    const auto keys = credentials_.get(call, now);
    signed_ = keys.has_value();
    if (keys) {
        const AwsRequest to_sign{.path = place.path,
                                 .query = {},
                                 .headers = {request.headers.begin(), request.headers.end()},
                                 .body = {}};
        request.headers.merge(sign(to_sign, {settings_.region, "s3", now}, *keys));
    }
    request.headers["Accept-Encoding"] = "identity";
    return std::make_unique<HttpExchange>(call, request, settings_.http);
}

bool S3Bucket::correct_clock(const HttpExchange& exchange) {
    const auto date = parse_http_date(exchange.header("Date"));
    if (!date) return false;
    skew_ = *date - unix_seconds();
    host_.warn(clock_warning(skew_, server_of(settings_)));
    return true;
}

std::unique_ptr<HttpExchange> S3Bucket::get(const Call& call, const std::string& key,
                                            const HttpRequest::Headers& headers) {
    bool corrected = false;
    bool renewed = false;
    while (true) {
        auto exchange = ask(call, key, headers);
        if (is_answer(exchange->status())) return exchange;
        const auto failure = failure_of(*exchange);
        if (failure.code == "RequestTimeTooSkewed" && !std::exchange(corrected, true) &&
            correct_clock(*exchange))
            continue;
        const auto origin = credentials_.origin();
        // Before the host asks again: other processes may have put new ones in place.
        const bool refused = failure.code == "ExpiredToken" || failure.code == "InvalidToken" ||
                             failure.code == "TokenRefreshRequired" ||
                             failure.code == "InvalidAccessKeyId";
        if (refused) credentials_.forget();
        if (refused && !std::exchange(renewed, true)) continue;
        throw explain(failure, {settings_.bucket, key, settings_.region,
                                place_of(settings_, key).server, origin, signed_});
    }
}

} // namespace cmw::shared
