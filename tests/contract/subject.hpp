// SPDX-License-Identifier: Apache-2.0
//
// contract/subject.hpp - the plugins that the suites are run on: those of the build's plugin folder
// and the SDK's smallest ones, each with options that let it work in a folder of the test.
#pragma once

#include "fakes/http_server.hpp"
#include "fakes/receiver.hpp"
#include "fakes/s3/fake_s3.hpp"
#include "plugin_host/session.hpp"
#include "support/temporary_folder.hpp"

namespace cmw::test {

/// A loopback port that takes connections and then says nothing: what a call must be able to leave.
class SilentServer {
  public:
    SilentServer();
    ~SilentServer();
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    int port() const { return port_; }

  private:
    int socket_ = -1;
    int port_ = 0;
};

/// What the command file of a subject holds at first: bytes that are no text.
std::string orders();

/// A plugin, and what it needs.
class Subject {
  public:
    explicit Subject(const plugin_host::Plugin& plugin);

    const plugin_host::Plugin& plugin() const { return *plugin_; }
    std::string label() const { return plugin_->schema.kind + " " + plugin_->schema.name; }
    const config::OptionValues& options() const { return options_; }
    const config::OptionValues& use() const { return use_; }
    std::string folder() const { return folder_->path().string(); }
    bool works() const { return works_; } ///< With these options it does its job.
    /// Replaces the command file where a command source finds it; nothing takes it away.
    void publish(const std::optional<std::string>& content) const;

    tl::expected<std::unique_ptr<plugin_host::Session>, plugin_host::Failure>
    create(const config::OptionValues& options) const;
    std::unique_ptr<plugin_host::Session> create() const; ///< Must not fail.

  private:
    const plugin_host::Plugin* plugin_;
    std::shared_ptr<TemporaryFolder> folder_ = std::make_shared<TemporaryFolder>();
    std::shared_ptr<SilentServer> server_ = std::make_shared<SilentServer>();
    std::shared_ptr<Receiver> journal_ =
        std::make_shared<Receiver>(Receiver::Kind::unix_datagram, folder() + "/journal.socket");
    std::shared_ptr<HttpServer> taker_; ///< Takes all that is posted.
    std::shared_ptr<FakeS3> bucket_ = std::make_shared<FakeS3>();
    std::shared_ptr<HttpServer> s3_ = std::make_shared<HttpServer>(bucket_->handler());
    config::OptionValues options_;
    config::OptionValues use_;
    bool works_ = false;
};

/// Of the kind, or all of them ("").
std::vector<Subject> subjects(std::string_view kind);

} // namespace cmw::test
