"""Builds a student's program: their files and the questions of the unit, with the preset `course`."""

import contextlib
import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
from pathlib import Path

from . import libraries
from .grade import Programs
from .unit import COURSE, TAPESTRY, Problem

COMPILER_SECONDS = 120  # for a student's files; they take about two
LARGEST_FILE = 1 << 30
COMPILER_MEMORY = 6 << 30


class DoesNotCompile(Problem):
    pass


class OutOfMemory(Exception):
    """The machine's mistake, never a student's."""


def need_packages():
    """Installs what is missing, like examples/run; says what to type when it cannot."""
    script = 'source "$1" && need_packages "build the course" "${packages_build[@]}"'
    done = subprocess.run(["bash", "-c", script, "bash", TAPESTRY / "examples/support/setup.sh"])
    if done.returncode:
        raise Problem("packages are missing; the line above installs them")


@contextlib.contextmanager
def alone(folder):
    """Waits until nobody compiles in this folder, also no compiler that an interrupted run has left behind: it holds the
    lock, which it was given, until it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def build(unit, work, folder, quiet=False, target="course_work", lock=None):
    """The programs of the student's files in `work`, built in `folder`: that of the questions with its judge and
    jail, or course_play. Prints the compiler's warnings; raises DoesNotCompile with its errors."""
    if not (folder / "build.ninja").exists():
        need_packages()
        if not quiet:
            print(f"building the checks of {unit.name}; from the second time on only your file is compiled")
    configure = ["cmake", "--preset", "course", "-S", TAPESTRY, "-B", folder, f"-DCOURSE_WORK={work}", f"-DCOURSE_STARTER={folder / 'starter'}",
                 f"-DCOURSE_UNIT={unit.name}", f"-DCOURSE_VARIATION={unit.variation or ''}",
                 f"-DCOURSE_OVERLAY={unit.overlay.parent if unit.overlay else ''}"]
    if unit.about["links"]:
        configure.append(f"-DCOURSE_LIBRARIES={libraries.ready()}")
    stamp, asked = folder / "course_asked.txt", "\n".join(map(str, configure))
    if not stamp.exists() or stamp.read_text() != asked or not (folder / "build.ninja").exists():
        if folder.exists() and (folder / "CMakeCache.txt").exists():
            shutil.rmtree(folder)  # made for another place or another offering
        (folder / "starter").mkdir(parents=True, exist_ok=True)
        for name in unit.about["submit"]:
            (folder / "starter" / name).write_text(unit.starter(name))
        done = run(configure, lock, cwd=TAPESTRY)
        if done.returncode:
            raise Problem(f"CMake could not prepare {folder}; it says\n{done.stdout}")
        stamp.write_text(asked)
    ready = run(["cmake", "--build", folder, "--target", "course_ready"], lock)
    if ready.returncode:
        raise Problem(f"the checks of {unit.name} do not compile with its own starter:\n{ready.stdout}")
    done = compile_student(unit, folder, work, target, lock)
    words = compiler_words(done.stdout, work)
    if "Killed signal terminated program" in done.stdout:
        raise OutOfMemory(f"the compiler was stopped from outside: is this machine's memory full? fewer --jobs need less\n{words}")
    if done.returncode:
        raise DoesNotCompile(words or done.stdout)
    if words and not quiet:
        print(f"{words}\n\nThe compiler has a doubt (above). It is often right.\n")
    made = folder / "examples" / "course"
    return made / target if target == "course_play" else Programs(made / target, made / "course_judge", made / "course_jail")


def compile_student(unit, folder, work, target, lock):
    """Compiles the student's files with the compiler in a jail: it finds the libraries and what is given, but no
    reference, no hidden check and nobody's files, and it cannot take more than its share of time and memory."""
    def limits():
        resource.setrlimit(resource.RLIMIT_CPU, (COMPILER_SECONDS, COMPILER_SECONDS + 5))  # ended by SIGXCPU, not as by a full memory
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_AS, (COMPILER_MEMORY, COMPILER_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    tools = {name: tool_of(folder, name) for name in ("CMAKE_COMMAND", "CMAKE_MAKE_PROGRAM", "CMAKE_CXX_COMPILER")}
    readable = [TAPESTRY / name for name in ("autograd", "nn", "prob", "vae")] + [COURSE / "harness", work]
    readable += [libraries.folder()] if unit.about["links"] else []
    readable += {home_of(path) for tool in tools.values() for path in (tool, tool.resolve())}
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    command = [folder / "examples/course/course_jail", "--build", "--write", folder, "--list", TAPESTRY]
    for path in readable:
        command += ["--read", path]
    command += ["--", tools["CMAKE_MAKE_PROGRAM"], "-C", folder, target]  # cmake --build would keep the lock to itself
    if "CMAKE_BUILD_PARALLEL_LEVEL" in os.environ:  # ninja itself does not know it
        command += ["-j", os.environ["CMAKE_BUILD_PARALLEL_LEVEL"]]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}  # and no secret
    return run(command, lock, seconds=2 * COMPILER_SECONDS, preexec_fn=limits, base=kept,
               env={"TMPDIR": str(temporary), "CCACHE_DISABLE": "1"})


def tool_of(folder, name):
    """A program that CMake found when it prepared the folder."""
    found = re.search(rf"^{name}:\w+=(.*)$", (folder / "CMakeCache.txt").read_text(), re.MULTILINE)
    return Path(found[1])


def home_of(tool):
    """Where a program lies with what belongs to it: /opt/cmake for /opt/cmake/bin/cmake."""
    above = tool.parent.parent
    everybodys = above in (Path("/"), Path.home()) or above.parent == Path("/home")  # ~/bin: the rest is nobody's business
    return above if tool.parent.name == "bin" and not everybodys else tool.parent


def run(command, lock=None, seconds=None, env=None, base=os.environ, **extra):
    """Runs a command with its output in one text; stops it, and all it started, after so many seconds. It gets the lock."""
    environment = {**base, "NINJA_STATUS": "[%f/%t] ", "LC_ALL": "C.UTF-8", **(env or {})}
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", env=environment,
                          start_new_session=True, pass_fds=[] if lock is None else [lock], **extra) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nerror: stopped after {seconds} s: the compiler does not come to an end with this file\n"
    return subprocess.CompletedProcess(command, process.returncode, output)


def compiler_words(output, work):
    """What the compiler says, without ninja's lines and with short names of files."""
    lines = [line for line in output.splitlines()
             if not re.match(r"^(-- |\[\d+/\d+\]|FAILED: |ninja: |\S*/?ccache |\S*/?(g\+\+|clang\+\+|c\+\+) |: && )", line)]
    text = "\n".join(lines).replace(f"{work}/", "").strip()
    return re.sub(r"^In file included from .*\n", "", text, flags=re.MULTILINE) if "error" not in text else text
