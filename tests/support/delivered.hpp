// SPDX-License-Identifier: Apache-2.0
//
// support/delivered.hpp - one poll of a command source, and what came of it.
#pragma once

#include <cmw/testing.hpp>

namespace [[gnu::visibility("hidden")]] cmw {
namespace test {

struct Delivered {
    using Files = std::vector<std::pair<std::string, std::string>>;

    Files files; ///< Names and contents, in order.
    cmw_status status = CMW_OK;
    std::string text;
};

inline Delivered poll(CommandSource& source, const testing::TestCall& call) {
    struct Table {
        cmw_mailbox mailbox{}; // First, so that a cmw_mailbox* is a Table*.
        Delivered::Files* files = nullptr;
    };
    Delivered result;
    Table table{{sizeof(cmw_mailbox),
                 [](const cmw_mailbox* mailbox, cmw_str name, cmw_str content) noexcept {
                     reinterpret_cast<const Table*>(mailbox)->files->emplace_back(to_view(name),
                                                                                  to_view(content));
                 }},
                &result.files};
    Mailbox mailbox(&table.mailbox);
    try {
        source.poll(call.handle(), mailbox);
    } catch (const Error& e) {
        result.status = e.status();
        result.text = e.what();
    } catch (const std::system_error& e) {
        result.status = detail::status_of(e.code());
        result.text = e.what();
    }
    return result;
}

} // namespace test
} // namespace cmw
