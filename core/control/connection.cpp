// SPDX-License-Identifier: Apache-2.0
#include "control/connection.hpp"

#include "base/system.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>
#include <sstream>
#include <sys/socket.h>

namespace cmw::control {

namespace {

using Poco::Net::HTTPResponse;

std::string response_head(int status, std::optional<std::size_t> length) {
    HTTPResponse response(HTTPResponse::HTTP_1_1, static_cast<HTTPResponse::HTTPStatus>(status));
    response.setContentType(length ? "application/json" : "application/x-ndjson");
    response.set("Cache-Control", "no-store");
    response.setKeepAlive(false);
    if (length)
        response.setContentLength64(static_cast<Poco::Int64>(*length));
    else
        response.setChunkedTransferEncoding(true);
    std::ostringstream head;
    response.write(head);
    return head.str();
}

} // namespace

std::optional<HttpRequest> parse_request(const std::string& head) try {
    std::istringstream stream(head);
    Poco::Net::HTTPRequest message;
    message.read(stream);
    if (!message.getVersion().starts_with("HTTP/1.")) return std::nullopt;
    const Poco::URI uri(message.getURI());
    HttpRequest request;
    request.method = message.getMethod();
    uri.getPathSegments(request.path);
    for (const auto& [name, value] : uri.getQueryParameters()) request.query[name] = value;
    return request;
} catch (const Poco::Exception&) {
    return std::nullopt;
}

Connection::Connection(base::EventLoop& loop, base::UniqueFd socket, uid_t user, Hooks hooks)
    : loop_(loop), socket_(std::move(socket)), user_(user), hooks_(std::move(hooks)) {}

base::Result<> Connection::start() {
    auto watch =
        loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t events) { ready(events); });
    if (!watch) return tl::unexpected(watch.error());
    watch_ = std::move(*watch);
    events_ = EPOLLIN;
    limit(patience);
    return {};
}

/// Watches for other events; hang-up and error are always reported.
void Connection::interest(std::uint32_t events) {
    if (events == events_) return;
    watch_.reset();
    auto watch = loop_.watch(socket_.get(), events, [this](std::uint32_t got) { ready(got); });
    if (!watch) return close();
    watch_ = std::move(*watch);
    events_ = events;
}

/// Gives the peer so much time for what it owes; zero: it owes nothing.
void Connection::limit(base::Nanoseconds time) {
    timer_.reset();
    if (time > base::Nanoseconds::zero()) timer_ = loop_.after(time, [this] { close(); });
}

void Connection::ready(std::uint32_t events) {
    const auto alive = shared_from_this(); // close() lets the owner drop us.
    if ((events & EPOLLOUT) != 0) send();
    if ((events & EPOLLIN) != 0 && state_ == State::reading) read();
    if ((events & EPOLLIN) != 0 && state_ == State::draining) drain();
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0) close();
}

void Connection::read() {
    std::array<std::byte, 4096> buffer;
    const auto got = base::sys::read(socket_.get(), buffer);
    if (!got && got.error() == EAGAIN) return;
    if (!got || *got == 0) return close();
    in_.append(reinterpret_cast<const char*>(buffer.data()), *got);
    const auto end = in_.find("\r\n\r\n");
    if (end == std::string::npos && in_.size() <= max_head) return;
    // The peer's closing of its half must not wake us again and again.
    state_ = State::thinking;
    limit(base::Nanoseconds::zero());
    interest(0);
    const auto request = end <= max_head ? parse_request(in_.substr(0, end + 4)) : std::nullopt;
    in_.clear();
    if (request) return hooks_.request(*this, *request);
    answer(400, R"({"problem": {"where": "", "what": "cannot understand the request", "fix": ""}})"
                "\n");
}

void Connection::answer(int status, const std::string& json) {
    if (state_ != State::thinking) return;
    state_ = State::answering;
    out_ = response_head(status, json.size()) + json;
    send();
}

void Connection::begin_stream() {
    if (state_ != State::thinking) return;
    state_ = State::streaming;
    out_ = response_head(200, std::nullopt);
    send();
}

bool Connection::send_line(const std::string& line) {
    if (!streaming() || !out_.empty()) return false;
    out_ = fmt::format("{:x}\r\n{}\n\r\n", line.size() + 1, line);
    send();
    return true;
}

void Connection::send() {
    const auto alive = shared_from_this();
    while (sent_ < out_.size()) {
        const auto sent =
            base::sys::send(socket_.get(), std::as_bytes(std::span(out_)).subspan(sent_));
        if (!sent && sent.error() != EAGAIN) return close();
        limit(patience);
        if (!sent) return interest(EPOLLOUT);
        sent_ += *sent;
    }
    sent_all();
}

void Connection::sent_all() {
    if (out_.empty()) return;
    out_.clear();
    sent_ = 0;
    if (streaming()) {
        limit(base::Nanoseconds::zero());
        interest(0);
        return hooks_.drained(*this);
    }
    // Closing with unread bytes would reset the connection and lose the answer: read to the end.
    state_ = State::draining;
    ::shutdown(socket_.get(), SHUT_WR);
    interest(EPOLLIN);
}

void Connection::drain() {
    std::array<std::byte, 4096> buffer;
    const auto got = base::sys::read(socket_.get(), buffer);
    if (got ? *got == 0 : got.error() != EAGAIN) close();
}

void Connection::close() {
    if (state_ == State::closed) return;
    const auto alive = shared_from_this(); // The owner drops us.
    state_ = State::closed;
    watch_.reset();
    timer_.reset();
    socket_.reset();
    hooks_.closed(*this);
}

} // namespace cmw::control
