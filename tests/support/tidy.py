# SPDX-License-Identifier: Apache-2.0
"""tidy.py BUILD-FOLDER - clang-tidy over the C++ sources of core and plugins that are built there.

The sources of a folder are read as one unit: most of clang-tidy's time goes into the headers, which
it then reads once a folder instead of once a file (a fifth of the time). Sources that do not compile
in one unit, because both have an own `read` say, go into further ones. Exits with 1 on a finding.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.getcwd()
LEFT_OUT = {"-c", "-MD", "-MMD", "-MP"}
LEFT_OUT_WITH_NEXT = {"-o", "-MF", "-MQ", "-MT"}


def compiler_options(entry):
    """The command of a source without the source itself, its outputs, and ccache before it."""
    words = iter(shlex.split(entry["command"]))
    kept = []
    for word in words:
        if word in LEFT_OUT_WITH_NEXT:
            next(words, None)
        elif word not in LEFT_OUT and word != entry["file"] and os.path.basename(word) != "ccache":
            kept.append(word)
    return kept


def sources(build):
    """Per folder: {source relative to the root: its entry of the compile commands}."""
    folders = {}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as commands:
        for entry in json.load(commands):
            file = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
            name = os.path.relpath(file, ROOT)
            if name.startswith(("core/", "plugins/")) and name.endswith(".cpp"):
                folders.setdefault(os.path.dirname(name), {}).setdefault(name, entry)
    return folders


def clashing(unit, command, names):
    """Those of the sources that do not compile in this unit; all where no error names one."""
    run = subprocess.run(
        [*command, "-fsyntax-only", "-w", "-ferror-limit=0", "-fno-color-diagnostics", unit["file"]],
        cwd=unit["directory"], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return []
    named = {os.path.relpath(path, ROOT) for path in re.findall(r"^(/\S+?):\d+:\d+: error:", run.stderr, re.M)}
    return [name for name in names if name in named] or names


def units(folder, entries, place):
    """Units that compile and hold each source once. A source alone may have true errors:
    clang-tidy tells them."""
    made = []
    left = sorted(entries)
    while left:
        number = len(made) + 1
        unit = {"file": os.path.join(place, f"{folder.replace('/', '-')}-{number}.cpp"),
                "directory": entries[left[0]]["directory"]}
        command = compiler_options(entries[left[0]])
        names, out = left, left
        while out and len(names) > 1:
            with open(unit["file"], "w", encoding="utf-8") as text:
                text.writelines(f'#include "{os.path.join(ROOT, name)}"\n' for name in names)
            out = clashing(unit, command, names)
            names = [name for name in names if name not in out] or names[:1]
        if len(names) == 1:
            unit["file"] = os.path.join(ROOT, names[0])
        made.append({**unit, "arguments": [*command, "-c", unit["file"]]})
        left = [name for name in left if name not in names]
    return made


def tidy(place, unit):
    # In a unit sources are included, which one check forbids, and a parameter may have the name of a
    # constant of another source.
    run = subprocess.run(
        ["clang-tidy-16", "-p", place, "--quiet", "--config-file=" + os.path.join(ROOT, ".clang-tidy"),
         "--checks=-bugprone-suspicious-include", "--extra-arg=-Wno-shadow", unit["file"]],
        capture_output=True, text=True, check=False)
    noise = re.compile(r"warnings? (generated|treated as errors)|^Suppressed|^Use -header")
    sys.stdout.write(run.stdout)
    sys.stderr.writelines(line + "\n" for line in run.stderr.splitlines() if not noise.search(line))
    return run.returncode == 0


def main():
    build = os.path.abspath(sys.argv[1])
    place = os.path.join(build, "tidy")
    os.makedirs(place, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = sources(build)
        made = [unit for some in pool.map(lambda of: units(*of, place), found.items()) for unit in some]
        with open(os.path.join(place, "compile_commands.json"), "w", encoding="utf-8") as commands:
            json.dump(made, commands)
        clean = list(pool.map(lambda unit: tidy(place, unit), made))
    print(f"clang-tidy: {sum(map(len, found.values()))} sources in {len(made)} units, {clean.count(False)} with findings")
    return 0 if made and all(clean) else 1


sys.exit(main())
