#!/usr/bin/env python3
"""What docs/concepts/output holds is what the programs print, and what needs the data is as it was measured.

usage: outputs_test.py PROGRAM     run in full, or from its record in docs/results: the same numbers, to 1e-4
       outputs_test.py --sums      outputs that cannot be printed anew in a moment, and all records, have the sums of SHA256SUMS

A number may differ by 1e-4 of itself and by 1e-6: another processor rounds otherwise. Of programs whose last digits decide on the
first (concepts.CHAOTIC) the words are compared, and the sum holds the rest. What is a time is not compared.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(ROOT / "examples" / "support" / "concept"))
from claims import check, close  # noqa: E402
from concepts import CHAOTIC, OUTPUTS, RESULTS, measured_sums, needs_data, rows  # noqa: E402

NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?!\w)")


def near(got, kept):
    return got == kept or abs(float(got) - float(kept)) <= 1e-4 * abs(float(kept)) + 1e-6


def differences(name, got, kept):
    """Lines that differ, each with what was printed and what is kept."""
    got, kept = (re.sub(r"(\.\./)+", "", text).splitlines() for text in (got, kept))
    if len(got) != len(kept):
        return [f"{len(got)} lines, {len(kept)} kept"]
    faults = []
    for new, old in zip(got, kept):
        words = [re.sub(r"\s+", " ", NUMBER.sub("#", line)) for line in (new, old)]
        numbers = list(zip(NUMBER.findall(new), NUMBER.findall(old)))
        if "time" in old.split("  ")[0].lower():
            numbers = []
        if words[0] != words[1] or (name not in CHAOTIC and not all(near(*pair) for pair in numbers)):
            faults.append(f"prints  {new}\n kept   {old}")
    return faults


def check_program(program):
    name = program.name
    record = RESULTS / f"{name}.json"
    with tempfile.TemporaryDirectory(prefix="tapestry-concepts-") as folder:
        flags = ["--from", record] if record.exists() else []
        done = subprocess.run([program, *flags, "--out", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    kept = (OUTPUTS / f"{name}.out").read_text()
    faults = differences(name, done.stdout, kept)
    check(f"docs/concepts/output/{name}.out is what {name} prints (examples/run concepts --docs --only {name})", not faults,
          "\n".join(faults))


def check_sums():
    kept = (RESULTS / "SHA256SUMS").read_text().splitlines()
    now = measured_sums()
    changed = sorted(set(kept) ^ set(now))
    check("every output that needs data, and every record, is as examples/run concepts --docs has written it", not changed,
          "\n".join(changed))
    missing = [f"{name}.out" for _, name, _ in rows() if not (OUTPUTS / f"{name}.out").exists()]
    check("every program has its output", not missing, missing)


if sys.argv[1:] == ["--sums"]:
    check_sums()
elif len(sys.argv) == 2 and not needs_data(pathlib.Path(sys.argv[1]).name):
    check_program(pathlib.Path(sys.argv[1]).resolve())
else:
    sys.exit(__doc__)
close()
