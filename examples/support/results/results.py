#!/usr/bin/env python3
"""The numbers that papers and other projects print for VAEs on MNIST, beside the numbers of this one.

usage: examples/run results               write docs/results/README.md from published.toml and the records
       examples/run results --run [ID]    train the runs of mnist_vae first, all or those of one row, and keep their numbers
                                          (some minutes each; MNIST is needed); a row may name a program of the concepts
                                          in their place
       examples/run results --run ID --seeds N    the same with the seeds 1 to N

The page holds no number that a person typed but those of others; --check says whether it is what the records say.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = pathlib.Path(__file__).resolve().parents[3]
RESULTS = ROOT / "docs/results"
RUNS = RESULTS / "published/runs.json"
PAGE = RESULTS / "README.md"

HEAD = """# Published numbers, and ours

What papers and other projects print for VAEs on MNIST, with the set-up behind each number, and what stands beside it here: a run of
the same set-up, or the nearest program of the concepts. Nats per image unless a unit is given; what is not a log p(x) is a bound of
it. Only like may be compared with like: static, dynamic, thresholded and grey pixels are four data sets, and a number after a tenth
of the training is not the number after all of it. The column "share" says how much of the published training ours had.

This page is written by `examples/run results` from `published.toml`, where the numbers of others are, and from the records of
this folder, which programs wrote. `examples/run results --run ID` trains the runs of a row again.

| id | what | published | set-up, source | ours | share |
|---|---|---|---|---|---|
"""


def key(row):
    """The name of a row's runs in runs.json: flags of mnist_vae, or a program of the concepts."""
    return row["program"] if "program" in row else " ".join(row["run"])


def git(*words):
    return subprocess.run(["git", "-C", str(ROOT), *words], text=True, capture_output=True).stdout.strip()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def train_program(row, folder_of_programs):
    """The same of a row that names a program of the concepts: its curves by seed. The record of the first seed is kept, too."""
    seeds, name = [], row["program"]
    began = time.time()
    for seed in range(1, row["seeds"] + 1):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([folder_of_programs / name, "--seed", str(seed), "--out", folder], stdout=subprocess.DEVNULL)
            text = (pathlib.Path(folder) / "record.json").read_text()
            if seed == 1:
                (RESULTS / f"{name}.json").write_text(text)
            curves = {name: json.loads(text)["curves"][name]["y"] for name in row["curves"]}
            seeds.append({"curves": curves})
            print(f"{row['id']} seed {seed}: {curves}", file=sys.stderr, flush=True)
    return {"commit": git("describe", "--always", "--dirty"), "processor": processor(),
            "seconds": round(time.time() - began, 1), "seeds": seeds}


def train(row, program):
    """One entry of published/runs.json."""
    if "program" in row:
        return train_program(row, program.parent / "concepts")
    seeds = []
    began = time.time()
    for seed in range(1, row["seeds"] + 1):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run"
            command = [str(program), "--data", "mnist", *row["run"], "--seed", str(seed), "--out", str(out)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            summary = json.loads((out / "summary.json").read_text())
            epochs = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
            seeds.append({"summary": summary,
                          "test_neg_elbo": [e["test_neg_elbo"] for e in epochs if "test_neg_elbo" in e]})
            print(f"{row['id']} seed {seed}: test -ELBO {summary['test_neg_elbo']:.2f}", file=sys.stderr, flush=True)
    return {"commit": git("describe", "--always", "--dirty"), "processor": processor(),
            "seconds": round(time.time() - began, 1), "seeds": seeds}


def shown(values):
    """2 or more seeds as mean and range."""
    if len(values) == 1:
        return f"**{values[0]:.2f}**"
    return f"**{statistics.mean(values):.2f}** ({min(values):.2f} to {max(values):.2f}, {len(values)} seeds)"


def at(record, path):
    part, _, name = path.partition("/")
    value = record[part][name]
    return value["y"][-1] if isinstance(value, dict) else value


def kept_curves(row):
    curves = json.loads((RESULTS / f"{row['program']}.json").read_text())["curves"]
    return {name: curves[name]["y"] for name in row["curves"]}


def of_curves(row, seeds):
    """(cell, problem): each of the row's curves as the means over the seeds, which are held against `each`, and their ranges."""
    cells, problem = [], None
    for curve in row["curves"]:
        columns = list(zip(*(s["curves"][curve] for s in seeds)))
        means = [statistics.mean(column) for column in columns]
        ranges = [f" ({min(column):.3f} to {max(column):.3f})" if len(seeds) > 1 else "" for column in columns]
        cells.append(f"{curve}: {', '.join(f'**{mean:.3f}**{between}' for mean, between in zip(means, ranges))}")
        if curve == row.get("curve"):
            off = max(abs(mean - each) for mean, each in zip(means, row["each"]))
            problem = None if off <= row["within"] else f"a mean is {off:.3f} off"
    count = "1 seed" if len(seeds) == 1 else f"{len(seeds)} seeds"
    return f"{'; '.join(cells)} ({count}); `{row['program']}`", problem


def ours(row, runs):
    """(cell, problem) of one row."""
    if "missing" in row:
        return f"none: {row['missing']}", None
    if "record" in row:
        name, what, *paths = row["record"]
        record = json.loads((RESULTS / f"{name}.json").read_text())
        sign = -1 if row.get("negated") else 1  # a record of log p(x), where papers print -log p(x)
        numbers = " \\| ".join(f"{sign * at(record, path):.4g}" for path in paths)
        return f"{what} **{numbers}** ([record]({name}.json))", None
    entry = runs.get(key(row))
    if entry is None and "program" in row and (RESULTS / f"{row['program']}.json").exists():
        entry = {"seeds": [{"curves": kept_curves(row)}]}  # the page's own record
    if entry is None:
        return "not run yet", None
    if "program" in row:
        return of_curves(row, entry["seeds"])
    seeds, value = entry["seeds"], row["value"]
    if value == "each_epoch":
        means = [statistics.mean(column) for column in zip(*(s["test_neg_elbo"] for s in seeds))]
        off = max(abs(a - b) for a, b in zip(means, row["each"]))
        problem = None if off <= row["within"] else f"an epoch is {off:.2f} off"
        return (f"{', '.join(f'{m:.2f}' for m in means)}; at most {off:.2f} apart ({len(seeds)} seeds)", problem)
    if value == "neg_log_px":
        values = [-s["summary"]["log_px"] for s in seeds]
    else:
        values = [s["summary"][value] for s in seeds]
    problem = None
    if "band" in row and not all(row["band"][0] <= v <= row["band"][1] for v in values):
        problem = f"a seed is outside {row['band']}"
    return shown(values) + f"; `mnist_vae {key(row)}`", problem


def page():
    rows = tomllib.loads((RESULTS / "published.toml").read_text())["row"]
    runs = json.loads(RUNS.read_text()) if RUNS.exists() else {}
    text, problems = HEAD, []
    for row in rows:
        cell, problem = ours(row, runs)
        if problem:
            problems.append(f"{row['id']}: {problem}")
            cell += f"; **{problem}**"
        escaped = [row["id"], row["what"], row["published"], f"{row['setup']}; {row['source']}"]
        cells = [c.replace("|", "\\|") for c in escaped] + [cell, row.get("share", "")]
        text += "| " + " | ".join(cells) + " |\n"
    text += "\nRuns above:\n\n| run | commit | processor | minutes |\n|---|---|---|---|\n"
    for flags, entry in sorted(runs.items()):
        text += f"| `{flags}` | {entry['commit']} | {entry['processor']} | {entry['seconds'] / 60:.1f} |\n"
    return text, problems


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0], description=__doc__.split("\n")[0])
    parser.add_argument("--run", nargs="?", const="all", metavar="ID")
    parser.add_argument("--seeds", type=int, metavar="N")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/examples/mnist_vae", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        rows = [r for r in tomllib.loads((RESULTS / "published.toml").read_text())["row"] if "run" in r or "program" in r]
        wanted = [r for r in rows if arguments.run in ("all", r["id"])]
        if not wanted:
            parser.error(f"--run {arguments.run}: the rows with runs are {', '.join(sorted({r['id'] for r in rows}))}")
        for row in wanted:
            row["seeds"] = arguments.seeds or row["seeds"]
            entry = train(row, arguments.program)
            runs = json.loads(RUNS.read_text()) if RUNS.exists() else {}
            runs[key(row)] = entry
            RUNS.parent.mkdir(exist_ok=True)
            RUNS.write_text(json.dumps(runs, indent=1) + "\n")
    text, problems = page()
    if arguments.check:
        if PAGE.read_text() != text:
            sys.exit("docs/results/README.md is not what the records say: examples/run results writes it anew")
        if problems:
            sys.exit("\n".join(problems))
        return
    PAGE.write_text(text)
    for problem in problems:
        print(problem)


if __name__ == "__main__":
    os.umask(0o022)
    main()
