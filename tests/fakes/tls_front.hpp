// SPDX-License-Identifier: Apache-2.0
//
// fakes/tls_front.hpp - puts TLS before an HttpServer: takes connections on a loopback port of its
// own and carries what comes over them. It can play a proxy, too, that is asked for a tunnel first.
#pragma once

#include "fakes/certificates.hpp"

#include <memory>
#include <string>
#include <vector>

namespace cmw::test {

struct TlsManners {
    std::string client_authority;   ///< PEM: clients must show a certificate of it; "": none.
    bool only_old_versions = false; ///< TLS 1.1 at most.
    std::string tunnel_answer;      ///< A proxy's, to the head of a CONNECT; "": it is none.
};

class TlsFront {
  public:
    /// `behind`: port of a server on loopback.
    TlsFront(unsigned behind, const Certificate& certificate, TlsManners manners = {});
    ~TlsFront();
    TlsFront(const TlsFront&) = delete;
    TlsFront& operator=(const TlsFront&) = delete;

    unsigned port() const;
    std::vector<std::string> tunnel_requests() const; ///< Heads, so far.

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cmw::test
