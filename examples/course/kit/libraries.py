"""The libraries of Tapestry that a unit links (`links` in its unit.toml): compiled once for all folders of students,
quick and without sanitizers. A student's own file has them, as in the units that link nothing."""

import hashlib
import os
import subprocess
from pathlib import Path

from .unit import TAPESTRY, Problem

PRESET = "course_libraries"
LIBRARIES = ["autograd", "debug", "nn", "prob", "vae"]


def folder():
    """Where they lie. TAPESTRY_COURSE_LIBRARIES names a build folder of this project that has them already."""
    named = os.environ.get("TAPESTRY_COURSE_LIBRARIES")
    return Path(named).resolve() if named else TAPESTRY / "build" / PRESET


def state():
    """Follows from every source that they are made of."""
    digest = hashlib.sha256()
    paths = [TAPESTRY / "CMakeLists.txt", TAPESTRY / "CMakePresets.json"]
    for name in ("autograd", "nn", "prob", "vae"):
        paths += sorted(path for path in (TAPESTRY / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in paths:
        digest.update(f"{path.relative_to(TAPESTRY)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def ready(said=print):
    """The folder with the libraries of the present sources; compiles them when they are not there."""
    place, now = folder(), state()
    if os.environ.get("TAPESTRY_COURSE_LIBRARIES"):
        missing = [name for name in LIBRARIES if not (place / f"libtapestry_{name}.a").exists()]
        if missing:
            raise Problem(f"TAPESTRY_COURSE_LIBRARIES={place} holds no libtapestry_{missing[0]}.a")
        return place
    stamp = place / "ready"
    if stamp.exists() and stamp.read_text() == now:
        return place
    said("compiling the libraries that this unit links, once for all units and folders: some minutes, with a line for each step in "
         f"{place}.log")
    script = 'source "$1" && need_packages "build the course" "${packages_build[@]}" && shift && build "$@"'
    done = subprocess.run(["bash", "-c", script, "bash", TAPESTRY / "examples/support/setup.sh", PRESET, *LIBRARIES])
    if done.returncode:
        raise Problem(f"the libraries could not be built in {place}; the lines above say why. Whoever may write there does it with: course libraries")
    stamp.write_text(now)
    return place
