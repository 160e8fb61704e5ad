"""Counts what a test of several steps claims: all of them are tried, and the last line says how many held."""

import sys

passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}\n{detail}")


def close():
    """Prints the count and ends the program with its status."""
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
