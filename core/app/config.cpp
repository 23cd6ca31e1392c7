// SPDX-License-Identifier: Apache-2.0
//
// app/config.cpp - cmix-wrapper config show and default.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/terminal.hpp"

namespace cmw::app {

int config(const Arguments& arguments) {
    const auto& what = arguments.words.front();
    if (what == "default") {
        print(config::default_configuration());
        return ExitStatus::done;
    }
    if (what != "show")
        return misused({"", "cannot understand 'config " + what + "'",
                        "use 'config show' or 'config default'"});
    const auto files = read_files(arguments);
    if (!files) return misconfigured(files.error());
    plugin_host::Catalog catalog(files->host.plugin_path);
    print(config::show(*files->document, schemas_of(catalog)));
    return ExitStatus::done;
}

} // namespace cmw::app
