// SPDX-License-Identifier: Apache-2.0
#include "binary-source/s3/source.hpp"

#include "shared/template.hpp"

namespace cmw::s3 {

namespace {

using shared::Step;

std::string expand_key(const std::string& key, std::string_view target, std::string_view digest,
                       std::string_view path) {
    return shared::expand(key, {{"target", std::string(target)},
                                {"digest", std::string(digest)},
                                {"path", std::string(path)}});
}

/// The place that the network names, if it is one in a bucket.
std::string_view path_of(const Artifact& artifact) {
    for (const auto location : artifact.locations())
        if (location.find("://") == location.npos) return location;
    return {};
}

shared::S3Settings bucket_settings(const Source::Settings& settings) {
    return {.bucket = settings.bucket,
            .region = settings.region,
            .endpoint = settings.endpoint,
            .addressing = settings.addressing,
            .credentials = {settings.credentials, settings.key_id, settings.secret,
                            settings.session_token, settings.profile},
            .http = shared::http_settings(settings.timeout, settings.proxy, settings.ca)};
}

/// Amazon tells the size of an object in the body of a 416 instead of its Content-Range.
shared::HttpAnswer answer_to(shared::HttpExchange& exchange) {
    auto answer = answer_of(exchange);
    if (answer.status != 416 || !answer.content_range.empty()) return answer;
    constexpr std::size_t longest_error = 64 * 1024;
    const auto elements = shared::parse_s3_error(exchange.read_all(longest_error));
    if (const auto size = elements.find("ActualObjectSize"); size != elements.end())
        answer.content_range = "bytes */" + size->second;
    return answer;
}

shared::TransferLimits limits_of(const Source::Settings& settings) {
    return {settings.stall_timeout, settings.stall_size.count,
            settings.bandwidth ? settings.bandwidth->count : 0};
}

} // namespace

void Source::check(const Settings& settings) {
    if (expand_key(settings.key, "target", "digest", "path").empty())
        throw Error(CMW_CONFIG, "cannot use the key: it is empty");
    shared::check_s3_settings(bucket_settings(settings));
    shared::check_limits(limits_of(settings));
}

Source::Source(const Settings& settings, Host host, const shared::Environment& environment)
    : key_(settings.key),
      limits_(limits_of(settings)),
      bucket_(bucket_settings(settings), environment, host) {}

void Source::fetch(const Call& call, const cmw_config&, const Artifact& artifact, Writer& writer) {
    shared::Transfer transfer(call, writer, limits_);
    const auto key = expand_key(key_, artifact.target(), artifact.hex(), path_of(artifact));
    if (key.empty())
        throw Error(CMW_NOT_FOUND, "cannot fetch " + std::string(artifact.target()) +
                                       ": the network names no path for it");
    for (auto from = transfer.position();; from = 0) {
        shared::HttpRequest::Headers headers;
        if (from != 0) {
            headers["Range"] = "bytes=" + std::to_string(from) + "-";
            if (const auto tag = etags_.get(key); !tag.empty()) headers["If-Match"] = tag;
        }
        const auto exchange = bucket_.get(call, key, headers);
        const auto answer = answer_to(*exchange);
        const auto step = judge(answer, from, shared::unix_seconds());
        if (step.kind == Step::anew) continue; // Once: without a range no answer says so.
        if (step.kind == Step::complete) return transfer.complete(step);
        if (step.kind != Step::take)
            throw Error(step.status, "cannot read " + bucket_.shown(key) + ": " + step.why);
        etags_.put(key, answer.etag);
        return transfer.take(*exchange, step, bucket_.shown(key));
    }
}

} // namespace cmw::s3
