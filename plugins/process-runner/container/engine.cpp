// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <charconv>

namespace cmw::container {

namespace {

using Poco::JSON::Object;

constexpr std::size_t longest_answer = 4 * 1024 * 1024;
constexpr std::size_t longest_words = 300;
constexpr int deepest = 64;
/// The call says how long; this only has to be longer than any.
constexpr std::chrono::hours endless(24 * 365);

std::optional<int> minor_of(std::string_view version) {
    int minor = 0;
    if (!version.starts_with("1.")) return std::nullopt;
    version.remove_prefix(2);
    const auto* end = version.data() + version.size();
    const auto [rest, error] = std::from_chars(version.data(), end, minor);
    return error == std::errc() && rest == end ? std::optional(minor) : std::nullopt;
}

Error explained(const Error& error) {
    if (error.status() == CMW_DENIED)
        return {CMW_DENIED, error.what() + std::string("; the host's user needs the right to write "
                                                       "to the engine's socket, by being root or "
                                                       "in the socket's group")};
    // What is not there now may come: an engine that is being started, or installed.
    if (error.status() == CMW_NOT_FOUND)
        return {CMW_AGAIN, error.what() + std::string("; is the engine running, and is the "
                                                      "option \"socket\" its socket?")};
    if (error.status() == CMW_AGAIN)
        return {CMW_AGAIN, error.what() + std::string("; is the engine running?")};
    return error;
}

} // namespace

std::unique_ptr<shared::HttpExchange> Engine::exchange(const Call& call, const std::string& method,
                                                       const std::string& target,
                                                       const std::string& body) const {
    shared::HttpSettings settings;
    settings.timeout = endless;
    settings.user_agent = product_;
    settings.unix_socket = socket_;
    shared::HttpRequest request;
    request.url = "http://engine" + target;
    request.method = method;
    if (!body.empty()) request.headers["Content-Type"] = "application/json";
    request.body = shared::HttpBody(body);
    try {
        return std::make_unique<shared::HttpExchange>(call, request, settings);
    } catch (const Error& error) {
        throw explained(error);
    }
}

const std::string& Engine::version(const Call& call) {
    if (!version_.empty()) return version_;
    const auto asked = exchange(call, "GET", "/version", "");
    const Answer answer{asked->status(), asked->read_all(longest_answer)};
    if (!answer.ok())
        throw Error(CMW_AGAIN, "cannot ask the engine at " + socket_ +
                                   " for its version: " + words_of(answer));
    const auto said = parse_object(answer.body);
    version_ = "/v" + choose_version(text_at(*said, "ApiVersion"), text_at(*said, "MinAPIVersion"));
    return version_;
}

std::unique_ptr<shared::HttpExchange> Engine::open(const Call& call, const std::string& method,
                                                   const std::string& target,
                                                   const std::string& body) {
    const auto versioned = version(call) + target;
    return exchange(call, method, versioned, body);
}

Answer Engine::ask(const Call& call, const std::string& method, const std::string& target,
                   const std::string& body) {
    const auto opened = open(call, method, target, body);
    Answer answer{opened->status(), opened->read_all(longest_answer + 1)};
    if (answer.body.size() > longest_answer)
        throw Error(CMW_INVALID, "cannot use the answer of the engine at " + socket_ +
                                     ": it is longer than 4 MiB");
    return answer;
}

Object::Ptr parse_object(const std::string& text) {
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(deepest);
        return parser.parse(text).extract<Object::Ptr>();
    } catch (const Poco::Exception&) {
        throw Error(CMW_INVALID, "cannot use the engine's answer: it is no JSON object");
    }
}

std::string text_at(const Object& object, const std::string& name) {
    const auto value = object.get(name);
    return value.isString() ? value.extract<std::string>() : "";
}

std::int64_t number_at(const Object& object, const std::string& name) {
    const auto value = object.get(name);
    try {
        return value.isInteger() ? value.convert<Poco::Int64>() : 0;
    } catch (const Poco::Exception&) {
        return 0; // Larger than any that has a meaning here.
    }
}

bool flag_at(const Object& object, const std::string& name) {
    const auto value = object.get(name);
    return value.isBoolean() && value.extract<bool>();
}

Object::Ptr object_at(const Object& object, const std::string& name) {
    auto found = object.getObject(name);
    return found.isNull() ? Object::Ptr(new Object) : found;
}

std::string one_line(std::string text) {
    for (auto& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) c = ' ';
    }
    if (text.size() > longest_words) text = text.substr(0, longest_words - 3) + "...";
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

std::string words_of(const Answer& answer) {
    std::string words;
    try {
        words = one_line(text_at(*parse_object(answer.body), "message"));
    } catch (const Error&) {
        words = one_line(answer.body);
    }
    const auto status = "HTTP " + std::to_string(answer.status);
    return words.empty() ? status : words + " (" + status + ")";
}

std::string choose_version(const std::string& newest, const std::string& oldest) {
    constexpr int preferred = 41;
    const auto most = minor_of(newest);
    if (!most || *most < preferred)
        throw Error(CMW_UNSUPPORTED, "cannot use this engine: its API is \"" +
                                         newest.substr(0, 20) +
                                         "\", and 1.41 is needed: Docker 20.10 or Podman 4.0");
    return "1." + std::to_string(std::max(preferred, minor_of(oldest).value_or(0)));
}

} // namespace cmw::container
