#!/usr/bin/env python3
"""Whether mnist_vae --explain names what is wrong with a run, and is silent about good ones.

usage: explain_test.py PROGRAM [FILTER] [--table]

Eight runs are spoiled by flags or files; a mean for a sum and a dead decoder take code, and are in
tests/vae/training/explainer.test.cpp. --table prints what each was told.
"""
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402
from image_files import npy  # noqa: E402

PROGRAM = str(Path(sys.argv[1]).resolve())
TABLE = "--table" in sys.argv
FILTER = next((a for a in sys.argv[2:] if not a.startswith("--")), "")
folder = Path(tempfile.mkdtemp(prefix="tapestry-explain-"))
env = {k: v for k, v in os.environ.items() if k != "TAPESTRY_DATA"}
SIDE = 16


def run(*flags):
    return subprocess.run([PROGRAM, *map(str, flags)], cwd=folder, env=env, capture_output=True, text=True, timeout=300)


def shapes(count, seed, colour=False):
    """Discs and squares with soft edges, as bytes, and which it is."""
    dice = random.Random(seed)
    images, labels = bytearray(), bytearray()
    for _ in range(count):
        kind = dice.randrange(2)
        cx, cy, radius = dice.uniform(5, 10), dice.uniform(5, 10), dice.uniform(2, 4.5)
        ink = []
        for y in range(SIDE):
            for x in range(SIDE):
                far = math.hypot(x - cx, y - cy) if kind == 0 else max(abs(x - cx), abs(y - cy))
                ink.append(min(1.0, max(0.0, radius - far)))
        for level in ([dice.uniform(0.3, 1) for _ in range(3)] if colour else [1]):
            images += bytes(round(255 * (v * level + (1 - v) * 0.1 if colour else v)) for v in ink)
        labels.append(kind)
    return bytes(images), bytes(labels)


def files():
    grey, kinds = shapes(800, 1)
    (folder / "shapes.npy").write_bytes(npy([800, SIDE, SIDE], grey))
    (folder / "shapes.labels.npy").write_bytes(npy([800], kinds))
    (folder / "colour.npy").write_bytes(npy([500, 3, SIDE, SIDE], shapes(500, 2, True)[0]))
    dice = random.Random(4)
    few = bytes(255 if (v > 127) != (dice.random() < 0.15) else 0 for v in shapes(60, 3)[0])  # a noise of their own to learn by heart
    (folder / "few.npy").write_bytes(npy([60, SIDE, SIDE], few))
    (folder / "classes.npy").write_bytes(npy([400, SIDE, SIDE], bytes(dice.randrange(10) for _ in range(400 * SIDE * SIDE))))
    (folder / "one.npy").write_bytes(npy([400, SIDE, SIDE], grey[:SIDE * SIDE] * 400))


SMALL = ["--hidden", "64", "--latent", "6", "--batch", "20", "--lr", "2e-3", "--epochs", "12", "--threads", "1"]
GOOD = {
    "mlp, coins": ["--data", "shapes.npy", *SMALL],
    "mlp, colour, density": ["--data", "colour.npy", *SMALL],
    "conv": ["--data", "shapes.npy", "--model", "conv", *SMALL[:-4], "--epochs", "6", "--threads", "1"],
    "conditional": ["--data", "shapes.npy", "--model", "conditional", *SMALL],
    "ladder": ["--data", "shapes.npy", "--model", "ladder", "--hidden", "64,32", "--latent", "3", *SMALL[4:]],
    "vq": ["--data", "shapes.npy", "--model", "vq", "--codes", "16", "--latent", "8", *SMALL[4:]],
    "strokes": ["--data", "strokes", "--smoke", *SMALL[:-4], "--epochs", "5", "--threads", "1"],
}
SPOILED = {
    "collapse": ["--data", "shapes.npy", *SMALL, "--beta", "40"],
    "rate too high": ["--data", "shapes.npy", *SMALL, "--lr", "0.05", "--activation", "tanh"],
    "rate too low": ["--data", "shapes.npy", *SMALL, "--lr", "1e-5"],
    "grey pixels with coins": ["--data", "colour.npy", *SMALL, "--decoder", "bernoulli", "--binarize", "none"],
    "labels as pixels": ["--data", "classes.npy", *SMALL, "--epochs", "3"],
    "constant images": ["--data", "one.npy", *SMALL, "--epochs", "3"],
    "over-fitting": ["--data", "few.npy", *SMALL, "--epochs", "150", "--hidden", "200", "--holdout", "0.5"],
    "NaN averted": ["--data", "shapes.npy", *SMALL, "--lr", "1e3"],
}


def once(flags):
    """A flag that is given twice counts the last time."""
    seen = {}
    for flag, value in zip(flags[::2], flags[1::2]) if "--smoke" not in flags else []:
        seen[flag] = value
    return [x for pair in seen.items() for x in pair] if seen else flags


def told(name, flags):
    start = time.time()
    out = name.replace(" ", "_").replace(",", "")
    r = run(*once(flags), "--explain", "--out", out)
    path = folder / out / "findings.json"
    findings = json.loads(path.read_text()) if path.exists() else None
    if TABLE:
        print(f"--- {name}: status {r.returncode}, {time.time() - start:.1f} s")
        print("\n".join(line for line in r.stdout.splitlines()[-14:]), r.stderr)
    return r, findings


def good():
    for name, flags in GOOD.items():
        if FILTER not in name:
            continue
        r, findings = told(name, flags)
        check(f"{name}: a good run gets no warning", r.returncode == 0 and findings == [], f"{findings}\n{r.stdout[-1500:]}{r.stderr}")


def spoiled():
    for name, flags in SPOILED.items():
        if FILTER not in name:
            continue
        r, findings = told(name, flags)
        check(f"{name} is named first", bool(findings) and findings[0]["name"] == name, f"{findings}\n{r.stdout[-1500:]}{r.stderr}")
        check(f"{name} is printed with a way out", f"explain  {name}: " in r.stdout and "try: " in r.stdout, r.stdout)
        check(f"{name}: status", r.returncode == (1 if name == "NaN averted" else 0), r.stderr)


def numbers():
    """What --explain measures and that it changes nothing."""
    flags = ["--data", "shapes.npy", *SMALL[:-4], "--epochs", "2", "--threads", "1"]
    run(*flags, "--out", "plain")
    r = run(*flags, "--explain", "--out", "measured")
    for name in ["model.safetensors", "samples.png"]:
        check(f"{name} is that of a plain run", (folder / "plain" / name).read_bytes() == (folder / "measured" / name).read_bytes())
    check("a plain run has no file of it", not (folder / "plain/explain.jsonl").exists() and not (folder / "plain/findings.json").exists())
    lines = [json.loads(line) for line in (folder / "measured/explain.jsonl").read_text().splitlines()]
    metrics = [json.loads(line) for line in (folder / "measured/metrics.jsonl").read_text().splitlines()]
    check("a line an epoch", [line["epoch"] for line in lines] == [1, 2], str(lines))
    for line, epoch in zip(lines, metrics):
        check("a KL for each latent, whose sum is that of the epoch", len(line["kl"]) == 6 and abs(sum(line["kl"]) - epoch["test_kl"]) < 1e-3 * epoch["test_kl"] + 1e-3,
              f"{line} {epoch}")
        check("shares of the gradient", abs(sum(line["gradient_share"].values()) - 1) < 1e-9 and set(line["gradient_share"]) == {"encoder", "decoder"}, str(line))
        check("the information is below the KL and the log of the images", 0 < line["information"] < min(sum(line["kl"]), line["most_information"]) + 0.3, str(line))
    check("shown below each row", r.stdout.count("active, I(x;z)") == 2, r.stdout)
    run(*flags[:-4], "--epochs", "1", "--threads", "1", "--explain", "--out", "halves")
    run("--resume", "--epochs", "2", "--out", "halves")
    check("resumed, the lines are those of one run", (folder / "halves/explain.jsonl").read_text() == (folder / "measured/explain.jsonl").read_text())
    check("and the model is", (folder / "halves/model.safetensors").read_bytes() == (folder / "plain/model.safetensors").read_bytes())
    before = (folder / "plain/metrics.jsonl").read_bytes()
    r = run("--resume", "--explain", "--out", "plain")
    check("a finished run is explained", r.returncode == 0 and "explain  " in r.stdout and (folder / "plain/metrics.jsonl").read_bytes() == before, r.stdout + r.stderr)
    r = run("--load", "plain", "--explain")
    check("--load says how", r.returncode == 2 and "--resume --explain" in r.stderr, r.stderr)


try:
    files()
    if not FILTER:
        numbers()
    good()
    spoiled()
finally:
    shutil.rmtree(folder)
close()
