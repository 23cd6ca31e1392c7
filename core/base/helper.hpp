// SPDX-License-Identifier: Apache-2.0
//
// base/helper.hpp - runs a program of the operator's for the host and waits for its end: a hook, a
// trial run. No shell. Its input is empty, its output is kept, bounded. It leads nothing: it and
// what it starts are in a process group that a keeper leads, a copy of the host that does nothing
// but wait. The group is killed when the program has ended, at the time limit, when cancelled, and
// (by the keeper) when the host is no more, however that ended.
#pragma once

#include "base/account.hpp"
#include "base/cancel.hpp"
#include "base/clock.hpp"

namespace cmw::base {

struct Helper {
    std::vector<std::string> command;     ///< argv; the first is an absolute path.
    std::vector<std::string> environment; ///< "NAME=value": all of it.
    std::optional<Account> account;       ///< The host's own if there is none.
    Nanoseconds timeout{};
    std::size_t output_limit = std::size_t{16} << 10; ///< The last bytes are kept.
};

struct HelperEnd {
    enum class How {
        good,      ///< Exit status 0.
        bad,       ///< Another status, a signal, the time limit, or it cannot be executed.
        not_run,   ///< This machine could not start it now.
        cancelled, ///< Broken off.
    };
    How how = How::not_run;
    std::string why;    ///< "exit status 1: disk full", with the last line of output; "" if good.
    std::string output; ///< Of stdout and stderr.
};

/// Blocks, for `timeout` and a little at most: for a worker, which must live until it returns.
HelperEnd run_helper(const Helper& helper, const Cancel& cancel);

/// The last line that is not empty, at most `limit` bytes of it, without control characters.
std::string last_line(std::string_view output, std::size_t limit = 200);

} // namespace cmw::base
