#!/usr/bin/env python3
"""Uses the course kit the way students and instructors do, and the way they get it wrong.

usage: commands_test.py SOLUTIONS [--update]     SOLUTIONS holds what `course generate unit1_tape` writes

--update writes the transcripts that docs/course/index.md quotes into docs/snippets.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "support"))
from claims import check, close  # noqa: E402
from said import says  # noqa: E402

COURSE = ROOT / "examples" / "course" / "course"
SOLUTIONS = Path(sys.argv[1]).resolve()
UPDATE = "--update" in sys.argv

folder = Path(tempfile.mkdtemp(prefix="tapestry-course-test-"))
environment = {k: v for k, v in os.environ.items() if k not in ("TAPESTRY", "AUTOGRADER")} | {"NO_COLOR": "1"}


def run(*command, cwd=folder, env=None):
    return subprocess.run(list(map(str, command)), cwd=cwd, env={**environment, **(env or {})}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300)


def solution(name):
    return SOLUTIONS / name / "tape.cpp"


def transcript(name, text):
    """A page quotes this; see docs/design/docs.md."""
    path = ROOT / "docs" / "snippets" / f"{name}.out"
    if UPDATE:
        path.write_text(text)
    same = path.exists() and path.read_text() == text
    check(f"docs/snippets/{name}.out is what is printed (--update writes it)", same, text)


def unpack(archive, target):
    """What unzip does: zipfile alone forgets which files are programs."""
    with zipfile.ZipFile(archive) as files:
        for entry in files.infolist():
            Path(files.extract(entry, target)).chmod(entry.external_attr >> 16)


def students():
    says("units are listed", run(COURSE, "units"), 0, "unit1_tape", "1.6")
    says("no command: the help", run(COURSE), 2, "./course check")
    says("an unknown unit", run(COURSE, "start", "unit9", "x"), 2, "no unit 'unit9'", "unit1_tape")
    says("an unknown variation", run(COURSE, "start", "unit1", "x", "--variation", "bend"), 2, "'bend'", "bent, length")
    says("check outside of a unit's folder", run(COURSE, "check"), 2, "not a unit's folder", "start UNIT FOLDER")

    mine = folder / "mine"
    says("start", run(COURSE, "start", "unit1", "mine"), 0, "ready", "./course check")
    text = (mine / "tape.cpp").read_text()
    check("the starter has a todo for every task", all(f'todo("1.{k}"' in text for k in range(1, 8)), text)
    check("the starter has no fence and no solution", "SOLUTION" not in text and "STARTER" not in text and "nodes[loss]" not in text, text)
    says("start again keeps the work", run(COURSE, "start", "unit1", "mine"), 2, "not empty")
    says("no hint before the first check is needed", run("./course", "hint", cwd=mine), 0, "1.1 record", "hint 1 of 3", "concept",
         never=["formula "])

    says("the starter", run("./course", "check", cwd=mine), 1, "TODO", "0 of 100", "to be written: record a node",
         never=["FAIL", "CRASH", "warning", "doubt"])
    says("play before anything is written", run("./course", "play", cwd=mine), 1, "task 1.1", "still to be written")
    says("an unknown task", run("./course", "check", "1.9", cwd=mine), 2, "no task '1.9'", "1.1")

    shutil.copy(solution("mutant_assigns"), mine / "tape.cpp")
    done = says("a wrong solution", run("./course", "check", cwd=mine), 1, "88 of 100", "got         30  10", "hint 1.3 add")
    transcript("course_check", done.stdout)
    says("the failure alone", run("./course", "check", "1.3", "--only", "2", cwd=mine), 1, "got         30  10", never=["shape"])
    done = says("a hint for what failed", run("./course", "hint", cwd=mine), 0, "1.3 accumulate, add: hint 1 of 3", never=["formula "])
    transcript("course_hint", done.stdout)
    says("the second level", run("./course", "hint", cwd=mine), 0, "hint 2 of 3", "formula", never=["first line"])
    says("the third level", run("./course", "hint", "1.3", "add", cwd=mine), 0, "hint 3 of 3", "+=", "ask somebody")
    says("an unknown topic", run("./course", "hint", "1.3", "nothing", cwd=mine), 2, "no hint 'nothing'", "add")
    log = [json.loads(line) for line in (mine / ".course" / "hints.jsonl").read_text().splitlines()]
    check("hints are logged", [(h["task"], h["level"]) for h in log] == [("1.1", 1), ("1.3", 1), ("1.3", 2), ("1.3", 3)], log)

    starter, good = text, solution("reference").read_text()
    (mine / "tape.cpp").write_text(starter.replace('todo("1.2", "the reverse loop");', "for (int i = loss; i >= 0; --i) visit(tape, i);"))
    says("a later task first: its problem is shown", run("./course", "check", cwd=mine), 1, "1.1   record             TODO",
         "1.2 the reverse loop\n", "guess     nothing flows", never=["to be written"])
    says("a later task first: its hint is offered", run("./course", "hint", cwd=mine), 0, "1.2 the reverse loop, seed: hint 1 of 3")
    (mine / "tape.cpp").write_text(good.replace("if (!from.op) return;", "if (!from.op) return", 1))
    says("what does not compile", run("./course", "check", cwd=mine), 1, "tape.cpp:", "error:", "does not compile yet",
         never=["ninja", "FAILED:", "/usr/bin"])
    (mine / "tape.cpp").write_text(good.replace("tape.nodes[loss].grad = 1;", "exit(0);", 1))
    says("exit in the middle", run("./course", "check", "1.2", "--only", "1", cwd=mine), 1, "CRASH", "exit()")
    (mine / "tape.cpp").write_text(good.replace("tape.nodes[loss].grad = 1;", "backward(tape, loss, visit);", 1))
    says("endless recursion", run("./course", "check", "1.2", "--only", "1", cwd=mine), 1, "CRASH", "in backward", "stack overflowed")
    (mine / "tape.cpp").write_text(good.replace("tape.nodes[loss].grad = 1;", "for (;;) {}", 1))
    says("an endless loop", run("./course", "check", "1.2", "--only", "1", cwd=mine), 1, "SLOW", "stopped after")
    (mine / "tape.cpp").write_text(good.replace("tape.nodes[loss].grad = 1;", "throw 3;", 1))
    says("an exception", run("./course", "check", "1.2", "--only", "1", cwd=mine), 1, "FAIL", "your code threw")

    shutil.copy(solution("reference"), mine / "tape.cpp")
    (mine / "tape.hpp").write_text((mine / "tape.hpp").read_text() + "// mine\n")
    says("the reference, beside a header that was changed", run("./course", "check", cwd=mine), 0, "100 of 100",
         "note: tape.hpp is given", "questions")
    says("play", run("./course", "play", cwd=mine), 0, "tanh", "0.761594")
    (mine / "tape.cpp").unlink()
    says("the file is gone", run("./course", "check", cwd=mine), 2, "tape.cpp is not in")


def overlay():
    """A private variation with other weights and no hidden checks."""
    own = folder / "overlay" / "unit1_tape"
    public = ROOT / "examples" / "course" / "unit1_tape"
    shutil.copytree(public / "variations" / "length", own / "variations" / "private")
    for name in ("facts.cpp", "questions.cpp", "solution.cpp"):
        path = own / "variations" / "private" / name
        path.write_text(path.read_text().replace('"length"', '"private_length"'))
    (own / "unit.toml").write_text('variation = "private"\nhidden = "after_published"\n[weights]\n"1.6" = 40\n')
    (own / "hidden.cpp").write_text(
        '#include "checks.hpp"\n'
        'static void secret_check() { course::judge([] { course::expect(false, "a secret answer"); }); }\n'
        'static const course::Check kHidden[] = {{"1.4", course::Kind::edge, "a secret name", 5, secret_check}};\n'
        "std::span<const course::Check> course::hidden_checks() { return kHidden; }\n")
    return folder / "overlay"


def instructors():
    private = overlay()
    says("an overlay without this unit", run(COURSE, "release", "unit1", "x.zip", "--overlay", folder), 2, "no folder for this unit")
    says("release", run(COURSE, "release", "unit1", "tape.zip", "--overlay", private), 0, "variation private")
    with zipfile.ZipFile(folder / "tape.zip") as archive:
        names = archive.namelist()
        texts = "".join(archive.read(name).decode() for name in names)
    check("a release has the starter and the facts", {"unit1_tape/tape.cpp", "unit1_tape/course"} <= set(names)
          and any(name.endswith("private/facts.cpp") for name in names), names)
    check("a release has no solution and no hidden check", "hypot(a, b);" not in texts and "secret" not in texts
          and not any("solution" in name or "hidden" in name for name in names), names)

    unpack(folder / "tape.zip", folder / "released")
    mine = folder / "released" / "unit1_tape"
    says("a release says that it needs Tapestry", run("./course", "hint", cwd=mine, env={"HOME": "/nonexistent"}), 2, "export TAPESTRY=")
    says("a release works with it", run("./course", "hint", "1.6", cwd=mine, env={"TAPESTRY": str(ROOT)}), 0, "hint 1 of 3")

    says("an autograder", run(COURSE, "gradescope", "unit1", "autograder.zip", "--overlay", private, "--seed", "7"), 0, "Upload")
    no_git = folder / "no_git"
    no_git.mkdir()
    (no_git / "python3").symlink_to(sys.executable)
    says("an autograder on a machine without git",
         run(COURSE, "gradescope", "unit1", "bare.zip", "--seed", "7", env={"PATH": str(no_git)}), 0, "Upload")
    root = folder / "autograder"
    unpack(folder / "autograder.zip", root / "source")
    says("its setup", run(root / "source" / "setup.sh", env={"AUTOGRADER": str(root)}), 0)

    def graded(files):
        shutil.rmtree(root / "submission", ignore_errors=True)
        (root / "submission" / "inside").mkdir(parents=True)
        for name, text in files.items():
            (root / "submission" / "inside" / name).write_text(text)
        done = says("run_autograder", run(root / "source" / "run_autograder", env={"AUTOGRADER": str(root)}), 0)
        return json.loads((root / "results" / "results.json").read_text()), done.stdout

    done = says("slides", run(COURSE, "slides", "unit1", "slides.html"), 0, "slides, one file")
    html = (folder / "slides.html").read_text() if (folder / "slides.html").exists() else ""
    check("the slides are whole: pages, quotes, nothing from elsewhere", html.count("<section") >= 8 and "./course hint 1.3 add" in html
          and not any(f'{tag}="http' in html for tag in ("src", "href")), html[:300])

    says("generate", run(COURSE, "generate", "unit1", "solutions", "--overlay", private), 0)
    reference = (folder / "solutions" / "reference" / "tape.cpp").read_text()
    results, _ = graded({"tape.cpp": reference})
    fields = {"name", "score", "max_score", "output", "visibility"}
    check("results have Gradescope's fields", {"score", "output", "tests"} <= set(results)
          and all(fields <= set(test) for test in results["tests"]), results)
    total = sum(test["score"] for test in results["tests"])
    secret = [test for test in results["tests"] if test["visibility"] == "after_published"]
    check("the private variation and its weight count", any(t["name"].startswith("1.6") and t["score"] > 10 for t in results["tests"]), results)
    check("the reference misses only the secret check", total == results["score"]
          and abs(sum(t["max_score"] for t in results["tests"]) - total - 5) < 1e-3, results)
    check("of a hidden check only the kind is told", len(secret) == 1 and "edge" in secret[0]["name"]
          and "secret" not in json.dumps(results), secret)
    check("the seed is told", "seed 7" in results["output"], results["output"])
    wrong = reference.replace("+= from.grad", "= from.grad")
    results, text = graded({"tape.cpp": wrong})
    told = next(t for t in results["tests"] if "added to what is there" in t["name"])
    check("a failure says how to repeat it", "--only 2 --seed 7" in told["output"] and told["score"] == 0, told)
    check("a summary is written", "| 1.3 | accumulate | FAIL |" in (root / "results" / "summary.md").read_text())
    results, text = graded({"tape.cpp": "no C++"})
    check("what does not compile has results too", results["score"] == 0 and "error:" in results["output"] and "total 0" in text, results)
    results, text = graded({"other.cpp": ""})
    check("a missing file has results too", results["score"] == 0 and "tape.cpp was not handed in" in results["output"], results)


try:
    students()
    instructors()
finally:
    shutil.rmtree(folder, ignore_errors=True)
close()
