"""Runs a program of checks, one process for each task, and says how every check ended.

A state is PASS, FAIL, TODO (not written yet), SLOW (stopped after the time limit) or CRASH (the
program ended in the middle). After SLOW and CRASH a new process goes on with the next check, so that
one mistake does not cost the points of the others.
"""

import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

MOST_OUTPUT = 16 << 20  # bytes that a program may write


@dataclass
class Check:
    task: str
    index: int
    kind: str
    name: str
    points: float
    hidden: bool
    hint: str  # topic, when the failure itself does not name one
    state: str = ""
    notes: list = field(default_factory=list)
    detail: dict = field(default_factory=dict)  # what, got, expected, wrong, hint, factor, needs

    @property
    def score(self):
        return self.points if self.state == "PASS" else 0

    @property
    def title(self):
        return f"hidden check {self.index + 1}" if self.hidden else self.name


@dataclass
class Task:
    name: str
    checks: list
    output: str = ""  # what the student's code printed

    @property
    def state(self):
        states = {check.state for check in self.checks}
        return next((s for s in ("CRASH", "SLOW", "FAIL", "TODO") if s in states), "PASS")

    @property
    def score(self):
        return round(sum(check.score for check in self.checks), 2)

    @property
    def points(self):
        return round(sum(check.points for check in self.checks), 2)

    @property
    def first_problem(self):
        order = [c for c in self.checks if c.state != "PASS"]
        return next((c for c in order if c.state != "TODO"), order[0] if order else None)


def listed(program, unit):
    """The checks of a program, by task, with the weights of the unit."""
    done = subprocess.run([program, "--list"], capture_output=True, text=True, env=environment(unit), check=True)
    tasks = {task: [] for task in unit.tasks}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        tasks[entry["task"]].append(Check(entry["task"], entry["index"], entry["kind"], entry["name"],
                                          entry["points"], entry["hidden"], entry["default_hint"]))
    for task, weight in unit.about.get("weights", {}).items():
        whole = sum(check.points for check in tasks[task])
        for check in tasks[task]:
            check.points *= weight / whole
    return tasks


def environment(unit):
    memory = unit.about["memory"]
    return {**os.environ, "OMP_NUM_THREADS": "1",
            "ASAN_OPTIONS": f"detect_leaks=0:handle_abort=1:detect_stack_use_after_return=0:hard_rss_limit_mb={memory}",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def run_task(program, unit, name, checks, seed, only=None):
    """Runs the checks of one task, or one of them."""
    if only is not None:
        checks = [check for check in checks if check.index == only]
    task, waiting = Task(name, checks), list(checks)
    while waiting:
        flags = ["--task", name, "--from", str(waiting[0].index), "--seed", str(seed)]
        if only is not None:
            flags += ["--only", str(only)]
        events, ended, output = run_process(program, unit, flags, len(waiting))
        task.output += strip_report(output)
        by_index, current = {check.index: check for check in waiting}, None
        for event in events:
            if event["event"] == "begin":
                current = by_index[event["index"]]
            elif event["event"] == "note":
                current.notes.append(event["text"])
            elif event["event"] == "end":
                current.state, current.detail = event["state"], event
        waiting = [check for check in waiting if not check.state]
        if waiting and not any(event["event"] == "done" for event in events):
            waiting[0].state, what = ended
            waiting[0].detail = {"what": what or crash(output, unit)}
        waiting = [check for check in waiting if not check.state]
    return task


def processor_time(pid):
    """Seconds that a process has computed; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_process(program, unit, flags, count):
    """One process with its limits: the lines it wrote, (state, reason) if it was cut off, its output."""
    seconds = unit.about["seconds"]

    def limits():
        cpu = int(seconds * count + 10)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with tempfile.TemporaryDirectory(prefix="tapestry-course-") as folder:
        side, output = Path(folder) / "results.jsonl", Path(folder) / "output"
        side.touch()
        with output.open("wb") as out:
            process = subprocess.Popen([program, *flags, "--results", side], cwd=folder, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=subprocess.STDOUT, env=environment(unit),
                                       preexec_fn=limits, start_new_session=True)
            ended, size, since, spent = ("CRASH", None), 0, time.monotonic(), 0.0
            while process.poll() is None:
                time.sleep(0.005)
                if side.stat().st_size != size:
                    size, since, spent = side.stat().st_size, time.monotonic(), processor_time(process.pid)
                # Time of the processor, so that a busy machine makes nobody slow; but who sleeps is stopped too.
                waited = time.monotonic() - since
                if waited > 10 * seconds or waited > seconds and processor_time(process.pid) - spent > seconds:
                    ended = ("SLOW", f"stopped after {seconds:g} s; a right solution needs a hundredth of that")
                    break
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            status = process.wait()
        text = output.read_text(errors="replace")
        events = []
        for line in side.read_text(errors="replace").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                break  # cut off in the middle
    if ended[0] == "CRASH" and status == 0:
        ended = ("CRASH", "the program ended in the middle of the check: is there an exit() in your code?")
    if ended[0] == "CRASH" and status == -signal.SIGXFSZ:
        ended = ("CRASH", f"your code printed more than {MOST_OUTPUT >> 20} MB")
    return events, ended, text


REASONS = [
    (r"hard rss limit exhausted|allocation-size-too-big|out-of-memory|bad_alloc",
     "used more memory than there is: does something grow without end?"),
    (r"stack-overflow", "the stack overflowed: recursion without end?"),
    (r"Assertion '__n < this->size\(\)' failed", "an index outside of its vector"),
    (r"Assertion '!this->empty\(\)' failed", "front() or back() of an empty vector"),
    (r"Assertion '([^']*)' failed", None),
    (r"heap-buffer-overflow|container-overflow", "read or wrote outside of a vector"),
    (r"heap-use-after-free", "used an element of a vector after the vector had moved; a reference into a vector "
                             "is gone after push_back"),
    (r"stack-use-after|stack-buffer", "used a local variable or array outside of its life or size"),
    (r"runtime error: (.*)", None),
    (r"AddressSanitizer: SEGV", "read or wrote at an address that is not there"),
    (r"AddressSanitizer: FPE", "division of an integer by zero"),
    (r"terminate called after throwing an instance of '([^']*)'", None),
    (r"AddressSanitizer: (\S+)", None),
]


def crash(output, unit):
    """What a crash was, from the words of the sanitizers and the C++ library."""
    reason = "the program crashed"
    for pattern, meaning in REASONS:
        found = re.search(pattern, output)
        if found:
            reason = meaning or found.group(1)
            break
    files = "|".join(re.escape(name) for name in unit.about["submit"])
    places = re.findall(rf"#\d+ 0x[0-9a-f]+ in (.*?) \S*?\b({files}):(\d+)", output)
    if places:  # the innermost one; when the stack overflowed, the one that calls itself
        function, file, line = Counter(places).most_common(1)[0][0] if "stack-overflow" in output else places[0]
        reason = f"{file}:{line}, in {re.sub(r'[(].*', '', function).split('::')[-1]}: {reason}"
    return reason


def strip_report(output):
    """What the student's code printed itself: everything before a report."""
    return re.split(r"^(?:=+\s*\n==\d+==|==\d+==|AddressSanitizer|\S+:\d+:\d+: runtime error|\S*stl_vector|\S*: \d+: .*Assertion)",
                    output, maxsplit=1, flags=re.MULTILINE)[0][:20000]
