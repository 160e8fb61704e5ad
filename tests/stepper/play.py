#!/usr/bin/env python3
"""Plays sessions of the stepper back and compares what it says with what is written there.

usage: play.py [--update] PROGRAM TRANSCRIPT...

A TRANSCRIPT is what a session printed. Its first line tells which pass: "# reverse", "# forward" or "# broken". Commands
are the lines behind a prompt, "(step 3 of 12) > "; they are typed again, and the program must answer the same. Numbers may
differ in their last digit. --update writes the answers into the files instead. The last check: every command that `help`
lists is typed somewhere.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from played import first_difference, same  # noqa: E402

PROMPT = re.compile(r"^\((?:step [^)]*|forward|end)\) > ?(.*)$", re.M)


def play(program, mode, commands, folder):
    done = subprocess.run([program, mode], input="".join(c + "\n" for c in commands), cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.stdout + ("" if done.returncode == 0 else f"exit status {done.returncode}\n")


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    if update:
        arguments.remove("--update")
    program, transcripts = pathlib.Path(arguments[0]).resolve(), [pathlib.Path(t) for t in arguments[1:]]
    typed, passed, failed = set(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for path in transcripts:
            head, _, expected = path.read_text().partition("\n")
            commands = PROMPT.findall(expected)
            typed.update(c.split()[0] for c in commands if c.split())
            got = play(program, head.removeprefix("# "), commands, folder)
            if update:
                path.write_text(f"{head}\n{got}")
            elif same(expected, got):
                passed += 1
            else:
                failed += 1
                print(f"{path.name}: {first_difference(expected, got, first=2)}\n(ninja update_stepper writes what it says now)")
        table = play(program, "reverse", ["help"], folder).partition("its contribution.\n")[2]
        known = re.findall(r"^  (\S+?)(?:, (\w+))? ", table, re.M)
        for names in known:
            if not typed & set(names):
                failed += 1
                print(f"no transcript types the command {' or '.join(names)}")
        if len(known) < 20:
            failed += 1
            print("help lists too few commands: it is read wrongly")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
