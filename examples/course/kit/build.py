"""Builds a student's program: their files and the checks of the unit, with the preset `course`."""

import os
import re
import shutil
import subprocess

from .unit import TAPESTRY, Problem


class DoesNotCompile(Problem):
    pass


def need_packages():
    """Installs what is missing, like examples/run; says what to type when it cannot."""
    script = 'source "$1" && need_packages "build the course" "${packages_build[@]}"'
    done = subprocess.run(["bash", "-c", script, "bash", TAPESTRY / "examples/support/setup.sh"])
    if done.returncode:
        raise Problem("packages are missing; the line above installs them")


def build(unit, work, folder, quiet=False, target="course_work"):
    """The program of the student's files in `work`, built in `folder`: with the checks, or course_play.
    Prints the compiler's warnings; raises DoesNotCompile with its errors."""
    if not (folder / "build.ninja").exists():
        need_packages()
        if not quiet:
            print(f"building the checks of {unit.name}; from the second time on only your file is compiled")
    configure = ["cmake", "--preset", "course", "-S", TAPESTRY, "-B", folder, f"-DCOURSE_WORK={work}",
                 f"-DCOURSE_UNIT={unit.name}", f"-DCOURSE_VARIATION={unit.variation or ''}",
                 f"-DCOURSE_OVERLAY={unit.overlay.parent if unit.overlay else ''}"]
    stamp, asked = folder / "course_asked.txt", "\n".join(map(str, configure))
    if not stamp.exists() or stamp.read_text() != asked or not (folder / "build.ninja").exists():
        if folder.exists() and (folder / "CMakeCache.txt").exists():
            shutil.rmtree(folder)  # made for another place or another offering
        done = run(configure, cwd=TAPESTRY)
        if done.returncode:
            raise Problem(f"CMake could not prepare {folder}; it says\n{done.stdout}")
        stamp.write_text(asked)
    done = run(["cmake", "--build", folder, "--target", target])
    words = compiler_words(done.stdout, work)
    if done.returncode:
        raise DoesNotCompile(words or done.stdout)
    if words and not quiet:
        print(f"{words}\n\nThe compiler has a doubt (above). It is often right.\n")
    return folder / "examples" / "course" / target


def run(command, **extra):
    environment = {**os.environ, "NINJA_STATUS": "[%f/%t] ", "LC_ALL": "C.UTF-8"}
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env=environment, **extra)


def compiler_words(output, work):
    """What the compiler says, without ninja's lines and with short names of files."""
    lines = [line for line in output.splitlines()
             if not re.match(r"^(-- |\[\d+/\d+\]|FAILED: |ninja: |\S*/?ccache |\S*/?(g\+\+|clang\+\+|c\+\+) |: && )", line)]
    text = "\n".join(lines).replace(f"{work}/", "").strip()
    return re.sub(r"^In file included from .*\n", "", text, flags=re.MULTILINE) if "error" not in text else text
