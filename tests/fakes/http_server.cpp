// SPDX-License-Identifier: Apache-2.0
#include "fakes/http_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace cmw::test {

namespace {

/// Whether `fd` is readable before the server stops.
bool wait_readable(int fd, int stop) {
    pollfd both[] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
    ::poll(both, 2, -1);
    return both[1].revents == 0;
}

HttpServer::Request parse(const std::string& head) {
    HttpServer::Request request;
    const auto first = head.find(' ');
    const auto second = head.find(' ', first + 1);
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, second - first - 1);
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
        const auto end = head.find("\r\n", at);
        const auto colon = head.find(": ", at);
        if (end == at || colon == head.npos) break;
        auto name = head.substr(at, colon - at);
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[name] = head.substr(colon + 2, end - colon - 2);
        at = end + 2;
    }
    return request;
}

} // namespace

std::string HttpServer::Request::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

std::size_t HttpServer::Request::range_from() const {
    const auto range = header("range");
    return range.starts_with("bytes=") ? std::stoul(range.substr(6)) : 0;
}

void HttpServer::Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string HttpServer::Connection::receive(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size && wait_readable(fd_, stop_)) {
        const auto more = ::recv(fd_, bytes.data() + got, size - got, 0);
        if (more <= 0) break;
        got += static_cast<std::size_t>(more);
    }
    bytes.resize(got);
    return bytes;
}

void HttpServer::Connection::reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void HttpServer::Connection::stall() {
    char ignored = 0;
    while (wait_readable(fd_, stop_) && ::recv(fd_, &ignored, 1, 0) > 0) {
    }
}

bool HttpServer::Connection::wait(std::chrono::milliseconds time) {
    pollfd both[] = {{fd_, POLLIN, 0}, {stop_, POLLIN, 0}};
    return ::poll(both, 2, static_cast<int>(time.count())) == 0;
}

struct HttpServer::State {
    Handler handler;
    int listener = -1;
    int stop = ::eventfd(0, EFD_CLOEXEC);
    unsigned port = 0;
    mutable std::mutex mutex;
    std::vector<Request> requests;
    std::vector<std::thread> connections;
    std::thread acceptor;

    void listen(unsigned wanted_port) {
        listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(wanted_port));
        const int on = 1; // The port of one that has just ended.
        ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener, generic, size) != 0 || ::listen(listener, 16) != 0 ||
            ::getsockname(listener, generic, &size) != 0)
            throw std::runtime_error("cannot listen on loopback");
        port = ntohs(address.sin_port);
    }

    void listen(const std::string& path) {
        listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long a path");
        path.copy(address.sun_path, path.size());
        ::unlink(path.c_str()); // Of one that has just ended.
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener, 16) != 0)
            throw std::runtime_error("cannot listen on " + path);
    }

    void accept() {
        while (wait_readable(listener, stop)) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            const std::lock_guard lock(mutex);
            connections.emplace_back([this, fd] { serve(fd); });
        }
        for (auto& connection : connections) connection.join();
    }

    void serve(int fd) {
        while (serve_one(fd)) {
        }
        ::close(fd);
    }

    /// Whether the connection is kept.
    bool serve_one(int fd) {
        std::string head;
        char next = 0;
        while (!head.ends_with("\r\n\r\n") && wait_readable(fd, stop) &&
               ::recv(fd, &next, 1, 0) == 1)
            head += next;
        if (!head.ends_with("\r\n\r\n")) return false;
        const auto request = parse(head);
        {
            const std::lock_guard lock(mutex);
            requests.push_back(request);
        }
        Connection connection(fd, stop);
        handler(request, connection);
        return connection.kept_;
    }
};

HttpServer::HttpServer(Handler handler, unsigned port) : state_(std::make_unique<State>()) {
    state_->handler = std::move(handler);
    state_->listen(port);
    state_->acceptor = std::thread([state = state_.get()] { state->accept(); });
}

HttpServer::HttpServer(Handler handler, const std::string& unix_socket)
    : state_(std::make_unique<State>()) {
    state_->handler = std::move(handler);
    state_->listen(unix_socket);
    state_->acceptor = std::thread([state = state_.get()] { state->accept(); });
}

HttpServer::~HttpServer() {
    ::eventfd_write(state_->stop, 1);
    state_->acceptor.join();
    ::close(state_->listener);
    ::close(state_->stop);
}

std::string HttpServer::url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(state_->port) + target;
}

unsigned HttpServer::port() const {
    return state_->port;
}

std::vector<HttpServer::Request> HttpServer::requests() const {
    const std::lock_guard lock(state_->mutex);
    return state_->requests;
}

std::size_t HttpServer::connections() const {
    const std::lock_guard lock(state_->mutex);
    return state_->connections.size();
}

std::string http_head(std::string_view status, const std::vector<std::string>& lines, bool keep) {
    std::string head = "HTTP/1.1 " + std::string(status) + "\r\n";
    for (const auto& line : lines) head += line + "\r\n";
    return head + (keep ? "\r\n" : "Connection: close\r\n\r\n");
}

HttpServer::Handler serve_file(std::string content, FileManners manners) {
    return [content = std::move(content), manners](const HttpServer::Request& request,
                                                   HttpServer::Connection& connection) {
        const auto from = manners.ranges ? request.range_from() : 0;
        const auto size = std::to_string(content.size());
        if (from != 0 && from >= content.size())
            return connection.send(
                http_head("416 Range Not Satisfiable",
                          {"Content-Range: bytes */" + size, "Content-Length: 0"}));
        const auto body = std::string_view(content).substr(from);
        const auto length = "Content-Length: " + std::to_string(body.size());
        const auto range = "Content-Range: bytes " + std::to_string(from) + "-" +
                           std::to_string(content.size() - 1) + "/" + size;
        connection.send(from == 0 ? http_head("200 OK", {length})
                                  : http_head("206 Partial Content", {length, range}));
        for (auto rest = body.substr(0, manners.send_at_most); !rest.empty();) {
            const auto piece = rest.substr(0, manners.piece);
            connection.send(piece);
            rest.remove_prefix(piece.size());
        }
        if (body.size() <= manners.send_at_most) return;
        if (manners.after == FileManners::reset) connection.reset();
        if (manners.after == FileManners::stall) connection.stall();
    };
}

} // namespace cmw::test
