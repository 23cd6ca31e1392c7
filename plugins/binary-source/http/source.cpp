// SPDX-License-Identifier: Apache-2.0
#include "binary-source/http/source.hpp"

#include "binary-source/http/answer.hpp"
#include "shared/http_get.hpp"
#include "shared/template.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>
#include <unistd.h>

namespace cmw::http {

namespace {

using shared::HttpGet;
using shared::shown_url;

/// A target may hold anything; in a URL it is one piece of a path.
std::string as_path_piece(std::string_view text) {
    std::string encoded;
    Poco::URI::encode(std::string(text), "/?#[]@!$&'()*+,;=:", encoded);
    return encoded;
}

std::string expand_url(const std::string& url, std::string_view target, std::string_view digest) {
    return shared::expand(url,
                          {{"target", as_path_piece(target)}, {"digest", std::string(digest)}});
}

bool same_origin(const Poco::URI& one, const Poco::URI& other) {
    return one.getScheme() == other.getScheme() && one.getHost() == other.getHost() &&
           one.getPort() == other.getPort();
}

Answer answer_of(const HttpGet& get) {
    return {get.status(),
            get.reason(),
            get.header("Content-Length"),
            get.header("Content-Range"),
            get.header("Content-Encoding"),
            get.header("Location"),
            get.header("Retry-After")};
}

/// Where a redirect leads. Throws where it must not lead.
std::string follow(const std::string& from, const std::string& location) try {
    const Poco::URI here(from);
    const bool secure = here.getScheme() == "https";
    Poco::URI next(here);
    next.setUserInfo("");
    next.resolve(location);
    if (same_origin(here, next)) next.setUserInfo(here.getUserInfo());
    if (next.getScheme() == "https" || (next.getScheme() == "http" && !secure))
        return next.toString();
    throw Error(CMW_INVALID, "cannot follow the redirect of " + shown_url(from) + " to " +
                                 shown_url(next.toString()) + ": it leaves https");
} catch (const Poco::SyntaxException&) {
    throw Error(CMW_INVALID,
                "cannot follow the redirect of " + shown_url(from) + ": it is not a URL");
}

/// Hands the body on; what is missing at its end is a broken connection.
void take(HttpGet& get, const std::string& url, const Step& step, Writer& writer) {
    writer.begin(step.from, step.total.value_or(CMW_SIZE_UNKNOWN));
    auto received = step.from;
    for (auto bytes = get.read(); !bytes.empty(); bytes = get.read()) {
        writer.write(bytes);
        received += bytes.size();
    }
    if (step.total && received < *step.total)
        throw Error(CMW_AGAIN, "cannot read all of " + shown_url(url) + ": " +
                                   std::to_string(received) + " of " + std::to_string(*step.total) +
                                   " bytes came");
}

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

void Source::check(const Settings& settings) {
    const auto wrong = [](const std::string& why) { throw Error(CMW_CONFIG, why); };
    Poco::URI url;
    try {
        url = expand_url(settings.url, "target", "digest");
    } catch (const Poco::SyntaxException&) {
        wrong("cannot use the url: it is not a URL");
    }
    if (url.getScheme() != "http" && url.getScheme() != "https")
        wrong("cannot use the url: it must begin with http:// or https://");
    if (url.getHost().empty()) wrong("cannot use the url: it names no host");
    if (settings.ca_file && ::access(settings.ca_file->c_str(), R_OK) != 0)
        wrong("cannot read the ca-file " + settings.ca_file->string() + ": " +
              std::generic_category().message(errno));
}

void Source::fetch(const Call& call, const cmw_config&, const Artifact& artifact, Writer& writer) {
    const auto first = expand_url(settings_.url, artifact.target(), artifact.hex());
    const shared::HttpSettings http{settings_.timeout,
                                    settings_.ca_file ? settings_.ca_file->string() : "",
                                    std::string(host_.product())};
    auto url = first;
    auto from = writer.offset();
    for (std::int64_t redirects = 0;;) {
        HttpGet::Headers headers{{"Accept-Encoding", "identity"}};
        if (from != 0) headers["Range"] = "bytes=" + std::to_string(from) + "-";
        if (!settings_.authorization.reveal().empty() &&
            same_origin(Poco::URI(url), Poco::URI(first)))
            headers["Authorization"] = settings_.authorization.reveal();
        HttpGet get(call, url, headers, http);
        const auto answer = answer_of(get);
        const auto step = judge(answer, from, unix_seconds());
        switch (step.kind) {
        case Step::take:
            return take(get, url, step, writer);
        case Step::complete:
            return writer.begin(step.from, *step.total);
        case Step::anew: // At most once: without a range no answer leads here.
            from = 0;
            break;
        case Step::redirect:
            if (redirects++ == settings_.max_redirects)
                throw Error(CMW_INVALID, "cannot read " + shown_url(first) + ": more than " +
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
