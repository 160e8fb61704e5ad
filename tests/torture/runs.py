"""What the tests of tests/torture share: a tiny run of mnist_vae, and what must be true of its folder at any time."""

import json
import os
import random
import select
import signal
import struct
import subprocess
from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n"
TIMES = ("seconds", "images_per_second")
GNUPLOT = """#!/bin/sh
# Stands in for gnuplot: a picture takes no time.
printf '\\211PNG\\r\\n\\032\\nIEND' >"${1%.gnuplot}.part"
"""


def idx(shape, payload):
    return struct.pack(">BBBB", 0, 0, 8, len(shape)) + b"".join(struct.pack(">I", n) for n in shape) + payload


def write_data(folder, side=8, seed=3):
    """30 + 12 images of noise with labels."""
    dice = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for name, count in [("train", 30), ("t10k", 12)]:
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx([count, side, side], dice.randbytes(count * side * side)))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx([count], bytes(i % 10 for i in range(count))))


class Place:
    """A scratch folder with data, and the program called in it."""

    def __init__(self, folder, program, faults=None):
        self.folder, self.program, self.faults = Path(folder), str(Path(program).resolve()), faults and str(Path(faults).resolve())
        write_data(self.folder / "tiny")
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "gnuplot").write_text(GNUPLOT)
        (tools / "gnuplot").chmod(0o755)
        # glibc's own arenas: with more than one, what a thread asks for depends on the moment.
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("TAPESTRY_")}, "OMP_NUM_THREADS": "1",
                    "PATH": f"{tools}:{os.environ['PATH']}", "MALLOC_ARENA_MAX": "1"}
        self.server = None

    def serve(self):
        """From now on `run` asks one process of the program, which forks: three quarters of a short run is its start."""
        env = self.env | {"LD_PRELOAD": self.faults, "TORTURE_SERVER": "1"}
        self.server = subprocess.Popen([self.program], cwd=self.folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def served(self, flags, timeout, fault):
        files = [self.folder / "stdout", self.folder / "stderr"]
        fields = [fault.get("call", ""), fault.get("at", 0), fault.get("errno", 0), fault.get("all", 0), fault.get("report", ""), *files, *flags]
        self.server.stdin.write(("\x1f".join(map(str, fields)) + "\n").encode())
        child = int(self.server.stdout.readline())
        in_time = bool(select.select([self.server.stdout], [], [], timeout)[0])
        if not in_time:
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(int(self.server.stdout.readline()))
        return subprocess.CompletedProcess([self.program, *flags], status if in_time else None, *(file.read_text() for file in files))

    def flags(self, out, epochs=2, threads=1):
        return ["--data", "tiny", "--hidden", "5", "--latent", "2", "--batch", "10", "--epochs", str(epochs), "--threads", str(threads),
                "--out", str(out)]

    def run(self, *flags, timeout=20, **fault):
        """The finished process; with `call` and `at`, that call to the system fails. A run beyond the time limit has status None."""
        if self.server:
            return self.served(flags, timeout, fault)
        env = dict(self.env)
        if fault:
            env |= {f"TORTURE_{key.upper()}": str(value) for key, value in fault.items()}
            env["LD_PRELOAD"] = self.faults
        process = subprocess.Popen([self.program, *map(str, flags)], cwd=self.folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            status = None
        return subprocess.CompletedProcess(process.args, status, out, err)


def explanation(done):
    """The lines on standard error that say what is wrong; a hint below one belongs to it."""
    return [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("    ")]


def same_as_always(done, left, wanted):
    """Whether a run left what an undisturbed one leaves; where the curves were not drawn, it said so."""
    missing = {"curves.png"} if "no curves.png" in done.stdout else set()
    return {k: v for k, v in left.items() if k not in missing} == {k: v for k, v in wanted.items() if k not in missing}


def without_times(text):
    return [{k: v for k, v in json.loads(line).items() if k not in TIMES} for line in text.splitlines()]


def tensors(data):
    """Header and data of a safetensors file that is whole; ValueError otherwise."""
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    if max(ends, default=0) != len(data) - 8 - size:
        raise ValueError("the data of tensors are cut off")
    return header, data[8 + size:]


def results(folder):
    """What a run leaves, as far as it must be the same each time: files by name."""
    found = {}
    for path in sorted(Path(folder).iterdir()):
        data = path.read_bytes()
        if path.name in ("model.safetensors", "best.safetensors") or path.suffix == ".png":
            found[path.name] = data
        elif path.name == "checkpoint.safetensors":
            header, values = tensors(data)
            state = json.loads(header["__metadata__"]["tapestry.trainer"])
            for report in state["history"]:
                for key in TIMES:
                    report.pop(key)
            state.pop("metrics_bytes"), state.pop("seconds")
            del header["__metadata__"]
            found[path.name] = (header, state, values)
        elif path.name == "metrics.jsonl":
            found[path.name] = without_times(data.decode())
        elif path.name == "summary.json":
            found[path.name] = {k: v for k, v in json.loads(data).items() if k not in TIMES}
        elif path.name == "config.json":
            found[path.name] = {k: v for k, v in json.loads(data).items() if k != "threads"}
        else:
            found[path.name] = None
    return found


def torn(folder):
    """The files of a run that are neither the old nor the new one, with the reason. A last line of metrics.jsonl that is cut
    off is none: a resumed run begins by cutting it away."""
    bad = []
    if not Path(folder).exists():
        return bad
    for path in sorted(Path(folder).iterdir()):
        data = path.read_bytes()
        try:
            if path.suffix == ".safetensors":
                tensors(data)
            elif path.suffix == ".json":
                json.loads(data)
            elif path.suffix == ".png" and not (data.startswith(PNG) and b"IEND" in data[-12:]):
                raise ValueError("cut off")
            elif path.name == "metrics.jsonl":
                without_times("\n".join(data.decode().split("\n")[:-1]))
        except (ValueError, KeyError, struct.error) as fault:
            bad.append(f"{path.name}: {fault}")
    return bad
