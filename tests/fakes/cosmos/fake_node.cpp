// SPDX-License-Identifier: Apache-2.0
#include "fakes/cosmos/fake_node.hpp"

namespace cmw::fakes {
namespace {

using test::HttpServer;

std::string varint(std::uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7f) | 0x80);
    return bytes + static_cast<char>(number);
}

std::string text_field(unsigned id, const std::string& text) {
    return varint(id << 3 | 2) + varint(text.size()) + text;
}

std::string number_field(unsigned id, std::uint64_t number) {
    return varint(id << 3) + varint(number);
}

void reply(HttpServer::Connection& to, const std::string& status, const std::string& body) {
    to.send(test::http_head(status, {"Content-Type: application/json",
                                     "Content-Length: " + std::to_string(body.size())}) +
            body);
}

/// The name in "&data=0x0a<size><name in hexadecimal>", whose size is below 128.
std::string asked_name(const std::string& target) {
    const auto data = target.find("data=0x0a");
    std::string name;
    for (auto at = data == target.npos ? target.size() : data + 11; at + 1 < target.size(); at += 2)
        name += static_cast<char>(std::stoi(target.substr(at, 2), nullptr, 16));
    return name;
}

std::string status_result(const FakeNode::State& state) {
    return R"({"node_info":{"network":"test-1","version":"0.38.0"},"sync_info":{)"
           R"("latest_block_height":")" +
           std::to_string(state.height) + R"(","catching_up":)" +
           (state.catching_up ? "true" : "false") + "}}";
}

std::string query_result(const FakeNode::State& state, const std::string& target) {
    std::string bytes;
    if (target.find("CurrentPlan") != target.npos) {
        if (state.plan) bytes = current_plan_message(*state.plan);
    } else if (const auto found = state.applied.find(asked_name(target));
               found != state.applied.end()) {
        bytes = number_field(1, found->second);
    }
    const bool refused = state.manner == FakeNode::Manner::Refuse;
    return R"({"response":{"code":)" + std::string(refused ? "6" : "0") + R"(,"log":")" +
           (refused ? "unknown query path" : "") + R"(","value":)" +
           (bytes.empty() ? "null" : "\"" + base64(bytes) + "\"") + R"(,"height":")" +
           std::to_string(state.height) + "\"}}";
}

} // namespace

std::string current_plan_message(const FakeNode::Plan& plan) {
    // With the obsolete time, which nodes still send: -62135596800 seconds.
    const auto time = number_field(1, static_cast<std::uint64_t>(-62135596800LL));
    return text_field(1, text_field(1, plan.name) + text_field(2, time) +
                             number_field(3, plan.height) + text_field(4, plan.info));
}

std::string base64(const std::string& bytes) {
    static const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group =
                group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
    }
    return text;
}

FakeNode::FakeNode()
    : server_([this](const auto& request, auto& connection) { answer(request, connection); }) {}

void FakeNode::answer(const HttpServer::Request& request, HttpServer::Connection& to) {
    State state;
    {
        const std::lock_guard lock(mutex_);
        state = state_;
    }
    if (request.target.starts_with("/info.json")) return reply(to, "200 OK", state.document);
    const bool is_status = request.target == "/status";
    switch (state.manner) {
    case Manner::Silent:
        return;
    case Manner::Stall:
        return to.stall();
    case Manner::Garbage:
        return reply(to, "200 OK", "<html>not what you expect</html>");
    case Manner::Failing:
        return reply(to, "500 Internal Server Error",
                     R"({"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"Internal )"
                     R"(error","data":"node is not ready"}})");
    case Manner::Endless:
        to.send(test::http_head("200 OK"));
        for (int i = 0; i < 1024; ++i) to.send(std::string(4096, ' '));
        return;
    case Manner::Bare:
        return reply(to, "200 OK",
                     is_status ? status_result(state) : query_result(state, request.target));
    case Manner::Well:
    case Manner::Refuse:
        return reply(to, "200 OK",
                     R"({"jsonrpc":"2.0","id":-1,"result":)" +
                         (is_status ? status_result(state) : query_result(state, request.target)) +
                         "}");
    }
}

} // namespace cmw::fakes
