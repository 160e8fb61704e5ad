#!/usr/bin/env python3
"""Checks that every sentence of docs/reliability.md names tests, and that the tests exist; and that the version is one.

usage: reliability.py PROJECT_FOLDER     prints what is wrong; exit status 1 if anything is

A row of a table is a sentence and its tests: names of Catch2 cases, of checks in a test script, or of tests of ctest.
"""

import pathlib
import re
import sys

STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?:\s*"((?:[^"\\\n]|\\.)*)")?(?:\s*"((?:[^"\\\n]|\\.)*)")?')
ROW = re.compile(r"^\| (.+?) \| (`.+`) \|$")


def names(root):
    """Every text in quotes of the tests, adjacent ones joined, and every test of ctest."""
    found = set()
    for path in (root / "tests").rglob("*"):
        if path.suffix in (".cpp", ".py") or path.name.endswith("_test"):
            for match in STRING.finditer(path.read_text()):
                found.add("".join(part or "" for part in match.groups()).replace('\\"', '"'))
        elif path.name == "CMakeLists.txt":
            found.update(re.findall(r"add_test\(NAME (\w+)", path.read_text()))
    return found


def faults(root):
    page = (root / "docs/reliability.md").read_text()
    known, rows = names(root), 0
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith("|") or line.startswith(("|---", "| what holds")):
            continue
        row = ROW.match(line)
        if not row:
            yield f"line {number}: a sentence without a test"
            continue
        rows += 1
        for name in re.findall(r"`([^`]+)`", row.group(2)):
            if name not in known:
                yield f"line {number}: there is no test '{name}'"
    if rows < 10:
        yield f"only {rows} sentences"
    version = re.search(r'kLibraryVersion = "(.*)"', (root / "autograd/version.hpp").read_text()).group(1)
    newest = re.search(r"^## (\S+)", (root / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
    if version != newest:
        yield f"autograd/version.hpp says {version}, CHANGELOG.md {newest}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wrong = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(f"docs/reliability.md: {text}" for text in wrong) or "every sentence has its test")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
