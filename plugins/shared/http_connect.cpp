// SPDX-License-Identifier: Apache-2.0
#include "shared/http_connect.hpp"

#include "shared/resolve.hpp"

#include <Poco/Net/HTTPBasicCredentials.h>
#include <Poco/Net/HTTPCredentials.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <cerrno>
#include <openssl/ssl.h>
#include <optional>
#include <sys/un.h>

namespace cmw::shared {

namespace {

using namespace Poco::Net;

StreamSocket make_socket(int family) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot make a socket");
    return StreamSocket(new StreamSocketImpl(fd));
}

/// Connects, or says with an errno why not.
int connect_one(const Call& call, StreamSocket& socket, const Address& address,
                std::chrono::nanoseconds timeout) {
    socket.setBlocking(false);
    const int fd = socket.impl()->sockfd();
    if (::connect(fd, address.get(), address.size) != 0) {
        if (errno != EINPROGRESS && errno != EINTR) return errno;
        if (!call.wait(fd, POLLOUT, std::chrono::steady_clock::now() + timeout)) return ETIMEDOUT;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return error;
    }
    socket.setBlocking(true);
    return 0;
}

/// The head of the proxy's answer, byte by byte: what follows it belongs to TLS.
std::string receive_head(StreamSocket& socket) {
    constexpr std::size_t longest = 16 * 1024;
    std::string head;
    char next = 0;
    while (!head.ends_with("\r\n\r\n") && head.size() < longest) {
        if (socket.receiveBytes(&next, 1) != 1) break;
        head += next;
    }
    return head;
}

} // namespace

StreamSocket connect_to(const Call& call, const std::string& host, std::uint16_t port,
                        std::chrono::nanoseconds timeout) {
    int error = 0;
    for (const auto& address : resolve(call, host, port, timeout)) {
        auto socket = make_socket(address.storage.ss_family);
        error = connect_one(call, socket, address, timeout);
        if (error == 0) return socket;
    }
    if (error == ETIMEDOUT) throw Poco::TimeoutException();
    throw Error(CMW_AGAIN, std::generic_category().message(error));
}

StreamSocket connect_to_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw Error(CMW_CONFIG, "its path is too long for a socket");
    path.copy(address.sun_path, path.size());
    auto socket = make_socket(AF_UNIX);
    // Not blocking, as a full queue of a server that hangs would hold us.
    socket.setBlocking(false);
    if (::connect(socket.impl()->sockfd(), reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) != 0)
        throw Error(errno == EACCES || errno == EPERM ? CMW_DENIED
                    : errno == ENOENT                 ? CMW_NOT_FOUND
                                                      : CMW_AGAIN,
                    std::generic_category().message(errno));
    socket.setBlocking(true);
    return socket;
}

std::string basic_authorization(const Poco::URI& uri) {
    if (uri.getUserInfo().empty()) return "";
    std::string user;
    std::string password;
    HTTPCredentials::extractCredentials(uri, user, password);
    HTTPRequest request;
    HTTPBasicCredentials(user, password).authenticate(request);
    return request.get(HTTPRequest::AUTHORIZATION);
}

std::string host_and_port(const Poco::URI& uri) {
    const auto& name = uri.getHost();
    auto host = name.find(':') == name.npos ? name : "[" + name + "]";
    const auto usual = uri.getScheme() == "https" ? 443 : 80;
    if (uri.getPort() != usual) host += ":" + std::to_string(uri.getPort());
    return host;
}

void open_tunnel(StreamSocket& socket, const Poco::URI& uri, const Poco::URI& proxy) {
    const auto& name = uri.getHost();
    const auto host = (name.find(':') == name.npos ? name : "[" + name + "]") + ":" +
                      std::to_string(uri.getPort());
    auto request = "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n";
    if (const auto authorization = basic_authorization(proxy); !authorization.empty())
        request += "Proxy-Authorization: " + authorization + "\r\n";
    request += "\r\n";
    socket.sendBytes(request.data(), static_cast<int>(request.size()));
    const auto head = receive_head(socket);
    const auto line = head.substr(0, head.find("\r\n"));
    if (!head.ends_with("\r\n\r\n") || !line.starts_with("HTTP/1.") || line.size() < 12)
        throw Error(CMW_INVALID, "the proxy's answer is not HTTP");
    const auto status = line.substr(line.find(' ') + 1);
    if (status.starts_with('2')) return;
    throw Error(status.starts_with("407") ? CMW_DENIED : CMW_AGAIN,
                "the proxy opens no tunnel: " + status);
}

Context::Ptr make_context(const HttpSettings& settings) {
    Context::Params params;
    params.caLocation = settings.ca_file;
    params.loadDefaultCAs = settings.ca_file.empty();
    params.certificateFile = settings.certificate_file;
    params.privateKeyFile =
        settings.key_file.empty() ? settings.certificate_file : settings.key_file;
    params.verificationMode = Context::VERIFY_STRICT;
    Context::Ptr context = new Context(Context::TLS_CLIENT_USE, params);
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    // OpenSSL drops a key that is not the certificate's without a word.
    if (!params.certificateFile.empty() && ::SSL_CTX_check_private_key(context->sslContext()) != 1)
        throw Error(CMW_CONFIG, "the key in " + params.privateKeyFile +
                                    " is not that of the certificate in " + params.certificateFile);
    return context;
}

StreamSocket start_tls(const StreamSocket& socket, const std::string& host,
                       const Context::Ptr& context) {
    auto secure = SecureStreamSocket::attach(socket, host, context);
    // Poco returns from a handshake that timed out as if it were done, having checked no name:
    // it would go on with the first write.
    if (!secure.havePeerCertificate()) throw Poco::TimeoutException();
    secure.verifyPeerCertificate(host);
    return secure;
}

// The chain is judged by OpenSSL, which has one text for it, the host's name by Poco.
bool is_about_certificate(const SSLException& failure) {
    return dynamic_cast<const CertificateValidationException*>(&failure) != nullptr ||
           failure.message().find("certificate verify failed") != std::string::npos ||
           failure.message().find("asn1 encoding routines") != std::string::npos; // A signature.
}

bool is_about_ours(const SSLException& failure) {
    const auto& text = failure.message();
    return text.find("alert certificate required") != std::string::npos ||
           text.find("alert bad certificate") != std::string::npos ||
           text.find("alert unknown ca") != std::string::npos;
}

} // namespace cmw::shared
