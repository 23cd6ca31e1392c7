// SPDX-License-Identifier: Apache-2.0
//
// app/reload.cpp - cmix-wrapper reload.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"

namespace cmw::app {

int reload(const Arguments& arguments) {
    const auto client = client_of(arguments);
    if (!client) return client.error();
    const auto answer = client->post("/v1/reload");
    if (!answer) return failure(answer.error());
    print("reloaded\n");
    return ExitStatus::done;
}

} // namespace cmw::app
