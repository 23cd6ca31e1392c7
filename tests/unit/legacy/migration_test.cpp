// SPDX-License-Identifier: Apache-2.0
//
// docs/migration.md knows every flag of the old wrapper, and what became of it.
#include "legacy/flags.hpp"
#include "support/temporary_folder.hpp"
#include "unit/config/source_root.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace cmw;

TEST_CASE("the table of the migration guide is that of the flags") {
    const auto guide = test::read_text(CMW_SOURCE_ROOT "/docs/migration.md");
    REQUIRE_FALSE(guide.empty());
    std::string table;
    for (const auto& flag : legacy::flags()) {
        const auto fallback = flag.kind == legacy::FlagKind::toggle ? std::string("off")
                              : flag.fallback.empty()               ? std::string("none")
                                                      : fmt::format("`{}`", flag.fallback);
        table += fmt::format("| `{}` | {} | {} |\n", flag.name, fallback, flag.becomes);
    }
    CHECK_MESSAGE(guide.find("| --- | --- | --- |\n" + table + "\n") != std::string::npos, table);
}
