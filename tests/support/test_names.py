#!/usr/bin/env python3
"""Prints which programs hold a test whose name contains FILTER, from the sources alone: nothing needs to be built.

usage: test_names.py PROJECT_FOLDER FILTER     a line for each: tests_FOLDER (Catch2 cases) or the path of a script test

Upper and lower case are the same. A FILTER that begins with [ is a Catch2 tag, as in [gradcheck].
"""

import pathlib
import re
import sys

STRING = r'"(?:[^"\\]|\\.)*"'
CASE = re.compile(rf"TEST_CASE\(\s*((?:{STRING}\s*)+)(?:,\s*((?:{STRING}\s*)+))?")
SCRIPT_TEST = re.compile(r'@test\ndef (\w+)\([^)]*\):\n(?:    """(.*?)""")?', re.S)


def joined(literals):
    """What the compiler makes of adjacent string literals."""
    return "".join(text[1:-1].replace('\\"', '"') for text in re.findall(STRING, literals or ""))


def holders(project, wanted):
    def fits(name, tags=""):
        if wanted.startswith("["):
            return wanted in tags.lower()
        # Of a template there is a case for each type, called "name - type".
        return wanted in name.lower() or wanted.startswith(name.lower() + " - ")

    for folder in sorted(path for path in (project / "tests").iterdir() if path.is_dir()):
        texts = [source.read_text() for source in sorted(folder.rglob("*.test.cpp"))]
        if any(fits(joined(name), joined(tags)) for text in texts for name, tags in CASE.findall(text)):
            yield f"tests_{folder.name}"
    for script in sorted((project / "tests/scripts").glob("*_test")):
        if any(fits(text or name) for name, text in SCRIPT_TEST.findall(script.read_text())):
            yield str(script)


for holder in holders(pathlib.Path(sys.argv[1]), sys.argv[2].lower()):
    print(holder)
