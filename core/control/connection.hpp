// SPDX-License-Identifier: Apache-2.0
//
// control/connection.hpp - one HTTP exchange on the loop: reads a request that is small and comes
// soon, sends one answer or a stream of lines, closes. Nothing blocks, nothing ticks: timers run
// only while the peer owes us something. Belongs to the loop's thread.
#pragma once

#include "base/event_loop.hpp"
#include "base/unique_fd.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cmw::control {

/// What was asked for, decoded.
struct HttpRequest {
    std::string method;
    std::vector<std::string> path; ///< "/v1/status" is {"v1", "status"}.
    std::map<std::string, std::string> query;
};

/// Reads the request line and headers; nothing if they are not HTTP/1.x.
std::optional<HttpRequest> parse_request(const std::string& head);

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    static constexpr std::size_t max_head = 16 * 1024; ///< Request line and headers, in bytes.
    static constexpr auto patience = std::chrono::seconds(10); ///< For the request; for each read.

    struct Hooks {
        std::function<void(Connection&, const HttpRequest&)> request;
        std::function<void(Connection&)> drained; ///< A line of a stream is out.
        std::function<void(Connection&)> closed;  ///< Once, last; may drop the connection.
    };

    Connection(base::EventLoop& loop, base::UniqueFd socket, uid_t user, Hooks hooks);
    base::Result<> start();

    uid_t user() const noexcept { return user_; }

    /// The whole answer; then the connection ends. Without effect after the first, or if the peer
    /// has gone.
    void answer(int status, const std::string& json);

    /// Begins an answer of lines (chunked) that ends with the connection.
    void begin_stream();
    bool streaming() const noexcept { return state_ == State::streaming; }
    /// False: the line before is not out yet; drained() will tell.
    bool send_line(const std::string& line);

  private:
    enum class State { reading, thinking, answering, streaming, draining, closed };

    void ready(std::uint32_t events);
    void read();
    void send();
    void sent_all();
    void drain();
    void close();
    void interest(std::uint32_t events);
    void limit(base::Nanoseconds time);

    base::EventLoop& loop_;
    base::UniqueFd socket_;
    uid_t user_;
    Hooks hooks_;
    State state_ = State::reading;
    std::string in_;
    std::string out_;
    std::size_t sent_ = 0; ///< Of out_.
    std::uint32_t events_ = 0;
    base::EventLoop::Handle watch_;
    base::EventLoop::Handle timer_;
};

} // namespace cmw::control
