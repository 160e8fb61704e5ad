"""Tests bench's command line and what it leaves behind, with settings so small that no clock matters.

The program is $TAPESTRY_BENCH; without arguments all tests run, with a word those whose name holds it.
"""

import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
from check import run, test

BENCH = os.environ["TAPESTRY_BENCH"]
COMMANDS = ["steps", "tape", "health", "ops", "compare", "busy", "run", "check", "list"]
QUICK = ["--threads", "1", "--rounds", "1", "--seconds", "0.001"]


def bench(*arguments, **environment):
    return subprocess.run(
        [BENCH, *map(str, arguments)], text=True, capture_output=True, env={**os.environ, **environment}, timeout=200
    )


def refused(status, words, *arguments):
    """One line on standard error, and nothing has been measured."""
    done = bench(*arguments)
    assert done.returncode == status, done
    assert done.stderr.startswith("bench: ") and done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr, done.stderr
    assert not done.stdout, done.stdout


@test
def help_fits_a_terminal(folder):
    """every command explains itself within 100 columns"""
    for command in ([], *([name] for name in COMMANDS)):
        done = bench(*command, "--help")
        assert done.returncode == 0 and done.stdout, done
        wide = [line for line in done.stdout.splitlines() if len(line) > 100]
        assert not wide, (command, wide)
    listed = bench("--help").stdout
    assert all(f"  {name} " in listed for name in COMMANDS), listed


@test
def wrong_arguments(folder):
    """wrong arguments are refused before anything is measured"""
    refused(2, "subcommand is required")
    refused(2, "--threads", "steps", "--threads", "0")
    refused(2, "--competitors", "busy", "--competitors", "1,0")
    refused(2, "--rounds", "busy", "--rounds", "none")
    refused(1, "there is no case vea; bench list shows them", "steps", "vea")


@test
def doubtful_environment(folder):
    """a setting that chooses OpenBLAS's kernels is told"""
    done = bench("steps", "--fresh", "depth-2", *QUICK, OPENBLAS_CORETYPE="Haswell")
    assert done.returncode == 0, done
    assert "note: OPENBLAS_CORETYPE=Haswell " in done.stdout, done.stdout
    assert "OpenBLAS, Haswell" in done.stdout, done.stdout


@test
def busy_without_peers(folder):
    """busy compares each contestant with itself and leaves no process behind"""
    output = folder / "busy.json"
    done = bench("busy", "--fresh", "depth-2", *QUICK, "--python", "/no/python", "--json", output)
    assert done.returncode == 0, done
    assert "left out: pytorch.py eager" in done.stdout, done.stdout
    table = [line for line in done.stdout.splitlines() if line.startswith(("contestant ", "Tapestry "))]
    assert len(table) == 2 and max(map(len, table)) <= 100, table
    row = table[1].split()
    assert row[:3] == ["Tapestry", "depth-2", "1"] and len(row) == 8, row
    assert '"competitors": 2' in output.read_text()


def write_data(folder):
    """A folder of grey noise in MNIST's format."""
    data = folder / "noise"
    data.mkdir()
    for part, count in (("train", 256), ("t10k", 48)):
        images = struct.pack(">4i", 0x803, count, 28, 28) + os.urandom(count * 784)
        (data / f"{part}-images-idx3-ubyte").write_bytes(images)
        labels = struct.pack(">2i", 0x801, count) + bytes(range(10)) * (count // 10) + bytes(count % 10)
        (data / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    return data


@test
def run_without_peers(folder):
    """run names what is missing, and tells of the rest what it took and where it came to"""
    refused(1, "it is in no known place", "run", "--data", folder / "nothing")
    settings = ["--threads", 1, "--rounds", 2, "--seconds", 0.001, "--epochs", 2, "--log-px", 3]
    places = ["--data", write_data(folder), "--out", folder / "runs", "--python", "/no/python"]
    done = bench("run", *settings, *places, "--json", folder / "run.json")
    assert done.returncode == 0, done
    for job in ("PyTorch eager", "PyTorch compile", "PyTorch DataLoader", "JAX jit"):
        assert done.stdout.count(f"left out: {job} (/no/python: No such file or directory)\n") == 1, done.stdout
    lines = done.stdout.splitlines()
    ours = next(line for line in lines if line.startswith("Tapestry "))
    assert len(ours) <= 100 and ours.split()[2] == "1.00", ours
    wall, _, processor, memory, first, neg_elbo, log_px = map(float, ours.split()[1:])
    assert 0 < first < wall and processor > 0 and memory > 10 and log_px > -neg_elbo, ours
    assert any(line.startswith("2 x 2 x floor ") for line in lines), done.stdout
    jobs = {result["job"]: result for result in json.loads((folder / "run.json").read_text())["results"]}
    assert len(jobs["Tapestry"]["wall_s"]) == len(jobs["2 x 2 x floor"]["wall_s"]) == 2, jobs
    assert (folder / "runs/tapestry/model.safetensors").exists()


def children(process):
    pids = map(int, pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split())
    return [pid for pid in pids if alive(pid)]


def alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited a minute in vain")


def end_with_it(how, count, *arguments):
    """bench starts so many programs, is ended in that way, and they are gone."""
    process = subprocess.Popen([BENCH, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: len(children(process.pid)) == count)
        started = children(process.pid)
        process.send_signal(how)
        process.wait(60)
    finally:
        process.kill()
    wait_until(lambda: not any(map(alive, started)))


@test
def nothing_is_left(folder):
    """what bench has started ends with it, however it ends"""
    data = write_data(folder)
    quick = ["--threads", 1, "--rounds", 1000000, "--seconds", 0.5, "--python", "/no/python"]
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        # A peer that does not start is a process for a moment; competitors come in pairs.
        end_with_it(how, 2, "busy", "--fresh", "depth-2", "--competitors", 2, *quick)
        end_with_it(how, 1, "run", "--data", data, "--out", folder / "runs", "--epochs", 100000, *quick)


run()
