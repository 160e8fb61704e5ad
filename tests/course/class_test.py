#!/usr/bin/env python3
"""Grades a made class: every student is a mixture of tasks that are right, wrong and not begun; some do not compile,
crash, hang, hand in nothing, or a zip.

usage: class_test.py [--students N] [--keep FOLDER]

The grades are those that the made mistakes earn; they are the same in another order and after an interruption; two
ids have different variants; the CSV reads back; copies are found.
"""

import csv
import json
import os
import random
import shutil
import signal
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
from kit import draw, fences  # noqa: E402
from kit.unit import Unit  # noqa: E402

COURSE = ROOT / "examples" / "course" / "course"
SECRET = "a secret of the test"
HANGS = "static volatile bool going = true;\n[[maybe_unused]] static const int never = [] { while (going) {} return 0; }();\n"
TASKS = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"]


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def course(*arguments, **extra):
    return subprocess.run([str(COURSE), *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **extra)


def made(rng, number, folder):
    """Writes one submission; (id, what it must come to: a state by task, or None when nothing can be run)."""
    student = f"s{number:03}"
    unit = Unit("unit1_tape", None, draw.variation_for(Unit("unit1_tape"), SECRET, student))
    text = unit.source("tape.cpp")
    kind = ["empty", "no_compile", "hangs", "exits"][number % 4] if number < 8 else "mixture"
    solved = [task for task in TASKS if rng.random() < 0.7]
    expected = {task: "PASS" if task in solved else "TODO" for task in TASKS}
    program = fences.mixture(text, solved)
    if kind == "mixture" and rng.random() < 0.5:  # one task wrong, everything else right
        name = rng.choice(sorted(unit.mutants()))
        mutant = unit.mutants()[name]
        program, solved = unit.mutant_sources(name)["tape.cpp"], TASKS
        expected = {task: None if task in mutant["also"] else "PASS" for task in TASKS} | {mutant["task"]: mutant["state"]}
    elif "1.5" in solved and len(solved) < 7:
        expected["1.5"] = None  # its last check needs the others
    elif "1.7" in solved:
        expected["1.7"] = None  # it uses 1.5
    if kind == "no_compile":
        program, expected = program.replace("namespace tiny {", "namespace tiny {{", 1), None
    if kind == "hangs":
        program, expected = program + HANGS, dict.fromkeys(TASKS, "SLOW")
    if kind == "exits":
        program += "#include <cstdlib>\n__attribute__((constructor)) static void leave() { std::exit(0); }\n"
        expected = dict.fromkeys(TASKS, "CRASH")
    if kind == "empty":
        expected = None
    if number % 5 == 4:
        with zipfile.ZipFile(folder / f"{student}.zip", "w") as archive:
            archive.writestr("inside/other.txt" if kind == "empty" else "inside/tape.cpp", program)
    else:
        (folder / student / "inside").mkdir(parents=True)
        (folder / student / "inside" / ("other.txt" if kind == "empty" else "tape.cpp")).write_text(program)
    return student, expected


def grades(file):
    with file.open(newline="") as table:
        return {row["id"]: row for row in csv.DictReader(table)}


def main():
    scratch = Path(option("--keep", "") or tempfile.mkdtemp(prefix="tapestry-class-"))
    rng, count = random.Random(20), int(option("--students", "16"))
    handed_in, out = scratch / "class", scratch / "out"
    handed_in.mkdir(parents=True)
    (scratch / "secret").write_text(SECRET + "\n")
    expected = dict(made(rng, number, handed_in) for number in range(count))

    command = ["grade-all", "unit1", handed_in, "--out", out, "--secret", scratch / "secret"]
    with subprocess.Popen([COURSE, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True) as first:
        while first.poll() is None and len(list(out.glob("students/*/results.json"))) < count // 3:
            time.sleep(0.05)
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    before = len(list(out.glob("students/*/results.json")))
    check("it was interrupted in the middle", 0 < before < count, f"  {before} of {count}")
    started = time.monotonic()
    done = course(*command)
    seconds = time.monotonic() - started
    check("it goes on", done.returncode == 0 and done.stdout.count("(as before)") >= before - 2, done.stdout)
    table = grades(out / "grades.csv")
    check("everybody has a grade", sorted(table) == sorted(expected), done.stdout)
    for student, states in expected.items():
        row = table[student]
        if states is None:
            check(f"{student}: nothing could be run", row["score"] == "0" and row["note"], row)
            continue
        for task, state in states.items():
            check(f"{student}: {task} is {state or 'anything but begun'}", state is None or row[f"{task} state"] == state, row)
    check("ids have different variants", {row["variation"] for row in table.values() if row["variation"]} == {"bent", "length"}, table)
    text = (out / "grades.csv").read_text()

    again = scratch / "again"
    order = list(handed_in.iterdir())
    rng.shuffle(order)
    other = scratch / "other_order"
    other.mkdir()
    for path in order:  # the same submissions, made anew in another order, graded one at a time
        (shutil.copytree if path.is_dir() else shutil.copy)(path, other / path.name)
    done = course("grade-all", "unit1", other, "--out", again, "--secret", scratch / "secret", "--jobs", 1)
    check("the same grades in another order", (again / "grades.csv").read_text().replace(str(other), str(handed_in)) == text, done.stdout)

    tables(scratch, handed_in, out, table)
    copied(scratch, handed_in)
    refused(scratch)
    print(f"{count} submissions, {count - before} of them after the interruption: {seconds:.0f} s")
    if "--keep" not in sys.argv:
        shutil.rmtree(scratch, ignore_errors=True)
    close()


def tables(scratch, handed_in, out, table):
    """Canvas and Moodle get back what they sent, with grades."""
    names = sorted(table)
    canvas = scratch / "canvas.csv"
    canvas.write_text("Student,ID,SIS User ID,SIS Login ID,Section,Other (12)\n    Points Possible,,,,,10\n"
                      + "".join(f'"Last{n}, First",{n},u{n},{student},1,3\n' for n, student in enumerate(names))
                      + '"Nobody, At All",99,u99,s999,1,\n')
    command = ["grade-all", "unit1", handed_in, "--out", out, "--secret", scratch / "secret"]
    done = course(*command, "--for", "canvas", "--roster", canvas, "--csv", scratch / "to_canvas.csv")
    with (scratch / "to_canvas.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_login = {row["SIS Login ID"]: row for row in rows}
    title = "Unit 1: a tape"
    check("Canvas: the points possible come first", rows[0]["Student"].strip() == "Points Possible" and float(rows[0][title]) == 100, rows[0])
    check("Canvas: every grade reads back", all(float(by_login[s][title]) == float(table[s]["score"]) for s in names), done.stdout)
    check("Canvas: who handed in nothing has no grade, and is named", by_login["s999"][title] == "" and "s999" in done.stdout, done.stdout)
    moodle = scratch / "moodle.csv"
    moodle.write_text("First name,Username\n" + "".join(f"A,{student}\n" for student in names))
    course(*command, "--for", "moodle", "--roster", moodle, "--csv", scratch / "to_moodle.csv")
    with (scratch / "to_moodle.csv").open(newline="") as file:
        rows = {row["Username"]: row for row in csv.DictReader(file)}
    check("Moodle: every grade reads back", all(float(rows[s][title]) == float(table[s]["score"]) for s in names), rows)
    done = course(*command, "--for", "canvas")
    check("Canvas without a roster is refused", done.returncode == 2 and "--roster" in done.stdout, done.stdout)
    done = course("insight", "unit1", out)
    check("insight says where the class is stuck", done.returncode == 0 and "that most people fail" in done.stdout, done.stdout)


def copied(scratch, handed_in):
    """A copy with other names is found, two programs of two people are not."""
    folder = scratch / "copies"
    for name, text in {"one": PROGRAM_1, "two": PROGRAM_2, "copy": PROGRAM_1.replace("total", "sum").replace("left", "l")}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "tape.cpp").write_text(text)
    done = course("copies", "unit1", folder)
    check("a copy with other names is found", "copy  one" in done.stdout, done.stdout)
    check("two ways to write it are no copies", "two" not in done.stdout, done.stdout)


def refused(scratch):
    """What was begun with another release is not graded by mistake."""
    mine = scratch / "mine"
    course("start", "unit1", mine)
    done = course("grade", "unit1", mine, "--build", scratch / "out" / "build" / "0_bent")
    check("a folder of this release is graded", "total" in done.stdout and "release" not in done.stdout, done.stdout)
    about = mine / ".course" / "unit.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"version": "0123456789ab"}))
    done = course("grade", "unit1", mine, "--build", scratch / "out" / "build" / "0_bent")
    check("one of another release is not", "begun with the release 0123456789ab" in done.stdout and "total 0" in done.stdout, done.stdout)
    done = course("grade", "unit1", mine, "--any-release", "--build", scratch / "out" / "build" / "0_bent")
    check("unless it is asked for", "release" not in done.stdout, done.stdout)


PROGRAM_1 = """
std::vector<double> numeric_gradient(const Function& f, std::vector<double> x) {
  std::vector<double> total(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double here = x[i], h = 1e-5 * (1 + std::abs(here));
    x[i] = here + h;
    const double right = f(x);
    x[i] = here - h;
    const double left = f(x);
    x[i] = here;
    total[i] = (right - left) / (2 * h);
  }
  return total;
}
void send(Tape& tape, int node) {
  const Node from = tape.nodes.at(node);
  if (from.op == nullptr) return;
  const Slopes s = from.op->slopes(tape.nodes.at(from.in[0]).value, 0, from.value);
  tape.nodes.at(from.in[0]).grad += s.a * from.grad;
}
"""
PROGRAM_2 = """
std::vector<double> numeric_gradient(const Function& f, std::vector<double> x) {
  auto moved = [&](std::size_t k, double by) {
    std::vector<double> y = x;
    y.at(k) += by;
    return f(y);
  };
  std::vector<double> g;
  for (std::size_t k = 0; k != x.size(); k++) {
    double step = std::max(std::fabs(x.at(k)), 1.0) / 131072;
    g.push_back(0.5 * (moved(k, step) - moved(k, -step)) / step);
  }
  return g;
}
void send(Tape& t, int i) {
  if (!t.nodes[i].op) { return; }
  auto& n = t.nodes[i];
  double vb = n.in[1] == kNone ? 0.0 : t.nodes[n.in[1]].value;
  auto both = n.op->slopes(t.nodes[n.in[0]].value, vb, n.value);
  t.nodes[n.in[0]].grad = t.nodes[n.in[0]].grad + both.a * n.grad;
  if (n.in[1] != kNone) { t.nodes[n.in[1]].grad = t.nodes[n.in[1]].grad + both.b * n.grad; }
}
"""

main()
