#!/usr/bin/env python3
"""A long experiment can be made in parts: what an earlier run has measured is not measured again.

usage: parts_test.py PROGRAM RECORD     RECORD is what docs/results keeps of PROGRAM
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402

program, record = (pathlib.Path(word).resolve() for word in sys.argv[1:])
kept = json.loads(record.read_text())


def run(*flags):
    # Without data: a run that wanted to measure would be skipped.
    return subprocess.run([program, *flags], cwd=folder, env={**os.environ, "TAPESTRY_DATA": ""}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


with tempfile.TemporaryDirectory(prefix="tapestry-parts-") as folder:
    names = sorted(kept["curves"])
    for part, own in enumerate((names[:30], names[30:])):
        half = {**kept, "curves": {name: kept["curves"][name] for name in own}}
        (pathlib.Path(folder) / f"{part}.json").write_text(json.dumps(half))
    done = run("--with", "0.json", "--with", "1.json", "--out", "whole")
    whole = json.loads((pathlib.Path(folder) / "whole" / "record.json").read_text()) if done.returncode == 0 else {}
    check("two halves make the whole, and its claims hold", whole.get("curves") == kept["curves"], done)
    check("the time of both counts", whole.get("seconds", 0) >= 2 * kept["seconds"], done)
close()
