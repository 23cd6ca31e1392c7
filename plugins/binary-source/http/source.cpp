// SPDX-License-Identifier: Apache-2.0
#include "binary-source/http/source.hpp"

#include "binary-source/http/places.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>

namespace cmw::http {

namespace {

using shared::HttpExchange;
using shared::shown_url;
using shared::Step;

bool same_origin(const Poco::URI& one, const Poco::URI& other) {
    return one.getScheme() == other.getScheme() && one.getHost() == other.getHost() &&
           one.getPort() == other.getPort();
}

/// Where a redirect leads. Throws where it must not lead.
std::string follow(const std::string& from, const std::string& location) try {
    const Poco::URI here(from);
    const bool secure = here.getScheme() == "https";
    Poco::URI next(here);
    next.setUserInfo("");
    next.resolve(location);
    const bool back = same_origin(here, next);
    if (back) next.setUserInfo(here.getUserInfo());
    if (next.getScheme() == "https" || (next.getScheme() == "http" && !secure))
        // As it is written: another way to write it may break a signature in it.
        return back || Poco::URI(location).isRelative() ? next.toString() : location;
    throw Error(CMW_INVALID, "cannot follow the redirect of " + shown_url(from) + " to " +
                                 shown_url(next.toString()) + ": it leaves https");
} catch (const Poco::SyntaxException&) {
    throw Error(CMW_INVALID,
                "cannot follow the redirect of " + shown_url(from) + ": it is not a URL");
}

shared::HttpSettings http_settings(const Source::Settings& settings, std::string_view product) {
    auto made = shared::http_settings(settings.timeout, settings.proxy,
                                      settings.ca ? settings.ca : settings.ca_file,
                                      settings.certificate, settings.key);
    made.user_agent = product;
    return made;
}

shared::TransferLimits limits_of(const Source::Settings& settings) {
    return {settings.stall_timeout, settings.stall_size.count,
            settings.bandwidth ? settings.bandwidth->count : 0};
}

/// What several servers answered, as one failure: worth a retry if one of them may have it later.
Error combined(const std::vector<Error>& failures) {
    cmw_status worst = CMW_NOT_FOUND;
    std::chrono::nanoseconds pause = std::chrono::nanoseconds::max();
    std::string text;
    for (const auto& failure : failures) {
        if (failure.status() == CMW_AGAIN) {
            worst = CMW_AGAIN;
            pause = std::min(pause, failure.retry_after());
        } else if (worst == CMW_NOT_FOUND) {
            worst = failure.status();
        }
        text += (text.empty() ? "" : "; ") + std::string(failure.what());
    }
    return {worst, text, worst == CMW_AGAIN ? pause : std::chrono::nanoseconds{}};
}

} // namespace

void Source::check(const Settings& settings) {
    if (settings.url.empty() && settings.mirrors.empty() && !settings.use_locations)
        throw Error(CMW_CONFIG, "cannot fetch from nowhere: set url, mirrors or use-locations");
    const auto expanded = [](const std::string& url) {
        return expand_url(url, "target", "digest");
    };
    if (!settings.url.empty()) shared::check_http_url("url", expanded(settings.url));
    for (const auto& mirror : settings.mirrors)
        shared::check_http_url("mirror " + mirror, expanded(mirror));
    shared::check_http_settings(http_settings(settings, ""));
    shared::check_limits(limits_of(settings));
}

Source::Source(Settings settings, Host host)
    : settings_(std::move(settings)),
      http_(http_settings(settings_, host.product())),
      limits_(limits_of(settings_)) {}

std::vector<std::string> Source::places(const Artifact& artifact) const {
    std::vector<std::string> all;
    const auto hex = artifact.hex();
    if (!settings_.url.empty()) all.push_back(expand_url(settings_.url, artifact.target(), hex));
    for (const auto& mirror : settings_.mirrors)
        all.push_back(expand_url(mirror, artifact.target(), hex));
    if (!settings_.use_locations) return all;
    for (const auto location : artifact.locations())
        if (auto url = usable_location(location); !url.empty()) all.push_back(std::move(url));
    return all;
}

void Source::fetch(const Call& call, const cmw_config&, const Artifact& artifact, Writer& writer) {
    shared::Transfer transfer(call, writer, limits_);
    std::vector<Error> failures;
    const auto all = places(artifact);
    for (const auto& place : all) {
        try {
            const bool authorized = !settings_.url.empty() && &place == &all.front();
            return fetch_from(call, place, authorized, transfer);
        } catch (const Error& failure) {
            if (transfer.refused() || failure.status() == CMW_CANCELLED) throw;
            failures.push_back(failure);
        }
    }
    if (failures.empty())
        throw Error(CMW_NOT_FOUND, "cannot fetch " + std::string(artifact.target()) +
                                       ": the network names no http or https URL for it");
    throw combined(failures);
}

void Source::fetch_from(const Call& call, const std::string& place, bool authorized,
                        shared::Transfer& transfer) {
    auto url = place;
    auto from = transfer.position();
    for (std::int64_t redirects = 0;;) {
        shared::HttpRequest request{
            .url = url, .headers = {{"Accept-Encoding", "identity"}}, .body = {}, .target = {}};
        if (from != 0) {
            request.headers["Range"] = "bytes=" + std::to_string(from) + "-";
            if (const auto etag = etags_.get(place); !etag.empty())
                request.headers["If-Range"] = etag;
        }
        if (authorized && !settings_.authorization.reveal().empty() &&
            same_origin(Poco::URI(url), Poco::URI(place)))
            request.headers["Authorization"] = settings_.authorization.reveal();
        HttpExchange exchange(call, request, http_);
        const auto answer = answer_of(exchange);
        const auto step = judge(answer, from, shared::unix_seconds());
        switch (step.kind) {
        case Step::take:
            etags_.put(place, answer.etag);
            return transfer.take(exchange, step, shown_url(url));
        case Step::complete:
            return transfer.complete(step);
        case Step::anew: // At most once: without a range no answer leads here.
            from = 0;
            break;
        case Step::redirect:
            if (redirects++ == settings_.max_redirects)
                throw Error(CMW_INVALID, "cannot read " + shown_url(place) + ": more than " +
                                             std::to_string(settings_.max_redirects) +
                                             " redirects");
            url = follow(url, answer.location);
            break;
        case Step::give_up:
            throw Error(step.status, "cannot read " + shown_url(url) + ": " + step.why,
                        step.retry_after);
        }
    }
}

} // namespace cmw::http
