// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/websocket.hpp"

#include "consensus-source/substrate/patient_socket.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/WebSocket.h>

namespace cmw::substrate {
namespace {

namespace net = Poco::Net;
using Clock = std::chrono::steady_clock;

// Metadata are half a megabyte of hexadecimal for the xx network, two for the largest chains.
constexpr int largest_message = 16 << 20;

net::Context::Ptr verifying_context() {
    return new net::Context(net::Context::TLS_CLIENT_USE, "", net::Context::VERIFY_STRICT, 9, true);
}

net::StreamSocket open_socket(const Endpoint& endpoint, Patience& patience) {
    if (!endpoint.secure) return {new PatientSocket<net::StreamSocketImpl>(patience)};
    auto* socket = new PatientSocket<net::SecureStreamSocketImpl>(patience, verifying_context());
    socket->setPeerHostName(endpoint.host);
    return {socket};
}

/// A connected socket that does not block; with TLS the handshake comes with the first bytes.
net::StreamSocket connect(const Call& call, const Endpoint& endpoint, Patience& patience) {
    std::string why = "its name has no address";
    const auto host = net::DNS::hostByName(endpoint.host);
    for (const auto& address : host.addresses()) {
        try {
            auto socket = open_socket(endpoint, patience);
            socket.connectNB(net::SocketAddress(address, endpoint.port));
            socket.setBlocking(false);
            if (!call.wait(socket.impl()->sockfd(), POLLOUT, patience.rest)) {
                why = "no answer";
                continue;
            }
            if (const int error = socket.impl()->socketError(); error != 0) {
                why = std::generic_category().message(error);
                continue;
            }
            socket.setNoDelay(true);
            return socket;
        } catch (const Poco::Exception& e) {
            why = e.displayText();
        }
    }
    throw Error(CMW_AGAIN, why);
}

} // namespace

struct WebSocket::State {
    Endpoint endpoint;
    std::chrono::nanoseconds pace;
    Patience patience;
    bool usable = true;
    std::optional<net::WebSocket> socket;
    std::string text; ///< Of the fragments so far.

    /// Run `work` on the socket; whatever goes wrong names the peer.
    template <class Work>
    auto guarded(const char* what, Work work) {
        try {
            return work();
        } catch (const Error& e) {
            usable = usable && !patience.begun && e.status() == CMW_CANCELLED;
            if (e.status() == CMW_CANCELLED) throw;
            throw Error(e.status(), message(what, e.what()));
        } catch (const Poco::Exception& e) {
            usable = false;
            throw Error(CMW_AGAIN, message(what, e.displayText()));
        }
    }

    std::string message(const char* what, const std::string& why) const {
        return std::string("cannot ") + what + " " + endpoint.name() + ": " + why;
    }

    /// One frame into `text` or answered; true if the message is complete.
    bool take_frame() {
        Poco::Buffer<char> frame(0);
        int flags = 0;
        const int size = socket->receiveFrame(frame, flags);
        switch (flags & net::WebSocket::FRAME_OP_BITMASK) {
        case net::WebSocket::FRAME_OP_PING:
            socket->sendFrame(frame.begin(), size,
                              static_cast<int>(net::WebSocket::FRAME_FLAG_FIN) |
                                  static_cast<int>(net::WebSocket::FRAME_OP_PONG));
            return false;
        case net::WebSocket::FRAME_OP_PONG:
            return false;
        case net::WebSocket::FRAME_OP_CLOSE:
            throw Error(CMW_AGAIN, "it closed the connection");
        default:
            break;
        }
        if (size <= 0 && flags == 0) throw Error(CMW_AGAIN, "the connection ended");
        if (text.size() + frame.size() > largest_message)
            throw Error(CMW_INVALID, "the message is too large");
        text.append(frame.begin(), frame.size());
        return (flags & net::WebSocket::FRAME_FLAG_FIN) != 0;
    }
};

WebSocket::WebSocket(const Call& call, Endpoint endpoint, std::chrono::nanoseconds timeout,
                     std::chrono::nanoseconds pace)
    : state_(std::make_unique<State>(State{.endpoint = std::move(endpoint), .pace = pace})) {
    auto& state = *state_;
    const auto end = Clock::now() + timeout;
    state.patience = {.call = &call, .first = end, .rest = end};
    state.guarded("connect to", [&] {
        try {
            net::HTTPClientSession session(connect(call, state.endpoint, state.patience));
            net::HTTPRequest request(net::HTTPRequest::HTTP_GET, state.endpoint.resource,
                                     net::HTTPMessage::HTTP_1_1);
            request.setHost(state.endpoint.host, state.endpoint.port);
            net::HTTPResponse response;
            state.socket.emplace(session, request, response);
            state.socket->setMaxPayloadSize(largest_message);
        } catch (const NothingCame&) {
            throw Error(CMW_AGAIN, "no answer");
        }
    });
}

WebSocket::~WebSocket() = default;

bool WebSocket::usable() const noexcept {
    return state_->usable;
}

int WebSocket::fd() const noexcept {
    return state_->socket->impl()->sockfd();
}

void WebSocket::send(const Call& call, const std::string& text) {
    auto& state = *state_;
    state.patience = {.call = &call, .rest = Clock::now() + state.pace};
    state.guarded("send to", [&] {
        state.socket->sendFrame(text.data(), static_cast<int>(text.size()),
                                net::WebSocket::FRAME_TEXT);
    });
}

std::optional<std::string> WebSocket::receive(const Call& call, Time until) {
    auto& state = *state_;
    return state.guarded("receive from", [&]() -> std::optional<std::string> {
        try {
            do {
                // Within a message it is too late to wait for a first byte.
                state.patience = {.call = &call,
                                  .first = until,
                                  .rest = Clock::now() + state.pace,
                                  .pace = state.pace};
                state.patience.begun = !state.text.empty();
            } while (!state.take_frame());
        } catch (const NothingCame&) {
            return std::nullopt;
        }
        return std::exchange(state.text, {});
    });
}

} // namespace cmw::substrate
