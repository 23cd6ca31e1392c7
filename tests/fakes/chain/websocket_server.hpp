// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/websocket_server.hpp - a WebSocket server on the loopback that can misbehave. By hand
// and not by the library that the client uses: what is wrong on purpose must get through.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace cmw::fakes {

/// Handlers run on the server's own thread, under the lock that send() and close() take.
class WebSocketServer {
  public:
    struct Peer {
        int fd = -1;
        bool upgraded = false;
        std::string in;
    };
    using OnText = std::function<void(Peer& peer, const std::string& text)>;

    explicit WebSocketServer(OnText on_text, std::function<void()> on_quiet);
    ~WebSocketServer();
    WebSocketServer(const WebSocketServer&) = delete;
    WebSocketServer& operator=(const WebSocketServer&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    std::recursive_mutex& lock() noexcept { return mutex_; }
    std::list<Peer>& peers() noexcept { return peers_; }

    // All of these under the lock.
    bool upgrade = true;    ///< Answer the handshake.
    unsigned connected = 0; ///< Connections so far.
    unsigned pongs = 0;     ///< That came.
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;

    void send_text(Peer& peer, const std::string& text);
    /// A frame of any kind: opcode with FIN or without.
    void send_frame(Peer& peer, std::uint8_t first_byte, const std::string& payload);
    void send_raw(Peer& peer, const std::string& bytes);
    /// Cut, without a word.
    static void cut(Peer& peer);

  private:
    void run();
    void accept_one();
    bool read_from(Peer& peer);
    bool take_handshake(Peer& peer);
    bool take_frame(Peer& peer);

    OnText on_text_;
    std::function<void()> on_quiet_;
    int listener_ = -1;
    int stop_ = -1;
    std::uint16_t port_ = 0;
    std::recursive_mutex mutex_;
    std::list<Peer> peers_;
    std::thread thread_;
};

} // namespace cmw::fakes
