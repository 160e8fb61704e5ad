#!/usr/bin/env python3
"""Runs the mnist_vae program the way people do, and the way they get it wrong.

usage: mnist_vae_test.py PROGRAM [--table]

--table prints what each bad input was answered with. Needs no data: it trains on strokes.
"""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402

PROGRAM = str(Path(sys.argv[1]).resolve())
TABLE = "--table" in sys.argv
SMALL = ["--data", "strokes", "--smoke", "--hidden", "32", "--latent", "4", "--threads", "1"]
PNG = b"\x89PNG\r\n\x1a\n"

folder = Path(tempfile.mkdtemp(prefix="tapestry-mnist-vae-"))
env = {k: v for k, v in os.environ.items() if k != "TAPESTRY_DATA"}


def run(*flags, **extra):
    return subprocess.run([PROGRAM, *map(str, flags)], cwd=folder, env={**env, **extra.pop("env", {})},
                          capture_output=True, text=True, timeout=120, **extra)


def refused(what, status, parts, *flags, env=None):
    """The call ends with the status and one line on standard error that has all the parts."""
    r = run(*flags, env=env or {})
    lines = r.stderr.strip().splitlines()
    good = r.returncode == status and len(lines) >= 1 and all(p in r.stderr for p in parts) and (status == 1 or len(lines) == 1)
    check(what, good, f"  status {r.returncode}, wanted {status} and {parts}\n{r.stderr}{r.stdout[-500:]}")
    if TABLE:
        print(f"{' '.join(map(str, flags)):<60} -> {r.returncode}  {r.stderr.strip()}".replace(str(folder), "."))


def bad_flags():
    refused("unknown flag", 2, ["--epoch"], "--epoch", "3")
    refused("a flag without its value", 2, ["--lr"], "--lr")
    refused("almost a flag", 2, ["--latnet", "did you mean --latent?"], "--latnet", "2")
    refused("no whole number", 2, ["--epochs many", "must be a whole number"], "--epochs", "many")
    refused("no number", 2, ["--lr abc", "must be a number"], "--lr", "abc")
    refused("a width that is missing", 2, ["--hidden 400,,200", "whole numbers"], "--hidden", "400,,200")
    for decoder in ["gaussian", "cbernoulli"]:
        refused(f"{decoder} on coins", 2, [f"--decoder {decoder} --binarize dynamic", "no upper limit"], "--decoder", decoder,
                "--binarize", "dynamic")
    refused("a fraction of an epoch", 2, ["--epochs"], "--epochs", "1.5")
    for flag in ["epochs", "batch", "hidden", "latent", "samples", "threads"]:
        refused(f"{flag} 0", 2, [f"--{flag} 0", "at least 1"], f"--{flag}", "0")
        refused(f"{flag} -3", 2, [f"--{flag} -3", "at least 1"], f"--{flag}=-3")
    refused("a hidden width among others", 2, ["--hidden 0", "at least 1"], "--hidden", "400,0")
    for value in ["0", "-1", "nan", "inf"]:
        refused(f"lr {value}", 2, ["--lr", "finite number above 0"], f"--lr={value}")
    for value in ["-0.5", "nan", "inf"]:
        refused(f"beta {value}", 2, ["--beta", "finite number, 0 or more"], f"--beta={value}")
    for flag in ["binarize", "model", "activation", "decoder", "estimator", "optimizer", "schedule"]:
        refused(f"{flag} nonsense", 2, [f"--{flag} nonsense", "must be one of"], f"--{flag}", "nonsense")
    refused("load and resume", 2, ["cannot be combined"], "--load", "x", "--resume")
    refused("load of nothing", 2, ["--load", "no finished run"], "--load", "nowhere")
    refused("resume of a missing folder", 2, ["--resume", "no folder"], "--resume", "--out", "missing")
    refused("settings file missing", 2, ["settings.json", "cannot read"], "--config", "settings.json")
    (folder / "broken.json").write_text("{\"lr\": ")
    refused("settings file broken", 2, ["broken.json", "no valid settings"], "--config", "broken.json")
    (folder / "typo.json").write_text('{"learning-rate": 1}')
    refused("unknown setting", 2, ["typo.json", "learning-rate"], "--config", "typo.json")
    (folder / "type.json").write_text('{"epochs": "ten"}')
    refused("setting of a wrong type", 2, ["type.json", "epochs must be a whole number"], "--config", "type.json")
    (folder / "plain_file").write_text("")
    refused("out below a file", 2, ["--out", "cannot write"], "--out", "plain_file/run")
    hostile = [("epochs", 4294967297, "epochs must be a whole number"), ("epochs", 1e300, "must be a whole number"),
               ("seed", -1, "seed must be a whole number from 0"), ("hidden", [1.5, 1e30], "hidden must be a whole number"),
               ("hidden", 5, "hidden"), ("latent", 2**63, "latent must be a whole number"), ("lr", "a" * 5000, "lr must be a number"),
               ("threads", 100000, "--threads 100000: must be at most"), ("data", [1], "data")]
    for name, value, message in hostile:
        (folder / "hostile.json").write_text(json.dumps({name: value}))
        refused(f"hostile {name}", 2, [message], "--config", "hostile.json", "--out", "hostile")
    for name in ["epochs", "hidden", "data", "unknown"]:
        (folder / "deep.json").write_text('{"%s":%s}' % (name, "[" * 300000 + "]" * 300000))
        refused(f"deep {name}", 2, ["deep.json", "nested"], "--config", "deep.json", "--out", "hostile")
    refused("threads without end", 2, ["--threads 100000: must be at most"], "--threads", "100000")
    refused("epochs of 33 bits", 2, ["--epochs"], "--epochs", "4294967297")
    refused("a seed below 0", 2, ["--seed"], "--seed=-1")
    (folder / "config_folder").mkdir()
    refused("settings that are a folder", 2, ["config_folder", "not a regular file"], "--config", "config_folder")
    refused("a name of 300 letters", 2, ["--out", "name too long"], "--out", "n" * 300)
    refused("a folder of 300 letters to load", 2, ["--load", "no finished run"], "--load", "n" * 300)
    for flags in [["--latent", "4000000000"], ["--samples", "2000000000"]]:
        refused("more than the memory", 1, ["no memory", "--batch"], "--smoke", "--data", "strokes", "--hidden", "8", *flags, "--out", f"huge{flags[1]}")
    refused("data not found by name", 1, ["mnist"], "--data", "mnist", "--out", "d1", env={"HOME": "/nonexistent"})
    refused("data folder missing", 1, ["no/such/folder"], "--data", "no/such/folder", "--out", "d2")


def idx(shape, payload, code=8):
    return struct.pack(">BBBB", 0, 0, code, len(shape)) + b"".join(struct.pack(">I", n) for n in shape) + payload


def bad_files():
    names = {"train-images-idx3-ubyte": idx([3, 28, 28], bytes(3 * 784)), "train-labels-idx1-ubyte": idx([3], bytes([1, 2, 3])),
             "t10k-images-idx3-ubyte": idx([2, 28, 28], bytes(2 * 784)), "t10k-labels-idx1-ubyte": idx([2], bytes([4, 5]))}
    images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
    good = names[images]
    faults = [("missing", images, None), ("empty", images, b""), ("truncated in the header", images, good[:9]),
              ("truncated in the data", images, good[:-100]), ("wrong magic", images, b"\x12" + good[1:]),
              ("wrong type code", images, idx([3, 28, 28], bytes(3 * 784), code=0x0D)),
              ("sizes that overflow", images, idx([0xFFFFFFFF] * 3, bytes(10))),
              ("trailing bytes", images, good + b"x"), ("labels of another count", labels, idx([2], bytes([1, 2]))),
              ("a label that is no class", labels, idx([3], bytes([1, 2, 11]))), ("labels missing", labels, None)]
    for what, name, content in faults:
        d = folder / "bad_data"
        shutil.rmtree(d, ignore_errors=True)
        d.mkdir()
        for n, c in names.items():
            (d / n).write_bytes(c)
        if content is None:
            (d / name).unlink()
        else:
            (d / name).write_bytes(content)
        if TABLE:
            print(f"[{what}]", end=" ")
        refused(f"data: {what}", 1, [name], "--data", "bad_data", "--out", f"bad_run_{len(what)}")


def metrics(out):
    return [json.loads(line) for line in (folder / out / "metrics.jsonl").read_text().splitlines()]


def smoke():
    start = time.time()
    r = run("--smoke", "--data", "strokes", "--log-px", "5", "--threads", "2")
    check("smoke ends well", r.returncode == 0, r.stderr)
    out = Path("runs/mnist_vae_smoke")
    print(f"smoke: {time.time() - start:.1f} s")
    for name in ["config.json", "metrics.jsonl", "model.safetensors", "checkpoint.safetensors"]:
        check(f"smoke makes {name}", (folder / out / name).exists())
    for name in ["reconstructions.png", "samples.png", "interpolations.png"]:
        check(f"smoke makes {name}", (folder / out / name).read_bytes().startswith(PNG))
    check("curves.png, or a line that says why not", (folder / out / "curves.png").exists() or "gnuplot" in r.stdout, r.stdout)
    check("no manifold with 20 latents", not (folder / out / "manifold.png").exists())
    epoch, evidence = metrics(out)
    for key in ["epoch", "train_neg_elbo", "test_neg_elbo", "test_neg_log_lik", "test_kl", "test_active_units", "seconds", "images_per_second"]:
        check(f"metrics have {key}", key in epoch)
    check("the bound is the sum of its parts", abs(epoch["test_neg_elbo"] - epoch["test_neg_log_lik"] - epoch["test_kl"]) < 1e-9)
    check("log p(x) is above the bound", -epoch["test_neg_elbo"] < evidence["log_px"] < 0, str(evidence))
    check("log p(x) line", evidence["samples"] == 5 and evidence["images"] == 2000 and evidence["log_px_se"] > 0, str(evidence))
    check("the data rule stands beside the number", "nats/image" in r.stdout and "Bernoulli(grey)" in r.stdout, r.stdout)
    r = run("--smoke", "--data", "strokes", "--binarize", "none", "--latent", "2", "--hidden", "16")
    check("grey pixels are no bound, and it says so", "no bound on log p(x)" in r.stdout, r.stdout)
    check("a manifold with 2 latents", (folder / out / "manifold.png").exists())
    check("few effective samples are named", "too few" in run("--load", out, "--log-px", "2").stdout)
    for decoder in ["gaussian", "cbernoulli"]:
        r = run(*SMALL, "--epochs", "3", "--kl-warmup", "6", "--decoder", decoder, "--out", decoder)
        kept = json.loads((folder / decoder / "config.json").read_text())
        check(f"{decoder}: grey pixels unless asked otherwise, and it says so",
              kept["binarize"] == "none" and "--binarize none" in r.stdout, r.stdout + r.stderr)
        check("a warm-up that does not end is named", "6 epochs" in r.stdout and "0.5 of --beta" in r.stdout, r.stdout)
        wide = [line for line in r.stdout.splitlines() if len(line) > 80 and not line.startswith("run ")]
        check("lines fit a terminal", not wide, str(wide))
    r = run(*SMALL, "--epochs", "12", "--lr", "0.05", "--batch", "8", "--active-units", "--out", "restless")
    check("latents in use are shown and kept", f"  {metrics('restless')[-1]['test_active_units']} active\n" in r.stdout, r.stdout)
    bounds = [m["test_neg_elbo"] for m in metrics("restless")]
    best = min(range(len(bounds)), key=bounds.__getitem__) + 1
    check("the run is restless enough to have a best epoch before the last", best < len(bounds), str(bounds))
    check("the best model is named and kept", f"after epoch {best}, in best.safetensors" in r.stdout
          and (folder / "restless/best.safetensors").exists(), r.stdout)
    r = run("--smoke")
    check("without MNIST it says so and takes strokes", r.returncode == 0 and "training on strokes" in r.stdout, r.stdout + r.stderr)


def tiny_data():
    """A folder of 60 + 24 images with labels: stripes whose place is the label, and noise."""
    dice = random.Random(3)
    (folder / "tiny").mkdir()
    for name, count in [("train", 60), ("t10k", 24)]:
        pixels = bytes(255 if (column // 3 == i % 10) != (dice.random() < 0.1) else 0 for i in range(count) for _ in range(28) for column in range(28))
        (folder / f"tiny/{name}-images-idx3-ubyte").write_bytes(idx([count, 28, 28], pixels))
        (folder / f"tiny/{name}-labels-idx1-ubyte").write_bytes(idx([count], bytes(i % 10 for i in range(count))))
    (folder / "unlabelled").mkdir()
    (folder / "unlabelled/frey-images-idx3-ubyte").write_bytes(idx([1965, 28, 20], bytes(1965 * 560)))


def every_model():
    """What --model offers: numbers, pictures, log p(x), resume to the same bytes, and flags that mean nothing."""
    tiny_data()
    for model, sheet, sizes in [("conditional", "styles", ["--hidden", "16"]), ("ladder", "layers", ["--hidden", "24,16", "--latent", "2"]),
                                ("vq", "codes", ["--codes", "8", "--latent", "4"]), ("pixel", "one_z", ["--hidden", "16", "--latent", "2"])]:
        flags = ["--data", "tiny", "--model", model, *sizes, "--batch", "20", "--threads", "1"]
        r = run(*flags, "--epochs", "2", "--log-px", "3", "--out", model)
        check(f"{model} ends well", r.returncode == 0, r.stderr)
        wide = [line for line in r.stdout.splitlines() if len(line) > 80 and not line.startswith(("run ", "data "))]
        check(f"{model}: lines fit a terminal", not wide, str(wide))
        for name in ["reconstructions.png", "samples.png", f"{sheet}.png", "config.json", "best.safetensors"]:
            check(f"{model} makes {name}", (folder / model / name).exists())
        check(f"{model}: no picture that it has no answer to", not (folder / model / "manifold.png").exists())
        last = metrics(model)[1]
        summary = json.loads((folder / model / "summary.json").read_text())
        check(f"{model}: the summary is that of the last epoch", summary["model"] == model and summary["test_neg_elbo"] == last["test_neg_elbo"])
        check(f"{model}: log p(x), or a line that says why not", ("log_px" in summary) != (model == "vq")
              and ("is not estimated" in r.stdout) == (model == "vq"), r.stdout)
        groups = sum(value for key, value in last.items() if key.startswith("test_kl."))
        if model == "ladder":
            check("ladder: the KL of each layer is in the log", abs(groups - last["test_kl"]) < 1e-4 * last["test_kl"], str(last))
        if model == "vq":
            check("vq: the perplexity of the codes", 0.999 < last["test_perplexity"] <= 8 and "perplexity" in r.stdout, str(last))
        run(*flags, "--epochs", "1", "--out", f"{model}2")
        run("--resume", "--epochs", "2", "--out", f"{model}2")
        check(f"{model}: 1 + 1 epochs give the bytes of 2", (folder / f"{model}2/model.safetensors").read_bytes()
              == (folder / model / "model.safetensors").read_bytes())
        r = run("--load", model)
        check(f"{model}: --load finds the number of the run", f"test -ELBO {last['test_neg_elbo']:.2f}" in r.stdout, r.stdout + r.stderr)
        r = run(*flags, "--lr", "1e30", "--out", f"{model}3")
        check(f"{model}: a NaN ends the run", r.returncode == 1 and "tapestry:" in r.stderr, r.stdout + r.stderr)
    before = (folder / "conditional/samples.png").read_bytes()
    run("--load", "conditional", "--label", "3")
    check("--label draws other samples", (folder / "conditional/samples.png").read_bytes() != before)
    refused("a label that the data do not have", 2, ["--label 10", "0 to 9"], "--load", "conditional", "--label", "10")
    refused("a label below 0", 2, ["--label"], "--load", "conditional", "--label=-1")
    for model, flag, value, others in [("mlp", "codes", "9", "vq"), ("pixel", "label", "3", "conditional"), ("vq", "beta", "2", "mlp, conv"),
                                       ("ladder", "decoder", "gaussian", "mlp, conv"), ("ladder", "samples", "2", "conditional, pixel"),
                                       ("vq", "hidden", "100", "ladder")]:
        refused(f"{model} --{flag}", 2, [f"--{flag}: means nothing with --model {model}; it is for", others], "--model", model, f"--{flag}", value)
    refused("images without labels", 2, ["--model conditional", "no labels"], "--model", "conditional", "--data", "unlabelled", "--out", "u")
    refused("two widths for one layer", 2, ["one dense hidden layer, not 2"], "--model", "pixel", "--data", "tiny", "--hidden", "8,8", "--out", "p2")


def settings():
    run(*SMALL, "--out", "a", "--lr", "0.002", "--epochs", "2")
    r = run("--config", "a/config.json", "--out", "b")
    check("--config repeats a run", r.returncode == 0 and (folder / "a/model.safetensors").read_bytes() == (folder / "b/model.safetensors").read_bytes(), r.stderr)
    refused("a folder with a run", 2, ["--out a", "holds a run", "--resume"], *SMALL, "--out", "a")
    refused("another learning rate on resume", 2, ["--lr", "0.002"], "--resume", "--out", "a", "--lr", "0.5")
    (folder / "c").mkdir()
    (folder / "c" / "notes.txt").write_text("mine")
    r = run(*SMALL, "--out", "c")
    check("other files in the folder do not matter", r.returncode == 0 and (folder / "c/notes.txt").read_text() == "mine", r.stderr)
    (folder / "d").mkdir()
    r = run(*SMALL, "--out", "d", "--resume")
    check("resume without a checkpoint starts and says so", r.returncode == 0 and "from the beginning" in r.stdout, r.stdout + r.stderr)
    r = run("--load", "a", "--log-px", "3")
    check("--load evaluates", r.returncode == 0 and "test -ELBO" in r.stdout and "log p(x)" in r.stdout, r.stdout + r.stderr)
    before = metrics("a")[-1]["test_neg_elbo"]
    check("--load finds the number of the run", f"test -ELBO {before:.2f}" in r.stdout, r.stdout + str(before))
    refused("training flags with --load", 2, ["--epochs", "--load"], "--load", "a", "--epochs", "3")


def forged_states():
    """A trainer's state that was changed by hand ends in one line, with and without its checksum."""
    run(*SMALL, "--epochs", "2", "--out", "forged")
    path = folder / "forged/checkpoint.safetensors"
    good = path.read_bytes()
    size = struct.unpack("<Q", good[:8])[0]
    header = json.loads(good[8:8 + size])
    for key, value in [("history", []), ("best_epoch", 1000000), ("epoch", 1e300), ("epoch", -3), ("epoch", 2147483647), 
                       ("latent_draw", -1), ("seconds", -1e308), ("train", [1e308, 1e308, 0]), ("train", {"images": 0, "value": 1e308, "bound": 1e308, "parts": []}), ("metrics_bytes", 0)]:
        state = json.loads(header["__metadata__"]["tapestry.trainer"])
        state[key] = value
        text = json.dumps(state)
        fnv = 0xCBF29CE484222325
        for byte in text.encode():
            fnv = (fnv ^ byte) * 0x100000001B3 % 2**64
        for checksum in ["0", f"{fnv:016x}"]:
            meta = {"tapestry.trainer": text, "tapestry.trainer.checksum": checksum}
            new = json.dumps({**header, "__metadata__": meta}).encode()
            path.write_bytes(struct.pack("<Q", len(new)) + new + good[8 + size:])
            for more in [[], ["--epochs", "5"], ["--epochs", "5", "--patience", "3"], ["--patience", "3"]]:
                log = (folder / "forged/metrics.jsonl").read_bytes()
                refused(f"state with {key} {value} {more}", 1, ["checkpoint.safetensors" if key != "metrics_bytes" else "forged/"],
                        "--resume", "--out", "forged", *more)
                check("the log stays as it is", (folder / "forged/metrics.jsonl").read_bytes() == log)


def two_at_once():
    """One run a folder: the second process is told who has it, and nothing of the first is touched."""
    first = start(*SMALL, "--epochs", "40", "--batch", "16", "--out", "shared")
    deadline = time.time() + 60
    while not (folder / "shared/checkpoint.safetensors").exists() and time.time() < deadline:
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # paused, so that it has not ended before the others are refused
    for flags in [["--resume", "--out", "shared", "--epochs", "50"], [*SMALL, "--out", "shared/../shared", "--resume"]]:
        refused("a folder in use", 2, ["shared", f"in use by process {first.pid}"], *flags)
    first.send_signal(signal.SIGCONT)
    text = first.communicate()
    check("the first run ends well", first.returncode == 0, text[1])
    check("and has each epoch once", [m["epoch"] for m in metrics("shared")] == list(range(1, 41)))
    check("no temporary file is left", not list((folder / "shared").glob("*.tmp")))


def start(*flags):
    """The program once it trains: its header has been read, so what is timed from here on is training."""
    p = subprocess.Popen([PROGRAM, *flags], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in p.stdout:
        if line.startswith("run "):
            break
    return p


def kill_and_resume():
    flags = [*SMALL, "--epochs", "6", "--batch", "16"]
    p = start(*flags, "--out", "straight")
    began = time.time()
    p.communicate()
    training = time.time() - began
    expected = (folder / "straight/model.safetensors").read_bytes()
    run(*SMALL, "--batch", "16", "--epochs", "3", "--out", "halves")
    run("--resume", "--epochs", "6", "--out", "halves")
    check("3 + 3 epochs give the bytes of 6", (folder / "halves/model.safetensors").read_bytes() == expected)

    dice = random.Random(5)
    kills = 0
    p = start(*flags, "--out", "killed")
    while kills < 5:
        try:
            p.wait(timeout=training * dice.uniform(0.05, 0.6))
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            kills += 1
            p = start("--resume", "--out", "killed")
            continue
        if kills or training < 0.01:
            break
        p.communicate()  # it was over sooner than the one that was timed: once more, and killed earlier
        training /= 2
        shutil.rmtree(folder / "killed")
        p = start(*flags, "--out", "killed")
    errors = p.communicate()[1]
    check("a resumed run ends well", p.returncode == 0, errors)
    print(f"killed {kills} times")
    check("it was killed at least once", kills > 0)
    check("a run killed at random moments ends with the same bytes", (folder / "killed/model.safetensors").read_bytes() == expected)
    check("what the killed processes left half written is gone", not list((folder / "killed").glob("*.tmp")))
    check("each epoch stands once in metrics.jsonl", [m["epoch"] for m in metrics("killed")] == [1, 2, 3, 4, 5, 6])

    p = start(*flags, "--out", "stopped")
    time.sleep(training * 0.4)
    p.send_signal(2)
    text = p.communicate(timeout=60)[0]
    if p.returncode == 130:
        check("Ctrl-C says how to go on", "--resume --out stopped" in text, text)
        run("--resume", "--out", "stopped")
    check("a run stopped by Ctrl-C and resumed ends with the same bytes", (folder / "stopped/model.safetensors").read_bytes() == expected, text)


try:
    for part in [bad_flags, bad_files, smoke, every_model, settings, forged_states, two_at_once, kill_and_resume]:
        part()
finally:
    shutil.rmtree(folder, ignore_errors=True)
close()
