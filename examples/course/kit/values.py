"""Files that are handed in and are no program: answers, the settings of a run. They are read here and handed to the
checks as values (course::handed_in); nothing in them is executed.

The starter says what such a file may hold: the same keys, each with a value of the same type.
"""

import difflib
import json
import re
from pathlib import Path

from .unit import Problem, tomllib

LARGEST = 1 << 16  # bytes
MOST_TEXT = 1000  # characters of one value
DEEPEST = 20  # tables within tables
NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def read(unit, files):
    """The values of a unit's data files by FILE.KEY, from `files` (name -> bytes). Problem for the first that is wrong."""
    known = {}
    for name in unit.data:
        asked = flat(name, parsed(name, unit.starter(name).encode()))
        known |= {f"{Path(name).stem}.{key}": text(value) for key, value in checked(name, files[name], asked).items()}
    return known


def lying_in(unit, folder):
    """The same from a student's folder."""
    return read(unit, {name: (folder / name).read_bytes() for name in unit.data})


def checked(name, data, asked):
    if len(data) > LARGEST:
        raise Problem(f"{name} has {len(data):,} bytes; {LARGEST:,} are the most")
    said = flat(name, parsed(name, data))
    for key, value in said.items():
        if key not in asked:
            close = difflib.get_close_matches(key, asked, 1)
            raise Problem(f"{name} has the key '{key}', which nobody asks for" + (f"; did you mean '{close[0]}'?" if close else ""))
        kind = type(asked[key])
        if type(value) is not kind and not (kind is float and type(value) is int):
            other = "one with a point" if kind is int and type(value) is float else NAMES[type(value)]
            raise Problem(f"{name}: {key} must be {NAMES[kind]}, not {other}{shown(value)}")
        if kind is str and (len(value) > MOST_TEXT or not value.isprintable()):
            raise Problem(f"{name}: {key} must be one line of at most {MOST_TEXT} characters that can be printed")
        if kind in (int, float) and not abs(value) < 1e300:
            raise Problem(f"{name}: {key} must be a finite number")
    missing = [key for key in asked if key not in said]
    if missing:
        raise Problem(f"{name} has no key '{missing[0]}'; it must have {', '.join(asked)}")
    return said


def shown(value):
    """": 1.5", if it can be: Python refuses to write a whole number of thousands of digits."""
    try:
        return f": {json.dumps(value)[:60]}"
    except ValueError:
        return ""


def parsed(name, data):
    form = "JSON" if name.endswith(".json") else "TOML"
    try:
        known = (json.loads if form == "JSON" else tomllib.loads)(data.decode())
    except UnicodeDecodeError:
        raise Problem(f"{name} is no text in UTF-8") from None
    except (ValueError, RecursionError) as error:  # both decoders raise kinds of ValueError
        raise Problem(f"{name} is no {form}: {str(error)[:200]}{line_of(error, data.decode())}") from None
    if not isinstance(known, dict):
        raise Problem(f"{name} must be an object: keys with values")
    return known


def line_of(error, whole):
    """The line that a decoder stumbled over, for those who have not counted them."""
    named = re.search(r"\bline (\d{1,9})\b", str(error))
    lines = whole.split("\n")
    if not named or not 0 < int(named[1]) <= len(lines):
        return ""
    wrong = "".join(c if c.isprintable() else " " for c in lines[int(named[1]) - 1])[:80]
    return f"\n  line {named[1]}: {wrong}"


def flat(name, table, prefix=""):
    """{"a": {"b": 1}} as {"a.b": 1}."""
    known = {}
    if prefix.count(".") > DEEPEST:
        raise Problem(f"{name} has tables within tables, {DEEPEST} and more; nobody asks for them")
    for key, value in table.items():
        if isinstance(value, dict):
            known |= flat(name, value, f"{prefix}{key}.")
        elif type(value) in NAMES:
            known[f"{prefix}{key}"] = value
        else:
            raise Problem(f"{name}: {prefix}{key} must be a text, a number, true or false")
    return known


def text(value):
    """As the programs read it: 1 or 0 for a truth."""
    return str(int(value)) if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)
