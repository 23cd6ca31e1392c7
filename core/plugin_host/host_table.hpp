// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/host_table.hpp - the cmw_host of one instance. [any thread]
#pragma once

#include "plugin_host/identity.hpp"
#include "plugin_host/session.hpp"

#include <cmw/abi/retry.h>

namespace cmw::plugin_host {

class HostTable {
  public:
    /// `where` is "log-backend.cloud". Its address stays: neither copied nor moved.
    HostTable(std::string where, std::string state_dir, const HostContext& host);
    HostTable(const HostTable&) = delete;
    HostTable& operator=(const HostTable&) = delete;

    const cmw_host& get() const noexcept { return table_.host; }

  private:
    struct Table {
        cmw_host host{}; ///< First, so that a cmw_host* is a Table*.
        const HostTable* self = nullptr;
    };
    struct Retry {
        cmw_retry retry{}; ///< First, so that a cmw_retry* is a Retry*.
        const HostTable* self = nullptr;
    };
    static void log(const cmw_host* host, std::uint32_t level, cmw_str line) noexcept;
    static const void* service(const cmw_host* host, const char* name) noexcept;
    static void retry_now(const cmw_retry* retry) noexcept;

    std::string where_;
    std::string state_dir_;
    std::string product_;
    LogLine log_;
    std::function<void(std::string_view)> wants_retry_;
    Identity identity_;
    Retry retry_;
    Table table_;
};

/// Makes <host.state_dir>/plugins/<instance>, 0700 even if it was there with another mode, and
/// returns it.
tl::expected<std::string, Failure> make_state_folder(const std::string& where,
                                                     const HostContext& host);

} // namespace cmw::plugin_host
