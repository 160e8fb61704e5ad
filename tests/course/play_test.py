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
        def play(*parts):
            return subprocess.run([program, *parts], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env={**os.environ, "OMP_NUM_THREADS": "1", "ASAN_OPTIONS": "detect_leaks=0"})

        settings = Path(folder) / "strokes.toml"
        shutil.copy(reference / settings.name, folder)
        done = play("strokes", "blind")
        check("it runs", done.returncode == 0, done.stdout)
        written = tomllib.loads((Path(folder) / "numbers.toml").read_text())
        for name in ("strokes.png", "blind.png"):
            check(f"it draws {name}", (Path(folder) / name).read_bytes().startswith(b"\x89PNG"))
        good = settings.read_text()
        for old, new, words in (("epochs = 25", "epoch = 25", "has no line epochs = ..."),
                                ("epochs = 25", "epochs = 25\nlaten = 4", "has a line laten = ..., which nobody asks for"),
                                ("epochs = 25", "epochs = 25\nepochs = 2", "has two lines epochs = ..."),
                                ("epochs = 25", "epochs = 25\nepochs", "a line is no name = value: epochs"),
                                ("latent = 8", "latent=99", "latent = 99 is not between 1 and 16"),
                                ("latent = 8", "latent = 8.5", "latent = 8.5 is not a whole number"),
                                ("rate = 0.003", "rate = 0,003", "rate = 0,003 is not a number"),
                                ('"strokes"', '"stroke"', 'data is "strokes", "sprites" or "mnist", not stroke')):
            settings.write_text(good.replace(old, new))
            done_wrong = play("strokes")
            check(f"refused: {new!r}", old in good and done_wrong.returncode != 0 and "strokes.toml" in done_wrong.stdout
                  and words in done_wrong.stdout, done_wrong.stdout)
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
