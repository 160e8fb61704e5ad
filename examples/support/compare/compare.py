#!/usr/bin/env python3
"""Several runs of mnist_vae on one page: their numbers, the settings that differ, curves over each other, pictures side
by side. The page is one file that needs no other.

RUN is the folder of a run (--out of mnist_vae). The page is FILE, or compare.html.
"""
import argparse
import base64
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
MOST_RUNS = 8
# What is said of a run in the first table rather than among the settings.
PICTURES = ["reconstructions", "samples", "interpolations", "manifold", "styles", "layers", "codes", "one_z"]


class Refused(Exception):
    """One line for the user."""


def read_json(path, what):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise Refused(f"{path}: {what} cannot be read ({fault})") from None


def read_lines(path):
    """The objects of a .jsonl file; a last line that is not whole is of a run at work."""
    if not path.exists():
        return []
    lines = []
    text = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            lines.append(json.loads(line))
        except ValueError:
            if number < len(text):
                raise Refused(f"{path}:{number}: no JSON object") from None
    return lines


def read_run(folder):
    if not folder.is_dir():
        raise Refused(f"{folder}: no such folder")
    config = read_json(folder / "config.json", "the settings")
    if config is None:
        raise Refused(f"{folder}: no run of mnist_vae there (config.json is missing)")
    lines = read_lines(folder / "metrics.jsonl")
    epochs = [line for line in lines if "epoch" in line]
    if not epochs:
        raise Refused(f"{folder}: no epoch is finished yet (metrics.jsonl)")
    for line in read_lines(folder / "explain.jsonl"):
        for epoch in epochs:
            if epoch["epoch"] == line.get("epoch"):
                epoch["explain"] = line
    pictures = {}
    for name in PICTURES:
        path = folder / f"{name}.png"
        if path.exists():
            pictures[name] = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    return {"name": folder.name or str(folder), "folder": str(folder), "config": config, "epochs": epochs,
            "summary": read_json(folder / "summary.json", "the summary"), "log_px": next((x for x in lines if "log_px" in x), None),
            "findings": read_json(folder / "findings.json", "the findings"), "pictures": pictures}


def short_names(runs):
    """Folders of one name are told apart by the folders above them."""
    names = [run["name"] for run in runs]
    for run in runs:
        if names.count(run["name"]) > 1:
            run["name"] = run["folder"]


def notes(runs):
    """What forbids to compare the numbers of these runs."""
    rules = {"data": "of different data sets", "decoder": "of different kinds of p(x|z): a probability of coins and a density have no common scale",
             "binarize": "of different pixels: each rule makes other data of the same images",
             "holdout": "of different test images", "resize": "of images of different sizes"}
    list_ = []
    for key, why in rules.items():
        values = {json.dumps(run["config"].get(key)) for run in runs}
        if len(values) > 1:
            list_.append(f"The bounds are {why} (--{key}).")
    if any("/" in str(run["config"].get("data", "")) or "." in str(run["config"].get("data", "")) for run in runs):
        if len({run["config"].get("seed") for run in runs}) > 1:
            list_.append("The seeds differ, and with them the test images that were held out (--seed).")
    return list_


def settings_that_differ(runs):
    keys = list(dict.fromkeys(key for run in runs for key in run["config"]))
    rows = []
    for key in keys:
        values = [run["config"].get(key) for run in runs]
        if any(value != values[0] for value in values):
            rows.append([key, [("" if v is None else ",".join(map(str, v)) if isinstance(v, list) else str(v).lower() if isinstance(v, bool) else str(v))
                               for v in values]])
    return rows


def page_of(runs):
    content = {"runs": runs, "notes": notes(runs), "differ": settings_that_differ(runs)}
    # "</script>" in a name would end the script.
    text = json.dumps(content, allow_nan=False).replace("<", "\\u003c")
    return (HERE / "page.html").read_text(encoding="utf-8").replace("/*CONTENT*/null", text)


def main():
    parser = argparse.ArgumentParser(prog="examples/run compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage="examples/run compare RUN... [--out FILE]")
    parser.add_argument("runs", nargs="+", metavar="RUN", type=pathlib.Path, help="folder of a run")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("compare.html"), metavar="FILE", help="the page (default: compare.html)")
    arguments = parser.parse_args()
    try:
        if len(arguments.runs) > MOST_RUNS:
            raise Refused(f"{len(arguments.runs)} runs are too many for one page; it has colours for {MOST_RUNS}")
        runs = [read_run(folder) for folder in arguments.runs]
        short_names(runs)
        page = page_of(runs)
        try:
            arguments.out.write_text(page, encoding="utf-8")
        except OSError as fault:
            raise Refused(f"--out {arguments.out}: cannot write there ({fault.strerror})") from None
    except Refused as refused:
        sys.exit(f"compare: {refused}")
    print(f"{arguments.out}: {len(runs)} run{'s' if len(runs) > 1 else ''}, {len(page) / 1e6:.1f} MB; open it in a browser")


if __name__ == "__main__":
    main()
