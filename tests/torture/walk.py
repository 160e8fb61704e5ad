#!/usr/bin/env python3
"""Lets each call of a short training to the system fail, one at a time, and looks at what is left.

usage: walk.py PROGRAM FAULTS [--every K] [--call NAME]... [--run NAME]... [--part I/N] [--verbose]

PROGRAM is mnist_vae, FAULTS the library of faults.cpp. Three runs are walked over: a new one, a resumed one, and a finished
model that is drawn. After each fault: no signal (but for ends_by_signal), no hang, no file that is torn; status 0 only if
everything is there that an undisturbed run leaves; otherwise one line that says why; and the run, called again, ends with the
same bytes.
With --every K only each K-th allocation is tried, and each K/50-th of the other calls. --call and --run choose kinds of calls and
runs (new, resumed, drawn), --part I/N every N-th of the points, from the I-th on: N processes together try all.
"""

import argparse
import errno
import hashlib
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from runs import Place, explanation, results, same_as_always, torn  # noqa: E402

# Kind of call, what it fails with, and whether all later ones fail, too.
KINDS = [("alloc", errno.ENOMEM, False), ("alloc", errno.ENOMEM, True), ("open", errno.EACCES, False), ("open", errno.EMFILE, True),
         ("open", errno.EINTR, False), ("read", errno.EIO, False), ("write", errno.EIO, False), ("write", errno.ENOSPC, False),
         ("write", errno.ENOSPC, True), ("write", errno.EINTR, False), ("fsync", errno.EIO, False), ("fsync", errno.EINTR, False),
         ("rename", errno.EACCES, False), ("thread", errno.EAGAIN, False), ("thread", errno.EAGAIN, True), ("spawn", errno.ENOMEM, False)]


def differing(left, wanted):
    return sorted(k for k in {*left, *wanted} if left.get(k) != wanted.get(k))


def contents(folder):
    """Every byte of a folder, as one number; of none if there is no folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.exists() else []
    return folder.exists(), hashlib.sha256(repr([(p.name, p.read_bytes()) for p in files]).encode()).hexdigest()


class Walk:
    def __init__(self, place, verbose):
        self.place, self.verbose = place, verbose
        self.points = self.absorbed = self.refused = 0
        self.faults = []
        self.proven = set()
        place.serve()
        one, two = place.folder / "one", place.folder / "two"
        for out, epochs in [(one, 1), (two, 2)]:
            done = place.run(*place.flags(out, epochs))
            assert done.returncode == 0, done.stderr
        self.expected = results(two)
        # Name, folder to begin from, flags.
        self.runs = [("new", None, lambda out, threads: place.flags(out, 2, threads)),
                     ("resumed", one, lambda out, threads: ["--resume", "--epochs", 2, "--threads", threads, "--out", out]),
                     ("drawn", two, lambda out, threads: ["--load", out, "--threads", threads])]

    def prepare(self, begin):
        out = self.place.folder / "run"
        shutil.rmtree(out, ignore_errors=True)
        if begin:
            shutil.copytree(begin, out)
        return out

    def count(self, begin, flags, call):
        """How many calls of a kind there are; they are the same each time."""
        report = self.place.folder / "report"
        report.unlink(missing_ok=True)
        done = self.place.run(*flags, call=call, at=0, report=report)
        assert done.returncode == 0, done.stderr
        return int(report.read_text().split()[1])

    def walk(self, every, calls, runs, part):
        for name, begin, flags_of in self.runs:
            if runs and name not in runs:
                continue
            for call, error, all_later in KINDS:
                if calls and call not in calls:
                    continue
                threads = 3 if call == "thread" else 1
                flags = flags_of(self.place.folder / "run", threads)
                self.prepare(begin)
                n = self.count(begin, flags, call)
                step = every if call == "alloc" else max(1, every // 50)
                if all_later and call == "alloc":
                    step *= 3
                tried = range(1 + (step - 1) // 2, n + 1, step) if step > 1 else range(1, n + 1)
                before = len(self.faults)
                tried = tried[part[0] - 1::part[1]]
                for at in tried:
                    self.one(name, begin, flags, threads, call, error, all_later, at)
                print(f"{name:<8} {call:<7} {errno.errorcode[error]:<7} {'from then on' if all_later else 'once':<13} "
                      f"{len(tried):>6} of {n:>6} points, {len(self.faults) - before} broken", flush=True)

    def one(self, name, begin, flags, threads, call, error, all_later, at):
        out, report = self.prepare(begin), self.place.folder / "report"
        report.unlink(missing_ok=True)
        fault = {"call": call, "at": at, "errno": error, "report": report} | ({"all": 1} if all_later else {})
        done = self.place.run(*flags, **fault)
        if done.returncode is None:  # a machine that was busy, or a hang: that comes again
            self.prepare(begin), report.unlink(missing_ok=True)
            done = self.place.run(*flags, **fault)
        who = report.read_text().split("\n")[0].removeprefix("failed ") if report.exists() else "nobody"
        ours = Path(who).resolve() == Path(self.place.program)
        wrong = []
        if done.returncode is None:
            wrong.append("it hangs")
        elif done.returncode < 0 and not self.ends_by_signal(who, done):
            wrong.append(f"signal {-done.returncode}")
        wrong += torn(out)
        if done.returncode == 0:
            self.absorbed += 1
            left = results(out)
            if not same_as_always(done, left, self.expected):
                wrong.append(f"status 0, but not the same: {differing(left, self.expected)}")
        else:
            self.refused += 1
            lines = explanation(done)
            if ours and len(lines) != 1:
                wrong.append(f"{len(lines)} lines of explanation")
            if not lines and done.returncode and done.returncode > 0:
                wrong.append("no word of explanation")
        # Many faults leave a folder of the same bytes: what follows from it is seen once.
        found = (name, threads, contents(out))
        if found not in self.proven:
            wrong += self.called_again(name, flags, threads, out)
            if not wrong:
                self.proven.add(found)
        self.points += 1
        if wrong:
            self.faults.append((name, call, at))
        if wrong or self.verbose:
            print(f"{'BROKEN' if wrong else 'ok'} {name}: {call} {at} {errno.errorcode[error]}{' and all later' if all_later else ''}, asked by {who}: "
                  f"{'; '.join(wrong)}\n    status {done.returncode}: {done.stderr.strip()}", flush=True)

    @staticmethod
    def ends_by_signal(who, done):
        """Who may end a process by a signal: the C library, which says so first; OpenBLAS, whose AVX-512 kernels for small products
        use the memory that they asked for without a look at it. What is on the disk has to be whole all the same."""
        return "Fatal glibc error" in done.stderr or (done.returncode == -signal.SIGSEGV and "libopenblas" in Path(who).name)

    def called_again(self, name, flags, threads, out):
        """What is wrong with the run that follows a fault."""
        if name != "drawn":
            flags = [*self.place.flags(out, 2, threads), *(["--resume"] if out.exists() else [])]
        again = self.place.run(*flags)
        if again.returncode != 0:
            return [f"called again it ends with {again.returncode}: {again.stderr.strip()}"]
        if results(out) != self.expected:
            return [f"called again it is not the same: {differing(results(out), self.expected)}"]
        return []


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("faults")
    arguments.add_argument("--every", type=int, default=1, metavar="K")
    arguments.add_argument("--call", action="append", default=[])
    arguments.add_argument("--run", action="append", default=[], metavar="NAME")
    arguments.add_argument("--part", default="1/1", metavar="I/N")
    arguments.add_argument("--verbose", action="store_true")
    a = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="tapestry torture ") as folder:
        walk = Walk(Place(folder, a.program, a.faults), a.verbose)
        walk.walk(a.every, a.call, a.run, [int(n) for n in a.part.split("/")])
        print(f"{walk.points} faults: {walk.absorbed} made no difference, {walk.refused} ended the run")
        print(f"{walk.points - len(walk.faults)} passed, {len(walk.faults)} failed")
        sys.exit(1 if walk.faults else 0)


main()
