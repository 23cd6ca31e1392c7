// SPDX-License-Identifier: Apache-2.0
#include "fakes/cloudwatch/fake_cloudwatch.hpp"

#include "fakes/aws_texts.hpp"
#include "shared/aws_signature.hpp"
#include "shared/http_answer.hpp"

#include <Poco/InflatingStream.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <sstream>

namespace cmw::test {

namespace {

using Request = HttpServer::Request;

std::string problem(const std::string& code, const std::string& message = "In its own words.") {
    return R"({"__type":"com.amazonaws.logs#)" + code + R"(","message":")" + message + "\"}";
}

std::string inflate(const std::string& text) {
    std::istringstream in(text);
    Poco::InflatingInputStream unpacked(in, Poco::InflatingStreamBuf::STREAM_GZIP);
    std::ostringstream out;
    out << unpacked.rdbuf();
    return out.str();
}

/// What the header Authorization should be.
std::string expected(const CloudWatchState& state, const Request& request,
                     const std::string& body) {
    shared::AwsRequest to_sign{.method = request.method,
                               .path = "/",
                               .query = {},
                               .headers = {},
                               .body = body,
                               .body_digest = {}};
    auto names = between(request.header("authorization"), "SignedHeaders=", ",") + ";";
    for (std::size_t end = 0; (end = names.find(';')) != names.npos; names.erase(0, end + 1)) {
        const auto name = names.substr(0, end);
        if (name != "x-amz-date" && name != "x-amz-security-token")
            to_sign.headers.emplace_back(name, request.header(name));
    }
    const shared::AwsKeys keys{state.key_id, Secret(state.secret), Secret(state.session_token)};
    return shared::sign(to_sign, {state.region, "logs", time_of(request.header("x-amz-date"))},
                        keys)
        .at("Authorization");
}

/// The code that refuses a request; "" if it may go on.
std::string refusal(const CloudWatchState& state, const Request& request, const std::string& body) {
    const auto authorization = request.header("authorization");
    if (authorization.empty()) return problem("MissingAuthenticationTokenException");
    if (!authorization.starts_with("AWS4-HMAC-SHA256 Credential=" + state.key_id + "/") ||
        request.header("x-amz-security-token") != state.session_token)
        return problem("UnrecognizedClientException");
    const auto now = shared::unix_seconds() + state.clock;
    if (std::abs(time_of(request.header("x-amz-date")) - now) > 15 * 60)
        return problem("InvalidSignatureException", "Signature expired: it is now another time");
    if (authorization != expected(state, request, body))
        return problem("InvalidSignatureException", "The signature does not match");
    return "";
}

/// What is wrong with the events themselves; "" if nothing is.
std::string flaw(const std::vector<FakeCloudWatch::Taken>& events, const std::string& bad_word) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].message.empty()) return "an empty message";
        if (i > 0 && events[i].time_ms < events[i - 1].time_ms) return "not in order of time";
        if (events[i].message.find(bad_word) != std::string::npos) return "a bad word";
        bytes += events[i].message.size() + 26;
    }
    if (events.empty() || events.size() > 10'000) return "their number";
    if (bytes > 1'048'576) return "their size";
    if (events.back().time_ms - events.front().time_ms > 86'400'000) return "over 24 hours";
    return "";
}

} // namespace

std::vector<std::string> FakeCloudWatch::messages() const {
    std::vector<std::string> all;
    for (const auto& event : taken()) all.push_back(event.message);
    return all;
}

HttpServer::Handler FakeCloudWatch::handler() {
    return [this](const Request& request, HttpServer::Connection& connection) {
        serve(request, connection);
    };
}

PutFault FakeCloudWatch::next_fault(const std::string& operation) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(operation);
    if (operation != "PutLogEvents") return PutFault::none;
    const auto number = puts_++;
    return plan_ ? plan_(number) : PutFault::none;
}

void FakeCloudWatch::serve(const Request& request, HttpServer::Connection& connection) {
    const auto target = request.header("x-amz-target");
    const auto operation = target.substr(std::min(target.find('.') + 1, target.size()));
    const auto length = request.header("content-length");
    const auto size = length.empty() ? 0 : std::stoul(length);
    const auto fault = next_fault(operation);
    if (fault == PutFault::half_read) {
        connection.receive(size / 2);
        return connection.reset();
    }
    const auto body = connection.receive(size);
    if (body.size() < size || fault == PutFault::closed) return;
    if (fault == PutFault::never_answered) return connection.stall();
    const auto reply = judge(request, operation, body, fault);
    if (fault == PutFault::taken_then_closed) return connection.reset();
    const auto its = state();
    const auto date =
        its.date_header.empty() ? http_date(shared::unix_seconds() + its.clock) : its.date_header;
    connection.send(http_head(reply.status,
                              {"Content-Type: application/x-amz-json-1.1", "Date: " + date,
                               "Content-Length: " + std::to_string(reply.body.size())},
                              true) +
                    reply.body);
    connection.keep();
}

FakeCloudWatch::Reply FakeCloudWatch::judge(const Request& request, const std::string& operation,
                                            const std::string& body, PutFault fault) {
    const std::lock_guard lock(mutex_);
    if (fault == PutFault::internal_error) return {"500 Internal Server Error", "oops"};
    if (fault == PutFault::throttled)
        return {"400 Bad Request", problem("ThrottlingException", "Rate exceeded")};
    if (fault == PutFault::garbage) return {"200 OK", "<html>It works!</html>"};
    if (fault == PutFault::already_accepted)
        return {"400 Bad Request", problem("DataAlreadyAcceptedException")};
    if (fault == PutFault::expired_token)
        return {"400 Bad Request", problem("ExpiredTokenException")};
    if (const auto refused = refusal(state_, request, body); !refused.empty())
        return {"400 Bad Request", refused};
    if (state_.denied.contains(operation))
        return {"400 Bad Request", problem("AccessDeniedException")};
    const auto text = request.header("content-encoding") == "gzip" ? inflate(body) : body;
    return operation == "PutLogEvents" ? put(text, fault) : create(operation, text);
}

FakeCloudWatch::Reply FakeCloudWatch::put(const std::string& body, PutFault fault) {
    const auto object = Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
    const auto group = object->getValue<std::string>("logGroupName");
    const auto stream = object->getValue<std::string>("logStreamName");
    if (fault == PutFault::not_found) state_.streams.erase({group, stream});
    if (!state_.streams.contains({group, stream}))
        return {"400 Bad Request",
                problem("ResourceNotFoundException", "The specified log stream does not exist.")};
    std::vector<Taken> events;
    for (const auto& one : *object->getArray("logEvents")) {
        const auto& event = *one.extract<Poco::JSON::Object::Ptr>();
        events.push_back({group, stream, event.getValue<std::int64_t>("timestamp"),
                          event.getValue<std::string>("message")});
    }
    if (const auto wrong = flaw(events, state_.bad_word); !wrong.empty())
        return {"400 Bad Request", problem("InvalidParameterException", wrong)};
    taken_.insert(taken_.end(), events.begin(), events.end());
    put_sizes_.push_back(events.size());
    if (!state_.answer.empty()) return {"200 OK", state_.answer};
    if (!state_.rejected.empty())
        return {"200 OK", R"({"rejectedLogEventsInfo":)" + state_.rejected + "}"};
    return {"200 OK", R"({"nextSequenceToken":"1"})"};
}

FakeCloudWatch::Reply FakeCloudWatch::create(const std::string& operation,
                                             const std::string& body) {
    const auto object = Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
    const auto group = object->getValue<std::string>("logGroupName");
    const Reply exists{"400 Bad Request", problem("ResourceAlreadyExistsException")};
    const Reply missing{"400 Bad Request", problem("ResourceNotFoundException")};
    if (operation == "CreateLogGroup") {
        if (!state_.groups.insert(group).second) return exists;
        state_.tags.clear();
        if (object->isObject("tags"))
            for (const auto& [name, value] : *object->getObject("tags"))
                state_.tags[name] = value.convert<std::string>();
        return {"200 OK", ""};
    }
    if (!state_.groups.contains(group)) return missing;
    if (operation == "PutRetentionPolicy") {
        state_.retention[group] = object->getValue<std::int64_t>("retentionInDays");
        return {"200 OK", ""};
    }
    if (operation != "CreateLogStream")
        return {"400 Bad Request", problem("UnknownOperationException")};
    const auto stream = object->getValue<std::string>("logStreamName");
    return state_.streams.emplace(group, stream).second ? Reply{"200 OK", ""} : exists;
}

} // namespace cmw::test
