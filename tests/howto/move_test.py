"""Follows docs/howto/move_to_pytorch.md: the page's PyTorch code against the witnesses of mlp, conv and ladder, both ways.

PyTorch is looked for where tests/bench/peers/install puts it, then beside this Python. Without it the mlp's witness is
compared with a copy in NumPy; what is left out is said.
"""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
root, program, work = here.parents[1], sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
sys.dont_write_bytecode = True
sys.path.insert(0, str(here.parent / "scripts"))
from check import run, test  # noqa: E402

loader = importlib.machinery.SourceFileLoader("follow", str(here / "follow"))
follow = importlib.util.module_from_spec(importlib.util.spec_from_loader("follow", loader))
loader.exec_module(follow)

environment = dict(os.environ, OMP_NUM_THREADS="1")
WIDTHS = {"mlp": "40", "conv": "24", "ladder": "48,24"}


def ran(*command, folder=None):
    done = subprocess.run([str(c) for c in command], cwd=folder, env=environment, text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


def python_with(*modules):
    for python in (root / "build/peers/bin/python", sys.executable):
        if pathlib.Path(python).exists() and ran(python, "-c", "import " + ", ".join(modules))[0] == 0:
            return python


def trained(model):
    folder = work / model
    shutil.rmtree(folder, ignore_errors=True)
    status, said = ran(program, "--data", "strokes", "--smoke", "--model", model, "--hidden", WIDTHS[model],
                       "--latent", "5", "--out", folder)
    assert status == 0, said
    return folder


def tensors(file):
    """The tensors of a safetensors file in NumPy."""
    import numpy

    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    types = {"F32": "<f4", "I32": "<i4"}
    out = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            a, b = (8 + length + offset for offset in entry["data_offsets"])
            out[name] = numpy.frombuffer(data[a:b], types[entry["dtype"]]).reshape(entry["shape"]).astype("f8")
    return out


def write_page(folder):
    page = (root / "docs/howto/move_to_pytorch.md").read_text()
    folder.mkdir(parents=True, exist_ok=True)
    for block in follow.blocks_of(page):
        if block.target("file"):
            (folder / block.target("file")).write_text(block.text)
        elif block.target("add"):
            with (folder / block.target("add")).open("a") as file:
                file.write("\n\n" + block.text)


@test
def by_numpy(folder):
    """move: -ELBO of the mlp's witness, from its weights and noise in NumPy with 64 bits"""
    try:
        import numpy as np
    except ImportError:
        return print("  left out: there is no NumPy here (python3-numpy)")
    made = trained("mlp")
    w, t = tensors(made / "model.safetensors"), tensors(made / "witness.safetensors")
    layer = lambda name, x: x @ w[name + ".weight"].T + w[name + ".bias"]  # noqa: E731
    h = np.maximum(layer("encoder.hidden.0", t["images"]), 0)
    loc, log_variance = layer("encoder.loc", h), layer("encoder.log_variance", h)
    z = loc + np.exp(log_variance / 2) * t["noise.0"]
    logits = layer("decoder.out", np.maximum(layer("decoder.hidden.0", z), 0))
    log_lik = (t["images"] * logits - np.logaddexp(0, logits)).sum(-1)
    kl = 0.5 * (loc**2 + np.exp(log_variance) - log_variance - 1).sum(-1)
    error = abs((kl - log_lik) / t["neg_elbo"] - 1).max()
    assert error < 1e-5, error
    assert abs(t["noise.0"].mean()) < 0.5 and 0.5 < t["noise.0"].std() < 1.5  # it is noise
    card = (made / "model.md").read_text()
    assert "examples/run mnist_vae --data strokes --hidden 40 --latent 5 --epochs 1 --smoke" in card, card


@test
def by_pytorch(folder):
    """move: the page's models say the same of the same noise in PyTorch, there and back"""
    python = python_with("torch", "safetensors.torch")
    if not python:
        return print("  left out: there is no PyTorch here (tests/bench/peers/install)")
    write_page(work / "page")
    for model in WIDTHS:
        made, back, look = trained(model), work / f"{model}_back", work / f"{model}_look"
        for old in (back, look):
            shutil.rmtree(old, ignore_errors=True)
        for command in ([python, "check.py", made], [python, "back.py", made, back],
                        [program, "--load", back, "--out", look], [python, "check.py", back, look]):
            status, said = ran(*command, folder=work / "page")
            assert status == 0, f"{model}: {command}\n{said}"
        status, said = ran(python, "check.py", made, look, folder=work / "page")
        assert status == 1, "another model's witness was taken for this one's: " + said


work.mkdir(parents=True, exist_ok=True)
run()
