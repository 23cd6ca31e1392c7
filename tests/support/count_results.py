# SPDX-License-Identifier: Apache-2.0
"""count_results.py TESTLOG.JSON [FAILURES] - prints "PASSED FAILED SKIPPED" for a run of `meson
test`: the cases of doctest programs, and one for any other program. A program that failed counts at
least one failure, whatever it printed. What one run of a program leaves out by a filter is no skipped
case: another run of it has that. What failed is added to the file FAILURES, in a few lines each."""

import json
import re
import sys

CASES = re.compile(r"^\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped",
                   re.MULTILINE)

BAR = "=" * 79


def failure(test, output):
    """The cases of a doctest program that failed; else the end of what a program printed."""
    blocks = [block.strip() for block in output.split(BAR) if " ERROR: " in block]
    shown = blocks or [output + test.get("stderr", "")]
    return "\n".join(line[:300] for block in shown for line in block.strip().splitlines()[-30:])


passed = failed = skipped = 0
failures = []
try:
    with open(sys.argv[1], encoding="utf-8") as log:
        tests = [json.loads(line) for line in log if line.strip()]
except OSError:
    tests = []
for test in tests:
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    output = re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout", ""))
    if not good and test["result"] != "SKIP":
        failures.append(f"{test['name']}: {test['result']}\n{failure(test, output)}\n")
    if test["result"] == "SKIP":
        skipped += 1
    elif match := CASES.search(output):
        passed += int(match.group(1))
        failed += int(match.group(2))
        filtered = any(word.startswith(("--test-suite=", "--source-file")) for word in test["command"])
        skipped += 0 if filtered else int(match.group(3))
        failed += not good and match.group(2) == "0"
    else:
        passed += good
        failed += not good
if not tests:
    failed = 1  # a suite without tests has not shown anything
if failures and len(sys.argv) > 2:
    with open(sys.argv[2], "a", encoding="utf-8") as file:
        file.write("\n".join(failures))
print(passed, failed, skipped)
