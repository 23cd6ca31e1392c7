// SPDX-License-Identifier: Apache-2.0
//
// crash/points.hpp - SIGKILL at each system call of something that a host does. The whole host with
// its real plugins runs in a process of its own, which kills itself at the n-th call from a moment
// on; the next one finds what that left, brings it in order, and is killed at call n + STRIDE.
#pragma once

#include "app/host.hpp"
#include "base/unique_fd.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <functional>
#include <sys/types.h>

namespace cmw::test {

/// What the hosts and the process that runs them share.
struct Board {
    std::atomic<int> calls{0};   ///< Since it was armed.
    std::atomic<int> kill_at{0}; ///< 0: never.
    int armed_for = 0;           ///< Which call this host is to be killed at.
    char where[200] = "";
    char problem[2000] = "";

    /// From now on the calls count, and the host ends at the one that it was armed for.
    void arm();
    void disarm() { kill_at = 0; }
    bool tell(const std::string& text); ///< As `problem`. False, always.
};

/// In memory that forks share. Lasts as long as the process. Makes this process the parent of what
/// its hosts leave behind.
Board& make_board();

/// The folder of one chain of hosts, with bin, lib, artifacts, state, run and orders in it. Its
/// programs have CRASH_SITE=<folder> in their environment.
struct Place {
    TemporaryFolder folder;

    /// `configuration` is its wrapper.toml: '@' stands for the folder, '%' for that of the plugins.
    explicit Place(const std::string& configuration);

    std::string last_run() const; ///< The last line of `runs`, to which its programs append.
    /// Session leaders of this place's: programs of the service. Hooks and zombies are none.
    std::vector<pid_t> programs() const;
    void end_programs() const;
};

/// A host in this process.
class Life {
  public:
    explicit Life(const Place& place);

    app::Host& host() { return *host_; }
    bool until(const std::function<bool()>& reached); ///< Within a minute.

  private:
    base::UniqueFd lock_;
    std::unique_ptr<base::EventLoop> loop_;
    std::unique_ptr<app::Host> host_;
};

/// How a host ended: killed at its point, or it has none so late, or it failed, which is printed.
enum class End { killed, done, failed };

/// Runs `live` in a process of its own, killed at call number `at` after it arms the board. False
/// from it: it failed, and the board was told how. `what` is printed with the point.
End run_to_point(Board& board, const std::string& what, int at, const std::function<bool()>& live);

std::string hex_of(const std::string& content); ///< Its digest.

} // namespace cmw::test
