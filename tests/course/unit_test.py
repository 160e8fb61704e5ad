#!/usr/bin/env python3
"""Grades the starter, the reference and the mutants of a unit, and demands what mutants.toml promises.

usage: unit_test.py UNIT FOLDER JAIL [--table]     FOLDER holds the programs UNIT_judge, UNIT_reference, ...

--table prints the points of each mutant, as the unit's instructor.md shows them.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "examples" / "course"))
sys.path.insert(0, str(ROOT / "tests" / "support"))

from claims import check, close  # noqa: E402
from kit import report, values  # noqa: E402
from kit.grade import Programs, listed, run_all, run_process, run_task, told  # noqa: E402
from kit.unit import Unit  # noqa: E402

SEED = 1  # of the friendly numbers that students see
DRAWN = (7, 77, 777)  # of drawn ones, which a grade is made with
PRINTED = {}  # what the reference prints here, for values that hang on the machine


def programs_of(unit, folder, solution):
    program = solution if solution in ("reference", "starter") or unit.changes_program(solution[len("mutant_"):]) else "reference"
    return Programs(folder / f"{unit.name}_{program}", folder / f"{unit.name}_judge", Path(sys.argv[3]).resolve(),
                    {key: printed(text) for key, text in values.lying_in(unit, folder / solution).items()})


def printed(text):
    """The text with what the reference prints in the place of @NAME@, or of @NAME.6@ with so many digits."""
    def numbers(found):
        return " ".join(f"{x:#.{found[2] or 9}g}" for x in PRINTED.get(found[1], []))
    return re.sub(r"@(\w+)(?:\.(\d))?@", numbers, text)


def ask_for_printed(unit, folder):
    """What the [printed] of unit.toml names: the numbers that the reference answers to a check on the machine at hand."""
    for name, where in unit.about.get("printed", {}).items():
        programs = programs_of(unit, folder, "reference")
        flags = ["--task", where["task"], "--only", str(where["check"]), "--seed", str(SEED), *told("--value", programs.values),
                 *told("--drawn", unit.drawn)]
        answers, _, said = run_process(programs, unit, flags, 1)
        found = re.search(rb"^numbers \d+ (.*)$", answers, re.MULTILINE)
        check(f"the reference prints {name}", found, said)
        PRINTED[name] = [float.fromhex(word) for word in found[1].decode().split()] if found else []


def graded(unit, folder, solution, seed=SEED):
    return run_all(programs_of(unit, folder, solution), unit, seed)


def task_graded(unit, folder, solution, task, seed):
    programs = programs_of(unit, folder, solution)
    return run_task(programs, unit, task, listed(programs, unit)[task], seed)


def shown(unit, tasks):
    return "\n\n".join([report.table(unit, tasks, SEED), *(report.task_detail(unit, t, SEED) for t in tasks if t.state != "PASS")])


def hints_are_whole(unit):
    for task in unit.tasks:
        check(f"{task} has hints", unit.hints.get(task))
        for topic, hint in unit.hints.get(task, {}).items():
            missing = {"guess", "concept", "formula", "first_line"} - set(hint)
            check(f"the hint {task} {topic} has all levels", not missing, f"  missing: {missing}")


def files_are_there(unit):
    """What README.md and unit.toml send a student to."""
    for source in ("README.md", "unit.toml"):
        for name in sorted(set(re.findall(r"\b\w+(?:/\w+)+\.(?:hpp|cpp|md)\b", unit.path(source).read_text()))):
            check(f"{source}: {name} is in the project", (ROOT / name).exists())


def main():
    unit, folder = Unit(sys.argv[1]), Path(sys.argv[2]).resolve()
    hints_are_whole(unit)
    ask_for_printed(unit, folder)
    files_are_there(unit)

    for seed in DRAWN:
        for task in graded(unit, folder, "reference", seed):
            check(f"reference with seed {seed}: {task.name} is PASS", task.state == "PASS", report.task_detail(unit, task, seed))
    tasks = graded(unit, folder, "reference")
    for task in tasks:
        check(f"reference: {task.name} is PASS", task.state == "PASS", report.task_detail(unit, task, SEED))
    most = sum(task.points for task in tasks)

    tasks = graded(unit, folder, "starter")
    for task in tasks:
        check(f"starter: {task.name} is TODO, with no points", task.state == "TODO" and not task.score,
              report.task_detail(unit, task, SEED))

    rows = []
    for name, mutant in unit.mutants().items():
        tasks = graded(unit, folder, f"mutant_{name}")
        states = {task.name: task.state for task in tasks}
        check(f"{name}: {mutant['task']} is {mutant['state']}", states[mutant["task"]] == mutant["state"], shown(unit, tasks))
        for task in tasks:
            if task.name != mutant["task"] and task.name not in mutant["also"]:
                check(f"{name}: {task.name} is not touched by it", task.state == "PASS", shown(unit, tasks))
        problem = next(task for task in tasks if task.name == mutant["task"]).first_problem
        topic, sentence = report.guess_of(unit, problem) if problem else (None, None)
        check(f"{name}: offers the hint {mutant['hint']}", topic == mutant["hint"], shown(unit, tasks))
        check(f"{name}: makes a guess", sentence or mutant["state"] != "FAIL", shown(unit, tasks))
        drawn = task_graded(unit, folder, f"mutant_{name}", mutant["task"], DRAWN[0])
        check(f"{name} with seed {DRAWN[0]}: {mutant['task']} is {mutant['state']}", drawn.state == mutant["state"],
              report.task_detail(unit, drawn, DRAWN[0]))
        rows.append((name, mutant["task"], states[mutant["task"]], mutant["hint"],
                     report.number(sum(task.score for task in tasks))))

    table = ["| wrong solution | what is wrong | task | state | hint | grade |", "|---|---|---|---|---|---:|"]
    table += [f"| `{name}` | {unit.mutants()[name]['what']} | {task} | {state} | {hint} | {score} of {most:g} |"
              for name, task, state, hint, score in rows]
    table = "\n".join(table)
    if "--table" in sys.argv:
        print(table)
    check("instructor.md has the table of grades (--table prints it)", table in unit.path("instructor.md").read_text(), table)
    close()


main()
