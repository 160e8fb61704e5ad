"""A unit: a folder with everything, and an overlay whose files come first."""

import json
import re
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

from . import fences

COURSE = Path(__file__).resolve().parents[1]
TAPESTRY = COURSE.parents[1]


class Problem(Exception):
    """Something to tell the user in one message, without a traceback."""


def all_units():
    return [Unit(folder.name) for folder in sorted(COURSE.glob("*/")) if (folder / "unit.toml").exists()]


def toml(path):
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{path}: {error}") from None


def first_of(options):
    """What is taken when nobody's id is known: the first of a list, the smallest of a range."""
    return options[0] if isinstance(options, list) else options["from"]


class Unit:
    def __init__(self, name, overlay=None, variation=None, drawn=None):
        names = [folder.name for folder in sorted(COURSE.glob("*/")) if (folder / "unit.toml").exists()]
        if name not in names:
            close = [n for n in names if n.startswith(name)]  # "unit1" is enough
            if len(close) != 1:
                raise Problem(f"there is no unit '{name}'; there are: {', '.join(names)}")
            name = close[0]
        self.name = name
        self.folder = COURSE / name
        self.overlay = Path(overlay).resolve() / name if overlay else None
        if self.overlay and not self.overlay.is_dir():
            raise Problem(f"the overlay has no folder for this unit: {self.overlay}")
        self.about = toml(self.folder / "unit.toml")
        if self.overlay and (self.overlay / "unit.toml").exists():
            self.about |= toml(self.overlay / "unit.toml")
        self.variation = variation or self.about.get("variation")
        if self.variation and not self.path(f"variations/{self.variation}/facts.cpp").exists():
            known = {p.name for base in self.bases() for p in base.glob("variations/*/")}
            raise Problem(f"{name} has no variation '{self.variation}'; there are: {', '.join(sorted(known))}")
        self.hints = {}
        for tasks, topics in toml(self.path("hints.toml")).items():  # "3.1 3.2" has topics of both
            for task in tasks.split():
                self.hints.setdefault(task, {}).update(topics)
        self.drawn = {what: first_of(options) for what, options in self.about.get("drawn", {}).items()} | (drawn or {})

    def bases(self):
        return [base for base in (self.overlay, self.folder) if base]

    def path(self, name):
        """The file of this name: the overlay's if it has one."""
        return next((base / name for base in self.bases() if (base / name).exists()), self.folder / name)

    @property
    def title(self):
        return self.about["title"]

    def task(self, task):
        return self.about["tasks"][task]

    @property
    def tasks(self):
        return list(self.about["tasks"])

    @property
    def data(self):
        """The files of values among those that are handed in (values.py)."""
        return self.about.get("data", [])

    @property
    def handed_in(self):
        return [*self.about["submit"], *self.data]

    # --- What is generated ---

    def source(self, name):
        """A reference file with its fences and the chosen variation."""
        solution = self.path(f"variations/{self.variation}/solution.cpp") if self.variation else None
        text = fences.with_variation(self.path(name).read_text(),
                                     solution.read_text() if solution and solution.exists() else None)
        fences.check(name, text)
        return text

    def filled(self, text, known=None):
        """The text with what is drawn in the place of its @name@."""
        known = self.drawn if known is None else known
        return re.sub(r"@(\w+(?:\.\w+)*)@", lambda found: str(known.get(found[1], found[0])), text)

    def given_text(self, name):
        """A file that is given to a student as it is, but for what is drawn."""
        return self.filled(self.path(name).read_text())

    def reference(self, name):
        return self.filled(fences.reference(self.source(name)), self.drawn | self.facts())

    def starter(self, name):
        """What a student begins with; in a unit with faults.toml, with the faults that are drawn."""
        text = self.filled(fences.starter(self.source(name)))
        for what, fault in self.faults().items():
            if fault.get("file", self.about["submit"][0]) == name:
                text = edited(text, fault["find"], fault["with"], 1, f"the fault {what} of {self.name}")
        return text

    # --- Faults that are drawn ---

    def faults(self):
        """The drawn one of each place that faults.toml has: an edit of the right program, and what is to be found out."""
        if not self.path("faults.toml").exists():
            return {}
        return {place: kinds[self.drawn[place]] for place, kinds in toml(self.path("faults.toml")).items()}

    def facts(self):
        """What the judge alone is told: of each drawn fault the line in the starter, and the rest of its entry."""
        known = {}
        for place, fault in self.faults().items():
            text = self.starter(fault.get("file", self.about["submit"][0]))
            if text.count(fault["with"]) != 1:
                raise Problem(f"{self.name}: the fault {place} {self.drawn[place]} does not stand alone in the starter")
            at = text.index(fault["with"]) + fault["with"].index(fault.get("at", fault["with"].lstrip()))
            known[f"{place}.line"] = text.count("\n", 0, at) + 1
            known |= {f"{place}.{key}": value for key, value in fault.items() if key not in ("find", "with", "file", "at", "what")}
        return known

    def mutants(self):
        """The wrong solutions of this offering, by name; task, what, state, hint, also."""
        found = toml(self.path("mutants.toml"))
        for name, mutant in found.items():
            mutant.setdefault("state", "FAIL")
            mutant.setdefault("also", [])
        return {n: m for n, m in found.items() if m.get("variation", self.variation) == self.variation}

    def mutant_sources(self, name):
        """Its files: the reference, one of them edited."""
        mutant, files, count = self.mutants()[name], {file: self.reference(file) for file in self.handed_in}, 0
        if "file" in mutant:  # an edit anywhere in this file, also in the one that a student begins with
            file = mutant["file"]
            text = self.starter(file) if mutant.get("of") == "starter" else files[file]
            return files | {file: edited(text, mutant["find"], mutant["with"], mutant.get("count", 1), f"mutant {name}")}
        for file in self.handed_in:
            wrong = fences.mutate(self.source(file), mutant["task"], mutant["find"], mutant["with"], mutant.get("count", 1))
            if wrong is not None:
                files[file], count = self.filled(wrong, self.drawn | self.facts()), count + 1
        if count != 1:
            raise Problem(f"mutant {name}: '{mutant['find']}' is not in one region of {mutant['task']}, {mutant.get('count', 1)} times")
        return files

    def changes_program(self, mutant):
        """Returns false for a wrong solution whose program is the reference, with other values beside it."""
        files = self.mutant_sources(mutant)
        return any(files[name] != self.reference(name) for name in self.about["submit"])

    def generate(self, out):
        """Writes reference/, starter/ and a folder for each mutant."""
        def write(folder, files):
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_text(text)

        write(out / "reference", {name: self.reference(name) for name in self.handed_in})
        write(out / "starter", {name: self.starter(name) for name in self.handed_in})
        for mutant in self.mutants():
            write(out / f"mutant_{mutant}", self.mutant_sources(mutant))

    # --- What CMake wants to know ---

    def describe(self):
        sources = [self.path(name) for name in self.about["sources"]]
        judge = [self.path(name) for name in self.about.get("judge", [])]
        if self.variation:
            questions = self.path(f"variations/{self.variation}/questions.cpp")
            sources += [questions] if questions.exists() else []
            judge.append(self.path(f"variations/{self.variation}/facts.cpp"))
        return {
            "folder": str(self.folder),
            "sources": ";".join(map(str, sources)),
            "judge": ";".join(map(str, judge)),
            "given": ";".join(str(self.path(name)) for name in self.about["given"]),
            "submit": ";".join(self.about["submit"]),
            "links": ";".join(f"tapestry::{name}" for name in self.about["links"]),
            "mutants": ";".join(name for name in self.mutants() if self.changes_program(name)),
            "depends": ";".join(str(p) for base in self.bases() for p in sorted(base.rglob("*")) if p.is_file()),
        }

    # --- Hints ---

    def topic(self, task, topic):
        """The hints of a topic; of the task's first one when it has no such topic."""
        topics = self.hints.get(task, {})
        if topic in topics:
            return topic, topics[topic]
        return next(iter(topics.items()), (None, None))


def edited(text, find, replacement, count, whose):
    """The text with an edit that must be possible exactly so many times."""
    if text.count(find) != count:
        raise Problem(f"{whose}: '{find}' is there {text.count(find)} times, not {count}")
    return text.replace(find, replacement)


def describe_json(unit):
    return json.dumps(unit.describe())
