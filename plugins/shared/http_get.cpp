// SPDX-License-Identifier: Apache-2.0
#include "shared/http_get.hpp"

#include "shared/cancel_guard.hpp"
#include "shared/no_sigpipe.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HTTPBasicCredentials.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPCredentials.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/URI.h>
#include <cerrno>
#include <istream>
#include <optional>
#include <sys/socket.h>

namespace cmw::shared {

namespace {

using namespace Poco::Net;

std::string in_words(const Poco::Exception& failure) {
    return failure.message().empty() ? failure.name() : failure.message();
}

/// The chain is judged by OpenSSL, which has one text for it, the host's name by Poco.
bool is_about_certificate(const SSLException& failure) {
    return dynamic_cast<const CertificateValidationException*>(&failure) != nullptr ||
           failure.message().find("certificate verify failed") != std::string::npos;
}

StreamSocket make_socket(const SocketAddress& address) {
    const int fd = ::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot make a socket");
    return StreamSocket(new StreamSocketImpl(fd));
}

Context::Ptr make_context(const HttpSettings& settings) {
    Context::Ptr context = new Context(Context::TLS_CLIENT_USE, "", "", settings.ca_file,
                                       Context::VERIFY_STRICT, 9, settings.ca_file.empty());
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    return context;
}

Poco::Timespan timespan(std::chrono::nanoseconds duration) {
    return {std::chrono::duration_cast<std::chrono::microseconds>(duration).count()};
}

} // namespace

std::string shown_url(const std::string& url) {
    Poco::URI uri(url);
    uri.setUserInfo("");
    uri.setRawQuery("");
    uri.setFragment("");
    return uri.toString();
}

struct HttpGet::Parts {
    Parts(const Call& its_call, const std::string& url, const HttpSettings& its_settings)
        : call(its_call), uri(url), shown(shown_url(url)), settings(its_settings) {}

    /// Does one step of the exchange and puts what it throws in an operator's words.
    template <class Step>
    auto attempt(const std::string& verb, Step step) {
        const auto what = "cannot " + verb + " " + shown + ": ";
        try {
            return step();
        } catch (const Error&) {
            throw;
        } catch (const SSLException& failure) {
            call.check();
            if (is_about_certificate(failure))
                throw Error(CMW_DENIED,
                            what + "its certificate is not valid: " + in_words(failure));
            throw Error(CMW_AGAIN, what + in_words(failure));
        } catch (const Poco::TimeoutException&) {
            call.check();
            const auto seconds = std::chrono::duration<double>(settings.timeout).count();
            throw Error(CMW_AGAIN, what + "no byte came for " + trimmed(seconds) + " s");
        } catch (const MessageException& failure) {
            call.check();
            throw Error(CMW_INVALID, what + "the answer is not HTTP: " + in_words(failure));
        } catch (const Poco::Exception& failure) {
            call.check();
            throw Error(CMW_AGAIN, what + in_words(failure));
        }
    }

    static std::string trimmed(double number) {
        auto text = std::to_string(number);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
        return text;
    }

    /// Connects to the first of the host's addresses that takes us.
    void connect() {
        const auto addresses = DNS::hostByName(uri.getHost()).addresses();
        for (auto next = addresses.begin(); next != addresses.end();) {
            const SocketAddress address(*next, uri.getPort());
            ++next;
            guard.reset();
            socket = make_socket(address);
            guard.emplace(call, socket->impl()->sockfd());
            try {
                socket->connect(address, timespan(settings.timeout));
                call.check();
                return;
            } catch (const Poco::Exception&) {
                call.check();
                if (next == addresses.end()) throw;
            }
        }
        throw HostNotFoundException(uri.getHost());
    }

    StreamSocket start_tls() {
        auto secure = SecureStreamSocket::attach(*socket, uri.getHost(), make_context(settings));
        // Poco returns from a handshake that timed out as if it were done, having checked no name:
        // it would go on with the first write.
        if (!secure.havePeerCertificate()) throw Poco::TimeoutException();
        secure.verifyPeerCertificate(uri.getHost());
        return secure;
    }

    void open_session() {
        socket->setReceiveTimeout(timespan(settings.timeout));
        socket->setSendTimeout(timespan(settings.timeout));
        // Poco's HTTPSClientSession takes no socket that is connected; this one reads TLS as well.
        session =
            std::make_unique<HTTPClientSession>(uri.getScheme() == "https" ? start_tls() : *socket);
    }

    void authenticate(HTTPRequest& request) const {
        if (uri.getUserInfo().empty()) return;
        std::string user;
        std::string password;
        HTTPCredentials::extractCredentials(uri, user, password);
        HTTPBasicCredentials(user, password).authenticate(request);
    }

    void ask(const Headers& headers) {
        const auto path = uri.getPathEtc();
        const bool rooted = path.starts_with('/');
        HTTPRequest request(HTTPRequest::HTTP_GET, rooted ? path : '/' + path,
                            HTTPMessage::HTTP_1_1);
        request.setHost(uri.getHost(), uri.getPort());
        request.setKeepAlive(false);
        request.set("User-Agent", settings.user_agent);
        authenticate(request);
        for (const auto& [name, value] : headers) request.set(name, value);
        session->sendRequest(request);
        body = session->receiveResponse(response).rdbuf();
    }

    NoSigpipe no_sigpipe; ///< First, so that it lasts until the connection is closed.
    Call call;
    Poco::URI uri;
    std::string shown;
    HttpSettings settings;
    std::unique_ptr<HTTPClientSession> session;
    std::optional<StreamSocket> socket; ///< Shared with the session.
    std::optional<CancelGuard> guard;   ///< After the socket: it must go first.
    HTTPResponse response;
    std::streambuf* body = nullptr; ///< The session's.
    std::vector<char> buffer;
};

HttpGet::HttpGet(const Call& call, const std::string& url, const Headers& headers,
                 const HttpSettings& settings)
    : parts_(std::make_unique<Parts>(call, url, settings)) {
    call.check();
    parts_->attempt("connect to", [&] { parts_->connect(); });
    parts_->attempt("speak TLS with", [&] { parts_->open_session(); });
    parts_->attempt("read", [&] { parts_->ask(headers); });
    call.check();
}

HttpGet::~HttpGet() = default;

int HttpGet::status() const {
    return parts_->response.getStatus();
}

std::string HttpGet::reason() const {
    return parts_->response.getReason();
}

std::string HttpGet::header(const std::string& name) const {
    return parts_->response.get(name, "");
}

std::span<const std::byte> HttpGet::read() {
    auto& parts = *parts_;
    // The stream's buffer itself: an istream would hide why it ends, and wait for a full block.
    const auto got = parts.attempt("read", [&]() -> std::streamsize {
        using Traits = std::char_traits<char>;
        if (Traits::eq_int_type(parts.body->sgetc(), Traits::eof())) return 0;
        const auto ready = std::max<std::streamsize>(parts.body->in_avail(), 1);
        if (parts.buffer.size() < static_cast<std::size_t>(ready))
            parts.buffer.resize(static_cast<std::size_t>(ready));
        return parts.body->sgetn(parts.buffer.data(), ready);
    });
    parts.call.check();
    return std::as_bytes(std::span(parts.buffer).first(static_cast<std::size_t>(got)));
}

} // namespace cmw::shared
