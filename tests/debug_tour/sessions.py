#!/usr/bin/env python3
"""Plays the guided sessions of the examples, and compares what they print with what is written here.

usage: sessions.py [--update] PROGRAM...

For a program NAME of examples/debug_tour: what it prints (NAME.out), what it prints with --fixed (NAME.fixed.out), and the
session that finds its mistake (NAME.txt), which types examples/debug_tour/NAME.steps. The session must name what is in FOUND,
so that an --update cannot lose it; so must masked_nan's report of births (masked_nan.birth.out). For a program of examples/tour:
the session alone. Numbers may differ in their last digit.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "support"))
from played import first_difference, same  # noqa: E402

# What each session must say: the lines of the program that hold these words, and these words themselves.
FOUND = {
    "wrong_broadcast": (["guess = add_bias("], ["back_add_bias: wrong gradient of bias (operand 1)", "1/64"]),
    "detached_sample": (["return model.loc(x) + noise.detach()"],
                        ["log_variance.weight has no gradient", "detach() or value() let no gradient through"]),
    "logvar_as_variance": (["distance / log_variance)"], ["6 nodes agree with finite differences, 0 do not",
                                                          "from 4 log_variance", "0.5 (1 - 8.097 / 2.718) = -0.99"]),
    "changed_parameter": (["p->set_value(0.9999", "const Tensor loss"],
                          ["back_linear: parameter out.weight, saved here, was changed at", "update parameters after backward"]),
    "masked_nan.birth": (["log(p), 0.0)"], ["-inf is born in the value of node 4 log, element [2]", "x = 0 at [2]"]),
    "masked_nan": (["log(p), 0.0)"], ["it went bad in 4 log", "y[2] = -inf, dy[2] = 0"]),
}


def printed(program, *arguments, **switches):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TAPESTRY_")} | switches
    done = subprocess.run([program, *arguments], env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    return done.stdout + ("" if done.returncode == 0 else f"exit status {done.returncode}\n")


def not_found(name, session):
    """What FOUND asks for and the session does not say."""
    if name not in FOUND:
        return
    sources, words = FOUND[name]
    file = f"{name.partition('.')[0]}.cpp"
    lines = (EXAMPLES / "debug_tour" / file).read_text().splitlines()
    for source in sources:
        number = next(i for i, line in enumerate(lines, start=1) if source in line)
        if not re.search(rf"/{file}:{number}\b", session):
            yield f"{name}: the session does not name line {number}, {source}"
    for word in words:
        if word not in session:
            yield f"{name}: the session does not say '{word}'"


def outputs(program, name):
    """(file here, text) of everything that the program is asked for"""
    if (EXAMPLES / "debug_tour" / f"{name}.cpp").exists():
        yield f"{name}.out", printed(program)
        yield f"{name}.fixed.out", printed(program, "--fixed")
    [steps] = EXAMPLES.glob(f"*/{name}.steps")
    yield f"{name}.txt", printed(program, TAPESTRY_DEBUG="step", TAPESTRY_SCRIPT=str(steps))
    if name == "masked_nan":
        yield "masked_nan.birth.out", printed(program, TAPESTRY_DEBUG="nan")


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    programs = [pathlib.Path(a).resolve() for a in arguments if a != "--update"]
    faults, compared = [], 0
    for program in programs:
        for file, got in outputs(program, program.name):
            path = HERE / file
            if file.endswith((".txt", ".birth.out")):
                faults += not_found(file.rpartition(".")[0], got)
            if update:
                path.write_text(got)
            elif not path.exists() or not same(path.read_text(), got):
                expected = path.read_text() if path.exists() else ""
                faults.append(f"{file}: {first_difference(expected, got, first=1)}\n"
                              "(ninja update_debug_tour writes what it says now)")
            compared += 1
    bogus = subprocess.run([programs[0], "--fix"], text=True, capture_output=True, timeout=60)
    if bogus.returncode != 2 or "unknown argument '--fix'" not in bogus.stderr:
        faults.append(f"{programs[0].name} --fix: no error of its own: {bogus.stderr}")
    for fault in faults:
        print(fault)
    print(f"{compared} outputs, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
