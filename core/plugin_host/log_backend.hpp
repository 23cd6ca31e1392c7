// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/log_backend.hpp - a log backend as the log pipeline sees it: synchronous, on the
// pipeline's own threads.
#pragma once

#include "config/settings.hpp"
#include "plugin_host/session.hpp"

#include <cmw/abi/log_backend.h>

namespace cmw::plugin_host {

struct WriteOutcome {
    std::size_t delivered = 0;      ///< Records from the batch's start; all of them if no failure.
    std::optional<Failure> failure; ///< Then this instance is torn down and a new one made.
    std::size_t rejected = 0;       ///< Of those delivered: left out, can never be taken.
};

/// An interface so that the pipeline is tested without a plugin. One thread at a time for each.
class LogBackend {
  public:
    virtual ~LogBackend() = default; ///< The plugin's destroy.
    virtual const cmw_log_limits& limits() const = 0;
    virtual WriteOutcome write(const cmw_log_batch& batch, const Call& call) = 0;
};

/// Makes a new instance, each time it is called. [any thread]
using LogBackendFactory = std::function<tl::expected<std::unique_ptr<LogBackend>, Failure>()>;

/// The factory of a configured instance, over the ABI. The limits are those of the plugin, made
/// sane (at least one record and one byte). A `delivered` beyond the batch is a failure with 0; a
/// `rejected` beyond `delivered` is read as that. `batch.rejected` is for the adapter to set.
LogBackendFactory make_log_backend_factory(const Plugin& plugin,
                                           const config::InstanceSettings& settings,
                                           const HostContext& host);

} // namespace cmw::plugin_host
