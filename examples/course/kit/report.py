"""What people and graders read: a table, the details of a task, results.json, Markdown."""

import os
import sys
import textwrap

WIDTH = 92
COLORS = {"PASS": "32", "FAIL": "31", "CRASH": "31", "SLOW": "33", "TODO": "36", "dim": "2", "bold": "1"}
GENERIC = {
    "zero": "everything is 0: nothing arrives",
    "sign": "the sign is wrong, the size is right",
    "nan": "a number that is not finite",
    "factor": "right up to a constant factor",
}


def painted(text, color, paint):
    return f"\033[{COLORS[color]}m{text}\033[0m" if paint else text


def use_color():
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def number(x):
    return f"{x:g}" if x == round(x) else f"{x:.2f}"


def bar(tasks):
    got, most = sum(t.score for t in tasks), sum(t.points for t in tasks)
    return got, most


def guess_of(unit, check):
    """(topic, sentence) for a check that did not pass: which hint to offer, and what seems to be wrong.
    The sentence is None when nothing can be said, both are when there is no hint."""
    if check.state in ("PASS", "TODO") or check.hidden:
        return None, None
    asked, factor = check.detail.get("hint"), check.detail.get("factor")
    topic, hint = unit.topic(check.task, asked or check.hint)
    sentence = None
    if (asked or check.state == "SLOW") and hint and topic == (asked or check.hint):
        sentence = hint["guess"]
    elif asked in GENERIC:
        sentence = GENERIC[asked]
        topic = unit.topic(check.task, check.hint)[0]
    if asked == "factor" and factor:
        sentence += f": yours is {factor:.4g} times what it should be"
    return topic, sentence


def table(unit, tasks, seed, paint=False):
    lines = [painted(unit.title, "bold", paint), ""]
    wide = max(len(unit.task(t.name)["title"]) for t in tasks)
    for task in tasks:
        passed = sum(check.state == "PASS" for check in task.checks)
        state = painted(f"{task.state:<6}", task.state, paint)
        lines.append(f"  {task.name:<5} {unit.task(task.name)['title']:<{wide}}  {state}"
                     f"{number(task.score):>6} of {number(task.points):<4} {passed} of {len(task.checks)} checks")
    got, most = bar(tasks)
    lines.append(f"  {'':<5} {'total':<{wide}}  {'':<6}{number(got):>6} of {number(most):<4} seed {seed}")
    return "\n".join(lines)


def wrapped(label, text, indent=6, column=10):
    head = " " * indent + (f"{label:<{column}}" if label else "")
    return textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head),
                         break_long_words=False, break_on_hyphens=False)


def compared(detail):
    """What came out and what should have, number below number, with marks under the wrong ones."""
    got, expected, wrong = detail["got"], detail["expected"], detail.get("wrong", [])
    if len(got) == len(expected) > 1:
        wide = [max(len(a), len(b)) for a, b in zip(got, expected)]
        columns = lambda texts: "  ".join(f"{text:>{w}}" for text, w in zip(texts, wide))
        if sum(wide) + 2 * len(wide) <= WIDTH - 16:
            lines = [f"      got       {columns(got)}", f"      expected  {columns(expected)}"]
            marks = columns(["^" * len(text) if i in wrong else "" for i, text in enumerate(expected)])
            return [*lines, f"                {marks}".rstrip()]
    return [wrapped("got", ", ".join(got)), wrapped("expected", ", ".join(expected))]


def check_line(check, paint):
    score = f"{number(check.score)} of {number(check.points)}"
    state = painted(f"{check.state:<5}", check.state, paint)
    kind = "hidden" if check.hidden else check.kind
    name = check.kind if check.hidden else check.name  # of a hidden one, the kind is all that is told
    return f"  {state}  {kind:<9} {name:<62} {score:>8}"


def check_detail(unit, check, seed, command="./course"):
    """The lines below a check that did not pass."""
    detail, lines = check.detail, []
    if check.hidden:
        return []
    if check.state == "TODO":
        needs = detail.get("needs", check.task)
        what = "to be written" if needs == check.task else f"needs task {needs} first"
        return [wrapped("", f"{what}: {detail.get('what', '')}")]
    lines += [wrapped("", note) for note in dict.fromkeys(check.notes)]  # each once
    if lines:
        lines.append("")
    if detail.get("got") or detail.get("expected"):
        lines.append(wrapped("checked", detail["what"]))
        lines += compared(detail)
    else:
        wanted = check.state == "FAIL" and not detail.get("threw")
        lines.append(wrapped("wanted" if wanted else "ended", detail["what"]))
    topic, sentence = guess_of(unit, check)
    if sentence:
        lines.append(wrapped("guess", sentence))
    if command:
        if topic:
            lines.append(wrapped("hint", f"{command} hint {check.task} {topic}"))
        again = f"{command} check {check.task} --only {check.index}" + (f" --seed {seed}" if seed != 1 else "")
        lines.append(wrapped("again", again))
    return lines


def task_detail(unit, task, seed, paint=False, every=False, command="./course"):
    """One task: a line for each check, and the numbers of the first that did not pass (or of all)."""
    title = f"{task.name} {unit.task(task.name)['title']}"
    lines = [painted(title, "bold", paint), ""]
    told = None
    for check in task.checks:
        lines.append(check_line(check, paint))
        if check.state != "PASS" and (every or check is task.first_problem):
            detail = check_detail(unit, check, seed, command)
            if detail and detail != told:
                lines += [*detail, ""]
            told = detail or told
    if task.output.strip():
        lines += ["", "  your code printed:", textwrap.indent(task.output.rstrip(), "    ")]
    return "\n".join(lines).rstrip()


def results_json(unit, tasks, seed):
    """Fields by Gradescope's names."""
    tests = []
    for task in tasks:
        for check in task.checks:
            output = [check.state]
            if not check.hidden:
                output += check_detail(unit, check, seed, command="./course") if check.state != "PASS" else []
            tests.append({
                "name": f"{task.name} {unit.task(task.name)['title']}: {check.title}"
                        + (f" ({check.kind})" if check.hidden else ""),
                "number": f"{task.name}.{check.index + 1}",
                "score": round(check.score, 4),
                "max_score": round(check.points, 4),
                "status": "passed" if check.state == "PASS" else "failed",
                "output": textwrap.dedent("\n".join(output)),
                "visibility": unit.about.get("hidden", "visible") if check.hidden else "visible",
            })
    problems = [problem_json(unit, task.first_problem) for task in tasks
                if task.first_problem and task.first_problem.state != "TODO"]
    note = "; ".join(f"{task.name} {task.state}" for task in tasks if task.state != "PASS") or "everything passes"
    return {"score": round(sum(t.score for t in tasks), 4), "output": table(unit, tasks, seed),
            "visibility": "visible", "seed": seed, "note": note, "problems": problems,
            "tasks": {task.name: [task.score, task.state] for task in tasks}, "tests": tests}


def problem_json(unit, check):
    """The first thing that is wrong in a task, for the statistics of a class."""
    topic = guess_of(unit, check)[0]
    return {"check": f"{check.task} {check.kind if check.hidden else check.name}", "state": check.state,
            "hint": f"{check.task} {topic}" if topic else ""}


def failed_json(unit, tasks, message):
    """Results when nothing could be run: every check with 0 points, and why."""
    tests = [{"name": f"{task} {unit.task(task)['title']}", "number": task, "score": 0,
              "max_score": points, "status": "failed", "output": "not run, see above", "visibility": "visible"}
             for task, points in tasks.items()]
    note = message.split("\n\n")[1].splitlines()[0] if "\n\n" in message else message
    return {"score": 0, "output": message, "visibility": "visible", "note": note, "tests": tests}


def markdown(unit, tasks, seed):
    got, most = bar(tasks)
    lines = [f"### {unit.title}", "", "| task | | state | points | checks |", "|---|---|---|---:|---:|"]
    for task in tasks:
        passed = sum(check.state == "PASS" for check in task.checks)
        lines.append(f"| {task.name} | {unit.task(task.name)['title']} | {task.state} | "
                     f"{number(task.score)} of {number(task.points)} | {passed} of {len(task.checks)} |")
    lines += [f"| | **total** | | **{number(got)} of {number(most)}** | |", "", f"Seed {seed}."]
    for task in tasks:
        problem = task.first_problem
        if problem and problem.state != "TODO" and not problem.hidden:
            detail = "\n".join(check_detail(unit, problem, seed))
            lines += ["", f"**{task.name}, {problem.name}**: {problem.state}", "", "```text", textwrap.dedent(detail), "```"]
    return "\n".join(lines) + "\n"


def looks(told):
    """What a person should look at, as a section of the text."""
    return ["worth a look; it changed no grade:\n" + "\n".join(f"  {line}" for line in told)] if told else []


def looks_markdown(told):
    return "\nWorth a look (it changed no grade):\n\n" + "\n".join(f"- {line}" for line in told) + "\n" if told else ""
