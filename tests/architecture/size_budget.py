#!/usr/bin/env python3
"""Prints the sizes that docs/design sets a budget for, so that the core stays readable in an afternoon.

usage: size_budget.py PROJECT_FOLDER     exit status 1 if something is over

Lines that are not blank count, comments included. Where many things share a budget the largest is named.
"""

import pathlib
import re
import sys


def lines(text):
    return sum(1 for line in text.splitlines() if line.strip())


def of_files(paths):
    return sum(lines(path.read_text()) for path in paths)


def stems(folder, suffixes=(".hpp", ".cpp")):
    """Sizes of the pairs x.hpp, x.cpp of a folder, by x."""
    sizes = {}
    for path in sorted(folder.glob("*")):
        if path.suffix in suffixes:
            sizes[path.stem] = sizes.get(path.stem, 0) + lines(path.read_text())
    return sizes


def elementwise_ops(project):
    """An op is what stands between the row before it and the end of its own row, and its public line."""
    sizes = {}
    for name in ("elementwise", "activation"):
        text = (project / f"autograd/ops/{name}.cpp").read_text()
        start = text.index("namespace {") + len("namespace {")
        for row in re.finditer(r"constexpr OpInfo k\w+\{\n.*?\n\};", text, re.S):
            op = re.search(r'\.name = "(\w+)"', row.group()).group(1)
            sizes[op] = lines(text[start:row.end()]) + 1
            start = row.end()
    return sizes


def distributions(folder):
    """Pairs of files whose header declares a log_prob, without distribution.hpp, which they share."""
    sizes = stems(folder)
    declares = lambda stem: re.search(r"\blog_prob\(", (folder / f"{stem}.hpp").read_text())
    return {s: n for s, n in sizes.items()
            if s != "distribution" and (folder / f"{s}.hpp").exists() and declares(s)}


def kl_pairs(folder):
    """Bodies of the overloads kl(const P&, const Q&)."""
    sizes = {}
    for path in sorted(folder.glob("kl*.cpp")):
        for match in re.finditer(r"^Tensor kl\(const (\w+)&[^,]*, const (\w+)&.*?^\}", path.read_text(), re.M | re.S):
            sizes[f"{match.group(1)}, {match.group(2)}"] = lines(match.group())
    return sizes


def system_headers(folder):
    """The models beside the concept programs; wrong versions do not count."""
    return {p.stem: lines(p.read_text()) for p in sorted(folder.glob("*/*.hpp")) if not p.stem.endswith("_faults")}


def reverse_loop(path):
    """The loop that everybody comes to read, from its `for` to its brace."""
    body = path.read_text().split("void Sweep::loop", 1)[1]
    return lines(body[body.index("  for ("):body.index("\n}\n")])


def main():
    project = pathlib.Path(sys.argv[1])
    autograd = project / "autograd"

    def pair(*stem):
        return of_files(p for s in stem for p in sorted(autograd.glob(f"{s}.?pp")))

    rows = [
        ("tape and op", {"tape, op": pair("tape", "op")}, 500),
        ("the reverse loop", {"Sweep::loop": reverse_loop(autograd / "sweep.cpp")}, 13),
        ("tensor, storage and shape", {"tensor, storage, shape": pair("tensor", "storage", "shape")}, 1000),
        ("an elementwise op", elementwise_ops(project), 30),  # ten of them are the labels of its row
        ("a layer", stems(project / "nn/layers"), 80),
        ("a distribution", distributions(project / "prob"), 110),
        ("a KL pair", kl_pairs(project / "prob"), 20),
        ("a VAE model", stems(project / "vae/models"), 150),
        ("a system's header", system_headers(project / "examples/concepts"), 101),
    ]
    over = []
    print(f"{'what':<28}{'budget':>8}{'largest':>9}{'count':>7}   which")
    for what, sizes, budget in rows:
        if not sizes:  # the folder has moved, and nothing is measured
            over.append(f"{what}: nothing was found to measure")
            continue
        name, size = max(sizes.items(), key=lambda item: item[1])
        verdict = "" if size < budget else "   OVER"
        print(f"{what:<28}{budget:>8}{size:>9}{len(sizes):>7}   {name}{verdict}")
        over += [f"{what}: {n} has {s} lines, the budget is {budget}" for n, s in sizes.items() if s >= budget]
    if over:
        print("\nover the budget:\n  " + "\n  ".join(over))
    sys.exit(1 if over else 0)


main()
