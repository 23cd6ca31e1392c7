// SPDX-License-Identifier: Apache-2.0
//
// cmw/command_source.hpp - base class of command sources, over cmw/abi/command_source.h.
#pragma once

#include <cmw/abi/command_source.h>
#include <cmw/registration.hpp>

namespace [[gnu::visibility("hidden")]] cmw {

/// Where a command source puts what it found. Borrowed: not to be kept past CommandSource::poll.
class Mailbox {
  public:
    explicit Mailbox(const cmw_mailbox* mailbox) noexcept : mailbox_(mailbox) {}

    /// One command file, byte for byte, under the name that history and errors show.
    void deliver(std::string_view name, std::string_view content) noexcept {
        mailbox_->deliver(mailbox_, to_str(name), to_str(content));
    }

  private:
    const cmw_mailbox* mailbox_;
};

class CommandSource {
  public:
    virtual ~CommandSource() = default;

    /// Deliver every file that is there now; the host knows which it has carried out.
    virtual void poll(const Call& call, Mailbox& mailbox) = 0;

    using Kind = CommandSource;
    static constexpr const char* kind = CMW_KIND_COMMAND_SOURCE;
    static const cmw_command_source_ops ops;
};

inline constexpr cmw_command_source_ops CommandSource::ops{
    .struct_size = sizeof(cmw_command_source_ops),
    .poll =
        [](void* instance, const cmw_call* call, const cmw_mailbox* mailbox,
           cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                Mailbox files(mailbox);
                static_cast<CommandSource*>(instance)->poll(Call(call), files);
            });
        },
};

} // namespace cmw
