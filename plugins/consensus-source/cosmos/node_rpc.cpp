// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/node_rpc.hpp"

#include "consensus-source/cosmos/download.hpp"
#include "consensus-source/cosmos/json.hpp"
#include "shared/hex.hpp"
#include "shared/http_exchange.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <sstream>

namespace cmw::cosmos {
namespace {

using Poco::JSON::Object;

std::string quoted(std::string text) {
    if (text.size() > 200) text.resize(200);
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return text;
}

/// The result of an answer; some chains' nodes leave JSON-RPC's envelope out.
Object::Ptr result_of(std::string_view json) {
    const auto answer = parse_object(json);
    if (const auto error = object_in(*answer, "error"))
        throw Error(CMW_INVALID, quoted(text_in(*error, "message").value_or("an error") + " " +
                                        text_in(*error, "data").value_or("")));
    const auto result = object_in(*answer, "result");
    return result ? result : answer;
}

/// Poco's decoder takes whatever it understands of a text.
bool is_base64(const std::string& text) {
    const auto digits = text.find_last_not_of('=') + 1;
    const bool pure = std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits),
                                  [](unsigned char c) {
                                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                             (c >= '0' && c <= '9') || c == '+' || c == '/';
                                  });
    return pure && text.size() % 4 == 0 && text.size() - digits <= 2;
}

std::string from_base64(const std::string& text) {
    if (!is_base64(text)) throw Error(CMW_INVALID, "its value is not base64");
    std::istringstream in(text);
    Poco::Base64Decoder decoder(in);
    std::ostringstream out;
    out << decoder.rdbuf();
    return out.str();
}

} // namespace

NodeStatus parse_status(std::string_view json) {
    const auto result = result_of(json);
    const auto sync = object_in(*result, "sync_info");
    if (!sync) throw Error(CMW_INVALID, "it has no sync_info");
    const auto height = number_in(*sync, "latest_block_height");
    if (!height) throw Error(CMW_INVALID, "it has no latest_block_height");
    const auto catching_up = sync->get("catching_up");
    const auto node = object_in(*result, "node_info");
    return {*height, catching_up.isBoolean() && catching_up.convert<bool>(),
            node ? quoted(text_in(*node, "network").value_or("")) : std::string()};
}

std::string parse_abci_answer(std::string_view json) {
    const auto response = object_in(*result_of(json), "response");
    if (!response) throw Error(CMW_INVALID, "it has no response");
    if (number_in(*response, "code").value_or(0) != 0)
        throw Error(CMW_INVALID, quoted(text_in(*response, "log").value_or("it was refused")));
    const auto value = text_in(*response, "value");
    if (!value || value->empty()) return {};
    return from_base64(*value);
}

std::string rpc_url(const std::string& url) {
    auto plain = url.starts_with("tcp://") ? "http://" + url.substr(6) : url;
    try {
        const Poco::URI uri(plain);
        const bool http = uri.getScheme() == "http" || uri.getScheme() == "https";
        if (http && !uri.getHost().empty() && uri.getQuery().empty()) {
            while (plain.ends_with('/')) plain.pop_back();
            return plain;
        }
    } catch (const Poco::Exception&) {
        // No URL.
    }
    throw Error(CMW_CONFIG, "cannot use 'rpc': it is not a URL such as \"http://localhost:26657\"");
}

NodeRpc::NodeRpc(std::string url, std::chrono::nanoseconds timeout, std::string user_agent)
    : url_(std::move(url)), timeout_(timeout), user_agent_(std::move(user_agent)) {}

std::string NodeRpc::get(const Call& call, const std::string& resource) const {
    // An error comes with status 500, and its words in the body.
    DownloadLimits limits;
    limits.timeout = timeout_;
    limits.user_agent = user_agent_;
    return download(call, url_ + resource, limits, true);
}

NodeStatus NodeRpc::status(const Call& call) const {
    const auto answer = get(call, "/status");
    try {
        return parse_status(answer);
    } catch (const Error& e) {
        throw Error(e.status(),
                    "cannot use the status of " + shared::shown_url(url_) + ": " + e.what());
    }
}

std::string NodeRpc::query(const Call& call, const std::string& method,
                           const std::string& message) const {
    std::string resource = "/abci_query?path=%22/cosmos.upgrade.v1beta1.Query/" + method + "%22";
    if (!message.empty()) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(message.data());
        resource += "&data=0x" + shared::to_hex({bytes, message.size()});
    }
    return get(call, resource);
}

std::optional<Plan> NodeRpc::current_plan(const Call& call) const {
    const auto answer = query(call, "CurrentPlan", "");
    try {
        return parse_current_plan(parse_abci_answer(answer));
    } catch (const Error& e) {
        throw Error(e.status(),
                    "cannot use the plan that " + shared::shown_url(url_) + " names: " + e.what());
    }
}

std::uint64_t NodeRpc::applied_plan(const Call& call, const std::string& name) const {
    const auto answer = query(call, "AppliedPlan", applied_plan_request(name));
    try {
        return parse_applied_plan(parse_abci_answer(answer));
    } catch (const Error& e) {
        throw Error(e.status(), "cannot tell from " + shared::shown_url(url_) +
                                    " whether the upgrade \"" + name + "\" was made: " + e.what());
    }
}

} // namespace cmw::cosmos
