"""The version of a unit as it is given out: a release carries it, and the grader refuses another."""

import hashlib
import json

from .unit import COURSE

FOLLOWS_FROM = ["harness", "kit/grade.py", "kit/fences.py", "kit/values.py"]  # and the files of the unit, but its pages


def version(unit):
    """Twelve digits that follow from all that a grade follows from."""
    digest = hashlib.sha256(f"{unit.variation} {json.dumps(unit.drawn, sort_keys=True)}".encode())
    for root in [COURSE / name for name in FOLLOWS_FROM] + unit.bases():
        files = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
        for path in files:
            if path.suffix != ".md":
                digest.update(f"{path.relative_to(root.parent)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
