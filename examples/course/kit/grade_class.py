"""Grades a class: a folder with a folder or a zip for each student. Parallel; whoever is graded stays graded when it
is interrupted; one bad submission stops nothing."""

import concurrent.futures
import fcntl
import hashlib
import queue
import sys
import traceback
from collections import Counter
from pathlib import Path

from . import copies, draw, roster, submission
from .handed_in import RELEASE, files_of, seed_of
from .unit import Problem
from .version import version


def is_zip(path):
    return path.suffix.lower() == ".zip"


def students(folder):
    """(id, place) of every submission: the name of its folder or zip."""
    if not folder.is_dir():
        raise Problem(f"{folder} is no folder of submissions")
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    places = [path for path in inside if path.is_dir() or is_zip(path)]
    left_out = [path.name for path in inside if path not in places]
    if left_out:
        print(f"note: neither a folder nor a .zip, and so nobody's submission: {', '.join(left_out[:10])}"
              f"{' ...' if len(left_out) > 10 else ''}", file=sys.stderr)
    if not places:
        raise Problem(f"{folder} holds no submission: a folder or a .zip for each student, named by the student's id")
    named = {}
    for path in places:
        name = path.name if path.is_dir() else path.stem
        if name in named:
            raise Problem(f"{folder} holds two submissions of {name}: {named[name].name} and {path.name}")
        named[name] = path
    return list(named.items())


class Grader:
    """Units with their build folders: one for each worker and variation, so that a submission compiles its own file."""

    def __init__(self, unit, out, secret, any_release):
        self.unit, self.out, self.secret, self.any_release = unit, out, secret, any_release

    def unit_of(self, student):
        if not self.secret:
            return self.unit
        return draw.unit_of(self.unit, self.secret, student)

    def key(self, unit, place):
        """What a grade follows from; a grade of the same key is not made again."""
        try:
            files = files_of(unit, place)
        except Problem:
            files = {}
        facts = [version(unit), seed_of(files), files.get(RELEASE), self.any_release]
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]

    def grade(self, student, place, worker):
        unit, target = self.unit_of(student), self.out / "students" / student
        key = self.key(unit, place)
        known = submission.read_json(target / "results.json")
        if known and known.get("key") == key:
            return student, known, True
        try:
            graded = submission.grade(unit, place, self.out / "build" / f"{worker}_{unit.variation or 'unit'}",
                                      any_release=self.any_release)
        except Problem:
            raise  # the unit's own mistake: nobody can be graded
        except Exception:  # stops nobody else; without a key it is tried again the next time
            key = ""
            graded = submission.nothing(unit, f"the grader itself failed with this:\n\n{traceback.format_exc()}", [])
            graded.results |= {"grader_failed": True}
        graded.results |= {"key": key, "variation": unit.variation or ""}
        graded.write(target)
        return student, graded.results, False


def grade_all(unit, folder, out, jobs, secret=None, any_release=False, said=print):
    """Grades everybody; (id, results) in order of ids."""
    everybody = students(folder)
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"somebody else is grading into {out}; wait for it, or say another --out") from None
        return grade_alone(unit, everybody, out, jobs, secret, any_release, said)


def grade_alone(unit, everybody, out, jobs, secret, any_release, said):
    grader, free = Grader(unit, out, secret, any_release), queue.Queue()
    for worker in range(jobs):
        free.put(worker)

    def one(student, place):
        worker = free.get()
        try:
            return grader.grade(student, place, worker)
        finally:
            free.put(worker)

    results = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        turns = [pool.submit(one, student, place) for student, place in everybody]
        try:
            for turn in concurrent.futures.as_completed(turns):
                student, result, known = turn.result()
                results[student] = result
                said(f"[{len(results)}/{len(everybody)}] {student}: {result['score']:g}{' (as before)' if known else ''}")
        except BaseException:
            for turn in turns:
                turn.cancel()
            raise
    return [(student, results[student]) for student, _ in everybody]


def rows(graded):
    """The grades as rows of a table (roster.plain)."""
    for student, result in graded:
        row = {"id": student, "score": result["score"], "of": sum(t["max_score"] for t in result["tests"]) or "",
               "seed": result.get("seed", ""), "variation": result.get("variation", ""), "note": result.get("note", "")}
        for task, (points, state) in result.get("tasks", {}).items():
            row |= {f"{task} points": points, f"{task} state": state}
        yield row


def insight(unit, graded):
    """Where a class is stuck: for each task the states, and the checks and hints that most people fail at."""
    lines, n = [f"{unit.title}: {len(graded)} submissions", ""], max(1, len(graded))
    scores = sorted(result["score"] for _, result in graded)
    lines.append(f"  points: lowest {scores[0]:g}, median {scores[len(scores) // 2]:g}, highest {scores[-1]:g}")
    empty = sum(not result.get("tasks") for _, result in graded)
    if empty:
        lines.append(f"  {empty} could not be run: no file, or it does not compile")
    lines += ["", f"  {'task':<28}{'PASS':>6}{'FAIL':>6}{'CRASH':>7}{'SLOW':>6}{'TODO':>6}"]
    for task in unit.tasks:
        states = Counter(result["tasks"][task][1] for _, result in graded if task in result.get("tasks", {}))
        lines.append(f"  {task + ' ' + unit.task(task)['title']:<28}{states['PASS']:>6}{states['FAIL']:>6}{states['CRASH']:>7}"
                     f"{states['SLOW']:>6}{states['TODO']:>6}")
    failed, hints = Counter(), Counter()
    for _, result in graded:
        for problem in result.get("problems", []):
            failed[problem["check"]] += 1
            if problem.get("hint"):
                hints[problem["hint"]] += 1
    for title, counter in (("the checks that most people fail", failed), ("the hints that they are offered", hints)):
        lines += ["", f"  {title}"]
        lines += [f"  {count:>5}  {100 * count / n:3.0f} %  {what}" for what, count in counter.most_common(8)] or ["      none"]
    return "\n".join(lines)


def near_copies(unit, folder, most):
    """Pairs of submissions that share much."""
    programs = {}
    for student, place in students(folder):
        try:
            files = files_of(unit, place)
        except Problem:
            continue
        programs[student] = "\n".join(files[name].decode(errors="replace") for name in unit.about["submit"] if name in files)
    return copies.near(programs, [unit.starter(name) for name in unit.about["submit"]], most)
