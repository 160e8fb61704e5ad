#!/usr/bin/env python3
"""The flags that every concept program has, and what it says when they are wrong.

usage: flags_test.py PROGRAM     PROGRAM is jensen_discrete
"""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402

program = str(pathlib.Path(sys.argv[1]).resolve())


def run(*flags):
    return subprocess.run([program, *flags], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def results(out):
    return json.loads((pathlib.Path(folder) / out / "claims.json").read_text())


with tempfile.TemporaryDirectory(prefix="tapestry-concepts-") as folder:
    done = run("--quick")
    kept = results("runs/jensen_discrete")
    check("without --out it writes below runs/", done.returncode == 0 and kept["holds"] and kept["concept"] == "C12", done)
    check("each claim has what it takes to judge it", all(
        c["low"] is None or c["measured"] >= c["low"] for c in kept["claims"]) and len(kept["claims"]) >= 3, kept)
    check("the table ends with how many hold", done.stdout.endswith(f"{len(kept['claims'])} of {len(kept['claims'])} claims hold\n"), done)
    check("and says how often a right program may fail", "\nfalse alarms: at most 1 % of seeds\n" in done.stdout, done)

    again = run("--quick", "--out", "again")
    other = run("--quick", "--out", "other", "--seed", "2")
    strip = [{k: v for k, v in results(out).items() if k != "seconds"} for out in ("again", "other")]
    check("the same seed gives the same numbers", strip[0]["claims"] == kept["claims"], again)
    check("another seed gives other numbers", strip[1]["claims"] != kept["claims"], other)

    done = run("--break", "list")
    check("--break list names the faults", done.returncode == 0 and done.stdout.startswith("convex "), done)
    done = run("--quick", "--break", "convex", "--out", "broken")
    check("a planted fault makes a claim fail", done.returncode == 1 and " NO\n" in done.stdout, done)
    check("... and claims.json says which", results("broken")["break"] == "convex" and not results("broken")["holds"], done)

    for what, flags, text in [
        ("an unknown fault", ["--break", "nonsense"], "--break nonsense: no such fault; --break list shows them"),
        ("an unknown flag", ["--fast"], "--help lists the flags"),
        ("a word for a number", ["--seed", "one"], "--seed"),
        ("a folder that cannot be made", ["--out", "/dev/null/x"], "--out /dev/null/x: Not a directory"),
    ]:
        done = run(*flags)
        good = done.returncode == 2 and text in done.stderr and len(done.stderr.splitlines()) == 1
        check(f"{what} is one line and status 2", good, done)
    done = run("--quick", "--from", "again/claims.json")
    check("--from is refused by a program that keeps no record", done.returncode == 1 and "keeps no record" in done.stderr, done)
close()
