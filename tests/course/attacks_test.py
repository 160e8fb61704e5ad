#!/usr/bin/env python3
"""Hands in what wants a grade without the work (attacks.toml) and demands that it earns what the starter earns.

usage: attacks_test.py SOLUTIONS [--times] [NAME...]     SOLUTIONS holds what `course generate unit1_tape` writes

Each is graded by the command that an instructor types, and must end in time, be named in the report, and leave
nothing behind: no process, no changed file.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "support"))
from claims import check, close  # noqa: E402

KIT = ROOT / "examples" / "course"
SECONDS = 150  # for the slowest: 39 checks, each stopped after its time limit


def grade(place, folder, out):
    return subprocess.run([KIT / "course", "grade", "unit1", place, "--build", folder, "--out", out], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)


def processes():
    """Those of this user, by number."""
    return {path.name for path in Path("/proc").glob("[0-9]*") if path.exists() and path.stat().st_uid == os.getuid()}


def recorded(program, task, scratch):
    """What the reference answers for seed 1: all that can be known beforehand."""
    file = scratch / "stream"
    with file.open("wb") as out:
        subprocess.run([program, "--task", task, "--seed", "1", "--answers", str(out.fileno())], pass_fds=[out.fileno()],
                       env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}, check=True)
    return json.dumps(file.read_text())


def written(attack, starter, place, target, forged):
    place.mkdir()
    if "link" in attack:
        (place / "tape.cpp").symlink_to(attack["link"])
        return
    text = attack.get("file") or starter + attack["code"]
    for name, value in {"KIT": KIT, "TARGET": target, **forged}.items():
        text = text.replace(name, str(value))
    (place / "tape.cpp").write_text(text)


def main():
    solutions, chosen = Path(sys.argv[1]).resolve(), [name for name in sys.argv[2:] if name != "--times"]
    attacks = tomllib.loads((Path(__file__).parent / "attacks.toml").read_text())
    starter = (solutions / "starter" / "tape.cpp").read_text()
    kit_before = {path: path.read_bytes() for path in sorted(KIT.rglob("*")) if path.is_file() and "__pycache__" not in path.parts}
    with tempfile.TemporaryDirectory(prefix="tapestry-attacks-") as scratch:
        scratch = Path(scratch)
        folder, target = scratch / "build", scratch / "target"
        target.mkdir()
        (target / "file").write_text("still here\n")
        forged = {f"FORGED_{k}": recorded(solutions / "unit1_tape_reference", f"1.{k}", scratch) for k in range(1, 8)}
        (scratch / "starter").mkdir()
        (scratch / "starter" / "tape.cpp").write_text(starter)
        done = grade(scratch / "starter", folder, scratch / "results")
        check("the starter earns nothing", json.loads((scratch / "results" / "results.json").read_text())["score"] == 0, done.stdout)
        for name, attack in attacks.items():
            if chosen and name not in chosen:
                continue
            before, started = processes(), time.monotonic()
            written(attack, starter, scratch / name, target, forged)
            done = grade(scratch / name, folder, scratch / "results")
            results = json.loads((scratch / "results" / "results.json").read_text())
            summary = (scratch / "results" / "summary.md").read_text()
            said = f"  {time.monotonic() - started:.1f} s, score {results['score']}\n{done.stdout[:6000]}"
            check(f"{name}: there are results", done.returncode == 0, said)
            check(f"{name}: it earns what the starter earns", results["score"] == 0, said)
            check(f"{name}: the report names it", attack["named"] in joined(done.stdout), f"  wanted: {attack['named']}\n{said}")
            check(f"{name}: the same in summary.md", attack["named"] in joined(summary), f"  wanted: {attack['named']}\n{summary}")
            if "never" in attack:
                check(f"{name}: it saw nothing", attack["never"] not in done.stdout + summary + json.dumps(results), said)
            time.sleep(0.1)
            left = {pid for pid in processes() - before if str(folder).encode() in command_line(pid)}
            check(f"{name}: no process is left", not left, f"  {left}")
            check(f"{name}: what lies around is as it was", (target / "file").read_text() == "still here\n"
                  and {path: path.read_bytes() for path in kit_before} == kit_before, said)
            if "--times" in sys.argv:
                print(f"{name:<28}{time.monotonic() - started:6.1f} s")
    close()


def joined(text):
    """Lines of the text that were broken between words, in one."""
    return " ".join(text.split())


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


main()
