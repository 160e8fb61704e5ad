#!/usr/bin/env python3
"""Runs one program of preset portable at each level of x86-64 that this processor has, and holds what is promised of it.

usage: compare.py RELEASE PORTABLE [TESTS]

RELEASE and PORTABLE are portable_numbers of the two presets, TESTS is portable_tests of preset portable. At each level: the
loader takes the libraries of that level; the same bytes come twice; random bits are those of release, and other numbers are as
near to it as f32 allows; TESTS (ops, long sums, densities) passes.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402

LOADER = "/lib64/ld-linux-x86-64.so.2"
LEVELS = {"x86-64": "none", "x86-64-v3": "x86-64-v3", "x86-64-v4": "x86-64-v4"}
# Of a number that sums some thousand products of f32: rounding is 6e-8, and grows with the root of their number. A training
# carries it through 200 steps.
FAR = {"op": 2e-5, "bound": 1e-5}

release, portable, *tests = map(Path, sys.argv[1:])
env = os.environ | {"OMP_NUM_THREADS": "1"}


def at(level, *words):
    return subprocess.run([LOADER, "--glibc-hwcaps-mask", LEVELS[level], *map(str, words)], env=env, capture_output=True, text=True)


def numbers(text):
    """Name: (exact, value)."""
    return {name: (kind == "exact", value) for name, kind, value in (line.rsplit(" ", 2) for line in text.splitlines())}


def distance(x, y):
    return abs(float(x) - float(y)) / max(abs(float(y)), 1)


supported = subprocess.run([LOADER, "--help"], capture_output=True, text=True).stdout
levels = [level for level in LEVELS if level == "x86-64" or f"{level} (supported" in supported]
wanted = numbers(subprocess.run([release], env=env, capture_output=True, text=True, check=True).stdout)
outputs = []
for level in levels:
    listed = at(level, "--list", portable).stdout.splitlines()
    libraries = [line for line in listed if "libtapestry_" in line]
    own = [line for line in libraries if (f"glibc-hwcaps/{level}/" in line if level != "x86-64" else "hwcaps" not in line)]
    check("portable: the loader takes the libraries of the level", libraries and own == libraries, f"{level}: {listed}")
    done = at(level, portable)
    check("portable: the program ends well", done.returncode == 0, f"{level}: {done.stderr}")
    check("portable: the same bytes come twice", done.stdout == at(level, portable).stdout, level)
    found = numbers(done.stdout)
    check("portable: the numbers of release", found.keys() == wanted.keys(), f"{level}: {done.stdout}")
    worst = {kind: 0.0 for kind in FAR}
    for name, (exact, value) in found.items():
        if exact:
            check("portable: random bits are those of release", value == wanted[name][1], f"{level}: {name} is {value}, not {wanted[name][1]}")
            continue
        kind = "bound" if name.startswith("bound") else "op"
        far = distance(value, wanted[name][1])
        worst[kind] = max(worst[kind], far)
        check("portable: other numbers are as near to release as f32 allows", far <= FAR[kind],
              f"{level}: {name} is {value}, not {wanted[name][1]}: {far:.1e} apart")
    print(f"{level}: {len(libraries)} libraries, ops {worst['op']:.1e} and bounds {worst['bound']:.1e} from release")
    outputs.append(done.stdout)
    for program in tests:
        done = at(level, program)
        print(f"{level}: {done.stdout.strip().splitlines()[-1]}")
        check("portable: ops, long sums and densities pass their tests at every level", done.returncode == 0, f"{level}: {done.stdout[-3000:]}")
check("portable: levels differ in their last digits", len(levels) == 1 or len(set(outputs)) > 1)
close()
