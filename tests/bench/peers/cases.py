"""What the peers share: the table of cases, and the two ways to run one of them.

A peer file holds its library's models and settings and nothing else. It calls options() and use_threads() before it
imports its library (both must be settled by then), and then run() with a function that builds a case.
"""

import argparse
import dataclasses
import gc
import json
import math
import os
import statistics
import sys
import time
import typing

import trained

PIXELS = 28 * 28
INK = 0.13  # the share of ones in the input, as in binarised MNIST
LEARNING_RATE = 1e-3
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
SEED = 1

WARM_UP_STEPS = 3
CHUNK_SECONDS = 0.02


@dataclasses.dataclass(frozen=True)
class Case:
    """One training step: forward, backward and an Adam update of all parameters."""

    batch: int
    latent: int = 20
    hidden: tuple = (400,)  # widths of the encoder's layers; the decoder has them in reverse
    activation: str = "relu"  # or "tanh"
    samples: int = 0  # k of the IWAE bound; 0 is the ELBO with its analytic KL
    conv: bool = False  # convolutions instead of the hidden layers


CASES = {
    "vae": Case(128),
    "aevb": Case(100, hidden=(500,), activation="tanh"),
    **{f"iwae-{k}": Case(20, 50, (200, 200), "tanh", samples=k) for k in (1, 5, 50)},
    "conv": Case(128, conv=True),
    **{f"batch-{n}": Case(n) for n in (1, 4, 16, 64, 256, 1024, 4096)},
    **{f"depth-{n}": Case(32, hidden=(64,) * (n // 2)) for n in (2, 4, 8, 16, 32, 64)},
}


def options(description, modes):
    """Reads the command line. modes: what --mode may be, the default last."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog="Without --run it serves: each line 'CASE SECONDS' read is answered by one line of JSON; see README.md.",
    )
    parser.add_argument("--threads", type=int, default=1, help="threads to compute on (default: 1)")
    parser.add_argument("--mode", choices=modes, default=modes[-1], help="default: %(default)s")
    parser.add_argument("--run", metavar="CASE,...", help="measure these cases and print a table; 'all' is every case")
    parser.add_argument("--rounds", type=int, default=5, help="with --run: rounds over the cases (default: 5)")
    parser.add_argument("--seconds", type=float, default=0.5, help="with --run: seconds per measurement (default: 0.5)")
    given = parser.parse_args()
    if given.threads < 1:
        parser.error("--threads must be at least 1")
    if given.run:
        given.run = list(CASES) if given.run == "all" else given.run.split(",")
        unknown = [name for name in given.run if name not in CASES]
        if unknown:
            parser.error(f"unknown case: {unknown[0]}; there are: {', '.join(CASES)}")
    return given


def use_threads(count):
    """Holds the process to `count` processors: libraries size their thread pools by what they may run on.

    The last processors are taken, for the first often has the system's work as well.
    """
    allowed = sorted(os.sched_getaffinity(0))
    if count > len(allowed):
        sys.exit(f"--threads {count}: only {len(allowed)} processors may be used")
    os.sched_setaffinity(0, allowed[-count:])
    os.environ["OMP_NUM_THREADS"] = str(count)


class Built(typing.NamedTuple):
    """A case of a library, as its build() makes it.

    train(steps) does that many steps and returns the last one's loss per image, so everything has been computed when
    it returns. A library that computes behind the caller's back may do so inside of one call: one call is a chunk
    of a few steps, long enough to hide the wait at its end and short enough that steps do not pile up.
    """

    train: typing.Callable
    step_without_noise: typing.Callable  # a step at z = loc on the minibatch of this number; its loss
    arrays: typing.Callable  # parameters and moments as they are now, as numpy arrays


class Contestant:
    """A case that was built and warmed up."""

    def __init__(self, built, state=None):
        self.train = train = built.train
        self.arrays = built.arrays
        # Without noise a step's loss is that of any other library. The second tells whether the first step's update
        # was the same: whether the moments of Adam found their places too.
        self.known = {"noiseless": [built.step_without_noise(number) for number in (0, 1)]} if state else {}
        train(1)  # compiles
        train(WARM_UP_STEPS)
        start = time.perf_counter()
        train(WARM_UP_STEPS)
        per_step = (time.perf_counter() - start) / WARM_UP_STEPS
        self.chunk = max(1, min(100, int(CHUNK_SECONDS / per_step)))

    def measure(self, seconds):
        """Trains for at least `seconds` and three steps; the answer of the protocol.

        cores is the processor time per wall time: below the thread count when the machine is busy with other work.
        """
        steps, elapsed = 0, 0.0
        start, start_cpu = time.perf_counter(), time.process_time()
        while elapsed < seconds or steps < 3:
            loss = self.train(self.chunk)
            steps += self.chunk
            elapsed = time.perf_counter() - start
        if not math.isfinite(loss):
            raise ArithmeticError(f"the loss is {loss} after {steps} steps")
        cores = (time.process_time() - start_cpu) / elapsed
        return {
            "ms": round(1e3 * elapsed / steps, 4),
            "steps": steps,
            "loss": round(loss, 2),
            "cores": round(cores, 2),
            **self.known,
        }

    def denormals(self):
        return trained.count_denormals(self.arrays())


def run(peer, options, build):
    """Serves, or prints a table with --run.

    peer: the first line of the protocol, as a dict. build(case, state): the Built model of a Case, which begins with
    a trained.State and its minibatches, or for None with initial weights and random pixels.
    """
    if options.run:
        print_table(peer, options, build)
    else:
        serve(peer, build)


def serve(peer, build):
    # Whatever a library prints goes to standard error: only answers may be on standard output.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print(json.dumps(peer), file=answers)
    contestants = {}
    for line in sys.stdin:
        print(json.dumps(answer(line.split(), contestants, build)), file=answers)


def answer(request, contestants, build):
    """The answer to one request; a failure is an answer too, so that the other cases go on."""
    name = request[0] if request else ""
    try:
        if name == "drop":
            _, name = request
            contestant = contestants.pop(name, None)
            denormals = contestant.denormals() if contestant else 0
            del contestant
            gc.collect()
            return {"case": name, "dropped": True, "denormals": denormals}
        _, seconds, *file = request
        if name not in contestants:
            if name not in CASES:
                raise LookupError(f"no such case: {name}")
            state = trained.State(" ".join(file)) if file else None
            contestants[name] = Contestant(build(CASES[name], state), state)
        return {"case": name, **contestants[name].measure(float(seconds))}
    except Exception as error:
        contestants.pop(name, None)
        return {"case": name, "error": " ".join(f"{type(error).__name__}: {error}".split())}


def print_table(peer, options, build):
    print(*(f"{key} {value}" for key, value in peer.items()), sep=", ")
    contestants = {name: Contestant(build(CASES[name], None)) for name in options.run}
    results = {name: [] for name in options.run}
    for _ in range(options.rounds):
        for name, contestant in contestants.items():
            results[name].append(contestant.measure(options.seconds))
    print(f"{'case':<12}{'median ms':>12}{'cores':>8}{'loss':>10}")
    for name, rounds in results.items():
        ms, cores = (statistics.median(r[key] for r in rounds) for key in ("ms", "cores"))
        print(f"{name:<12}{ms:>12.3f}{cores:>8.2f}{rounds[-1]['loss']:>10.2f}")
