// SPDX-License-Identifier: Apache-2.0
//
// base/system_attempt.hpp - how each function of system.hpp makes its call; for system*.cpp alone.
#pragma once

#include "base/system.hpp"

#include <cerrno>

namespace cmw::base::sys {

/// What the test's plan says of this call: an errno, or 0.
int planned_fault(Call call, std::string_view path = {});

/// Runs `work` again while it is interrupted; its -1 becomes errno.
template <class Work>
auto attempt(Call call, std::string_view path, Work work) -> Outcome<decltype(work())> {
    if (const int fault = planned_fault(call, path)) return tl::unexpected(fault);
    while (true) {
        const auto result = work();
        if (result != -1) return result;
        if (errno != EINTR) return tl::unexpected(errno);
    }
}

template <class Work>
Outcome<> attempt_void(Call call, std::string_view path, Work work) {
    return attempt(call, path, work).map([](auto) {});
}

/// The same for a call that gives a descriptor.
template <class Work>
Outcome<UniqueFd> attempt_fd(Call call, std::string_view path, Work work) {
    return attempt(call, path, work).map([](int fd) { return UniqueFd(fd); });
}

} // namespace cmw::base::sys
