#!/usr/bin/env python3
"""Checks docs/reference/systems.md: which systems of other libraries are here, each with its programs.

usage: systems.py               a system that the page claims has its row in the index of the concepts, with those programs
       systems.py --update      writes the page from the list below and the index
       systems.py --self-test   false claims are seen

A system names the rows that it is part of. If one of them is not in docs/concepts/README.md, or has no program there, the page must not claim it.
The page may claim less than there is, until it is written again (check.py --update does).
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs" / "concepts" / "README.md"
PAGE = ROOT / "docs" / "reference" / "systems.md"

PYTHAE = [  # of pythae.models, in the order of their names
    ("Adversarial_AE", "C111", ""), ("AE", "C86", ""), ("BetaTCVAE", "C80", ""), ("BetaVAE", "C79", ""), ("CIWAE", "C135", ""),
    ("DisentangledBetaVAE", "C144", "capacity that grows"), ("FactorVAE", "C122", ""), ("HRQVAE", "C145", "its residual quantiser, not its tree of sentences"),
    ("HVAE", "C142", ""), ("INFOVAE_MMD", "C120", ""), ("IWAE", "C127", ""), ("MIWAE", "C135", ""), ("MSSSIM_VAE", "C96", "similarity_loss"), ("PIWAE", "C135", ""),
    ("PoincareVAE", "C152", "with a wrapped normal"), ("RAE_GP", "", "needs the gradient of a gradient; the tape has the first order alone"), ("RAE_L2", "C140", ""),
    ("RHVAE", "", "Hamiltonian steps in a metric that is learned"), ("SVAE", "C141", ""), ("VAE", "C57", ""), ("VAEGAN", "C97", ""), ("VAE_IAF", "C99", ""), ("VAE_LinNF", "C98", "planar and radial flows"),
    ("VAMP", "C138", ""), ("VQVAE", "C104", ""), ("WAE_MMD", "C112", "")]
PYRO = [  # tutorials and examples
    ("vae", "C57", ""), ("ss-vae", "C146, C151", ""), ("cvae", "C92", "told the class, not a quarter of the image"), ("dmm", "C149", ""),
    ("air", "", "attend, infer, repeat: the number of objects is a latent"), ("prodlda", "", "topics of documents"),
    ("scanvi", "C148", "its counts and batches (scVI); cells without a label are not in it"), ("vae_flow_prior", "", "a flow as the prior"),
    ("cevae", "", "causal effects"), ("sparse_gamma_def", "", "a deep exponential family")]
TFP = [  # tensorflow_probability/examples
    ("vae.py", "C57", ""), ("Probabilistic_Layers_VAE", "C57", ""), ("vq_vae.py", "C104", ""),
    ("disentangled_vae.py", "", "what changes in a sequence, and what does not"), ("grammar_vae.py", "", "molecules by a grammar"),
    ("latent_dirichlet_allocation", "", "topics, amortised"), ("deep_exponential_family.py", "", "layers of gamma variables"), ("Probabilistic_PCA", "C88", ""),
    ("Factor_Analysis_TFP", "C89", ""), ("Sigmoid_Belief_Network_TFP", "C136", "")]
PARTS = [
    ("pythae", "[pythae](https://github.com/clementchadebec/benchmark_VAE) is the library with the most VAEs. Its 26 models, by their names there:", PYTHAE),
    ("Pyro", "The [examples and tutorials](https://pyro.ai/examples/) of Pyro in which a network encodes:", PYRO),
    ("TensorFlow Probability", "The [examples](https://github.com/tensorflow/probability/tree/main/tensorflow_probability/examples) in which one does, and the linear "
     "models behind them:", TFP)]
HEAD = """# Systems of other libraries, and where they are here

Whoever comes from another library finds its systems below, each with the row of the [concepts](../concepts/README.md) and the programs
that train it and check its claims; "–" is what is not here. `tests/docs/systems.py` writes this page and holds it to the index: nothing is claimed that has
no program.
"""
LINK = re.compile(r"\[(\w+)\]\(([^)]*)\)")


def index_rows(text):
    """{"C12": {program: path from docs/concepts}} of the index; rows without a program are left out."""
    rows = {}
    for row, cells in re.findall(r"^\| (C\d+) \|(.*)\|$", text, re.MULTILINE):
        programs = dict(LINK.findall(cells.rsplit(" | ", 1)[0].rsplit(" | ", 1)[-1]))
        if programs:
            rows[row] = programs
    return rows


def line(system, rows, note, known):
    """A line of a table; the rows that the index has not are no claim."""
    have = [row for row in rows.split(", ") if row in known]
    if not have:  # a remark on what there will be waits for it
        return f"| {system} | – | – | {'' if rows else note} |"
    programs = {name: path for row in have for name, path in known[row].items()}
    links = ", ".join(f"[{name}]({path})" for name, path in programs.items())
    return f"| {system} | {', '.join(have)} | {links} | {note} |"


def page(known):
    text = HEAD
    for title, words, systems in PARTS:
        lines = [line(*system, known) for system in systems]
        here = sum("| – | – |" not in each for each in lines)
        text += f"\n## {title}\n\n{words} {here} of {len(lines)} are here.\n\n| system | row | programs | remarks |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
    return text


def faults(text, known):
    """What the page says too much, or leaves out."""
    found = []
    for title, _, systems in PARTS:
        part = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
        lines = {cells[0]: cells for cells in (each.strip("| ").split(" | ") for each in re.findall(r"^\| .*$", part[1] if part else "", re.MULTILINE))}
        claimed = 0
        for system, rows, _ in systems:
            if system not in lines:
                found.append(f"{title}: has no line for {system}")
                continue
            cells = lines[system]
            claimed += cells[1] != "–"
            programs = dict(LINK.findall(cells[2]))
            for row in cells[1].split(", ") if cells[1] != "–" else []:
                if row not in rows.split(", "):
                    found.append(f"{title}: {system} is not what {row} is about")
                elif row not in known:
                    found.append(f"{title}: {system} is said to be {row}, which the index has not or without a program")
            own = {name for row in cells[1].split(", ") for name in known.get(row, {})}
            found += [f"{title}: {name} is no program of {cells[1]}" for name in programs if name not in own]
            if cells[1] != "–" and not programs:
                found.append(f"{title}: {system} is claimed without a program")
        if part and f" {claimed} of {len(systems)} are here." not in part[1]:
            found.append(f"{title}: {claimed} of {len(systems)} have a row; the page counts otherwise")
    return found


def update():
    PAGE.write_text(page(index_rows(INDEX.read_text())))


def self_test():
    known = index_rows(INDEX.read_text())
    right = page(known)
    without = {row: programs for row, programs in known.items() if row != "C57"}
    wrong = {
        "a row that is gone": (right, without, "C57, which the index has not"),
        "a system left out": (right.replace("| BetaVAE |", "| Beta |"), known, "no line for BetaVAE"),
        "a row of something else": (right.replace("| BetaVAE | C79 |", "| BetaVAE | C80 |"), known, "not what C80 is about"),
        "a program of another row": (right.replace("| AE | C86 | [autoencoder]", "| AE | C86 | [factor_vae]"), known, "factor_vae is no program"),
        "a claim more": (right.replace("| RHVAE | – | –", "| RHVAE | C107 | [x](y)"), known, "not what C107 is about"),
        "the count": (right.replace(" of 26 are", " of 27 are"), known, "counts otherwise"),
    }
    missed = [name for name, (text, rows, said) in wrong.items() if not any(said in fault for fault in faults(text, rows))]
    return [f"not seen: {name}" for name in missed] + faults(right, known)


def main():
    if sys.argv[1:] == ["--update"]:
        update()
    elif sys.argv[1:] not in ([], ["--self-test"]):
        sys.exit(__doc__)
    found = self_test() if sys.argv[1:] == ["--self-test"] else faults(PAGE.read_text(), index_rows(INDEX.read_text()))
    for fault in found:
        print(fault)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
