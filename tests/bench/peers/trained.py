"""Reads the trained states that bench keeps: safetensors files with the model's parameters in Tapestry's layout, both
moments of Adam, its step count and minibatches."""

import json
import pathlib

import numpy as np

DTYPES = {"F32": np.float32, "I32": np.int32}


def read_safetensors(path):
    """Its arrays by name, in the order of the file."""
    data = pathlib.Path(path).read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(
            data, DTYPES[at["dtype"]], count=np.prod(at["shape"], dtype=int), offset=begin + at["data_offsets"][0]
        ).reshape(at["shape"])
        for name, at in header.items()
    }


class State:
    """A trained state. values, means and squares (Adam's m and v) are lists of the layers' (weight, bias), the
    encoder's first; loc and log_variance are one layer, whose rows are those of loc and then those of log_variance."""

    def __init__(self, path):
        arrays = read_safetensors(path)
        self.minibatches = arrays["minibatches"]  # [count, batch, pixels]
        self.steps = int(arrays["adam.step"][0])
        self.values, self.means, self.squares = (layers(arrays, prefix) for prefix in ("model.", "adam.m.", "adam.v."))


def layers(arrays, prefix):
    found = []
    for name, weight in arrays.items():
        if not (name.startswith(prefix) and name.endswith(".weight")):
            continue
        bias = arrays[name.removesuffix("weight") + "bias"]
        if name.endswith(".log_variance.weight"):
            weight, bias = (np.concatenate(pair) for pair in zip(found.pop(), (weight, bias)))
        found.append((weight, bias))
    return found


def count_denormals(arrays):
    """How many numbers of f32 arrays are not 0, yet below 1.2e-38. By their bits: they may count as 0 here."""
    bits = (np.ascontiguousarray(array).view(np.uint32) for array in arrays)
    return sum(int(((b & 0x7F800000 == 0) & (b & 0x007FFFFF != 0)).sum()) for b in bits)
