#!/usr/bin/env python3
"""Checks the numbers of docs/reading_order.md: the lines of each stop, the sums, and the limit of one afternoon.

usage: reading_order.py PROJECT_FOLDER             prints what is wrong; exit status 1 if anything is
       reading_order.py PROJECT_FOLDER --update    writes the lines and the sums anew

A row of the table is a stop: its number, links to files, lines, minutes. A link [FILE: TEXT](PATH) stands for the blocks of
FILE, separated by blank lines, that contain TEXT. Files change a little with every commit: the lines of a stop may differ from
the page by a tenth, or by 5. The sums are exact, and the counted lines stay below the limit.
"""

import pathlib
import re
import sys

LIMIT = 2300
ROW = re.compile(r"^\| (\d+) \| (.*?) \| ([\d,]+) \| (\d+) \|$", re.MULTILINE)
SUM = re.compile(r"^\| \| together \| ([\d,]+) \| (\d+) \|$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")


def lines_of(root, text, path):
    """The lines of a link; ValueError if there is no such file or part."""
    file = root / path
    if not file.is_file():
        raise ValueError(f"there is no {path}")
    content = file.read_text()
    name, _, part = text.partition(": ")
    if name.strip("`") not in path:
        raise ValueError(f"the link {name} leads to {path}")
    if not part:
        return content.count("\n")
    blocks = [b for b in re.split(r"\n(?:[ \t]*\n)+", content) if part.strip("`") in b]
    if not blocks:
        raise ValueError(f"{path} has no {part}")
    return sum(b.strip("\n").count("\n") + 1 for b in blocks)


def number(text):
    return int(text.replace(",", ""))


def counted(root, page):
    """[(match, lines)] for every stop, and the faults."""
    stops, faults = [], []
    for row in ROW.finditer(page):
        lines = 0
        for text, path in LINK.findall(row[2]):
            try:
                lines += lines_of(root, text, path)
            except ValueError as fault:
                faults.append(f"stop {row[1]}: {fault}")
        stops.append((row, lines))
    if [int(row[1]) for row, _ in stops] != list(range(1, len(stops) + 1)) or not stops:
        faults.append("the stops are not numbered 1, 2, 3, ...")
    return stops, faults


def check(root, page):
    stops, faults = counted(root, page)
    for row, lines in stops:
        stated = number(row[3])
        if abs(lines - stated) > max(5, stated / 10):
            faults.append(f"stop {row[1]} has {lines} lines, the page says {stated} (--update writes it)")
    total = sum(lines for _, lines in stops)
    if total > LIMIT:
        faults.append(f"{total:,} lines are more than an afternoon: at most {LIMIT:,}")
    stated = SUM.search(page)
    sums = (sum(number(row[3]) for row, _ in stops), sum(int(row[4]) for row, _ in stops))
    if not stated or (number(stated[1]), int(stated[2])) != sums:
        faults.append(f"the stops of the page have {sums[0]:,} lines and {sums[1]} minutes together; its last row says otherwise")
    return faults


def update(root, page):
    stops, _ = counted(root, page)
    for row, lines in reversed(stops):
        page = page[:row.start(3)] + f"{lines:,}" + page[row.end(3):]
    minutes = sum(int(row[4]) for row, _ in stops)
    return SUM.sub(f"| | together | {sum(lines for _, lines in stops):,} | {minutes} |", page)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--update"]):
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    file = root / "docs" / "reading_order.md"
    page = file.read_text()
    if sys.argv[2:]:
        page = update(root, page)
        file.write_text(page)
    faults = [f"docs/reading_order.md: {fault}" for fault in check(root, page)]
    print("\n".join(faults) or f"{sum(lines for _, lines in counted(root, page)[0]):,} lines, as the page says")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
