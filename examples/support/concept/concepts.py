#!/usr/bin/env python3
"""Runs the programs of examples/concepts and prints one table: which claims of the notes hold.

usage: examples/run concepts [--quick] [--only C12,C47,elbo,...] [--mutants] [--docs] [--kept [SECONDS]] [--jobs N] [--seed N] [--out DIR]

--quick     no files, everything small
--only      these rows or programs
--mutants   run each program once more with each of its faults planted: every fault must make a claim fail
--docs      keep each picture and output for the pages, in docs/concepts; what a long experiment measured, in docs/results
--kept      check and draw what docs/results holds of an experiment of more than so many seconds (30): it is not measured anew
--jobs      so many programs at a time, each on its share of the cores; two on two cores take less time than one after the other
--out       a folder for each program's claims.json and picture, and concepts.json with the table

The status is 0 when every claim holds, 1 when one fails, 77 when a program had to be skipped and nothing failed.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "concepts"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "concepts"
OUTPUTS = DOCS / "output"
RESULTS = DOCS.parent / "results"
SKIPPED = 77
# Long trainings in f32, searches among peaks, and chains that accept or reject: the last digit of one step decides on the first of the end.
CHAOTIC = {"tc_vae", "beta_correlation", "monte_carlo_hmc", "monte_carlo_em", "missed_modes", "planar_flow",
           "hierarchical_posterior", "model_families"}


def rows():
    """(id, name, source) of each program: its first lines are "// NAME: what it shows" and "// C12[, C13], source".
    A file that begins with an #include is no program: a chapter's programs share it."""
    found = []
    for source in sorted(SOURCES.glob("*/*.cpp")):
        with source.open() as lines:
            first, second = next(lines), next(lines)
        if first.startswith("#include"):
            continue
        ids = re.findall(r"\bC\d+\b", second)
        if first.startswith(f"// {source.stem}: ") and ids:
            found.append((ids, source.stem, source))
        else:
            sys.exit(f"{source}: the first lines must be \"// {source.stem}: what it shows\" and \"// C12, its source\"")
    return sorted(found, key=lambda row: int(row[0][0][1:]))


def chosen(only):
    wanted = {word.strip() for word in only.split(",")} if only else None
    everything = rows()
    if not wanted:
        return everything
    known = {word for ids, name, _ in everything for word in (*ids, name)}
    if wanted - known:
        sys.exit(f"--only: there is no concept {', '.join(sorted(wanted - known))}")
    return [row for row in everything if wanted & {*row[0], row[1]}]


def run(program, flags, out):
    """The status, what was printed, and what claims.json says; None where the program wrote none."""
    if not program.exists():
        sys.exit(f"{program.name} is not built; examples/run concepts builds all")
    claims = out / "claims.json"
    claims.unlink(missing_ok=True)
    done = subprocess.run([program, *flags, "--out", out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout, json.loads(claims.read_text()) if claims.exists() else None


def escaped(program, flags, out):
    """The faults that no claim noticed, each with what was printed, and the number of all faults."""
    listed = subprocess.run([program, "--break", "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines()]
    missed = []
    for name in names:
        status, text, claims = run(program, [*flags, "--break", name], out / "broken")
        if status != 1 or claims is None or claims["holds"]:
            missed.append((name, text))
    return missed, len(names)


def needs_data(name):
    """Whether the program reads images in full mode, and keeps no record from which it could be checked without them."""
    source = next(source for _, program, source in rows() if program == name)
    return not (RESULTS / f"{name}.json").exists() and re.search("load_images|few_digits", source.read_text()) is not None


def measured_sums():
    """The lines of docs/results/SHA256SUMS: of what was measured and cannot be measured again in a moment."""
    files = sorted(RESULTS.glob("*.json")) + [OUTPUTS / f"{name}.out" for _, name, _ in rows() if needs_data(name) or name in CHAOTIC]
    return [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(DOCS.parents[1])}" for f in sorted(files) if f.exists()]


def keep_for_docs(name, text, out):
    record = out / "record.json"
    if record.exists():
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(record.read_text())
    (OUTPUTS / f"{name}.out").write_text(text)
    picture = out / f"{name}.png"
    if picture.exists():
        small = ["pngquant", "--force", "--speed", "1", "--output", DOCS / "pictures" / picture.name, "128", picture]
        subprocess.run(small, check=True)  # 128 colours: a third of the size, and looks the same


def proved(row, options):
    """Runs one program: its line for the reader, with what it said if it failed, and its line of concepts.json."""
    ids, name, source = row
    program, out = options.programs / name, options.out / name
    flags = ["--quick"] * options.quick + (["--seed", options.seed] if options.seed else [])
    (out / "record.json").unlink(missing_ok=True)
    kept = RESULTS / f"{name}.json"
    is_long = options.kept is not None and kept.exists() and json.loads(kept.read_text())["seconds"] > options.kept
    began = time.monotonic()
    status, text, claims = run(program, flags + (["--from", kept] if is_long else []), out)
    seconds = time.monotonic() - began
    count, good = len(claims["claims"]) if claims else 0, sum(c["holds"] for c in claims["claims"]) if claims else 0
    if options.docs and status == 0:
        keep_for_docs(name, text, out)
    missed, faults = escaped(program, flags, out) if options.mutants and status == 0 else ([], 0)
    lines = len(source.read_text().splitlines())
    state = "SKIPPED" if status == SKIPPED else "holds" if status == 0 and not missed else "FAILED"
    caught = f"{faults - len(missed)}/{faults}" if options.mutants else ""
    said = [f"{'-'.join(dict.fromkeys((ids[0], ids[-1]))):<10} {name:<30} {lines:>5} {f'{good}/{count}':>8} {caught:>8} {seconds:>8.1f}"
            f"  {state}{', from its record' if is_long else ''}"]
    if state == "FAILED" and status != 0:
        said.append(text)
    said += [f"--break {fault}: no claim noticed it\n{heard}" for fault, heard in missed]
    return "\n".join(said), {"concepts": ids, "program": name, "lines": lines, "claims": count, "held": good, "faults": faults,
                             "caught": faults - len(missed), "seconds": round(seconds, 2), "kept": is_long, "state": state}


def main():
    arguments = argparse.ArgumentParser(prog="examples/run concepts", description=__doc__.splitlines()[0])
    arguments.add_argument("programs", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--quick", action="store_true", help="no files, everything small")
    arguments.add_argument("--only", default="", metavar="C12,NAME,...", help="these rows or programs")
    arguments.add_argument("--mutants", action="store_true", help="every planted fault must make a claim fail")
    arguments.add_argument("--docs", action="store_true", help="keep each picture and output in docs/concepts")
    arguments.add_argument("--kept", type=float, nargs="?", const=30, metavar="SECONDS",
                           help="take what docs/results holds of a longer experiment (than 30 s) for measured")
    arguments.add_argument("--jobs", type=int, default=1, metavar="N", help="programs at a time")
    arguments.add_argument("--seed", help="of all random numbers")
    arguments.add_argument("--out", type=Path, default=Path("runs/concepts"), help="folder for results and pictures")
    options = arguments.parse_args()
    if options.docs and (options.quick or options.seed):
        arguments.error("--docs keeps what the pages show: the full programs with their own seed, so neither --quick nor --seed")
    if options.jobs < 1:
        arguments.error("--jobs: the number of programs at a time must be a whole number from 1")
    if options.jobs > 1:
        os.environ["OMP_NUM_THREADS"] = str(max(1, len(os.sched_getaffinity(0)) // options.jobs))

    table = []
    print(f"{'row':<10} {'program':<30} {'lines':>5} {'claims':>8} {'faults':>8} {'seconds':>8}")
    with ThreadPoolExecutor(options.jobs) as workers:
        for text, line in workers.map(lambda row: proved(row, options), chosen(options.only)):
            print(text, flush=True)
            table.append(line)
    states = [line["state"] for line in table]
    held, failed, skipped = (states.count(state) for state in ("holds", "FAILED", "SKIPPED"))
    if options.docs:
        (RESULTS / "SHA256SUMS").write_text("\n".join(measured_sums()) + "\n")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "concepts.json").write_text(json.dumps(table, indent=1) + "\n")
    print(f"{held} programs hold, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else SKIPPED if skipped else 0)


if __name__ == "__main__":
    main()
