#!/usr/bin/env python3
"""Kills two trainings with SIGKILL at random moments, resumes them each time, and compares with runs that nobody touched.

usage: kills.py PROGRAM RIVALS FAULTS [--kills N] [--seed S]

PROGRAM is mnist_vae, which trains a convolutional VAE; RIVALS trains with two optimizers. Half of the kills come after a random
time, half at a random write, fsync or rename (the library FAULTS sees to it). N kills for each program.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402
from runs import Place, results, torn  # noqa: E402

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("program")
arguments.add_argument("rivals")
arguments.add_argument("faults")
arguments.add_argument("--kills", type=int, default=100)
arguments.add_argument("--seed", type=int, default=1)
a = arguments.parse_args()
dice = random.Random(a.seed)
RIVALS = str(Path(a.rivals).resolve())


def conv(place, out):
    flags = ["--resume"] if (place.folder / out / "config.json").exists() else \
        ["--data", "tiny", "--model", "conv", "--hidden", "8", "--latent", "2", "--batch", "5", "--epochs", "6", "--threads", "1"]
    return [place.program, *flags, "--out", out]


def two_players(place, out):
    (place.folder / out).mkdir(exist_ok=True)
    return [RIVALS, out, "8"]


def undisturbed(place, command):
    """How long it takes and what it leaves."""
    began = time.time()
    done = subprocess.run(command(place, "whole"), cwd=place.folder, env=place.env, capture_output=True, text=True, timeout=120)
    check("an undisturbed run ends well", done.returncode == 0, done.stderr)
    return time.time() - began, results(place.folder / "whole")


def killed(place, command, kills):
    """Runs that are killed until each has ended by itself; as many kills as asked for."""
    seconds, expected = undisturbed(place, command)
    done = rounds = 0
    while done < kills:
        out, rounds = place.folder / "run", rounds + 1
        shutil.rmtree(out, ignore_errors=True)
        while True:
            env = dict(place.env)
            fault = dice.random() < 0.5 and done < kills
            if fault:
                env |= {"LD_PRELOAD": place.faults, "TORTURE_CALL": dice.choice(["write", "fsync", "rename", "open"]),
                        "TORTURE_AT": str(dice.randint(1, 40)), "TORTURE_KILL": "1"}
            process = subprocess.Popen(command(place, "run"), cwd=place.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                wait = None if done >= kills else 60 if fault else seconds * dice.uniform(0.05, 1.1)
                errors = process.communicate(timeout=wait)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                errors = process.communicate()[1]
            if process.returncode == 0:
                break
            if process.returncode != -9:
                check("a run ends well or is killed", False, f"status {process.returncode}: {errors}")
                return done
            done += 1
            bad = torn(out)
            check("a killed run leaves whole files", not bad, str(bad))
        left = results(out)
        check("what was killed and resumed ends with the same bytes", left == expected,
              str(sorted(k for k in {*left, *expected} if left.get(k) != expected.get(k))))
    print(f"{done} kills in {rounds} runs of {Path(command(place, 'whole')[0]).name}", flush=True)
    return done


for command in (two_players, conv):
    with tempfile.TemporaryDirectory(prefix="tapestry kills ") as folder:
        killed(Place(folder, a.program, a.faults), command, a.kills)
close()
