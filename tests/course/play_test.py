#!/usr/bin/env python3
"""Runs unit 7's play.cpp with the reference: what it prints is what the unit's pages show, and numbers.toml is what the grader compares.

usage: play_test.py PROGRAM REFERENCE [--update]     REFERENCE is the folder with the reference's files

The pages quote docs/snippets/course_vae.out, which --update writes. A training ends a little elsewhere on another processor: numbers
may differ by TOLERANCE.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "support"))
from claims import check, close  # noqa: E402

OUTPUT = ROOT / "docs" / "snippets" / "course_vae.out"
TOLERANCE = 0.02, 0.15  # of a number, relative and absolute
NUMBER = re.compile(r"-?\d+\.\d+|\d+")


def alike(line, other):
    if NUMBER.sub("#", line).split() != NUMBER.sub("#", other).split():
        return False
    pairs = zip(map(float, NUMBER.findall(line)), map(float, NUMBER.findall(other)))
    return all(abs(a - b) <= TOLERANCE[0] * abs(b) + TOLERANCE[1] for a, b in pairs)


def main():
    program, reference = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="tapestry-play-") as folder:
        shutil.copy(reference / "strokes.toml", folder)
        done = subprocess.run([program, "strokes", "blind"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "OMP_NUM_THREADS": "1", "ASAN_OPTIONS": "detect_leaks=0"})
        check("it runs", done.returncode == 0, done.stdout)
        written = tomllib.loads((Path(folder) / "numbers.toml").read_text())
    first = [float(word) for word in written["strokes"].split()]
    check("numbers.toml has a line of losses, one for each minibatch", len(first) == 20 and 500 < first[0] < 600, f"  {written}")
    if "--update" in sys.argv:
        OUTPUT.write_text(done.stdout)
    shown, got = OUTPUT.read_text().splitlines(), done.stdout.splitlines()
    check(f"it prints as many lines as {OUTPUT.name}", len(shown) == len(got), done.stdout)
    for line, other in zip(got, shown):
        check(f"as on the pages: {other.strip()}", alike(line, other), f"  {line}")
    readme = (ROOT / "examples" / "course" / "unit7_vae" / "README.md").read_text()
    check("the README shows it", textwrap.indent(OUTPUT.read_text().strip(), "    ") in readme, OUTPUT.read_text())
    close()


main()
