// SPDX-License-Identifier: Apache-2.0
//
// ledger/host.hpp - the real program following one log, and shipping it to endpoints of this test.
#pragma once

#include "ledger/endpoints.hpp"
#include "support/host_process.hpp"
#include "support/temporary_folder.hpp"

#include <map>

namespace cmw::test {

class LogHost {
  public:
    /// `options`: of the stream. The endpoints are named by their kind and last as long as this.
    explicit LogHost(std::map<std::string, Endpoint*> endpoints, const std::string& options = "");

    TemporaryFolder folder;
    const std::string log = folder / "node.log"; ///< The one that it follows.
    std::string state_dir = folder / "state";
    std::vector<std::string> before; ///< What the program is run by: { "/usr/bin/env", ... }.

    void start();
    /// The host gets the signal, and its end is waited for. Its exit status; how long it took.
    int end(int signal);
    std::chrono::steady_clock::duration last_end() const { return last_end_; }
    bool runs() const { return host_.has_value(); }

    std::string output() const { return read_text(folder / "host.out"); }
    /// A number of one backend: "delivered", "dropped_bytes"; "" while no host answers.
    std::string status(const std::string& backend, const std::string& key) const;

    /// Waits until each endpoint has every line up to `written`; what is wrong otherwise.
    bool wait_for_all(std::size_t written) const;

  private:
    std::map<std::string, Endpoint*> endpoints_;
    std::string options_;
    std::optional<Child> host_;
    std::chrono::steady_clock::duration last_end_{};
};

/// From the environment, for longer rounds by hand, or fewer with a sanitizer.
std::size_t number_from_environment(const char* name, std::size_t fallback);

/// How a test chooses moments: by this, which is told.
unsigned seed();

} // namespace cmw::test
