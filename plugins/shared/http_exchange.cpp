// SPDX-License-Identifier: Apache-2.0
#include "shared/http_exchange.hpp"

#include "shared/cancel_guard.hpp"
#include "shared/http_connect.hpp"
#include "shared/http_connection.hpp"
#include "shared/http_proxy.hpp"
#include "shared/no_sigpipe.hpp"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <cerrno>
#include <istream>
#include <optional>
#include <ostream>

namespace cmw::shared {

using namespace Poco::Net;

namespace {

std::string in_words(const Poco::Exception& failure) {
    return failure.message().empty() ? failure.name() : failure.message();
}

Poco::Timespan timespan(std::chrono::nanoseconds duration) {
    return {std::chrono::duration_cast<std::chrono::microseconds>(duration).count()};
}

std::string seconds_text(std::chrono::nanoseconds duration) {
    auto text = std::to_string(std::chrono::duration<double>(duration).count());
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + " s";
}

} // namespace

struct HttpExchange::Parts {
    Parts(const Call& its_call, const std::string& url, const HttpSettings& its_settings,
          HttpConnection* connection)
        : call(its_call),
          kept_by(connection),
          uri(url),
          shown(its_settings.unix_socket.empty()
                    ? shown_url(url)
                    : uri.getPath() + " at " + its_settings.unix_socket),
          settings(its_settings),
          silence(its_settings.timeout),
          proxy(settings.unix_socket.empty() ? proxy_for(url, settings.proxy, process_environment)
                                             : "") {
        secure = uri.getScheme() == "https";
        if (!proxy.empty() && Poco::URI(proxy).getScheme() != "http")
            throw Error(CMW_CONFIG, "cannot use the proxy of the environment: it must begin with "
                                    "http://; the option proxy can say another, or \"none\"");
    }

    /// Does one step of the exchange and puts what it throws in an operator's words.
    template <class Step>
    auto attempt(const std::string& verb, Step step) {
        auto what = "cannot " + verb + " " + shown;
        if (!proxy.empty()) what += " by the proxy " + shown_url(proxy);
        what += ": ";
        try {
            return step();
        } catch (const Error& failure) {
            if (failure.status() == CMW_CANCELLED) throw;
            throw Error(failure.status(), what + failure.what(), failure.retry_after());
        } catch (const SSLContextException& failure) {
            throw Error(CMW_CONFIG, "cannot use the certificates of tls.ca, tls.certificate and "
                                    "tls.key: " +
                                        in_words(failure));
        } catch (const SSLException& failure) {
            call.check();
            if (is_about_certificate(failure))
                throw Error(CMW_DENIED,
                            what + "its certificate is not valid: " + in_words(failure));
            if (is_about_ours(failure))
                throw Error(CMW_DENIED, what +
                                            "the server wants a certificate that it trusts, in "
                                            "tls.certificate: " +
                                            in_words(failure));
            throw Error(CMW_AGAIN, what + in_words(failure) + lost_alert());
        } catch (const Poco::TimeoutException&) {
            call.check();
            throw Error(CMW_AGAIN, what + "no byte came for " + seconds_text(silence));
        } catch (const MessageException& failure) {
            call.check();
            throw Error(CMW_INVALID, what + "the answer is not HTTP: " + in_words(failure));
        } catch (const Poco::Exception& failure) {
            call.check();
            throw Error(CMW_AGAIN, what + in_words(failure) + lost_alert());
        }
    }

    /// A server's alert is lost when it closes before all of our request is written.
    std::string lost_alert() const {
        const bool possible = secure && session && body == nullptr;
        return possible ? "; a server that wants a certificate, in tls.certificate, may end so, too"
                        : "";
    }

    void connect() {
        const Poco::URI first(proxy.empty() ? uri : Poco::URI(proxy));
        socket = settings.unix_socket.empty()
                     ? connect_to(call, first.getHost(), first.getPort(), settings.timeout)
                     : connect_to_unix(settings.unix_socket);
        guard.emplace(call, socket->impl()->sockfd());
        set_silence();
    }

    void set_silence() {
        socket->setReceiveTimeout(timespan(silence));
        socket->setSendTimeout(timespan(silence));
    }

    Context::Ptr tls_context() const {
        if (kept_by == nullptr) return make_context(settings);
        if (!kept_by->tls_)
            kept_by->tls_ =
                std::make_unique<HttpConnection::Tls>(HttpConnection::Tls{make_context(settings)});
        return kept_by->tls_->context;
    }

    void open_session() {
        if (secure && !proxy.empty()) open_tunnel(*socket, uri, Poco::URI(proxy));
        // Poco's HTTPSClientSession takes no socket that is connected; this one reads TLS as well.
        session = std::make_unique<Session>(
            secure ? start_tls(*socket, uri.getHost(), tls_context()) : *socket);
        session->setKeepAlive(kept_by != nullptr);
        if (settings.unix_socket.empty()) socket->setNoDelay(true); // Head and body go apart.
    }

    /// False: there is none that can be used.
    bool take_connection() {
        if (kept_by == nullptr || !kept_by->usable()) return false;
        auto kept = std::move(kept_by->kept_);
        session = std::move(kept->session);
        socket = std::move(kept->socket);
        guard.emplace(call, socket->impl()->sockfd());
        set_silence();
        return true;
    }

    /// Leaves the connection for the next exchange if nothing more will come of this answer.
    void leave_connection() {
        const bool whole = body != nullptr && response.hasContentLength() &&
                           response.getContentLength64() == body_read;
        if (kept_by == nullptr || !whole || !response.getKeepAlive() || call.cancelled()) return;
        guard.reset();
        kept_by->kept_ = std::make_unique<HttpConnection::Kept>(HttpConnection::Kept{
            std::move(session), std::move(socket), std::chrono::steady_clock::now()});
    }

    std::string target_of(const HttpRequest& wanted) const {
        const auto target = wanted.target.empty() ? request_target(wanted.url) : wanted.target;
        const bool to_proxy = !proxy.empty() && !secure;
        return to_proxy ? "http://" + host_and_port(uri) + target : target;
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            constexpr std::size_t most = 1024 * 1024;
            const auto size = static_cast<int>(std::min(bytes.size(), most));
            const auto sent = session->socket().sendBytes(bytes.data(), size);
            if (sent <= 0) throw ConnectionResetException("the connection is closed");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    void ask(const HttpRequest& wanted) {
        HTTPRequest request(wanted.method, target_of(wanted), HTTPMessage::HTTP_1_1);
        request.set("Host", host_and_port(uri));
        request.setKeepAlive(kept_by != nullptr);
        request.set("User-Agent", settings.user_agent);
        if (!proxy.empty() && !secure)
            if (const auto basic = basic_authorization(Poco::URI(proxy)); !basic.empty())
                request.set("Proxy-Authorization", basic);
        if (const auto basic = basic_authorization(uri); !basic.empty())
            request.set("Authorization", basic);
        if (wanted.method != HTTPRequest::HTTP_GET)
            request.setContentLength64(static_cast<Poco::Int64>(wanted.body.size()));
        for (const auto& [name, value] : wanted.headers) request.set(name, value);
        session->sendRequest(request) << std::flush;
        // Not by Poco's stream: that would be a system call for each 4 KiB.
        wanted.body.write([this](std::string_view piece) { send(piece); });
        body = session->receiveResponse(response).rdbuf();
    }

    NoSigpipe no_sigpipe; ///< First, so that it lasts until the connection is closed.
    Call call;
    HttpConnection* kept_by; ///< Null: the connection ends with this exchange.
    Poco::URI uri;
    std::string shown;
    HttpSettings settings;
    std::chrono::nanoseconds silence;
    std::string proxy; ///< "": none
    bool secure = false;
    std::unique_ptr<Session> session;
    std::optional<StreamSocket> socket; ///< Shared with the session.
    std::optional<CancelGuard> guard;   ///< After the socket: it must go first.
    HTTPResponse response;
    std::streambuf* body = nullptr; ///< The session's.
    std::streamsize body_read = 0;  ///< Bytes of it.
    std::vector<char> buffer;
};

HttpExchange::HttpExchange(const Call& call, const HttpRequest& request,
                           const HttpSettings& settings, HttpConnection* connection)
    : parts_(std::make_unique<Parts>(call, request.url, settings, connection)) {
    call.check();
    if (!parts_->take_connection()) {
        if (connection != nullptr) connection->drop();
        parts_->attempt("connect to", [&] { parts_->connect(); });
        parts_->attempt(parts_->secure ? "speak TLS with" : "connect to",
                        [&] { parts_->open_session(); });
    }
    parts_->attempt("read", [&] { parts_->ask(request); });
    call.check();
}

HttpExchange::~HttpExchange() {
    parts_->leave_connection();
}

int HttpExchange::status() const {
    return parts_->response.getStatus();
}

std::string HttpExchange::reason() const {
    return parts_->response.getReason();
}

std::string HttpExchange::header(const std::string& name) const {
    return parts_->response.get(name, "");
}

std::span<const std::byte> HttpExchange::read() {
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
    parts.body_read += got;
    parts.call.check();
    return std::as_bytes(std::span(parts.buffer).first(static_cast<std::size_t>(got)));
}

std::string HttpExchange::read_all(std::size_t limit) {
    std::string text;
    while (text.size() < limit) {
        const auto bytes = read();
        if (bytes.empty()) break;
        text.append(reinterpret_cast<const char*>(bytes.data()),
                    std::min(bytes.size(), limit - text.size()));
    }
    return text;
}

void HttpExchange::limit_silence(std::chrono::nanoseconds timeout) {
    parts_->silence = std::min(timeout, parts_->settings.timeout);
    parts_->set_silence();
}

} // namespace cmw::shared
