// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_path.hpp"

#include "app/version.hpp"
#include "support/temporary_folder.hpp"

using namespace cmw;
using app::default_plugin_path;
using Folders = std::vector<std::string>;

TEST_CASE("plugins are looked for beside the program, then where the build says") {
    test::TemporaryFolder folder;
    CHECK(default_plugin_path(folder / "bin/cmix-wrapper") ==
          Folders{std::string(app::installed_plugins)});
    test::write_text(folder / "lib/cmix-wrapper/plugins/x.so", "");
    CHECK(default_plugin_path(folder / "bin/cmix-wrapper") ==
          Folders{folder / "lib/cmix-wrapper/plugins"});
    // Of a build only: /usr/plugins is nobody's.
    test::write_text(folder / "plugins/x.so", "");
    CHECK(default_plugin_path(folder / "bin/cmix-wrapper") ==
          Folders{folder / "lib/cmix-wrapper/plugins"});
    CHECK(default_plugin_path(folder / "core/cmix-wrapper") == Folders{folder / "plugins"});
    CHECK(default_plugin_path().size() == 1);
}
