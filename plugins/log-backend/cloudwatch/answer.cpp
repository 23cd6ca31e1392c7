// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <array>

namespace cmw::cloudwatch {

namespace {

constexpr std::size_t longest_message = 300;

/// Null if it is no JSON object.
Poco::JSON::Object::Ptr parse_object(const std::string& text) try {
    Poco::JSON::Parser parser;
    parser.setDepth(16);
    const auto root = parser.parse(text);
    if (root.type() != typeid(Poco::JSON::Object::Ptr)) return nullptr;
    return root.extract<Poco::JSON::Object::Ptr>();
} catch (const std::exception&) { // Poco's, and std's for numbers that are none.
    return nullptr;
}

std::string text_of(const Poco::JSON::Object& object, const char* name) {
    const auto value = object.get(name);
    return value.isString() ? value.extract<std::string>() : "";
}

/// An index of an event; nothing if it is not there or is none.
std::optional<std::size_t> index_of(const Poco::JSON::Object& object, const char* name,
                                    std::size_t events) try {
    const auto value = object.get(name);
    if (!value.isInteger()) return std::nullopt;
    const auto index = value.convert<std::int64_t>();
    return std::min(static_cast<std::size_t>(std::max<std::int64_t>(index, 0)), events);
} catch (const Poco::Exception&) {
    return std::nullopt;
}

/// "com.amazonaws.logs#ThrottlingException:http://..." without what is around the name.
std::string bare_code(std::string text) {
    text.erase(std::min(text.find(':'), text.size()));
    if (const auto hash = text.rfind('#'); hash != text.npos) text.erase(0, hash + 1);
    for (const char c : text)
        if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z')) return "";
    return text;
}

std::string harmless(std::string text) {
    if (text.size() > longest_message) text.resize(longest_message);
    for (auto& c : text)
        if (c < 0x20 || c > 0x7e) c = '?';
    return text;
}

bool is_one_of(const std::string& code, std::initializer_list<std::string_view> codes) {
    return std::ranges::find(codes, code) != codes.end();
}

/// What to do; "": nothing that an operator could.
std::string advice(const Refusal& refusal, const Question& question) {
    if (refusal.is("AccessDeniedException"))
        return "; the policy of " + question.origin + " must allow logs:" + question.operation;
    if (is_one_of(refusal.code,
                  {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException",
                   "InvalidClientTokenId", "MissingAuthenticationToken"}))
        return "; look at " + question.origin;
    if (is_about_time(refusal)) return "; set this machine's clock";
    if (refusal.is("InvalidSignatureException"))
        return "; the secret of " + question.origin +
               " is not that of its key, or the region is "
               "another one";
    if (refusal.is("ResourceNotFoundException"))
        return "; with create = true it is made on the next try";
    return "";
}

std::int32_t status_of(const Refusal& refusal) {
    const bool passing =
        refusal.http >= 500 || refusal.http == 429 || refusal.http == 408 ||
        is_one_of(refusal.code,
                  {"ThrottlingException", "ServiceUnavailableException", "LimitExceededException",
                   "OperationAbortedException", "ResourceNotFoundException"});
    if (passing) return CMW_AGAIN;
    const bool denied =
        refusal.http == 401 || refusal.http == 403 ||
        is_one_of(refusal.code, {"AccessDeniedException", "ExpiredTokenException",
                                 "UnrecognizedClientException", "InvalidSignatureException"});
    return denied ? CMW_DENIED : CMW_FAILED;
}

} // namespace

Rejected parse_rejected(const std::string& body, std::size_t events) {
    const auto object = parse_object(body);
    if (object.isNull())
        throw Error(CMW_INVALID, "the answer is not the JSON of CloudWatch Logs; look at the "
                                 "endpoint and at what is between");
    Rejected rejected;
    if (!object->isObject("rejectedLogEventsInfo")) return rejected;
    const auto& info = *object->getObject("rejectedLogEventsInfo");
    // Ends are exclusive, the start is inclusive; the events are in order of time.
    rejected.too_old = index_of(info, "tooOldLogEventEndIndex", events).value_or(0);
    const auto expired = index_of(info, "expiredLogEventEndIndex", events).value_or(0);
    if (expired > rejected.too_old) rejected.expired = expired - rejected.too_old;
    const auto kept_from = std::max(rejected.too_old, expired);
    const auto too_new = index_of(info, "tooNewLogEventStartIndex", events).value_or(events);
    rejected.too_new = events - std::max(too_new, kept_from);
    return rejected;
}

std::optional<Refusal> parse_refusal(const Answer& answer) {
    if (answer.http == 200) return std::nullopt;
    Refusal refusal{answer.http, harmless(answer.reason), bare_code(answer.error_type), "",
                    answer.retry_after};
    if (const auto object = parse_object(answer.body)) {
        if (refusal.code.empty()) refusal.code = bare_code(text_of(*object, "__type"));
        refusal.message = harmless(text_of(*object, "message"));
        if (refusal.message.empty()) refusal.message = harmless(text_of(*object, "Message"));
    }
    return refusal;
}

bool is_about_events(const Refusal& refusal) {
    const auto names = [&](const char* field) {
        return refusal.message.find(field) != std::string::npos;
    };
    return refusal.is("InvalidParameterException") && !names("logGroupName") &&
           !names("logStreamName");
}

bool is_about_time(const Refusal& refusal) {
    return refusal.is("RequestExpired") || refusal.is("RequestTimeTooSkewed") ||
           (refusal.is("InvalidSignatureException") &&
            (refusal.message.find("expired") != std::string::npos ||
             refusal.message.find("not yet current") != std::string::npos));
}

Error explain(const Refusal& refusal, const Question& question) {
    auto text = "cannot " +
                (question.operation == "PutLogEvents" ? std::string("write to ")
                                                      : "call " + question.operation + " for ") +
                question.target + " at " + question.server + ": " + std::to_string(refusal.http) +
                " " + refusal.reason;
    if (!refusal.code.empty()) text += ", " + refusal.code;
    if (!refusal.message.empty()) text += " (" + refusal.message + ")";
    return {status_of(refusal), text + advice(refusal, question), refusal.retry_after};
}

} // namespace cmw::cloudwatch
