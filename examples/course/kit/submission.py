"""Grades one submission. There are always results: also when a file is missing or nothing compiles."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import build, report, values
from .grade import run_all
from .handed_in import files_of, other_release, seed_of, worth_a_look
from .unit import Problem


@dataclass
class Graded:
    results: dict  # results.json, by Gradescope's names
    summary: str  # Markdown
    text: str  # for a terminal

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "summary.md", self.summary)
        write_whole(folder / "results.json", json.dumps(self.results, indent=1) + "\n")


def write_whole(path, text):
    """The old file or the new one, never half of one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8",
                                     errors="backslashreplace") as half:  # a name from anywhere may be no UTF-8
        half.write(text)
    os.chmod(half.name, 0o644)
    os.replace(half.name, path)


def json_or_none(text):
    """What the text says, or None: it may be cut off."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_json(path):
    try:
        return json_or_none(path.read_text())
    except (OSError, ValueError):
        return None


def grade(unit, place, folder, seed=None, any_release=False):
    """The files at `place`, compiled in `folder`, which may be used again for the next submission. What it raises is the
    unit's mistake (Problem) or the machine's, never the student's."""
    try:
        files = files_of(unit, place)
    except Problem as problem:
        return nothing(unit, str(problem), [])
    look = worth_a_look(files)
    missing = [name for name in unit.handed_in if name not in files]
    if missing:
        return nothing(unit, f"{', '.join(missing)} was not handed in: {place} holds no file of this name", look)
    other = other_release(unit, files)
    if other and not any_release:
        return nothing(unit, other, look)
    try:
        said = values.read(unit, files)
    except Problem as problem:
        return nothing(unit, str(problem), look)
    mine = folder / "work"
    mine.mkdir(parents=True, exist_ok=True)
    with build.alone(folder) as lock:
        for name in unit.about["submit"]:
            (mine / name).write_bytes(files[name])
        try:
            programs = build.build(unit, mine, folder / "build", quiet=True, lock=lock)
        except build.DoesNotCompile as error:
            return nothing(unit, f"this does not compile:\n\n{error}", look)
        programs.values = said
        seed = seed_of(files) if seed is None else seed
        tasks = run_all(programs, unit, seed)  # still alone: the next one's program will have the same name
    detail = [report.task_detail(unit, task, seed) for task in tasks if task.state != "PASS"]
    text = "\n\n".join([report.table(unit, tasks, seed), *detail, *report.looks(look)])
    results = report.results_json(unit, tasks, seed) | {"look": look}
    return Graded(results, report.markdown(unit, tasks, seed) + report.looks_markdown(look), text + "\n")


def nothing(unit, why, look):
    """Results of a submission that could not be run."""
    tasks = {task: 0 for task in unit.tasks}
    head = "\n\n".join([f"{unit.title}\n\n{why}\n\n  total 0", *report.looks(look)])
    results = report.failed_json(unit, tasks, head) | {"look": look}
    summary = f"### {unit.title}\n\n```text\n{why}\n```\n\nTotal 0.\n" + report.looks_markdown(look)
    return Graded(results, summary, head + "\n")
