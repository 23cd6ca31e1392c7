// SPDX-License-Identifier: Apache-2.0
#include "websocket_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace cmw::fakes {
namespace {

std::string accept_key(const std::string& key) {
    const auto text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3
    std::array<unsigned char, SHA_DIGEST_LENGTH> sha{};
    ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sha.data());
    std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> base64{};
    ::EVP_EncodeBlock(base64.data(), sha.data(), static_cast<int>(sha.size()));
    return reinterpret_cast<const char*>(base64.data());
}

} // namespace

WebSocketServer::WebSocketServer(OnText on_text, std::function<void()> on_quiet)
    : on_text_(std::move(on_text)),
      on_quiet_(std::move(on_quiet)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, name, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, name, &size) != 0)
        throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

WebSocketServer::~WebSocketServer() {
    ::eventfd_write(stop_, 1);
    thread_.join();
    for (auto& peer : peers_) ::close(peer.fd);
    ::close(listener_);
    ::close(stop_);
}

void WebSocketServer::run() {
    bool busy = false;
    while (true) {
        std::vector<pollfd> wanted{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
        {
            const std::lock_guard lock(mutex_);
            for (const auto& peer : peers_) wanted.push_back({peer.fd, POLLIN, 0});
        }
        // After a burst of requests, a moment without any is "quiet".
        const int ready = ::poll(wanted.data(), wanted.size(), busy ? 5 : -1);
        const std::lock_guard lock(mutex_);
        if (ready == 0) {
            busy = false;
            on_quiet_();
            continue;
        }
        if (wanted[0].revents != 0) return;
        if (wanted[1].revents != 0) accept_one();
        for (std::size_t i = 2; i < wanted.size(); ++i) {
            if (wanted[i].revents == 0) continue;
            busy = true;
            peers_.remove_if([&](Peer& peer) {
                if (peer.fd != wanted[i].fd || read_from(peer)) return false;
                ::close(peer.fd);
                return true;
            });
        }
    }
}

void WebSocketServer::accept_one() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1; // What is sent is there when the test goes on.
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peers_.push_back({.fd = fd});
    ++connected;
}

bool WebSocketServer::read_from(Peer& peer) {
    std::array<char, 65536> buffer;
    const auto count = ::recv(peer.fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    peer.in.append(buffer.data(), static_cast<std::size_t>(count));
    bytes_in += static_cast<std::uint64_t>(count);
    if (!peer.upgraded && !take_handshake(peer)) return true;
    while (take_frame(peer)) {
    }
    return true;
}

bool WebSocketServer::take_handshake(Peer& peer) {
    const auto end = peer.in.find("\r\n\r\n");
    const std::string name = "Sec-WebSocket-Key: ";
    const auto key = peer.in.find(name);
    if (!upgrade || end == std::string::npos || key > end) return false;
    const auto from = key + name.size();
    send_raw(peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                       accept_key(peer.in.substr(from, peer.in.find("\r\n", from) - from)) +
                       "\r\n\r\n");
    peer.in.erase(0, end + 4);
    peer.upgraded = true;
    return true;
}

/// Of a client: masked.
bool WebSocketServer::take_frame(Peer& peer) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(peer.in[at]); };
    if (peer.in.size() < 2) return false;
    std::size_t at = 2;
    std::size_t size = byte(1) & 127u;
    if (size >= 126) {
        const std::size_t bytes = size == 126 ? 2 : 8;
        if (peer.in.size() < at + bytes) return false;
        size = 0;
        for (; at < 2 + bytes; ++at) size = size << 8 | byte(at);
    }
    if (peer.in.size() < at + 4 + size) return false;
    std::string payload;
    for (std::size_t i = 0; i < size; ++i)
        payload += static_cast<char>(byte(at + 4 + i) ^ byte(at + i % 4));
    const auto opcode = byte(0) & 15u;
    peer.in.erase(0, at + 4 + size);
    if (opcode == 10) ++pongs;
    if (opcode == 1) on_text_(peer, payload);
    return true;
}

void WebSocketServer::send_raw(Peer& peer, const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto count = ::send(peer.fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return;
        sent += static_cast<std::size_t>(count);
        bytes_out += static_cast<std::uint64_t>(count);
    }
}

void WebSocketServer::send_frame(Peer& peer, std::uint8_t first_byte, const std::string& payload) {
    std::string frame(1, static_cast<char>(first_byte));
    const unsigned bytes = payload.size() < 126 ? 0 : payload.size() < 65536 ? 2 : 8;
    frame += static_cast<char>(bytes == 0 ? payload.size() : bytes == 2 ? 126 : 127);
    for (unsigned i = bytes; i > 0; --i)
        frame += static_cast<char>(payload.size() >> (8 * (i - 1)));
    send_raw(peer, frame + payload);
}

void WebSocketServer::send_text(Peer& peer, const std::string& text) {
    send_frame(peer, 0x81, text);
}

void WebSocketServer::cut(Peer& peer) {
    ::shutdown(peer.fd, SHUT_RDWR);
}

} // namespace cmw::fakes
