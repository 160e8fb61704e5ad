#!/usr/bin/env python3
"""Checks who includes whom: autograd <- nn, prob <- vae <- examples; no folder includes tests/.

usage: includes.py PROJECT_FOLDER     prints every line that breaks a rule; exit status 1 if there is one
"""

import pathlib
import re
import sys

# What each folder may include, besides itself.
ALLOWED = {
    "autograd": set(),
    "nn": {"autograd"},
    "prob": {"autograd"},
    "vae": {"autograd", "nn", "prob"},
    "examples": {"autograd", "nn", "prob", "vae"},
}
FOLDERS = set(ALLOWED) | {"tests"}
# Inside vae: what each folder may include, besides itself. Exact models, bounds and models first, training last.
VAE = {
    "exact": set(),
    "bounds": set(),
    "models": {"bounds"},
    "inference": {"exact"},
    "analysis": set(),
    "coding": {"models"},
    "pictures": set(),
    "training": {"models", "bounds", "analysis"},
}
# System headers that one place alone may include; the rest of the project goes through that place.
ONLY_IN = {
    "cblas.h": {"autograd/kernels/blas.cpp"},
    "lapacke.h": {"autograd/kernels/blas.cpp"},
    "openblas_config.h": {"autograd/kernels/blas.cpp"},
}
# Recording writes nodes, the reverse pass reads them: no file does both. Words that a file may not contain.
APART = {
    "autograd/sweep.hpp": re.compile(r'recorder\.hpp|\bRecorder\b'),
    "autograd/sweep.cpp": re.compile(r'recorder\.hpp|\bRecorder\b'),
    "autograd/recorder.hpp": re.compile(r'sweep\.hpp|\bSweep\b|\bbackward\('),
    "autograd/recorder.cpp": re.compile(r'sweep\.hpp|\bSweep\b|\bbackward\('),
}
NOT_IN_HEADERS = {"cblas.h", "iostream", "regex"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def problems_of(path, text):
    """The broken rules of one file, as (line number, message); path is relative to the project."""
    folder = path.parts[0]
    apart = APART.get(path.as_posix())
    for number, line in enumerate(text.splitlines(), start=1):
        if apart and apart.search(line):
            yield number, f"recording and the reverse pass stay apart: {line.strip()}"
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, target = match.groups()
        top = target.split("/")[0]
        if quote == '"' and top in FOLDERS and top != folder and top not in ALLOWED[folder]:
            yield number, f"{folder} may not include {top}: {target}"
        inner = target.split("/")
        if folder == "vae" and len(path.parts) > 2 and top == "vae":
            here, there = path.parts[1], inner[1] if len(inner) > 2 else "vae.hpp"
            if there != here and there not in VAE.get(here, set()):
                yield number, f"vae/{here} may not include vae/{there}: {target}"
        # The libraries work without the debugger, which looks at autograd from outside.
        if (target.startswith("autograd/debug/") and folder != "examples"
                and not path.as_posix().startswith("autograd/debug/")):
            yield number, f"only examples and tests may include the debugger: {target}"
        # Examples share helpers in examples/support; in the libraries every include names its folder.
        if quote == '"' and folder != "examples" and top not in FOLDERS:
            yield number, f'"{target}" does not start with a folder of the project'
        if path.suffix == ".hpp" and target in NOT_IN_HEADERS:
            yield number, f"<{target}> in a header"
        if target in ONLY_IN and path.as_posix() not in ONLY_IN[target]:
            yield number, f"<{target}> belongs to {', '.join(sorted(ONLY_IN[target]))} alone"
    if path.suffix == ".hpp" and "#pragma once" not in text:
        yield 1, "no #pragma once"


def self_test():
    """The rules find what they are for; otherwise a silent check would pass for ever."""
    broken = {
        "autograd/tape.cpp": '#include "nn/module.hpp"',
        "nn/module.cpp": '#include "prob/normal.hpp"',
        "prob/normal.cpp": '#include "nn/module.hpp"',
        "autograd/op.cpp": '#include "autograd/debug/session/session.hpp"',
        "vae/bounds/elbo.cpp": '#include "tests/support/catch.hpp"',
        "vae/models/model.cpp": '#include "model.hpp"',
        "autograd/ops/conv.cpp": "#include <cblas.h>",
        "nn/module.hpp": "#pragma once\n#include <iostream>",
        "prob/normal.hpp": "struct Normal {};",
        "autograd/sweep.cpp": '#include "autograd/recorder.hpp"',
        "autograd/recorder.cpp": "node.op->backward(ctx);",
    }
    for name, text in broken.items():
        if not list(problems_of(pathlib.PurePosixPath(name), text)):
            sys.exit(f"includes.py: its own test failed, {name} with {text!r} passed")


def main():
    self_test()
    project = pathlib.Path(sys.argv[1])
    found = files = 0
    for folder in sorted(ALLOWED):
        for path in sorted((project / folder).rglob("*")):
            if path.suffix not in (".hpp", ".cpp"):
                continue
            files += 1
            relative = path.relative_to(project)
            for number, message in problems_of(relative, path.read_text()):
                print(f"{relative}:{number}: {message}")
                found += 1
    print(f"{files} files, {found} problems")
    sys.exit(1 if found or files < 50 else 0)


main()
