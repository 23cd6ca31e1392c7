// SPDX-License-Identifier: Apache-2.0
#include "fakes/tls_front.hpp"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <mutex>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace cmw::test {

namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

sockaddr_in loopback(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Bio reading(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
}

Context make_context(const Certificate& certificate, const TlsManners& manners) {
    Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    auto* own =
        PEM_read_bio_X509(reading(certificate.certificate).get(), nullptr, nullptr, nullptr);
    auto* key = PEM_read_bio_PrivateKey(reading(certificate.key).get(), nullptr, nullptr, nullptr);
    if (SSL_CTX_use_certificate(context.get(), own) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key) != 1)
        throw std::runtime_error("cannot use the certificate");
    X509_free(own);
    EVP_PKEY_free(key);
    if (manners.only_old_versions) {
        // What Debian does not speak any more needs the lowest level of security.
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    }
    if (!manners.client_authority.empty()) {
        auto* trusted =
            PEM_read_bio_X509(reading(manners.client_authority).get(), nullptr, nullptr, nullptr);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), trusted);
        X509_free(trusted);
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           nullptr);
    }
    return context;
}

} // namespace

struct TlsFront::State {
    State(unsigned its_behind, const Certificate& certificate, TlsManners its_manners)
        : behind(its_behind),
          manners(std::move(its_manners)),
          context(make_context(certificate, manners)) {}

    unsigned behind;
    TlsManners manners;
    Context context;
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int stop = ::eventfd(0, EFD_CLOEXEC);
    unsigned port = 0;
    std::mutex mutex;
    std::vector<std::string> heads;
    std::vector<std::thread> connections;
    std::thread acceptor;

    /// Whether one of the two can be read; false: the front ends.
    bool wait(int one, int other) const {
        std::array<pollfd, 3> ends{{{one, POLLIN, 0}, {other, POLLIN, 0}, {stop, POLLIN, 0}}};
        return ::poll(ends.data(), ends.size(), -1) > 0 && ends[2].revents == 0;
    }

    void listen() {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener, generic, size) != 0 || ::listen(listener, 16) != 0 ||
            ::getsockname(listener, generic, &size) != 0)
            throw std::runtime_error("cannot listen on loopback");
        port = ntohs(address.sin_port);
    }

    void accept() {
        while (wait(listener, -1)) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd >= 0) connections.emplace_back([this, fd] { serve(fd); });
        }
        for (auto& connection : connections) connection.join();
    }

    bool open_tunnel(int fd) {
        std::string head;
        char next = 0;
        while (!head.ends_with("\r\n\r\n")) {
            if (!wait(fd, -1) || ::recv(fd, &next, 1, 0) != 1) return false;
            head += next;
        }
        {
            const std::lock_guard lock(mutex);
            heads.push_back(head);
        }
        const auto& answer = manners.tunnel_answer;
        ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        return answer.find(" 200 ") != answer.npos;
    }

    void serve(int fd) {
        // OpenSSL writes without MSG_NOSIGNAL.
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        if (manners.tunnel_answer.empty() || open_tunnel(fd)) {
            const Ssl ssl(SSL_new(context.get()), &SSL_free);
            SSL_set_fd(ssl.get(), fd);
            if (SSL_accept(ssl.get()) == 1) {
                carry(ssl.get(), fd);
                SSL_shutdown(ssl.get());
            }
        }
        ::close(fd);
    }

    void carry(SSL* ssl, int fd) const {
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto address = loopback(behind);
        std::array<char, 16'384> bytes{};
        bool open =
            ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        while (open && (SSL_pending(ssl) > 0 || wait(fd, server))) {
            pollfd from_server{server, POLLIN, 0};
            if (::poll(&from_server, 1, 0) == 1) {
                const auto got = ::recv(server, bytes.data(), bytes.size(), 0);
                open = got > 0 && SSL_write(ssl, bytes.data(), static_cast<int>(got)) > 0;
            }
            pollfd from_client{fd, POLLIN, 0};
            if (open && (SSL_pending(ssl) > 0 || ::poll(&from_client, 1, 0) == 1)) {
                const int got = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()));
                open = got > 0 && ::send(server, bytes.data(), static_cast<std::size_t>(got),
                                         MSG_NOSIGNAL) == got;
            }
        }
        ::close(server);
    }
};

TlsFront::TlsFront(unsigned behind, const Certificate& certificate, TlsManners manners)
    : state_(std::make_unique<State>(behind, certificate, std::move(manners))) {
    state_->listen();
    state_->acceptor = std::thread([state = state_.get()] { state->accept(); });
}

TlsFront::~TlsFront() {
    ::eventfd_write(state_->stop, 1);
    state_->acceptor.join();
    ::close(state_->listener);
    ::close(state_->stop);
}

unsigned TlsFront::port() const {
    return state_->port;
}

std::vector<std::string> TlsFront::tunnel_requests() const {
    const std::lock_guard lock(state_->mutex);
    return state_->heads;
}

} // namespace cmw::test
