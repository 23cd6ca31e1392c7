// SPDX-License-Identifier: Apache-2.0
#include "shared/s3_error.hpp"

#include <charconv>
#include <initializer_list>

namespace cmw::shared {

namespace {

constexpr std::size_t longest_text = 300;
constexpr std::size_t most_elements = 32;

/// One piece after the other of a document; never behind its end.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::string_view rest() const { return rest_; }
    bool at(std::string_view word) const { return rest_.starts_with(word); }
    void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

    /// All before `word`, which is passed over; false if it does not come.
    bool take_until(std::string_view word, std::string_view& taken) {
        const auto found = rest_.find(word);
        if (found == rest_.npos) return false;
        taken = rest_.substr(0, found);
        skip(found + word.size());
        return true;
    }

    /// White space, comments, processing instructions.
    bool skip_between() {
        std::string_view ignored;
        while (true) {
            skip(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
            if (at("<?")) {
                if (!take_until("?>", ignored)) return false;
            } else if (at("<!--")) {
                if (!take_until("-->", ignored)) return false;
            } else {
                return true;
            }
        }
    }

  private:
    std::string_view rest_;
};

/// The name in a start tag, "" for a tag of another sort.
std::string_view name_in(std::string_view tag) {
    if (tag.starts_with('!') || tag.starts_with('/')) return {};
    return tag.substr(0, tag.find_first_of(" \t\r\n/"));
}

/// What a reference stands for: "amp", "#39". Nothing but ASCII is of use here.
char meaning_of(std::string_view reference) {
    if (reference == "amp") return '&';
    if (reference == "lt") return '<';
    if (reference == "gt") return '>';
    if (reference == "quot") return '"';
    if (reference == "apos") return '\'';
    const bool hex = reference.starts_with("#x");
    const auto digits = reference.substr(std::min<std::size_t>(hex ? 2 : 1, reference.size()));
    unsigned code = 0;
    if (reference.starts_with('#'))
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    return code >= 0x20 && code < 0x7f ? static_cast<char>(code) : '?';
}

/// One line, with references resolved once: what they stand for is text.
std::string text_in(std::string_view content) {
    std::string text;
    for (std::size_t i = 0; i < content.size() && text.size() < longest_text; ++i) {
        const auto end = content[i] == '&' ? content.substr(i, 12).find(';') : content.npos;
        if (end != content.npos) {
            text += meaning_of(content.substr(i + 1, end - 1));
            i += end;
        } else {
            text += content[i] >= 0x20 && content[i] < 0x7f ? content[i] : ' ';
        }
    }
    return text;
}

bool is_one_of(const std::string& code, std::initializer_list<const char*> codes) {
    return std::ranges::any_of(codes, [&](const char* one) { return code == one; });
}

std::string where(const S3Question& question) {
    return question.key + " from the bucket " + question.bucket + " at " + question.server;
}

Error denied(const S3Failure& failure, const S3Question& question, const std::string& cannot) {
    if (!question.signed_)
        return {CMW_DENIED, cannot + "not everybody may; set access-key-id and secret-access-key"};
    const auto with = question.origin;
    if (failure.code == "SignatureDoesNotMatch")
        return {CMW_DENIED, cannot + "the signature is not right: the secret key of " + with +
                                " is not that of its key id; set it anew"};
    if (failure.code == "InvalidAccessKeyId")
        return {CMW_DENIED, cannot + "the service does not know the key id of " + with +
                                ": see whether it is spelt right and still active"};
    if (is_one_of(failure.code, {"ExpiredToken", "TokenRefreshRequired"}))
        return {CMW_DENIED, cannot + "the session token of " + with + " has ended: get a new one"};
    if (failure.code == "InvalidToken")
        return {CMW_DENIED,
                cannot + "the session token of " + with + " is not one of its key: set both anew"};
    return {CMW_DENIED, cannot + "the credentials of " + with +
                            " may not: they need s3:GetObject on it, and s3:ListBucket to be told "
                            "when it is only not there yet"};
}

Error elsewhere(const S3Failure& failure, const S3Question& question, const std::string& cannot) {
    if (!failure.region.empty() && failure.region != question.region)
        return {CMW_CONFIG, cannot + "the bucket is in the region " + failure.region + ", not in " +
                                question.region + ": set region = \"" + failure.region + "\""};
    return {CMW_CONFIG, cannot + "the server does not serve the region " + question.region +
                            " or this bucket: set region, and endpoint if there is one, to where "
                            "the bucket is"};
}

/// What is not S3's own word: by the HTTP status alone.
cmw_status status_of(int http) {
    if (http == 404) return CMW_NOT_FOUND;
    if (http == 401 || http == 403) return CMW_DENIED;
    return http == 408 || http == 429 || http >= 500 ? CMW_AGAIN : CMW_FAILED;
}

} // namespace

std::map<std::string, std::string> parse_s3_error(std::string_view xml) {
    std::map<std::string, std::string> elements;
    Reader reader(xml);
    if (reader.at("\xef\xbb\xbf")) reader.skip(3);
    std::string_view tag;
    if (!reader.skip_between() || !reader.at("<")) return {};
    reader.skip(1);
    if (!reader.take_until(">", tag) || name_in(tag) != "Error") return {};
    while (elements.size() < most_elements && reader.skip_between() && reader.at("<")) {
        reader.skip(1);
        if (!reader.take_until(">", tag) || name_in(tag).empty()) break;
        if (tag.ends_with('/')) continue;
        const std::string name(name_in(tag));
        std::string_view content;
        if (!reader.take_until("</" + name, content) || !reader.take_until(">", tag)) break;
        // What has elements of its own is not of use here.
        if (content.find('<') == content.npos) elements[name] = text_in(content);
    }
    return elements;
}

Error explain(const S3Failure& failure, const S3Question& question) {
    const auto& code = failure.code;
    const auto cannot = "cannot read " + where(question) + ": ";
    if (code == "NoSuchKey" || (code.empty() && failure.http == 404))
        return {CMW_NOT_FOUND, "cannot find " + where(question) + ": it is not there, or not yet"};
    if (code == "NoSuchBucket")
        return {CMW_CONFIG, "cannot find the bucket " + question.bucket + " at " + question.server +
                                ": see whether bucket, region and endpoint are "
                                "spelt right"};
    if (code == "RequestTimeTooSkewed")
        return {CMW_AGAIN, cannot + "this machine's clock is more than 15 minutes off: set it, and "
                                    "keep it set by NTP"};
    if (is_one_of(code, {"PermanentRedirect", "TemporaryRedirect", "Redirect",
                         "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}) ||
        (failure.http >= 300 && failure.http < 400))
        return elsewhere(failure, question, cannot);
    if (is_one_of(code, {"SlowDown", "ServiceUnavailable", "RequestTimeout", "Throttling"}) ||
        (code.empty() && (failure.http == 503 || failure.http == 429)))
        return {CMW_AGAIN, cannot + "the service is busy and asks to come back later",
                failure.retry_after};
    if (code == "InternalError")
        return {CMW_AGAIN, cannot + "the service had an error of its own", failure.retry_after};
    if (code == "InvalidObjectState")
        return {CMW_DENIED, cannot + "it is in an archive (Glacier): restore it first"};
    if (is_one_of(code,
                  {"AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken",
                   "TokenRefreshRequired", "InvalidToken", "AllAccessDisabled"}) ||
        (code.empty() && failure.http == 403))
        return denied(failure, question, cannot);
    auto words = std::to_string(failure.http) + " " + (code.empty() ? failure.reason : code);
    if (!failure.message.empty()) words += ": " + failure.message;
    return {status_of(failure.http), cannot + words, failure.retry_after};
}

} // namespace cmw::shared
