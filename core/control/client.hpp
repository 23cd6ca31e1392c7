// SPDX-License-Identifier: Apache-2.0
//
// control/client.hpp - the command line's side of the control API. Blocking.
#pragma once

#include "base/problem.hpp"

#include <functional>
#include <string>

namespace cmw::control {

/// Why a request was not answered.
struct ClientFailure {
    bool no_host = false; ///< Nobody listens on the socket: exit status 3.
    base::Problem problem;
};

class Client {
  public:
    explicit Client(std::string socket_path) : socket_path_(std::move(socket_path)) {}

    /// The body of the answer.
    tl::expected<std::string, ClientFailure> get(const std::string& path) const;
    /// Waits for the answer as long as it takes.
    tl::expected<std::string, ClientFailure> post(const std::string& path) const;
    /// Calls `line` for each line of a stream that does not end, until it answers false.
    tl::expected<void, ClientFailure>
    stream(const std::string& path, const std::function<bool(const std::string&)>& line) const;

  private:
    std::string socket_path_;
};

} // namespace cmw::control
