// SPDX-License-Identifier: Apache-2.0
#include "command-source/s3/source.hpp"

namespace cmw::command_s3 {

namespace {

constexpr std::size_t largest_file = std::size_t{256} << 10;

shared::S3Settings bucket_settings(const Source::Settings& settings) {
    return {.bucket = settings.bucket,
            .region = settings.region,
            .endpoint = settings.endpoint,
            .addressing = settings.addressing,
            .credentials = {settings.credentials, settings.key_id, settings.secret,
                            settings.session_token, settings.profile},
            .http = shared::http_settings(settings.timeout, settings.proxy, settings.ca)};
}

} // namespace

void Source::check(const Settings& settings) {
    if (settings.key.empty()) throw Error(CMW_CONFIG, "cannot use the key: it is empty");
    shared::check_s3_settings(bucket_settings(settings));
}

Source::Source(const Settings& settings, Host host, const shared::Environment& environment)
    : key_(settings.key), bucket_(bucket_settings(settings), environment, host) {}

void Source::poll(const Call& call, Mailbox& mailbox) {
    shared::HttpRequest::Headers headers;
    const auto tag = etags_.get(key_);
    if (content_ && !tag.empty()) headers["If-None-Match"] = tag;
    try {
        const auto exchange = bucket_.get(call, key_, headers);
        const bool same = exchange->status() == 304 && !headers.empty();
        if (!same) take(*exchange);
    } catch (const Error& e) {
        if (e.status() != CMW_NOT_FOUND) throw;
        content_.reset();
        return;
    }
    mailbox.deliver(key_, *content_);
}

/// Keeps the object of an answer; what was kept before stays when it cannot be had.
void Source::take(shared::HttpExchange& exchange) {
    const auto cannot = "cannot read " + bucket_.shown(key_) + ": ";
    if (exchange.status() != 200)
        throw Error(CMW_FAILED, cannot + "the server answered " +
                                    std::to_string(exchange.status()) + " " + exchange.reason());
    auto content = exchange.read_all(largest_file + 1);
    if (content.size() > largest_file)
        throw Error(CMW_INVALID,
                    cannot + "it is larger than " + std::to_string(largest_file) + " bytes");
    const auto length = exchange.header("Content-Length");
    if (!length.empty() && length != std::to_string(content.size()))
        throw Error(CMW_AGAIN, cannot + "it ended after " + std::to_string(content.size()) +
                                   " of " + length + " bytes");
    content_ = std::move(content);
    etags_.put(key_, exchange.header("ETag"));
}

} // namespace cmw::command_s3
