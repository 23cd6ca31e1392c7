// SPDX-License-Identifier: Apache-2.0
//
// ledger/endpoints.hpp - what stands at the other end of a backend, and keeps what it took.
#pragma once

#include "fakes/cloudwatch/fake_cloudwatch.hpp"
#include "fakes/log_collector.hpp"
#include "fakes/receiver.hpp"
#include "ledger/count.hpp"

#include <atomic>
#include <chrono>
#include <optional>

namespace cmw::test {

class Endpoint {
  public:
    virtual ~Endpoint() = default;
    /// The options of the backend's table in the configuration, "plugin" first.
    virtual std::string table() const = 0;
    virtual Numbers numbers() const = 0;
    /// Records of each batch that was taken; nothing where an endpoint cannot tell.
    virtual std::vector<std::size_t> batches() const { return {}; }
    /// Batches that may be under way to it at once. If there is one, they come in order.
    virtual std::size_t in_flight() const { return 1; }
};

/// The service that the plugin cloudwatch speaks to.
class CloudEnd final : public Endpoint {
  public:
    explicit CloudEnd(FakeCloudWatch::Plan plan = {});
    std::string table() const override;
    Numbers numbers() const override;
    std::vector<std::size_t> batches() const override { return fake.put_sizes(); }
    std::size_t in_flight() const override { return 8; } ///< Its `requests`, if nobody says more.

    /// While it refuses, nobody listens at its port.
    void refuse(bool refuses);

    FakeCloudWatch fake;
    std::string more;                                 ///< Options beside the usual ones.
    std::atomic<std::chrono::milliseconds> slow_by{}; ///< Before each answer.

  private:
    HttpServer::Handler handler();

    std::optional<HttpServer> server_;
    unsigned port_;
};

/// A web server for the plugin http.
class WebEnd final : public Endpoint {
  public:
    std::string table() const override;
    Numbers numbers() const override;
    std::vector<std::size_t> batches() const override;

  private:
    LogCollector collector_{"204 No Content"};
};

/// A syslog server over TCP that reads all that comes, so that what was sent has arrived.
class SyslogEnd final : public Endpoint {
  public:
    std::string table() const override;
    /// Of whole messages: the last of a connection may be cut off by its sender's end.
    Numbers numbers() const override;

  private:
    Receiver receiver_{Receiver::Kind::tcp};
};

/// A folder of the plugin file, which rotates now and then.
class FolderEnd final : public Endpoint {
  public:
    explicit FolderEnd(std::string folder) : folder_(std::move(folder)) {}
    std::string table() const override;
    Numbers numbers() const override;

  private:
    std::string folder_;
};

} // namespace cmw::test
