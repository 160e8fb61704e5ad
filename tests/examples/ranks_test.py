"""Several processes train one model: the same bytes, after kills and with other numbers of processes, and clear errors.

usage: ranks_test.py MNIST_VAE [--kills N] [FILTER]
"""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
from check import run, test  # noqa: E402

PROGRAM = sys.argv.pop(1)
KILLS = 2
if "--kills" in sys.argv:
    at = sys.argv.index("--kills")
    KILLS = int(sys.argv[at + 1])
    del sys.argv[at : at + 2]

ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_mpi_yield_when_idle="1", OMP_NUM_THREADS="1")
# 2,000 images in minibatches of 96 leave one of 80; everything that a step depends on is in use.
SETTINGS = ["--data", "strokes", "--smoke", "--hidden", "24", "--latent", "4", "--batch", "96", "--epochs", "3",
            "--kl-warmup", "2", "--clip", "40", "--patience", "2"]


def command(ranks, *flags):
    mpirun = ["mpirun", "--oversubscribe", "-np", str(ranks)] if ranks > 1 else []
    return [*mpirun, PROGRAM, *flags]


def ran(ranks, *flags, limit=120):
    done = subprocess.run(command(ranks, *flags), env=ENVIRONMENT, text=True, capture_output=True, timeout=limit)
    return done.returncode, done.stdout, done.stderr


def trained(out, ranks, *flags):
    shutil.rmtree(out, ignore_errors=True)
    status, said, errors = ran(ranks, *SETTINGS, *flags, "--out", str(out))
    assert status == 0, said + errors
    return (out / "model.safetensors").read_bytes(), said


def bound(said):
    return float(re.search(r"test -ELBO ([\d.]+) nats", said)[1])


def ranks_of(parent):
    """The processes of mnist_vae below mpirun."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = entry.read_text().rsplit(")", 1)
        except OSError:
            continue
        if name.endswith("(mnist_vae") and int(fields.split()[1]) == parent:
            found.append(int(entry.parent.name))
    return sorted(found)


def stopped(out, ranks, sign, wait, *flags):
    """Starts a run, sends one of its processes a signal after the first checkpoint, and waits for the end of all."""
    shutil.rmtree(out, ignore_errors=True)
    job = subprocess.Popen(command(ranks, *SETTINGS, *flags, "--out", str(out)), env=ENVIRONMENT, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.time() + 60
    while not (out / "checkpoint.safetensors").exists() and job.poll() is None:
        assert time.time() < until, "no checkpoint in a minute"
        time.sleep(0.01)
    time.sleep(wait)
    targets = ranks_of(job.pid)
    if targets:
        os.kill(random.choice(targets), sign)
    said, errors = job.communicate(timeout=60)  # nobody may wait for the dead for ever
    return job.returncode, said, errors


@test
def same_bytes(folder):
    """ranks: --exact gives the same model.safetensors for 1, 2, 4 and 8 processes, mlp and conv"""
    for model, counts in (("mlp", (2, 4, 8)), ("conv", (2, 4, 8))):
        one, said = trained(folder / model, 1, "--exact", "--model", model)
        for n in counts:
            more, said_more = trained(folder / f"{model}{n}", n, "--exact", "--model", model)
            assert more == one, f"{model}: {n} processes"
            assert bound(said_more) == bound(said)
            assert f"{n} processes, exact" in said_more, said_more


@test
def fast_mode(folder):
    """ranks: without --exact, 2 and 3 processes end within 0.05 nats of one"""
    one = bound(trained(folder / "one", 1)[1])
    for n in (2, 3):
        more = bound(trained(folder / f"{n}", n)[1])
        assert abs(more - one) < 0.05, (n, more, one)


@test
def killed_and_resumed(folder):
    """ranks: a killed process ends the run with a status, and --resume on another number ends with the same bytes"""
    whole = trained(folder / "whole", 1, "--exact")[0]
    for turn in range(KILLS):
        out = folder / f"killed{turn}"
        status, _, errors = stopped(out, 4, signal.SIGKILL, random.uniform(0, 1), "--exact")
        finished = (out / "summary.json").exists()
        assert status != 0 or finished, errors
        if status == 0:
            continue  # it was over before the signal
        status, said, errors = ran(2, "--resume", "--out", str(out))
        assert status == 0, said + errors
        assert (out / "model.safetensors").read_bytes() == whole, turn


@test
def told_to_stop(folder):
    """ranks: SIGTERM to one of them saves and stops all; going on with two ends with the same bytes"""
    whole = trained(folder / "whole", 1, "--exact")[0]
    out = folder / "stopped"
    status, said, errors = stopped(out, 4, signal.SIGTERM, 0, "--exact")
    assert status == 130 and "interrupted; saved" in said, (status, said, errors)
    status, said, errors = ran(2, "--resume", "--out", str(out))
    assert status == 0, said + errors
    assert (out / "model.safetensors").read_bytes() == whole


@test
def errors_are_said_once(folder):
    """ranks: what is wrong is said in one line by one process, and nobody waits"""
    for ranks, flags, word in (
        (2, ["--data", "strokes", "--lr", "-1"], "--lr"),
        (2, ["--data", "strokes", "--model", "ladder", "--hidden", "24,12"], "statistics of its minibatches"),
        (3, ["--data", "strokes", "--exact"], "1, 2, 4 and 8 processes, not 3"),
    ):
        out = folder / "refused"
        shutil.rmtree(out, ignore_errors=True)
        status, said, errors = ran(ranks, "--out", str(out), *flags)
        lines = [line for line in errors.splitlines() if line.startswith("mnist_vae:")]
        assert status == 2 and len(lines) == 1 and word in lines[0], (status, errors)
    # What one process alone may meet, such as a disk that is not there, is said with its number.
    status, _, errors = ran(2, "--data", "/nowhere", "--out", str(folder / "nothing"))
    assert status == 1 and re.search(r"^\[rank [01]\] .*/nowhere: neither", errors, re.M), (status, errors)


@test
def one_alone_is_refused(folder):
    """ranks: what the first process alone meets, a folder that is in use, ends all of them in one line"""
    out = folder / "used"
    holder = subprocess.Popen([PROGRAM, "--data", "strokes", "--epochs", "100000", "--out", str(out)], env=ENVIRONMENT,
                              stdout=subprocess.DEVNULL)
    try:
        until = time.time() + 60
        while not (out / "checkpoint.safetensors").exists():
            assert time.time() < until, "no checkpoint in a minute"
            time.sleep(0.05)
        status, _, errors = ran(2, "--resume", "--out", str(out), limit=30)
    finally:
        holder.kill()
        holder.wait()
    lines = [line for line in errors.splitlines() if line.startswith("mnist_vae:")]
    assert status in (1, 2) and len(lines) == 1 and "in use by process" in lines[0], (status, errors)


if not shutil.which("mpirun"):
    print("skipped: there is no mpirun here (openmpi-bin)")
    sys.exit(0)
run()
