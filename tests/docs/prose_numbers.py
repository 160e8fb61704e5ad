#!/usr/bin/env python3
"""Holds every number in the prose of the concepts' pages, and the decimals of all other pages (performance.md has tables of them).

    prose_numbers.py              each number of a page is the one of docs/concepts/numbers.txt; one with a source still agrees with it
    prose_numbers.py --update     writes numbers.txt anew: look at its difference before you commit it

numbers.txt has a line for each number: page, number, and where it was measured: an output of docs/concepts/output, or a record
of docs/results. A source agrees when one of its numbers, rounded to as many digits, is the page's. "stated" is a number that no
program printed: a definition, a size, a published result. Not held are years, numbers of equations, sections, figures, pages and
rows, and code; outside the concepts, whole numbers.
"""

import json
import re
import sys
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONCEPTS = ROOT / "docs" / "concepts"
LEDGER = CONCEPTS / "numbers.txt"
OUTSIDE = re.compile(r"^```.*?^```$|`[^`\n]*`|<!--.*?-->|\]\([^)\s]*\)", re.DOTALL | re.MULTILINE)
NAMES = re.compile(r"(?i)\b(?:equations?|eqs?\.?|sections?|chapters?|figures?|figs?\.?|problems?|probs?\.?|tables?|algorithms?|notebooks?|models?|"
                   r"lines?|rows?|UDL|appendix)\s+(?:[A-Z]\.)?\d+(?:\.\d+)*(?:(?:,| and| to|,? or)\s+\d+(?:\.\d+)*)*")
LABELS = re.compile(r"\b[A-Za-z]+[-_]?\d+(?:\.\d+)*\b|\b(?:19|20)\d\d\b|\b\d+-bit\b")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
PRINTED = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[-+]?\d+)?(?!\w)")


def pages():
    docs = ROOT / "docs"
    others = [page for part in ("*", "course/slides/*", "design/*", "howto/*", "tutorial/*") for page in sorted(docs.glob(f"{part}.md"))]
    return [ROOT / "README.md", ROOT / "README.zh.md", *sorted(CONCEPTS.glob("*.md")), *others]


def numbers_of(page):
    """The numbers in the prose of a page, in order, as (line, number)."""
    text = page.read_text()
    if page == CONCEPTS / "README.md":  # the index: titles of rows
        text = re.sub(r"^\|.*$", "", text, flags=re.MULTILINE)
    blank = lambda found: re.sub(r"[^\n]", " ", found[0])  # noqa: E731
    for pattern in (OUTSIDE, NAMES, LABELS):
        text = pattern.sub(blank, text)
    text = re.sub(r"^#.*$|^\*\*概念\*\*.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)
    found = [(text.count("\n", 0, f.start()) + 1, f[0].rstrip(",").replace(",", "")) for f in NUMBER.finditer(text)]
    return [n for n in found if page.parent == CONCEPTS or re.match(r"\d+\.\d+$", n[1])]


def measured():
    """What was measured: {source: its numbers, without their signs}."""
    found = {}
    for path in sorted((CONCEPTS / "output").glob("*.out")):
        found[f"output/{path.name}"] = [Decimal(n.lstrip("-")) for n in PRINTED.findall(path.read_text()) if "e+" not in n]
    for path in sorted((CONCEPTS.parent / "results").glob("*.json")):
        record = json.loads(path.read_text())
        values = list(record["numbers"].values()) + [v for curve in record["curves"].values() for v in curve["y"]]
        found[f"results/{path.name}"] = [Decimal(repr(abs(v))) for v in values if v is not None]
    return found


def agrees(number, values):
    """Whether one of the values is this number when it is rounded to as many digits."""
    value = Decimal(number)
    unit = Decimal(1).scaleb(value.as_tuple().exponent)
    return any(v.quantize(unit, r) == value for v in values if abs(v - value) <= unit for r in (ROUND_HALF_UP, ROUND_HALF_DOWN))


def source_of(page, number, everything):
    """Where a number was measured: with two digits or more after the point, or one and a size that is not told by chance."""
    digits = number.replace(".", "").lstrip("0")
    if "." not in number or len(digits) < 2:
        return "stated"
    text = page.read_text()
    near = [s for s in everything if Path(s).stem in text] + ([s for s in everything] if page.parent == ROOT else [])
    return next((s for s in near if agrees(number, everything[s])), "stated")


def check():
    faults, everything = [], measured()
    kept = {}
    for line in LEDGER.read_text().splitlines():
        page, number, source = line.split()
        kept.setdefault(page, []).append((number, source))
    for page in pages():
        name = str(page.relative_to(ROOT))
        now, known = numbers_of(page), kept.pop(name, [])
        for at, ((line, number), (expected, source)) in enumerate(zip(now, known)):
            if number != expected:
                faults.append(f"{name}:{line}: says {number}; numbers.txt has {expected} for this place ({source})")
                break
            if source != "stated" and not agrees(number, everything.get(source, [])):
                faults.append(f"{name}:{line}: says {number}, which {source} does not")
        else:
            if len(now) != len(known):
                faults.append(f"{name}: has {len(now)} numbers, numbers.txt {len(known)}")
    faults += [f"numbers.txt: there is no page {page}" for page in kept]
    return faults


def update():
    """A number keeps the source that it had, as long as that agrees."""
    everything = measured()
    earlier = {(page, number): source for page, number, source in map(str.split, LEDGER.read_text().splitlines())}
    lines = []
    for page in pages():
        for _, number in numbers_of(page):
            source = earlier.get((str(page.relative_to(ROOT)), number), "stated")
            if source == "stated" or not agrees(number, everything.get(source, [])):
                source = source_of(page, number, everything)
            lines.append(f"{page.relative_to(ROOT)} {number} {source}")
    LEDGER.write_text("\n".join(lines) + "\n")
    return []


def main():
    if sys.argv[1:] not in ([], ["--update"]):
        sys.exit(__doc__)
    faults = update() if sys.argv[1:] else check()
    for fault in faults:
        print(fault)
    if faults:
        print("tests/docs/prose_numbers.py --update writes numbers.txt anew")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
