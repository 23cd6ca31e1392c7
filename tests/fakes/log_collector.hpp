// SPDX-License-Identifier: Apache-2.0
//
// fakes/log_collector.hpp - a web server that logs are posted to, which keeps what it took and has
// faults on demand.
#pragma once

#include "fakes/http_server.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cmw::test {

enum class PostFault {
    none,
    internal_error,    ///< 500
    throttled,         ///< 429, to come again after a second.
    closed,            ///< Without reading the request.
    half_read,         ///< Closed in the middle of its body.
    taken_then_closed, ///< It has them, and says nothing.
    garbage,           ///< An answer that is not HTTP.
    never_answered,
};

class LogCollector {
  public:
    /// What becomes of the n-th request, from 0.
    using Script = std::function<PostFault(std::size_t number)>;

    /// The status line of a refusal of this body; "": it is taken.
    using Judge = std::function<std::string(const std::string& body)>;

    /// `answer`: the status line of success, "204 No Content".
    explicit LogCollector(std::string answer, Script script = {}, Judge judge = {});
    ~LogCollector();
    LogCollector(const LogCollector&) = delete;
    LogCollector& operator=(const LogCollector&) = delete;

    std::string url(const std::string& target) const;
    unsigned port() const;
    std::vector<HttpServer::Request> requests() const;
    std::size_t connections() const;
    /// Bodies that were taken, in order, unpacked if they came compressed.
    std::vector<std::string> bodies() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cmw::test
