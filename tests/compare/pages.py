#!/usr/bin/env python3
"""Writes folders of runs, as mnist_vae would, and their pages; tests what compare.py refuses.   pages.py FOLDER"""
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "support"))
from claims import check, close  # noqa: E402
from image_files import png  # noqa: E402

COMPARE = here.parents[1] / "examples/support/compare/compare.py"
folder = Path(sys.argv[1]).resolve()
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)


def compare(*arguments):
    return subprocess.run([sys.executable, str(COMPARE), *map(str, arguments)], cwd=folder, capture_output=True, text=True)


def write_run(name, epochs=10, end=100.0, explained=True, findings=(), pictures=("samples", "reconstructions"), shade=200, **settings):
    run = folder / name
    run.mkdir(parents=True)
    config = {"data": "mnist", "binarize": "dynamic", "model": "mlp", "hidden": [400], "latent": 20, "decoder": "bernoulli", "beta": 1.0,
              "epochs": epochs, "lr": 0.001, "seed": 1, "active-units": False, **settings}
    (run / "config.json").write_text(json.dumps(config))
    lines, more = "", ""
    for e in range(1, epochs + 1):
        bound = end + 100 * math.exp(-e / 2)
        lines += json.dumps({"epoch": e, "train_neg_elbo": bound - 1, "test_neg_elbo": bound, "test_neg_log_lik": bound - 25, "test_kl": 25.0,
                             "test_active_units": min(20, 2 * e), "seconds": 1.5, "images_per_second": 40000.0}) + "\n"
        more += json.dumps({"epoch": e, "gradient_norm": 10.0 / e, "kl": [1.25] * 20, "active": min(20, 2 * e), "information": 6.0 - 3.0 / e, "most_information": 6.9}) + "\n"
    (run / "metrics.jsonl").write_text(lines + json.dumps({"log_px": -end + 6, "log_px_se": 0.5, "samples": 100, "images": 2000, "ess": 20}) + "\n")
    (run / "summary.json").write_text(json.dumps({"epoch": epochs}))
    if explained:
        (run / "explain.jsonl").write_text(more)
        (run / "findings.json").write_text(json.dumps(list(findings)))
    for k, picture in enumerate(pictures):
        (run / f"{picture}.png").write_bytes(png(60, 90, bytes((shade + 40 * k + x * y) % 256 for y in range(60) for x in range(90))))
    return name


collapse = {"name": "collapse", "evidence": "the KL is 0.02 nats", "advice": "--kl-warmup 5 <b>or</b> a smaller --beta"}
write_run("wide", end=100, hidden=[400])
write_run("narrow", end=110, hidden=[100], lr=0.003, shade=90)
write_run("heavy", end=190, beta=20.0, findings=[collapse], shade=20)
write_run("plain", epochs=3, explained=False, pictures=())
write_run("grey", decoder="gaussian", binarize="none", end=-900)
write_run("<b>&name", end=120, model="</script>x")
write_run("else/wide", end=101, seed=2)
for page, runs in [("three", ["wide", "narrow", "heavy"]), ("other", ["wide", "grey"]), ("odd", ["<b>&name", "wide", "else/wide"]),
                   ("single", ["plain"]), ("eight", ["wide", "narrow", "heavy", "plain", "wide", "narrow", "heavy", "plain"])]:
    r = compare(*runs, "--out", f"{page}.html")
    check(f"{page}.html is written", r.returncode == 0 and f"{page}.html: {len(runs)} run" in r.stdout, r.stdout + r.stderr)


def refused(what, words, *arguments):
    r = compare(*arguments)
    lines = r.stderr.strip().splitlines()
    check(f"refused: {what}", r.returncode == 1 and len(lines) == 1 and words in r.stderr, f"{r.returncode} {r.stdout}{r.stderr}")


refused("a folder that is not there", "compare: nowhere: no such folder", "nowhere")
(folder / "empty").mkdir()
refused("a folder without a run", "config.json is missing", "wide", "empty")
shutil.copytree(folder / "wide", folder / "broken")
(folder / "broken/config.json").write_text("{")
refused("broken settings", "the settings cannot be read", "broken")
shutil.copytree(folder / "wide", folder / "torn")
text = (folder / "torn/metrics.jsonl").read_text()
(folder / "torn/metrics.jsonl").write_text(text[:40] + "\n" + text)
refused("a broken line", "metrics.jsonl:1: no JSON object", "torn")
(folder / "torn/metrics.jsonl").write_text(text[:-3])
check("a last line that is not whole is of a run at work", compare("torn").returncode == 0)
(folder / "torn/metrics.jsonl").write_text("")
refused("no epoch yet", "no epoch is finished", "torn")
refused("too many runs", "9 runs are too many", *["wide"] * 9)
refused("a page that cannot be written", "cannot write there", "wide", "--out", "nowhere/page.html")
close()
