"""A unit: a folder with everything, and an overlay whose files come first."""

import json
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


class Unit:
    def __init__(self, name, overlay=None, variation=None):
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
        self.hints = toml(self.path("hints.toml"))

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

    # --- What is generated ---

    def source(self, name):
        """A reference file with its fences and the chosen variation."""
        solution = self.path(f"variations/{self.variation}/solution.cpp") if self.variation else None
        text = fences.with_variation(self.path(name).read_text(),
                                     solution.read_text() if solution and solution.exists() else None)
        fences.check(name, text)
        return text

    def starter(self, name):
        return fences.starter(self.source(name))

    def mutants(self):
        """The wrong solutions of this offering, by name; task, what, state, hint, also."""
        found = toml(self.path("mutants.toml"))
        for name, mutant in found.items():
            mutant.setdefault("state", "FAIL")
            mutant.setdefault("also", [])
        return {n: m for n, m in found.items() if m.get("variation", self.variation) == self.variation}

    def mutant_sources(self, name):
        """Its files: the reference, one of them edited."""
        mutant, files, edited = self.mutants()[name], {}, 0
        for file in self.about["submit"]:
            text = self.source(file)
            wrong = fences.mutate(text, mutant["task"], mutant["find"], mutant["with"], mutant.get("count", 1))
            edited += wrong is not None
            files[file] = wrong if wrong is not None else fences.reference(text)
        if edited != 1:
            raise Problem(f"mutant {name}: '{mutant['find']}' is not in one region of {mutant['task']}, {mutant.get('count', 1)} times")
        return files

    def generate(self, out):
        """Writes reference/, starter/ and a folder for each mutant."""
        def write(folder, files):
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_text(text)

        submit = self.about["submit"]
        write(out / "reference", {name: fences.reference(self.source(name)) for name in submit})
        write(out / "starter", {name: self.starter(name) for name in submit})
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
            "mutants": ";".join(self.mutants()),
            "depends": ";".join(str(p) for base in self.bases() for p in sorted(base.rglob("*")) if p.is_file()),
        }

    # --- Hints ---

    def topic(self, task, topic):
        """The hints of a topic; of the task's first one when it has no such topic."""
        topics = self.hints.get(task, {})
        if topic in topics:
            return topic, topics[topic]
        return next(iter(topics.items()), (None, None))


def describe_json(unit):
    return json.dumps(unit.describe())
