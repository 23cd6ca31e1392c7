// SPDX-License-Identifier: Apache-2.0
//
// fakes/http_server.hpp - a small HTTP server on loopback that misbehaves on demand. A handler of the
// test answers each request byte by byte. A connection takes one, unless the handler keeps it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::test {

class HttpServer {
  public:
    struct Request {
        std::string method;
        std::string target;                         ///< "/path?query"
        std::map<std::string, std::string> headers; ///< Names in lower case.
        std::string header(const std::string& name) const;
        /// The first byte of "Range: bytes=N-", 0 if there is none.
        std::size_t range_from() const;
    };

    class Connection {
      public:
        explicit Connection(int fd, int stop) : fd_(fd), stop_(stop) {}
        void send(std::string_view bytes); ///< All of them, unless the client is gone.
        /// So many bytes of the request's body, or fewer if the client is gone.
        std::string receive(std::size_t size);
        void keep() { kept_ = true; } ///< For another request.
        void reset();                 ///< Ends the connection by a reset when it is closed.
        void stall();                 ///< Until the client is gone or the server ends.
        /// Waits so long; false at once if the client is gone or the server ends.
        bool wait(std::chrono::milliseconds time);

      private:
        friend class HttpServer;
        int fd_;
        int stop_;
        bool kept_ = false;
    };

    using Handler = std::function<void(const Request&, Connection&)>;

    /// `port`: 0 for any that is free.
    explicit HttpServer(Handler handler, unsigned port = 0);
    /// On a Unix socket of this path, without a port.
    HttpServer(Handler handler, const std::string& unix_socket);
    ~HttpServer(); ///< Ends what stalls and waits for all handlers.
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::string url(const std::string& target) const; ///< "http://127.0.0.1:PORT" and `target`
    unsigned port() const;
    std::vector<Request> requests() const; ///< So far, in order.
    std::size_t connections() const;       ///< So far.

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// "HTTP/1.1 <status>", the header lines, "Connection: close" unless it is kept, an empty line.
std::string http_head(std::string_view status, const std::vector<std::string>& lines = {},
                      bool keep = false);

/// How a server of one file behaves.
struct FileManners {
    bool ranges = true;
    std::size_t send_at_most = std::string::npos; ///< Bytes of the body, then `after`.
    enum After { close, reset, stall } after = close;
    std::size_t piece = std::string::npos; ///< Bytes a send.
};

/// Answers every request with `content`, or the range of it that is asked for.
HttpServer::Handler serve_file(std::string content, FileManners manners = {});

} // namespace cmw::test
