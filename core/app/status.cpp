// SPDX-License-Identifier: Apache-2.0
//
// app/status.cpp - cmix-wrapper status.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/status_view.hpp"
#include "app/terminal.hpp"

#include <unistd.h>

namespace cmw::app {

namespace {

constexpr std::string_view clear_screen = "\x1b[H\x1b[2J\x1b[3J";

/// The lines of JSON as they come, or what they say.
base::Result<> show(const std::string& json, bool as_json) {
    if (as_json) {
        print(json.ends_with('\n') ? json : json + "\n");
        return {};
    }
    const auto status = control::parse_status(json);
    if (!status) return tl::unexpected(status.error());
    print(render(*status, base::unix_now(), wants_colours(STDOUT_FILENO)));
    return {};
}

int watch(const control::Client& client, bool as_json) {
    const bool redraw = !as_json && is_terminal(STDOUT_FILENO);
    bool first = true;
    base::Result<> shown;
    const auto ended = client.stream("/v1/status?watch=1", [&](const std::string& line) {
        if (redraw)
            print(clear_screen);
        else if (!as_json && !std::exchange(first, false))
            print("\n");
        shown = show(line, as_json);
        return shown.has_value();
    });
    if (!ended) return failure(ended.error());
    if (!shown) return failure(shown.error());
    return failure(base::Problem{"", "cannot watch any longer: the host has ended", {}});
}

} // namespace

int status(const Arguments& arguments) {
    const auto client = client_of(arguments);
    if (!client) return client.error();
    if (arguments.has("watch")) return watch(*client, arguments.has("json"));
    const auto answer = client->get("/v1/status");
    if (!answer) return failure(answer.error());
    const auto shown = show(*answer, arguments.has("json"));
    return shown ? ExitStatus::done : failure(shown.error());
}

} // namespace cmw::app
