// SPDX-License-Identifier: Apache-2.0
//
// fakes/receiver.hpp - the other end of a socket on this machine, which takes what is sent and
// says nothing: datagrams or streams, over a Unix socket or loopback.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace cmw::test {

class Receiver {
  public:
    enum class Kind { unix_datagram, unix_stream, udp, tcp };

    struct Manners {
        bool reads = true;                           ///< Otherwise only takes connections.
        std::size_t close_after = std::string::npos; ///< Bytes read of one connection.
    };

    /// `path`: of the Unix socket.
    explicit Receiver(Kind kind, const std::string& path = "");
    Receiver(Kind kind, const std::string& path, Manners manners);
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    unsigned port() const;
    std::vector<std::string> datagrams() const;   ///< So far, in order.
    std::vector<std::string> connections() const; ///< What came over each so far.
    /// Descriptors' contents that came beside datagrams (SCM_RIGHTS), and their seals (memfd).
    struct Passed {
        std::string content;
        int seals;
    };
    std::vector<Passed> passed() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cmw::test
