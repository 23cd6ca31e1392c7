// SPDX-License-Identifier: Apache-2.0
#include "fakes/log_collector.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <zlib.h>

namespace cmw::test {

namespace {

std::string unpacked(std::string packed) {
    z_stream stream{};
    if (::inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("no zlib");
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string text;
    std::array<char, 65536> buffer{};
    int result = Z_OK;
    while (result == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        result = ::inflate(&stream, Z_NO_FLUSH);
        text.append(buffer.data(), buffer.size() - stream.avail_out);
    }
    ::inflateEnd(&stream);
    return result == Z_STREAM_END ? text : "not gzip";
}

} // namespace

struct LogCollector::State {
    std::string answer;
    Script script;
    Judge judge;
    std::atomic<std::size_t> next{0};
    mutable std::mutex mutex;
    std::vector<std::string> bodies;
    std::unique_ptr<HttpServer> server;

    void handle(const HttpServer::Request& request, HttpServer::Connection& connection) {
        const auto fault = script ? script(next++) : PostFault::none;
        if (fault == PostFault::closed) return;
        const auto length = request.header("content-length");
        const auto size = length.empty() ? 0 : std::stoul(length);
        if (fault == PostFault::half_read) {
            connection.receive(size / 2);
            return connection.reset();
        }
        auto body = connection.receive(size);
        if (body.size() < size) return;
        if (request.header("content-encoding") == "gzip") body = unpacked(std::move(body));
        answer_to(std::move(body), fault, connection);
    }

    void answer_to(std::string body, PostFault fault, HttpServer::Connection& connection) {
        const auto say = [&](const char* status, const std::string& text) {
            connection.send(
                http_head(status,
                          {"Retry-After: 1", "Content-Length: " + std::to_string(text.size())},
                          true) +
                text);
            connection.keep();
        };
        switch (fault) {
        case PostFault::internal_error:
            return say("500 Internal Server Error", "it is\non fire");
        case PostFault::throttled:
            return say("429 Too Many Requests", "slow down");
        case PostFault::garbage:
            return connection.send("\x16\x03 this is no HTTP\r\n\r\n");
        case PostFault::never_answered:
            return connection.stall();
        default:
            break;
        }
        if (const auto refusal = judge ? judge(body) : ""; !refusal.empty())
            return say(refusal.c_str(), "no: " + refusal);
        {
            const std::lock_guard lock(mutex);
            bodies.push_back(std::move(body));
        }
        if (fault == PostFault::taken_then_closed) return;
        connection.send(http_head(answer, {"Content-Length: 0"}, true));
        connection.keep();
    }
};

LogCollector::LogCollector(std::string answer, Script script, Judge judge)
    : state_(std::make_unique<State>()) {
    state_->answer = std::move(answer);
    state_->script = std::move(script);
    state_->judge = std::move(judge);
    state_->server =
        std::make_unique<HttpServer>([state = state_.get()](const HttpServer::Request& request,
                                                            HttpServer::Connection& connection) {
            state->handle(request, connection);
        });
}

LogCollector::~LogCollector() = default;

std::string LogCollector::url(const std::string& target) const {
    return state_->server->url(target);
}

unsigned LogCollector::port() const {
    return state_->server->port();
}

std::vector<HttpServer::Request> LogCollector::requests() const {
    return state_->server->requests();
}

std::size_t LogCollector::connections() const {
    return state_->server->connections();
}

std::vector<std::string> LogCollector::bodies() const {
    const std::lock_guard lock(state_->mutex);
    return state_->bodies;
}

} // namespace cmw::test
