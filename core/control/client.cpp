// SPDX-License-Identifier: Apache-2.0
#include "control/client.hpp"

#include "base/system.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/StreamCopier.h>
#include <cerrno>

namespace cmw::control {

namespace {

using base::Problem;
using Poco::Net::HTTPClientSession;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

constexpr int answer_patience_s = 30; ///< For what a host answers at once.

tl::unexpected<ClientFailure> failure(Problem problem, bool no_host = false) {
    return tl::unexpected(ClientFailure{no_host, std::move(problem)});
}

tl::expected<std::unique_ptr<HTTPClientSession>, ClientFailure> connect(const std::string& path,
                                                                        bool patient) {
    auto socket = base::sys::unix_socket();
    if (!socket) return failure(base::system_problem(path, "make a socket", socket.error()));
    if (const auto made = base::sys::connect_unix(socket->get(), path); !made) {
        const int error = made.error();
        if (error == ENOENT || error == ECONNREFUSED)
            return failure({path, "cannot reach the host: none is running here",
                            "start it, or name its configuration with -c"},
                           true);
        if (error == EAGAIN)
            return failure({path, "cannot connect to the host: too many wait for it already",
                            "see whether it hangs"});
        auto problem = base::system_problem(path, "connect to the host", error);
        if (error == EACCES)
            problem.fix = "run as root, as the host's user or as one of [host] control-users";
        return failure(std::move(problem));
    }
    Poco::Net::StreamSocket stream(new Poco::Net::StreamSocketImpl(socket->release()));
    stream.setBlocking(true);
    if (!patient) stream.setReceiveTimeout(Poco::Timespan(answer_patience_s, 0));
    return std::make_unique<HTTPClientSession>(stream);
}

/// What the host says went wrong.
Problem problem_in(const std::string& body, int status) try {
    const auto parsed = Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
    const auto problem = parsed->getObject("problem");
    if (problem)
        return {problem->optValue<std::string>("where", ""),
                problem->optValue<std::string>("what", ""),
                problem->optValue<std::string>("fix", "")};
    throw Poco::DataFormatException("no problem");
} catch (const Poco::Exception&) {
    return {"", fmt::format("cannot understand the host's answer (HTTP status {})", status), ""};
}

/// Sends the request and hands the body of a good answer to `read`.
tl::expected<void, ClientFailure> exchange(const std::string& socket_path,
                                           const std::string& method, const std::string& path,
                                           bool patient,
                                           const std::function<void(std::istream&)>& read) try {
    auto session = connect(socket_path, patient);
    if (!session) return tl::unexpected(session.error());
    HTTPRequest request(method, path, HTTPRequest::HTTP_1_1);
    request.setHost("localhost");
    request.setKeepAlive(false);
    if (method == HTTPRequest::HTTP_POST) request.setContentLength(0);
    (*session)->sendRequest(request);
    HTTPResponse response;
    auto& body = (*session)->receiveResponse(response);
    if (response.getStatus() == HTTPResponse::HTTP_OK) {
        read(body);
        if (const auto* broken = (*session)->networkException()) broken->rethrow();
        return {};
    }
    std::string text;
    Poco::StreamCopier::copyToString(body, text);
    return failure(problem_in(text, response.getStatus()));
} catch (const Poco::Exception& error) {
    return failure({socket_path, "cannot get an answer from the host: " + error.displayText(),
                    "see whether it is still running"});
}

} // namespace

tl::expected<std::string, ClientFailure> Client::get(const std::string& path) const {
    std::string text;
    return exchange(socket_path_, HTTPRequest::HTTP_GET, path, false,
                    [&](std::istream& body) { Poco::StreamCopier::copyToString(body, text); })
        .map([&] { return text; });
}

tl::expected<std::string, ClientFailure> Client::post(const std::string& path) const {
    std::string text;
    return exchange(socket_path_, HTTPRequest::HTTP_POST, path, true,
                    [&](std::istream& body) { Poco::StreamCopier::copyToString(body, text); })
        .map([&] { return text; });
}

tl::expected<void, ClientFailure>
Client::stream(const std::string& path, const std::function<bool(const std::string&)>& line) const {
    return exchange(socket_path_, HTTPRequest::HTTP_GET, path, true, [&](std::istream& body) {
        std::string text;
        while (std::getline(body, text) && line(text)) {
        }
    });
}

} // namespace cmw::control
