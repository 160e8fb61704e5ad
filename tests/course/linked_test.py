#!/usr/bin/env python3
"""Uses a unit that links the libraries, has a file of values, and draws its faults: unit 3, as students and instructors do.

usage: linked_test.py BUILD [--update] [--times]     BUILD is a build folder with the libraries of this project

--update writes the session that the unit's README quotes. --times prints how long a submission takes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(ROOT / "examples" / "course"))
from claims import check, close  # noqa: E402
from kit import draw  # noqa: E402
from kit.unit import Unit  # noqa: E402
from said import says  # noqa: E402

COURSE = ROOT / "examples" / "course" / "course"
SECRET = "a secret of the test"
SESSION = "list 0-10\ncheck all\nup 9\nsrc\nq\n"  # of the README's example
environment = {k: v for k, v in os.environ.items() if k not in ("TAPESTRY", "TAPESTRY_DEBUG", "TAPESTRY_SCRIPT")}
environment |= {"NO_COLOR": "1", "TAPESTRY_COURSE_LIBRARIES": str(Path(sys.argv[1]).resolve())}
folder = Path(tempfile.mkdtemp(prefix="tapestry-linked-"))


def run(*command, cwd=folder, **env):
    started = time.monotonic()
    done = subprocess.run(list(map(str, command)), cwd=cwd, env={**environment, **env}, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300)
    if "--times" in sys.argv:
        print(f"{time.monotonic() - started:6.1f} s  {' '.join(map(str, command))[-90:]}")
    return done


def students(mine):
    says("start", run(COURSE, "start", "unit3", mine), 0, "programs.cpp, findings.toml")
    says("the starter", run("./course", "check", cwd=mine), 1, "TODO", "0 of 100", "findings.gain.line is to be filled in",
         never=["FAIL", "CRASH", "warning", "doubt"])
    (folder / "steps").write_text(SESSION)
    done = says("the example of the README", run("./course", "play", "--step", "example", cwd=mine, TAPESTRY_SCRIPT=str(folder / "steps")), 0,
                "play.cpp:", "add")
    path = ROOT / "docs" / "snippets" / "course_faults.out"
    page = ROOT / "examples" / "course" / "unit3_faults" / "README.md"
    quote = re.compile(r"(<!-- course_faults.out -->\n```text\n).*?(^```$)", re.DOTALL | re.MULTILINE)
    if "--update" in sys.argv:
        path.write_text(done.stdout)
        page.write_text(quote.sub(lambda found: found[1] + done.stdout + found[2], page.read_text()))
    check("the README's session is what is printed (--update writes it)", path.exists() and path.read_text() == done.stdout
          and done.stdout in page.read_text(), done.stdout)
    says("the gradients of the whole", run("./course", "play", "whole", cwd=mine), 0, "log_sigma", "lost or changed between them")
    in_gdb(mine)
    says("an unknown program", run("./course", "play", "gaim", cwd=mine), 1, "no program gaim; there are gain")

    good = (mine / "findings.toml").read_text()
    for what, text, error in (("malformed", "x =", "findings.toml is no TOML"), ("a quote that is missing", good.replace('op = ""', 'op = "gain', 1), "op = \"gain"),
                              ("too large", "#" * 70000, "65,536 are the most"),
                              ("an unknown key", good.replace("node = 0", "nod = 0", 1), "did you mean 'gain.node'?"),
                              ("a missing key", good.replace("node = 0", "", 1), "no key 'gain.node'"),
                              ("a wrong type", good.replace("node = 0", 'node = "2"', 1), "must be a whole number, not a text"),
                              ("a point", good.replace("node = 0", "node = 2.0", 1), "must be a whole number, not one with a point: 2.0")):
        (mine / "findings.toml").write_text(text)
        says(f"values: {what}", run("./course", "check", cwd=mine), 2, error)
    (mine / "findings.toml").unlink()
    says("values: missing", run("./course", "check", cwd=mine), 2, "findings.toml is not in")
    (mine / "findings.toml").write_text(good)


def in_gdb(mine):
    """gdb prints with what flags it starts a program, and which faults were drawn is for the student to find."""
    if not shutil.which("gdb"):
        return print("gdb is not installed: left out")
    done = subprocess.run(["./course", "gdb", "3.1"], cwd=mine, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          input="break programs::gain\nrun\nbacktrace\nkill\nquit\n", timeout=300)
    said = says("the debugger", done, 0, "Starting program", "Breakpoint 1, programs::gain")
    kinds = [kind for options in Unit("unit3").about["drawn"].values() if isinstance(options, list) for kind in options if isinstance(kind, str)]
    told = [kind for kind in kinds if f"={kind}" in said.stdout]
    check("it does not say what was drawn", not told and "--drawn" not in said.stdout, said.stdout)


def faults(mine):
    """Every fault of the pool: the stepper shows the node, its op and its line, as faults.toml has them."""
    unit = Unit("unit3")
    pool = unit.about["drawn"]
    places = list(unit.faults())
    for turn in range(max(len(pool[place]) for place in places)):
        drawn = Unit("unit3", drawn={place: pool[place][turn % len(pool[place])] for place in places})
        (mine / "programs.cpp").write_text(drawn.starter("programs.cpp"))
        facts = drawn.facts()
        for place in places:
            what = f"{place} {drawn.drawn[place]}"
            known = {key: facts[f"{place}.{key}"] for key in ("node", "op", "line", "kind", "also")}
            named = [(known["node"], known["op"])] + [(int(n), op) for n, op in (pair.split(":") for pair in known["also"].split())]
            (folder / "steps").write_text("list 0-99\n" + "".join(f"up {node}\n" for node, _ in named) + "q\n")
            done = run("./course", "play", place, "--step", cwd=mine, TAPESTRY_SCRIPT=str(folder / "steps"))
            for node, op in named:
                check(f"{what}: node {node} is {op}", re.search(rf"^[> ] +{node} {op}\b", done.stdout, re.MULTILINE), done.stdout)
                at = re.search(rf"^node {node} .*programs\.cpp:(\d+)", done.stdout, re.MULTILINE)
                # A backward function and a line that is in the wrong place are not where the node was recorded.
                elsewhere = op == "gain" or known["kind"] == "stale"
                check(f"{what}: its line is {known['line']}", elsewhere or at and int(at[1]) == known["line"], done.stdout)


def instructors():
    (folder / "secret").write_text(SECRET + "\n")
    for student in ("ada", "bob"):
        says(f"release for {student}", run(COURSE, "release", "unit3", f"{student}.zip", "--secret", "secret", "--student", student), 0,
             f"drawn for {student}")
    with zipfile.ZipFile(folder / "ada.zip") as archive:
        about = archive.read("unit3_faults/.course/unit.json").decode()
    kinds = [kind for options in Unit("unit3").about["drawn"].values() if isinstance(options, list) for kind in options if isinstance(kind, str)]
    check("a release does not say in words what was drawn", not any(f'"{kind}"' in about for kind in kinds), about)
    check("two students have different programs", draw.unit_of(Unit("unit3"), SECRET, "ada").starter("programs.cpp")
          != draw.unit_of(Unit("unit3"), SECRET, "bob").starter("programs.cpp"))
    says("one of the two alone", run(COURSE, "release", "unit3", "x.zip", "--student", "ada"), 2, "--secret FILE and --student ID")

    def grade(student, files, *flags):
        place = folder / "handed_in"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, text in files.items():
            (place / name).write_text(text)
        return run(COURSE, "grade", "unit3", place, "--build", "graded", "--out", "out", "--secret", "secret", "--student", student, *flags)

    ada, bob = (draw.unit_of(Unit("unit3"), SECRET, student) for student in ("ada", "bob"))
    solved = {name: ada.reference(name) for name in ada.handed_in}
    says("what ada solved is worth everything", grade("ada", solved), 0, "100 of 100")
    says("the findings of somebody else are not", grade("bob", solved), 0, never=["100 of 100"])
    far = re.sub(r"line = \d+", f"line = {10**40}", solved["findings.toml"], count=1)
    says("a line that no file has", grade("ada", solved | {"findings.toml": far}), 0, "96 of 100")
    says("and the same again", grade("ada", solved), 0, "100 of 100")
    says("what is no program is not run", grade("ada", solved | {"findings.toml": "import os\n"}), 0, "findings.toml is no TOML", "total 0")
    says("too large", grade("ada", solved | {"findings.toml": "#" * 2_000_000}), 0, "2,000,000 bytes", "total 0")
    only = {"programs.cpp": solved["programs.cpp"]}
    says("missing", grade("ada", only), 0, "findings.toml was not handed in", "total 0")
    release = {"unit.json": json.dumps({"unit": "unit3_faults", "variation": "kl", "drawn": draw.sealed(bob.drawn), "version": "0"})}
    says("a release that was drawn for another", grade("ada", solved | release), 0, "drawn for somebody else", "total 0")


try:
    students(folder / "mine")
    faults(folder / "mine")
    instructors()
finally:
    shutil.rmtree(folder, ignore_errors=True)
close()
