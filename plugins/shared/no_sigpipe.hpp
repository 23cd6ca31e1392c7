// SPDX-License-Identifier: Apache-2.0
//
// shared/no_sigpipe.hpp - keeps a write to a broken connection from killing the process, in one
// thread and for a while: OpenSSL writes with write(2), and a plugin does not install signal handlers.
#pragma once

#include <csignal>
#include <ctime>

namespace cmw::shared {

/// Blocks SIGPIPE in the thread that makes it, which must also be the one that destroys it.
class NoSigpipe {
  public:
    NoSigpipe() {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~NoSigpipe() {
        if (::sigismember(&before_, SIGPIPE) == 1) return;
        // One that came meanwhile must not strike now.
        const timespec no_wait{};
        while (::sigtimedwait(&pipe_, nullptr, &no_wait) == SIGPIPE) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
};

} // namespace cmw::shared
