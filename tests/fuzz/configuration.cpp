// SPDX-License-Identifier: Apache-2.0
//
// A text as a configuration: parsed, read with the declarations of some plugins, shown, and the
// shown text read again.
#include "config/loader.hpp"

#include "../support/plugin_schemas.hpp"

#include <cstdlib>

using namespace cmw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = config::parse_document(text, "/etc/cmix-wrapper/wrapper.toml");
    if (!document) return 0;
    config::read_host(**document);
    const auto loaded = config::read_settings(**document, test::find_schema, {});
    for (const auto& problem : loaded.problems) {
        if (!problem.what.starts_with("cannot ") || problem.where.empty()) std::abort();
    }
    const auto shown = config::show(**document, test::find_schema);
    if (!config::parse_document(shown, "shown")) std::abort();
    return 0;
}
