// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/command_source.hpp - a command source as the core sees it.
#pragma once

#include "plugin_host/instance.hpp"

namespace cmw::plugin_host {

struct CommandFile {
    std::string name;
    std::string content;
};

/// An interface so that the inbox is tested without a plugin.
class CommandSource {
  public:
    virtual ~CommandSource() = default;
    /// Every file that is there now. `done` runs on the loop's thread.
    virtual void
    poll(std::function<void(tl::expected<std::vector<CommandFile>, Failure>)> done) = 0;
    virtual void cancel() = 0;
    /// Tears it down and makes it anew, after whatever it is doing now.
    virtual void reinitialise() = 0;
    virtual InstanceStatus status() const = 0;
};

std::unique_ptr<CommandSource> make_command_source(Instance& instance);

} // namespace cmw::plugin_host
