// SPDX-License-Identifier: Apache-2.0
//
// container/engine.hpp - a container engine over its Unix socket: Docker's from 20.10 on, Podman's
// from 4.0 on. For one thread at a time.
//
// Source: the Docker Engine API, https://docs.docker.com/reference/api/engine/. Version 1.41 is
// spoken, which both of them know, or the oldest that a newer engine still takes.
#pragma once

#include "shared/http_exchange.hpp"

#include <Poco/JSON/Object.h>

namespace cmw::container {

/// What the engine answered: a status of HTTP and a text that is JSON, or nothing.
struct Answer {
    int status = 0;
    std::string body;
    bool ok() const { return status / 100 == 2; }
};

class Engine {
  public:
    /// `socket`: its path.
    Engine(std::string socket, std::string product)
        : socket_(std::move(socket)), product_(std::move(product)) {}

    /// `target` begins with "/containers" or its like; `body` is JSON, "": none. Waits for as long
    /// as the call may. Throws cmw::Error: CMW_AGAIN if there is no engine, CMW_DENIED if we may not
    /// ask it, CMW_INVALID for an answer that is not of such an engine.
    Answer ask(const Call& call, const std::string& method, const std::string& target,
               const std::string& body = "");

    /// A request whose answer comes as long as it likes. Never null.
    std::unique_ptr<shared::HttpExchange> open(const Call& call, const std::string& method,
                                               const std::string& target,
                                               const std::string& body = "");

  private:
    std::unique_ptr<shared::HttpExchange> exchange(const Call& call, const std::string& method,
                                                   const std::string& target,
                                                   const std::string& body) const;
    const std::string& version(const Call& call);

    std::string socket_;
    std::string product_;
    std::string version_; ///< "/v1.41"; "": not known yet.
};

/// Throws cmw::Error(CMW_INVALID).
Poco::JSON::Object::Ptr parse_object(const std::string& text);

/// Members, or what stands for one that is missing or of another type.
std::string text_at(const Poco::JSON::Object& object, const std::string& name);
std::int64_t number_at(const Poco::JSON::Object& object, const std::string& name);
bool flag_at(const Poco::JSON::Object& object, const std::string& name);
Poco::JSON::Object::Ptr object_at(const Poco::JSON::Object& object, const std::string& name);

/// What somebody else wrote, fit to stand in a message: at most 300 bytes on one line.
std::string one_line(std::string text);

/// Why the engine refused, in its own words, on one line.
std::string words_of(const Answer& answer);

/// Which version to speak with an engine that says what it takes: "1.41", "1.24" gives "1.41".
/// Throws cmw::Error(CMW_UNSUPPORTED) for one that is too old.
std::string choose_version(const std::string& newest, const std::string& oldest);

} // namespace cmw::container
