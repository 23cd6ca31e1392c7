// SPDX-License-Identifier: Apache-2.0
#include "destination.hpp"

#include "shared/aws_signature.hpp"

#include <Poco/JSON/Object.h>
#include <sstream>

namespace cmw::cloudwatch {

namespace {

constexpr std::size_t longest_name = 512;

bool done_or_there(const std::optional<Refusal>& refusal) {
    return !refusal || refusal->is("ResourceAlreadyExistsException");
}

} // namespace

void check_group_name(const std::string& group) {
    const bool known =
        group.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/#") == std::string::npos;
    if (group.empty() || group.size() > longest_name || !known)
        throw Error(CMW_CONFIG, "cannot use the group \"" + group +
                                    "\": its name has 1 to 512 letters, digits and . - _ / #");
}

void check_stream_name(const std::string& stream) {
    const bool odd = stream.find_first_of(":*") != std::string::npos ||
                     std::ranges::any_of(stream, [](char c) { return c >= 0 && c < 0x20; });
    if (stream.empty() || stream.size() > longest_name || odd)
        throw Error(CMW_CONFIG, "cannot use the stream \"" + stream +
                                    "\": its name has 1 to 512 characters, none of them : or *");
}

std::optional<Refusal> Destinations::ask(const Call& call, const std::string& operation,
                                         const Destination& destination) {
    Poco::JSON::Object object;
    object.set("logGroupName", destination.group);
    if (operation == "CreateLogStream") object.set("logStreamName", destination.stream);
    if (operation == "PutRetentionPolicy") object.set("retentionInDays", settings_.retention_days);
    if (operation == "CreateLogGroup" && !settings_.tags.empty()) {
        Poco::JSON::Object tags;
        for (const auto& [name, value] : settings_.tags) tags.set(name, value);
        object.set("tags", tags);
    }
    std::ostringstream text;
    object.stringify(text);
    const auto body = text.str();
    return parse_refusal(
        service_.call(call, {operation, shared::HttpBody(body), shared::sha256_hex(body)}));
}

/// "Already exists" is as good.
void Destinations::need(const Call& call, const std::string& operation,
                        const Destination& destination) {
    const auto refusal = ask(call, operation, destination);
    if (!done_or_there(refusal)) throw service_.refused(*refusal, operation, destination.shown());
}

void Destinations::make_group(const Call& call, const Destination& destination) {
    need(call, "CreateLogGroup", destination);
    if (settings_.retention_days == 0) return;
    need(call, "PutRetentionPolicy", destination);
    groups_.insert(destination.group);
}

void Destinations::prepare(const Call& call, const Destination& destination) {
    if (settings_.retention_days == 0 || groups_.contains(destination.group)) return;
    const auto refusal = ask(call, "PutRetentionPolicy", destination);
    if (refusal && refusal->is("ResourceNotFoundException") && settings_.create)
        return make_group(call, destination);
    if (refusal) throw service_.refused(*refusal, "PutRetentionPolicy", destination.shown());
    groups_.insert(destination.group);
}

bool Destinations::make(const Call& call, const Destination& destination) {
    if (!settings_.create || streams_.contains(destination)) return false;
    const auto refusal = ask(call, "CreateLogStream", destination);
    if (refusal && refusal->is("ResourceNotFoundException")) {
        make_group(call, destination);
        need(call, "CreateLogStream", destination);
    } else if (!done_or_there(refusal)) {
        throw service_.refused(*refusal, "CreateLogStream", destination.shown());
    }
    streams_.insert(destination);
    return true;
}

} // namespace cmw::cloudwatch
