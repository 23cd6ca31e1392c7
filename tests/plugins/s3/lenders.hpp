// SPDX-License-Identifier: Apache-2.0
//
// Stand-ins for what lends credentials to machines and containers, and for the environment.
#pragma once

#include "fakes/http_server.hpp"
#include "shared/aws_credentials.hpp"
#include "support/fetch_outcome.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <doctest/doctest.h>

namespace [[gnu::visibility("hidden")]] cmw {

/// An environment of its own.
struct Variables {
    std::map<std::string, std::string> values;
    Variables(std::initializer_list<std::pair<const std::string, std::string>> list)
        : values(list) {}
    shared::Environment environment() const {
        return [this](const char* name) {
            const auto found = values.find(name);
            return found == values.end() ? "" : found->second;
        };
    }
};

inline std::string role_json(const std::string& key_id, const std::string& expires) {
    return R"({"Code": "Success", "AccessKeyId": ")" + key_id +
           R"(", "SecretAccessKey": "secret of )" + key_id + R"(", "Token": "token of )" + key_id +
           R"(", "Expiration": ")" + expires + "\"}";
}

inline std::string ok(const std::string& body) {
    return test::http_head("200 OK", {"Content-Length: " + std::to_string(body.size())}) + body;
}

inline std::string instance_service(const test::HttpServer::Request& request,
                                    const std::string& json) {
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    if (request.target == "/latest/api/token") return ok("session\n");
    if (request.target == roles) return ok("node role\n");
    return ok(json);
}

inline std::string container_service(const test::HttpServer::Request&, const std::string& json) {
    return ok(json);
}

/// One of the services; what it lends can be changed.
struct Lender {
    using Service = std::string (*)(const test::HttpServer::Request&, const std::string&);
    explicit Lender(Service service, const std::string& expires = "2100-01-01T00:00:00Z")
        : server([this, service, expires](const auto& request, auto& connection) {
              if (broken) return connection.send(test::http_head("500 Internal Server Error"));
              connection.send(service(request, role_json("AKIAROLE", expires)));
          }) {}

    std::atomic<bool> broken = false;
    test::HttpServer server;
};

} // namespace cmw
