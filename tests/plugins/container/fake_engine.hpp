// SPDX-License-Identifier: Apache-2.0
//
// A container engine in the test's process: it keeps containers that run nothing, and misbehaves
// when told to.
#pragma once

#include "fakes/http_server.hpp"
#include "support/temporary_folder.hpp"

#include <mutex>
#include <optional>

namespace cmw::test {

class FakeEngine {
  public:
    struct Container {
        std::string id;
        std::string name;
        std::string labels = "{}"; ///< JSON.
        std::string status = "created";
        int exit_code = 0;
        bool out_of_memory = false;
        std::string log;          ///< Frames.
        std::string last_request; ///< What it was made by.
    };
    /// Sees a request first, with its target without the version; true: it has answered.
    using Fault = std::function<bool(const HttpServer::Request&, const std::string& target,
                                     HttpServer::Connection&)>;

    explicit FakeEngine(std::string socket);

    void fault(Fault fault);
    void version(std::string newest, std::string oldest);
    void add(Container container);
    std::optional<Container> find(const std::string& name) const;
    std::size_t count() const;
    void end(const std::string& name, int exit_code, bool out_of_memory = false);
    /// A line of its output, one millisecond after the one before.
    void write(const std::string& name, const std::string& line, bool error = false);
    /// Every request so far: "POST /containers/create?name=x".
    std::vector<std::string> asked() const;
    void stop(); ///< The engine goes away; its containers stay.
    void start();

    std::map<std::string, bool> images{{"demo@sha256:" + std::string(64, 'a'), true}};

  private:
    void answer(const HttpServer::Request& request, HttpServer::Connection& connection);
    void create(const std::string& target, const std::string& body, HttpServer::Connection&);
    void about(const std::string& method, const std::string& target, HttpServer::Connection&);
    void send_log(const std::string& id, bool follow, HttpServer::Connection&);
    Container* lookup(const std::string& id);

    std::string socket_;
    mutable std::mutex mutex_;
    Fault fault_;
    std::string newest_ = "1.43";
    std::string oldest_ = "1.12";
    std::vector<Container> containers_;
    std::vector<std::string> asked_;
    int made_ = 0;
    int written_ = 0;
    std::unique_ptr<HttpServer> server_; // Last: it uses all of the above.
};

/// A frame of a log.
std::string frame(const std::string& text, unsigned char stream = 1);

/// An answer with a body of JSON.
std::string json_answer(const std::string& status, const std::string& body);

} // namespace cmw::test
