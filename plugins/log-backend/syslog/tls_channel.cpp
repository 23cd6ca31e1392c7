// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include "shared/no_sigpipe.hpp"
#include "shared/socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace cmw::syslog {

namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&::SSL_free)>;

/// What OpenSSL says, or else the system. Empties OpenSSL's list.
std::string reason() {
    const int system = errno;
    const auto code = ::ERR_get_error();
    ::ERR_clear_error();
    if (code == 0)
        return system != 0 ? std::generic_category().message(system) : "it closed the connection";
    if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
    const auto* text = ::ERR_reason_error_string(code);
    return text != nullptr ? text : "error " + std::to_string(code);
}

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

Context make_context(const TlsFiles& files) {
    ::ERR_clear_error();
    errno = 0;
    Context context(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free);
    const auto need = [](bool done, const std::string& what) {
        if (!done) throw Error(CMW_CONFIG, "cannot use " + what + ": " + reason());
    };
    need(context != nullptr, "TLS");
    auto* const raw = context.get();
    ::SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    ::SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    ::SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (files.authorities.empty())
        need(::SSL_CTX_set_default_verify_paths(raw) == 1, "the system's authorities");
    else
        need(::SSL_CTX_load_verify_file(raw, files.authorities.c_str()) == 1,
             "tls.ca " + files.authorities);
    if (files.certificate.empty()) return context;
    const auto& key = files.key.empty() ? files.certificate : files.key;
    need(::SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) == 1,
         "tls.certificate " + files.certificate);
    need(::SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) == 1,
         "the private key in " + key);
    need(::SSL_CTX_check_private_key(raw) == 1, "the private key in " + key);
    return context;
}

class Tls final : public Channel {
  public:
    Tls(const Call& call, const ChannelSettings& settings)
        : patience_{settings.timeout, settings.shown},
          context_(make_context(settings.tls)),
          fd_(shared::connect_inet(call, settings.address.host, settings.address.port, SOCK_STREAM,
                                   settings.timeout)),
          session_(::SSL_new(context_.get()), &::SSL_free) {
        if (!session_ || ::SSL_set_fd(session_.get(), fd_.get()) != 1)
            throw Error(CMW_FAILED, "cannot begin TLS: " + reason());
        name_peer(settings.address.host);
        const shared::NoSigpipe no_sigpipe;
        step(call, "speak TLS with", [&] { return ::SSL_connect(session_.get()); });
        hear_of_refusal(call);
    }

    ~Tls() override {
        const shared::NoSigpipe no_sigpipe;
        ::ERR_clear_error();
        ::SSL_shutdown(session_.get());
        ::ERR_clear_error();
        shared::close_gently(fd_.get());
    }
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;

    std::vector<std::size_t> send(const Call& call, const Messages& messages) override {
        const shared::NoSigpipe no_sigpipe;
        check_open();
        for (std::string_view rest = messages.bytes; !rest.empty();) {
            constexpr std::size_t most = 1 << 20;
            const auto size = static_cast<int>(std::min(rest.size(), most));
            const auto sent = step(call, "send to",
                                   [&] { return ::SSL_write(session_.get(), rest.data(), size); });
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        shared::wait_until_taken(call, fd_.get(), patience_);
        check_open();
        return {};
    }

  private:
    void name_peer(const std::string& host) {
        auto* const parameters = ::SSL_get0_param(session_.get());
        if (is_address(host)) {
            ::X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str());
            return;
        }
        ::X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
        ::SSL_set_tlsext_host_name(session_.get(), host.c_str());
    }

    /// Repeats what OpenSSL cannot do at once.
    template <class Work>
    int step(const Call& call, const char* verb, Work work) {
        while (true) {
            call.check();
            ::ERR_clear_error();
            errno = 0;
            const int result = work();
            if (result > 0) return result;
            const int error = ::SSL_get_error(session_.get(), result);
            if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(verb);
            const short event = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
            if (!call.wait(fd_.get(), event, std::chrono::steady_clock::now() + patience_.timeout))
                throw Error(CMW_AGAIN, std::string("cannot ") + verb + " " + patience_.peer +
                                           ": it does nothing any more");
        }
    }

    [[noreturn]] void fail(const std::string& verb) const {
        const auto verified = ::SSL_get_verify_result(session_.get());
        const auto why = reason();
        if (verified != X509_V_OK)
            throw Error(CMW_DENIED, "cannot " + verb + " " + patience_.peer +
                                        ": its certificate is not valid: " +
                                        ::X509_verify_cert_error_string(verified));
        throw Error(CMW_AGAIN, "cannot " + verb + " " + patience_.peer + ": " + why);
    }

    /// Reads what the receiver says, which is TLS's own business, and sees whether it closed.
    void check_open() {
        std::array<char, 4096> said{};
        while (true) {
            ::ERR_clear_error();
            errno = 0;
            const int got = ::SSL_read(session_.get(), said.data(), said.size());
            if (got > 0) continue;
            if (::SSL_get_error(session_.get(), got) == SSL_ERROR_WANT_READ) return;
            fail("send to");
        }
    }

    /// In TLS 1.3 our handshake is done before the receiver has judged our certificate. Most then
    /// send something (tickets for a next session): it, or the refusal, is waited for a moment.
    void hear_of_refusal(const Call& call) {
        if (::SSL_version(session_.get()) < TLS1_3_VERSION) return;
        const auto moment =
            std::min<std::chrono::nanoseconds>(patience_.timeout, std::chrono::milliseconds(500));
        call.wait(fd_.get(), POLLIN, std::chrono::steady_clock::now() + moment);
        check_open();
    }

    shared::Patience patience_;
    Context context_;
    shared::UniqueFd fd_;
    Session session_; ///< Uses the others.
};

} // namespace

void check_tls_files(const TlsFiles& files) {
    if (!files.key.empty() && files.certificate.empty())
        throw Error(CMW_CONFIG, "cannot use tls.key: there is no tls.certificate that it is of");
    (void)make_context(files);
}

std::unique_ptr<Channel> open_tls_channel(const Call& call, const ChannelSettings& settings) {
    return std::make_unique<Tls>(call, settings);
}

} // namespace cmw::syslog
