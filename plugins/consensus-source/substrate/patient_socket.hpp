// SPDX-License-Identifier: Apache-2.0
//
// substrate/patient_socket.hpp - sockets for Poco that wait as a plugin must: until the call is
// cancelled or a time is over, and no longer.
//
// Poco reads and writes as if the socket blocked. These do not block but wait in between with
// Call::wait, within a TLS record or a WebSocket frame, too.
#pragma once

#include <cmw/host.hpp>

#include <Poco/Net/SecureStreamSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>

namespace cmw::substrate {

/// How long a socket is to wait, set before each operation by who begins it.
struct Patience {
    using Time = std::chrono::steady_clock::time_point;

    const Call* call = nullptr;
    Time first = Time::max(); ///< For the first byte to come.
    Time rest = Time::max();  ///< For everything else; set anew when the first byte has come.
    std::chrono::nanoseconds pace{0}; ///< The rest may take this long from the first byte on.
    bool begun = false; ///< Bytes went in or out: leaving now loses track of the stream.
};

/// Thrown through Poco when nothing came until Patience::first.
struct NothingCame {};

template <class Base>
class PatientSocket final : public Base {
  public:
    template <class... Args>
    explicit PatientSocket(Patience& patience, Args&&... args)
        : Base(std::forward<Args>(args)...), patience_(patience) {}

    int receiveBytes(void* buffer, int length, int flags) override {
        while (true) {
            const int count = Base::receiveBytes(buffer, length, flags);
            if (count >= 0) {
                began();
                return count;
            }
            wait(count == want_write ? POLLOUT : POLLIN);
        }
    }

    int sendBytes(const void* buffer, int length, int flags) override {
        const auto* from = static_cast<const char*>(buffer);
        int sent = 0;
        while (sent < length) {
            const int count = Base::sendBytes(from + sent, length - sent, flags | MSG_NOSIGNAL);
            if (count > 0) {
                sent += count;
                patience_.begun = true;
            } else if constexpr (std::is_same_v<Base, Poco::Net::SecureStreamSocketImpl>) {
                wait(count == want_write ? POLLOUT : POLLIN);
            } else {
                wait(POLLOUT);
            }
        }
        return sent;
    }

  private:
    // Poco's SecureStreamSocket::ERR_SSL_WANT_WRITE; a plain socket that would block gives -1.
    static constexpr int want_write = -2;

    ~PatientSocket() override = default;

    void began() {
        if (!patience_.begun && patience_.pace.count() > 0)
            patience_.rest = std::chrono::steady_clock::now() + patience_.pace;
        patience_.begun = true;
    }

    void wait(short events) {
        const bool idle = !patience_.begun && events == POLLIN;
        if (patience_.call->wait(this->sockfd(), events, idle ? patience_.first : patience_.rest))
            return;
        if (idle) throw NothingCame{};
        throw Error(CMW_AGAIN, "it stalls");
    }

    Patience& patience_;
};

} // namespace cmw::substrate
