"""Compares what a program printed with what is written: two texts are the same up to the last digits of numbers."""

import re

NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[-+]\d+)?(?![\w.]*\w)")


def same(expected, got):
    """Equal, but numbers with a point may differ in the last of the four digits that are printed."""
    if NUMBER.sub("#", expected) != NUMBER.sub("#", got):
        return False
    for a, b in zip(NUMBER.findall(expected), NUMBER.findall(got)):
        close = "." in a + b and abs(float(a) - float(b)) <= 2e-3 * abs(float(a))
        if a != b and not close:
            return False
    return True


def first_difference(expected, got, first=1):
    """The first two lines that are not the same; `first` is the number of the first line."""
    for number, (a, b) in enumerate(zip(expected.splitlines() + [""], got.splitlines() + [""]), start=first):
        if not same(a, b):
            return f"line {number}\n  expected: {a}\n  got:      {b}"
    return "one of the two goes on longer"
