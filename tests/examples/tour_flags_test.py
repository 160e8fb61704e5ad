#!/usr/bin/env python3
"""The programs of the tour refuse flags, and say which one may have been meant: tour_flags_test.py PROGRAM"""

import pathlib
import subprocess
import sys

CASES = [  # flags, exit status, what is said
    (["--stpe"], 2, ["unknown flag '--stpe'", "did you mean --step?", "examples/run --step {name}"]),
    (["--step"], 2, ["examples/run --step {name}"]),
    (["--htlm"], 2, ["examples/run --html {name}"]),
    (["--lits"], 2, ["did you mean examples/run --list?"]),
    (["--epochs", "3"], 2, ["unknown flag '--epochs'", "examples/run --help"]),
    (["3"], 2, ["unknown flag '3'"]),
    (["--help"], 0, ["takes no flags"]),
    ([], 0, []),
]


def main():
    program = pathlib.Path(sys.argv[1])
    faults = []
    for flags, status, words in CASES:
        done = subprocess.run([program, *flags], capture_output=True, text=True, timeout=60)
        said = done.stdout + done.stderr
        faults += [f"{flags}: ends with {done.returncode}, not {status}"] * (done.returncode != status)
        faults += [f"{flags}: does not say '{w}': {said}" for w in words
                   if w.format(name=program.name) not in said]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
