// SPDX-License-Identifier: Apache-2.0
//
// integration/site.hpp - a node operator's machine in a folder: a file that stands for the chain, a
// folder for the store, a demo node as the service, and the real program as the host.
#pragma once

#include "support/host_process.hpp"
#include "support/temporary_folder.hpp"

#include <Poco/Dynamic/Var.h>
#include <optional>

namespace cmw::test {

/// The answer of `status --json`.
class Status {
  public:
    explicit Status(const std::string& json);
    /// "services.node.state"; "" for what is null or not there. Booleans are "true" and "false".
    std::string operator[](const std::string& path) const;

  private:
    Poco::Dynamic::Var root_;
};

class Site {
  public:
    Site();
    ~Site(); ///< Ends the host and whatever runs from the folder.

    TemporaryFolder folder;
    std::string config; ///< The path of wrapper.toml; change it with rewrite().
    std::string chain;  ///< chain.json

    /// Replaces one text of the configuration, which must be there, by another.
    void rewrite(const std::string& from, const std::string& to) const;
    /// Adds to the end of the configuration.
    void append(const std::string& text) const;

    /// Puts that version of the demo node into the store; its digest.
    std::string publish(const std::string& version) const;
    /// Puts these bytes into the store under that digest, whatever they hash to.
    void store(const std::string& digest, const std::string& bytes) const;
    void approve(const std::string& digest) const;
    /// What the chain says, byte by byte; replaced as one.
    void set_chain(const std::string& text) const;

    /// Starts the host; an earlier one must have ended.
    void start();
    Child& host() { return *host_; }
    /// Sends the signal to the host and waits for its end; its exit status.
    std::optional<int> end(int signal);

    Ended command(std::vector<std::string> arguments) const; ///< "-c FILE" is added.
    Status status() const;
    std::string history() const;
    /// What the node wrote, and what the file backend shipped of it.
    std::string node_log() const;
    std::string shipped_log() const;
    std::string host_output() const; ///< For a failed test's message.

    bool wait_for(const std::string& path, const std::string& value) const;
    /// Publishes and approves version 1, starts the host and waits until the node runs; its pid.
    pid_t run_version_1();
    pid_t node_pid() const; ///< 0: none.
    std::string first;      ///< The digest of version 1, once it runs.

  private:
    std::optional<Child> host_;
};

/// The BLAKE2s-256 of these bytes, in hex.
std::string digest_of(const std::string& bytes);
/// The bytes of that version of the demo node.
std::string demo_node(const std::string& version);

} // namespace cmw::test
