"""Asks a student's program and lets the judge say what became of each check.

Three processes: the program with the student's files answers, in a jail and within limits; the judge, which
holds no code of the student, compares; this one starts them and carries the answers over. So whatever the
student's code does to its own process, it can give answers and nothing else.

A state is PASS, FAIL, TODO (not written yet), SLOW (stopped after the time limit) or CRASH (the
program ended in the middle). After SLOW and CRASH a new process goes on with the next check, so that
one mistake does not cost the points of the others.
"""

import json
import os
import re
import resource
import select
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

MOST_OUTPUT = 16 << 20  # bytes that a program may print
MOST_ANSWERS = 4 << 20  # bytes of answers
MOST_THREADS = 256
JUDGE_SECONDS = 60


@dataclass
class Programs:
    answers: Path  # with the student's files
    judge: Path  # without
    jail: Path
    values: dict = field(default_factory=dict)  # of the files that are handed in beside the program (values.py)


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
    never_began: tuple = ()  # (state, reason) when the program did not come to the first check

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


def listed(programs, unit):
    """The checks of a unit, by task, with the weights of its unit.toml. No student's code is asked."""
    done = subprocess.run([programs.judge, "--list"], capture_output=True, text=True, env=environment(unit), check=True)
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


PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


def environment(unit):
    """Of the student's program and its judge: nothing that the grader's user keeps there, such as a token."""
    memory = unit.about["memory"]
    return {**{name: os.environ[name] for name in PASSED_ON if name in os.environ}, "OMP_NUM_THREADS": "1",
            "ASAN_OPTIONS": f"detect_leaks=0:handle_abort=1:detect_stack_use_after_return=0:hard_rss_limit_mb={memory}",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def run_task(programs, unit, name, checks, seed, only=None):
    """Asks and judges the checks of one task, or one of them."""
    if only is not None:
        checks = [check for check in checks if check.index == only]
    task = Task(name, checks)
    of_task = ["--task", name, "--seed", str(seed), *told("--value", programs.values), *told("--drawn", unit.drawn)]
    answers, cut_off = b"", {}
    start, last = checks[0].index, checks[-1].index
    while start <= last:
        one = ["--only", str(only)] if only is not None else []
        given, ended, output = run_process(programs, unit, [*of_task, "--from", str(start), *one], last - start + 1)
        task.output += strip_report(output)
        answers += given
        if ended is None:
            break
        begun = [int(k) for k in re.findall(rb"^begin (\d{1,9})$", given, re.MULTILINE)]
        at = min(max([start, *begun]), last)  # whatever is claimed, each turn comes one check further
        reason = (ended[0], ended[1] or crash(output, unit))
        if not begun:  # it never came to the first check, and will not come to the next
            cut_off |= {check.index: reason for check in checks if check.index >= at}
            task.never_began = reason if at == checks[0].index else ()
            break
        cut_off[at] = reason
        start = at + 1
    judged = subprocess.run([programs.judge, *of_task, *told("--fact", unit.facts())], input=answers, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment(unit), timeout=JUDGE_SECONDS)
    if judged.returncode:
        raise JudgeFailed(f"the judge of {unit.name} {name} ended with {judged.returncode}:\n{judged.stderr.decode()}")
    by_index, current = {check.index: check for check in checks}, None
    for line in judged.stdout.decode().splitlines():
        event = json.loads(line)
        if event["event"] == "begin":
            current = by_index.get(event["index"])
        elif current and event["event"] == "note":
            current.notes.append(event["text"])
        elif current and event["event"] == "end":
            current.state, current.detail = event["state"], event
            if current.state == "CUT":
                current.state, what = cut_off.get(current.index, ("CRASH", ENDED_EARLY))
                current.detail = {"what": what}
    return task


def told(flag, known):
    """Values as flags of a program."""
    return [word for key, value in known.items() for word in (flag, f"{key}={value}")]


def run_all(programs, unit, seed):
    """Every task of the unit. What ends the program before its first check does so in every task."""
    held = subprocess.run([programs.jail, "--", "/bin/true"], capture_output=True, text=True)
    if held.returncode:
        raise JailFailed(f"nothing can be held in on this machine, so nothing is run; {programs.jail} says\n{held.stderr}")
    tasks, reason = [], ()
    for name, checks in listed(programs, unit).items():
        if reason:
            for check in checks:
                check.state, check.detail = reason[0], {"what": reason[1]}
            tasks.append(Task(name, checks))
            continue
        tasks.append(run_task(programs, unit, name, checks, seed))
        reason = tasks[-1].never_began
    return tasks


def processor_time(pid):
    """Seconds that a process has computed; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads_of_user():
    """How many processes and threads this user has now."""
    count, user = 0, os.getuid()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == user:
                count += len(os.listdir(folder / "task"))
        except OSError:
            pass  # it ended meanwhile
    return count


def run_process(programs, unit, flags, count):
    """One process of the student's program in its jail: its answers, (state, reason) if it was cut off or
    None, and what it printed."""
    seconds, most_threads = unit.about["seconds"], threads_of_user() + MOST_THREADS

    def limits():
        cpu = int(seconds * count + 10)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NPROC, (most_threads, most_threads))

    with tempfile.TemporaryDirectory(prefix="tapestry-course-") as folder:
        output = Path(folder) / "output"
        reader, writer = os.pipe()
        with output.open("wb") as out:
            command = [programs.jail, "--read", programs.answers, "--", programs.answers, *flags,
                       "--answers", str(writer)]
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, env=environment(unit), pass_fds=[writer],
                                       preexec_fn=limits, start_new_session=True)
        os.close(writer)
        try:
            answers, ended = carry(reader, process, seconds, count)
        finally:
            os.close(reader)
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            status = process.wait()
        text = clipped(output.read_text(errors="replace"))
    if ended is None and status == 0 and answers.endswith(b"\ndone\n"):
        return bytes(answers), None, text
    if ended is None:
        ended = ("CRASH", ENDED_EARLY if status == 0 else None)
        if status == -signal.SIGSYS:
            ended = ("CRASH", FORBIDDEN)
        if status == -signal.SIGXFSZ:
            ended = ("CRASH", f"your code printed more than {MOST_OUTPUT >> 20} MB")
    return bytes(answers[:answers.rfind(b"\n") + 1]), ended, text  # a line is whole or not there


def clipped(text, most=1 << 16, widest=1000):
    """Its beginning and its end, in lines of this length at most: patterns that are looked for take longer and longer in more."""
    if len(text) > most:
        text = text[:most // 2] + "\n" + text[-most // 2:]
    return "\n".join(line[:widest] for line in text.split("\n"))


ENDED_EARLY = "the program ended in the middle of the check: is there an exit() in your code?"


FORBIDDEN = ("your code asked the system for what no check needs: to start a process, to send a signal, to trace, "
             "to use the network, or to write or remove a file")


class JudgeFailed(Exception):
    """The judge itself did not come to an end; that is a mistake of the unit, never of a student."""


class JailFailed(Exception):
    """The jail cannot be set up: this machine's mistake, never a student's."""


def carry(reader, process, seconds, count):
    """Reads answers to `count` checks until the program is done or has to be stopped."""
    answers, since, spent = bytearray(), time.monotonic(), 0.0
    latest = since + 10 * seconds * count  # whoever answers byte by byte ends too
    while True:
        ready, _, _ = select.select([reader], [], [], 0.02)
        if ready:
            piece = os.read(reader, 1 << 16)
            if not piece:
                process.wait(timeout=10)
                return answers, None
            answers += piece
            since, spent = time.monotonic(), processor_time(process.pid)
            if len(answers) > MOST_ANSWERS:
                return answers, ("CRASH", f"more than {MOST_ANSWERS >> 20} MB of answers")
        elif process.poll() is not None:
            return answers, None
        # Time of the processor, so that a busy machine makes nobody slow; but who sleeps is stopped too.
        waited = time.monotonic() - since
        if waited > 10 * seconds or time.monotonic() > latest or waited > seconds and processor_time(process.pid) - spent > seconds:
            return answers, ("SLOW", f"stopped after {seconds:g} s; a right solution needs a hundredth of that")


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
