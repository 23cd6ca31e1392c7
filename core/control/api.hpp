// SPDX-License-Identifier: Apache-2.0
//
// control/api.hpp - the control API: HTTP/1.1 with JSON on a Unix socket, mode 0660.
//
//   GET  /v1/status                            control/status.hpp
//   GET  /v1/status?watch=1                    one line of JSON now and at each change (chunked)
//   GET  /v1/history?name=N&limit=N            [{"id", "time", "kind", "name", "event", ...}]
//   POST /v1/services/NAME/(start|stop|restart)  answers when it is done
//   POST /v1/components/NAME/(pin|unpin|hold|release|rollback|approve)  answers when it is taken
//        pin?digest=HEX, pin?file=PATH (the host opens it), rollback?to=DIGEST
//   POST /v1/reload
// A POST that was done is {"done": true}, of a component with "text": what it means, in words.
// A failure is {"problem": {"where", "what", "fix"}} with 400 (not understood), 403 (not allowed),
// 404, 405, 409 (could not be done), 503 (too many at once). The peer's uid (SO_PEERCRED) must be
// root's, the host's or one of the configured users'.
//
// All of it happens on the loop, without threads: nothing blocks, and while nobody is connected
// nothing runs. A request has seconds to come and an answer seconds to be read; of a stream, a
// reader that is slow misses what lay between.
#pragma once

#include "base/event_loop.hpp"
#include "control/requests.hpp"

namespace cmw::control {

class Api {
  public:
    static constexpr unsigned max_connections = 16;
    static constexpr std::size_t max_history = 10'000; ///< Entries in one answer.

    /// Binds the socket; an old one that nobody listens on is replaced, a live one is a problem.
    static base::Result<std::unique_ptr<Api>> open(base::EventLoop& loop,
                                                   const std::string& socket_path,
                                                   std::vector<uid_t> allowed, Requests& requests);
    ~Api(); ///< Ends all connections and removes the socket.

    /// Tells those who watch that status() may have changed; at most ten answers a second.
    void status_changed();

  private:
    struct Impl;
    explicit Api(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace cmw::control
