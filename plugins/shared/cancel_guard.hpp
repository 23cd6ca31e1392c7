// SPDX-License-Identifier: Apache-2.0
//
// shared/cancel_guard.hpp - breaks a connection when the call that uses it is cancelled or over its
// deadline, so that libraries that block (Poco, OpenSSL) come back at once.
#pragma once

#include <cmw/host.hpp>

#include <thread>

namespace cmw::shared {

/// While it lives, a thread waits for the call's end and then shuts the socket down. The socket must
/// outlive it; what fails after that fails because call.cancelled().
class CancelGuard {
  public:
    CancelGuard(const Call& call, int socket);
    ~CancelGuard();
    CancelGuard(const CancelGuard&) = delete;
    CancelGuard& operator=(const CancelGuard&) = delete;

  private:
    int done_;
    std::thread thread_;
};

} // namespace cmw::shared
