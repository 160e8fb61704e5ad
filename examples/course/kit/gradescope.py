"""An autograder in Gradescope's layout: a zip with setup.sh and run_autograder.

There it is unpacked in /autograder/source, the submission is in /autograder/submission, and the results
are read from /autograder/results. The variable AUTOGRADER names another folder than /autograder.
"""

import shutil
import subprocess
import zipfile
from pathlib import Path

from .unit import TAPESTRY, Problem

SETUP = """\
#!/usr/bin/env bash
# Runs once, when the image is made: installs the packages and builds the checks with the starter.
set -euo pipefail
root=${AUTOGRADER:-/autograder}
source "$root/source/tapestry/examples/support/setup.sh"
need_packages "grade" "${packages_build[@]}"
"$root/source/grade" "$root/source/starter" "$root/warm_up" >/dev/null
"""

GRADE = """\
#!/usr/bin/env bash
# grade SUBMISSION RESULTS
set -euo pipefail
root=${AUTOGRADER:-/autograder}
exec "$root/source/tapestry/examples/course/course" grade UNIT "$1" \\
  --out "$2" --build "$root/course" CHOICE
"""

RUN = """\
#!/usr/bin/env bash
set -euo pipefail
root=${AUTOGRADER:-/autograder}
exec "$root/source/grade" "$root/submission" "$root/results"
"""


def tracked(folders):
    """The files there that git knows or would; none without git, or where it has no repository."""
    if not shutil.which("git"):
        return []
    git = subprocess.run(["git", "-C", TAPESTRY, "ls-files", "-co", "--exclude-standard", *folders],
                         capture_output=True, text=True)
    return git.stdout.splitlines() if git.returncode == 0 else []


def project_files():
    """What a unit is built from: the libraries and the examples, not the tests and pages."""
    folders = ["CMakeLists.txt", "CMakePresets.json", "LICENSE", "autograd", "nn", "prob", "vae", "examples"]
    names = tracked(folders)
    if not names:
        names = [str(path.relative_to(TAPESTRY)) for name in folders for path in
                 ([TAPESTRY / name] if (TAPESTRY / name).is_file() else sorted((TAPESTRY / name).rglob("*")))
                 if path.is_file() and "__pycache__" not in path.parts]
    return {f"tapestry/{name}": TAPESTRY / name for name in names if (TAPESTRY / name).is_file()}


def pack(target, files):
    """A zip of files or texts, by their names in it; what is executable stays so."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the same bytes every time
            info.compress_type = zipfile.ZIP_DEFLATED
            script = isinstance(content, str) and content.startswith("#!")
            executable = script or (isinstance(content, Path) and content.stat().st_mode & 0o100)
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(info, content if isinstance(content, str) else content.read_bytes())


def autograder(unit, target, seed):
    choice = f"--variation {unit.variation}" if unit.variation else ""
    if seed is not None:
        choice += f" --seed {seed}"
    files = project_files()
    if not files:
        raise Problem(f"found no files of Tapestry in {TAPESTRY}")
    if unit.overlay:
        choice += ' --overlay "$root/source/overlay"'
        files |= {f"overlay/{unit.name}/{path.relative_to(unit.overlay)}": path
                  for path in sorted(unit.overlay.rglob("*")) if path.is_file()}
    files |= {f"starter/{name}": unit.starter(name) for name in unit.handed_in}
    grade = GRADE.replace("UNIT", unit.name).replace("CHOICE", choice)
    files |= {"setup.sh": SETUP, "run_autograder": RUN, "grade": grade}
    pack(target, files)
    return len(files)
