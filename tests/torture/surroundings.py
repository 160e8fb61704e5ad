#!/usr/bin/env python3
"""Trains where the machine does not help: full disks, folders that go, signals, closed output, strange names, other data.

usage: surroundings.py PROGRAM FAULTS     PROGRAM is mnist_vae, FAULTS the library of faults.cpp
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402
from runs import Place, explanation, results, same_as_always, torn, write_data  # noqa: E402

LONG = 2000  # epochs of a run that is stopped by something


def one_line(what, done, status, *parts):
    """It ended with the status, and one line that has all the parts."""
    lines = explanation(done)
    check(what, done.returncode == status and len(lines) == 1 and all(p in done.stderr for p in parts),
          f"  status {done.returncode}, wanted {status} and {parts}\n{done.stderr}{(done.stdout or '')[-300:]}")


def start(place, *flags, before=None):
    """The program once it has trained an epoch."""
    process = subprocess.Popen([place.program, *map(str, flags)], cwd=place.folder, env=place.env, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=before)
    for line in process.stdout:
        if re.match(r" *\d+/\d+ ", line):
            break
    return process


def ended(process):
    out, err = process.communicate(timeout=30)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def whole(place):
    """The results of an undisturbed run of 2 epochs."""
    if not (place.folder / "whole").exists():
        assert place.run(*place.flags("whole")).returncode == 0
    return results(place.folder / "whole")


def signals(place):
    for number, name in [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]:
        process = start(place, *place.flags(name, LONG))
        process.send_signal(number)
        done = ended(process)
        check(f"{name} saves, says how to go on, and ends with 130", done.returncode == 130 and f"--resume --out {name}" in done.stdout,
              f"{done.returncode} {done.stdout[-300:]}{done.stderr}")
        check(f"{name}: the files are whole", not torn(place.folder / name), str(torn(place.folder / name)))
        again = start(place, "--resume", "--out", name, "--epochs", LONG)
        again.send_signal(signal.SIGTERM)
        check(f"{name}: it goes on", ended(again).returncode == 130)
    process = start(place, *place.flags("nohup", LONG), before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    check("under nohup SIGHUP changes nothing", process.poll() is None)
    process.kill()
    ended(process)


def outputs(place):
    """Training is worth more than what it prints: without an output it goes on, and the files are all there."""
    def closed(*streams):
        return lambda: [os.close(s) for s in streams]
    for what, streams in [("stdout", [1]), ("stderr", [2]), ("all streams", [0, 1, 2])]:
        out = place.folder / "run"
        shutil.rmtree(out, ignore_errors=True)
        process = subprocess.Popen([place.program, *place.flags("run")], cwd=place.folder, env=place.env, preexec_fn=closed(*streams))
        process.wait(timeout=30)
        check(f"with {what} closed every file is as always", results(out) == whole(place), f"status {process.returncode}")
    shutil.rmtree(place.folder / "run")
    with open("/dev/full", "w") as full:
        done = subprocess.run([place.program, *place.flags("run")], cwd=place.folder, env=place.env, stdout=full, stderr=subprocess.PIPE, text=True)
    check("with a full output every file is as always", results(place.folder / "run") == whole(place))
    one_line("and the status says that its words are lost", done, 1, "standard output", "files are complete")
    shutil.rmtree(place.folder / "run")
    process = subprocess.Popen([place.program, *place.flags("run", LONG)], cwd=place.folder, env=place.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=30)
    check("a reader that goes away ends it (SIGPIPE)", process.returncode == -signal.SIGPIPE, str(process.returncode))
    check("and leaves whole files", not torn(place.folder / "run"))
    done = place.run(*place.flags("run", 2), "--resume")
    check("that can be resumed", done.returncode in (0, 2) and not torn(place.folder / "run"), done.stderr)


def names(place):
    for name in ["with spaces", "数字 ж ñ", "quote's \"and\" $dollar", "-dash", "new\nline", "percent %s {} {0}"]:
        done = place.run(*place.flags("x/" + name))
        check(f"a folder called {name!r}", done.returncode == 0 and results(place.folder / "x" / name) == whole(place), done.stderr)
        shutil.copytree(place.folder / "tiny", place.folder / name)
        flags = place.flags("y/" + name)
        flags[flags.index("tiny")] = name if not name.startswith("-") else "./" + name
        done = place.run(*flags)
        left, wanted = results(place.folder / "y" / name), dict(whole(place))
        for other in ("config.json", "summary.json"):  # they name the data
            left.pop(other), wanted.pop(other)
        check(f"data called {name!r}", done.returncode == 0 and left == wanted, done.stderr)


def folders(place):
    process = start(place, *place.flags("going", LONG))
    os.rename(place.folder / "going", place.folder / "gone")
    done = ended(process)
    one_line("a folder that goes away", done, 1, "going/", "No such file or directory")
    process = start(place, *place.flags("shared", LONG))
    one_line("two runs in one folder", place.run("--resume", "--out", "shared", "--epochs", 3000), 2, f"in use by process {process.pid}")
    process.kill()
    ended(process)
    (place.folder / "file").write_text("")
    one_line("a folder that is a file", place.run(*place.flags("file")), 2, "--out file", "cannot write")
    (place.folder / "loop").symlink_to("loop")
    one_line("a link to itself", place.run(*place.flags("loop/x")), 2, "--out loop/x")


def disks(place):
    """A small disk that fills, and one that cannot be written: mounted where only this test sees it."""
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    if probe.returncode != 0:
        print("skipped: no folder can be mounted here (unshare -rm)")
        return
    for size in (8, 16, 24, 40):  # kB: not even the settings; the log; the weights; half of the pictures
        out = place.folder / f"disk{size}"
        out.mkdir()
        script = f"""mount -t tmpfs -o size={size}k tmpfs "$1" && shift && "$@"; status=$?
            cp -a {out.name} kept{size}; mount -o remount,size=4m {out.name}
            "$PROGRAM" --resume --data tiny --hidden 5 --latent 2 --batch 10 --epochs 2 --threads 1 --out {out.name} >second 2>&1 || status=second
            cp -a {out.name} after{size}; echo $status >status"""
        done = subprocess.run(["unshare", "-rm", "bash", "-c", script, "-", out.name, place.program, *place.flags(out.name)], cwd=place.folder,
                              env={**place.env, "PROGRAM": place.program}, capture_output=True, text=True, timeout=60)
        status = (place.folder / "status").read_text().strip()
        left = place.folder / f"kept{size}"
        check(f"a disk of {size} kB: status not 0, whole files", status in ("1", "2") and not torn(left),
              f"status {status}, {torn(left)}\n{done.stdout[-300:]}{done.stderr}{(place.folder / 'second').read_text()}")
        lines = explanation(done)
        check(f"a disk of {size} kB: one line says so", len(lines) == 1 and ("No space left" in lines[0] or "cannot write" in lines[0]), done.stderr)
        check(f"a disk of {size} kB: with more room it goes on", results(place.folder / f"after{size}") == whole(place),
              (place.folder / "second").read_text())
    (place.folder / "locked").mkdir()
    script = 'mount -t tmpfs tmpfs locked && mount -o remount,ro locked && "$@"'
    done = subprocess.run(["unshare", "-rm", "bash", "-c", script, "-", place.program, *place.flags("locked")], cwd=place.folder, env=place.env,
                          capture_output=True, text=True, timeout=60)
    one_line("a folder that cannot be written", done, 2, "--out locked", "cannot write")


def limits(place):
    """Under a limit of the system a run ends as always, or in one line."""
    def limited(kind, most):
        return lambda: resource.setrlimit(kind, (most, most))
    megabyte = 1 << 20
    for what, kind, most in [("open files", resource.RLIMIT_NOFILE, 4), ("open files", resource.RLIMIT_NOFILE, 6), ("the size of a file", resource.RLIMIT_FSIZE, 500),
                             ("the size of a file", resource.RLIMIT_FSIZE, 4000), ("memory", resource.RLIMIT_AS, 100 * megabyte),
                             ("memory", resource.RLIMIT_AS, 280 * megabyte), ("memory", resource.RLIMIT_AS, 330 * megabyte), ("memory", resource.RLIMIT_AS, 400 * megabyte)]:
        out = place.folder / "run"
        shutil.rmtree(out, ignore_errors=True)
        process = subprocess.Popen([place.program, *place.flags("run")], cwd=place.folder, env=place.env, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, preexec_fn=limited(kind, most))
        done = ended(process)
        as_always = done.returncode == 0 and same_as_always(done, results(out), whole(place))
        refused = done.returncode > 0 and len(explanation(done)) == 1 and not torn(out)
        check(f"a limit of {most} on {what}", as_always or refused, f"{done.returncode} {done.stdout[-200:]}{done.stderr}")


def data(place):
    write_data(place.folder / "tiny2", seed=4)
    process = start(place, *place.flags("data", LONG))
    os.replace(place.folder / "tiny2/train-images-idx3-ubyte", place.folder / "tiny/train-images-idx3-ubyte")
    time.sleep(0.05)
    check("data that are replaced do not disturb a run", process.poll() is None)
    process.send_signal(signal.SIGTERM)
    ended(process)
    one_line("but it is not resumed with them", place.run("--resume", "--out", "data", "--epochs", LONG), 1, "checkpoint.safetensors",
             "began with other data")
    shutil.rmtree(place.folder / "tiny")
    one_line("data that are gone", place.run("--resume", "--out", "data", "--epochs", LONG), 1, "tiny")
    write_data(place.folder / "tiny")
    process = start(place, "--resume", "--out", "data", "--epochs", LONG)
    process.send_signal(signal.SIGTERM)
    check("with its own data it goes on", ended(process).returncode == 130)


def clock(place):
    done = place.run(*place.flags("clock"), clock=86400 * 365, call="none", at=0)
    check("a calendar that is set back a year", done.returncode == 0 and results(place.folder / "clock") == whole(place), done.stderr)
    text = (place.folder / "clock/metrics.jsonl").read_text()
    check("and no epoch took less than no time", '"seconds":-' not in text, text)


with tempfile.TemporaryDirectory(prefix="tapestry surroundings ") as scratch:
    here = Place(scratch, sys.argv[1], sys.argv[2])
    for part in [signals, outputs, names, folders, disks, limits, data, clock]:
        part(here)
close()
