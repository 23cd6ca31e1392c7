# SPDX-License-Identifier: Apache-2.0
"""sources_to_tidy.py COMPILE_COMMANDS.JSON - the C++ sources of core and plugins that are built, one
a line."""

import json
import os
import sys

root = os.getcwd()
found = set()
with open(sys.argv[1], encoding="utf-8") as commands:
    for entry in json.load(commands):
        file = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        name = os.path.relpath(file, root)
        if name.startswith(("core/", "plugins/")) and name.endswith(".cpp"):
            found.add(name)
print("\n".join(sorted(found)))
