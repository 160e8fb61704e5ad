"""What stands between the fences of a reference file, and what can be made of it.

    // SOLUTION 1.2 begin
    // STARTER todo("1.2", "the reverse loop");
    ... the solution ...
    // SOLUTION 1.2 end

A starter gets the STARTER lines in place of all that, and a mutant an edit between the fences. A line
`// VARIATION 1.6` stands for a file of the chosen variation. In a file of values (TOML) the fences begin with #.
"""

import re

REGION = re.compile(r"^ *(?://|#) SOLUTION (?P<task>[\w.]+) begin\n(?P<body>.*?)^ *(?://|#) SOLUTION (?P=task) end\n",
                    re.DOTALL | re.MULTILINE)
STARTER = re.compile(r"^( *)(?://|#) STARTER (.*)\n", re.MULTILINE)
VARIATION = re.compile(r"^// VARIATION [\w.]+\n", re.MULTILINE)


class FenceError(Exception):
    pass


def with_variation(text, solution):
    """The reference file with the variation's part in its place; `solution` may be None."""
    return VARIATION.sub(lambda _: solution or "", text)


def check(name, text):
    """Fences must pair, and each region must say what the starter gets."""
    marks = len(re.findall(r"(?://|#) SOLUTION ", text))
    regions = list(REGION.finditer(text))
    if marks != 2 * len(regions):
        raise FenceError(f"{name}: {marks} lines with '// SOLUTION', but {len(regions)} pairs of begin and end")
    for region in regions:
        if not STARTER.search(region["body"]):
            raise FenceError(f"{name}: a region of {region['task']} has no '// STARTER' line")


def starter(text):
    """What a student gets: no solution, and no fence."""
    return REGION.sub(lambda region: "".join(f"{indent}{line}\n" for indent, line in STARTER.findall(region["body"])), text)


def reference(text):
    """What is compiled as the reference: the file without the lines for the starter."""
    return STARTER.sub("", text)


def mutate(text, task, find, replacement, count=1):
    """The reference with an edit inside one region of a task; None if `find` is not there `count` times."""
    found = [r for r in REGION.finditer(text) for _ in range(r["body"].count(find)) if r["task"] == task]
    if len(found) != count or len({r.start() for r in found}) != 1:
        return None
    start, end = found[0].span("body")
    return reference(text[:start] + text[start:end].replace(find, replacement) + text[end:])


def mixture(text, solved):
    """The file with the solutions of the tasks in `solved`, and a starter's lines elsewhere."""
    def one(region):
        lines = "".join(f"{indent}{line}\n" for indent, line in STARTER.findall(region["body"]))
        return reference(region["body"]) if region["task"] in solved else lines
    return REGION.sub(one, text)
