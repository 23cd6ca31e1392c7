// SPDX-License-Identifier: Apache-2.0
//
// app/config.cpp - cmix-wrapper config show, default and convert.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/terminal.hpp"

namespace cmw::app {

int config(const Arguments& arguments) {
    const auto& what = arguments.words.front();
    if (what == "convert") return convert(arguments);
    if (arguments.words.size() > 1 || arguments.has("output") || arguments.has("secrets"))
        return misused({"", "cannot take that with 'config " + what + "'",
                        "words, --output and --secrets belong to 'config convert'"});
    if (what == "default") {
        print(config::default_configuration());
        return ExitStatus::done;
    }
    if (what != "show")
        return misused({"", "cannot understand 'config " + what + "'",
                        "use 'config show', 'config default' or 'config convert'"});
    const auto files = read_files(arguments);
    if (!files) return misconfigured(files.error());
    plugin_host::Catalog catalog(files->host.plugin_path);
    print(config::show(*files->document, schemas_of(catalog)));
    return ExitStatus::done;
}

} // namespace cmw::app
