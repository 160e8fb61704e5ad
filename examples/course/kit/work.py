"""A student's folder: how it is made, what it remembers, and the hints that were read in it."""

import fcntl
import json
import os
import shlex
import time
from pathlib import Path

from .draw import sealed, unsealed
from .submission import json_or_none, read_json, write_whole
from .unit import TAPESTRY, Problem, Unit
from .version import version

WRAPPER = """\
#!/bin/sh
# Checks this folder with the course kit of Tapestry. ./course --help says how.
for tapestry in "$TAPESTRY" {tapestry} "$(dirname "$0")/../tapestry" "$HOME/tapestry"; do
  if [ -x "$tapestry/examples/course/course" ]; then
    exec "$tapestry/examples/course/course" --folder "$(dirname "$0")" "$@"
  fi
done
echo "Tapestry was not found. Say where it is: export TAPESTRY=path/to/tapestry" >&2
exit 2
"""


def make(unit, folder, place):
    """Writes the folder that a student starts from. `place`: where Tapestry is, or '' if not known."""
    if folder.exists() and any(folder.iterdir()):
        raise Problem(f"{folder} is not empty; your work in it stays as it is")
    folder.mkdir(parents=True, exist_ok=True)
    for name in unit.handed_in:
        (folder / name).write_text(unit.starter(name))
    play = [unit.about["play"]] if "play" in unit.about else []
    for name in [*unit.about["given"], *play, "README.md"]:
        (folder / name).write_text(unit.given_text(name))
    hidden = folder / ".course"
    hidden.mkdir()
    if unit.overlay:  # what a student may have of it: the facts of the variation and other settings
        copy = hidden / "overlay" / unit.name
        of_variation = [f"variations/{unit.variation}/{name}" for name in ("questions.cpp", "facts.cpp")]
        for name in ["unit.toml", "hints.toml", *of_variation]:
            if (unit.overlay / name).exists():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_text((unit.overlay / name).read_text())
    (hidden / "unit.json").write_text(json.dumps(
        {"unit": unit.name, "variation": unit.variation, "drawn": sealed(unit.drawn), "version": version(unit)}) + "\n")
    wrapper = folder / "course"
    wrapper.write_text(WRAPPER.format(tapestry=f'"{place}"' if place else '""'))
    wrapper.chmod(0o755)
    (folder / ".gitignore").write_text("/build/\n")


class Work:
    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        try:
            about = json.loads((self.folder / ".course" / "unit.json").read_text())
        except FileNotFoundError:
            raise Problem(f"{self.folder} is not a unit's folder; make one: {TAPESTRY}/examples/course/course "
                          "start UNIT FOLDER") from None
        overlay = self.folder / ".course" / "overlay"
        self.unit = Unit(about["unit"], overlay if overlay.is_dir() else None, about["variation"],
                         unsealed(about["drawn"]) if "drawn" in about else None)

    @property
    def build(self):
        return self.folder / "build"

    def hold(self):
        """Until this program ends, nobody else builds or checks in this folder; the lock."""
        self.lock = (self.folder / ".course" / "lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        return self.lock.fileno()

    def warn_about_given(self):
        """The checks use the original of a given file; a student who changed it should know."""
        for name in self.unit.about["given"]:
            if (self.folder / name).exists() and (self.folder / name).read_bytes() != self.unit.given_text(name).encode():
                print(f"note: {name} is given and yours differs from it; this puts it right:\n"
                      f"  cp {shlex.quote(str(self.unit.path(name)))} {shlex.quote(str(self.folder))}\n")

    # --- What failed last, for `course hint` ---

    def remember(self, topics):
        """What to offer for each task: a topic, '' for its first one, None for a task that passes."""
        topics = {**self.last(), **topics}
        problems = {task: topics[task] for task in self.unit.tasks if topics.get(task) is not None}
        write_whole(self.folder / ".course" / "last.json", json.dumps(problems) + "\n")

    def last(self):
        known = read_json(self.folder / ".course" / "last.json")
        return known if isinstance(known, dict) else {}

    # --- Hints ---

    @property
    def log(self):
        return self.folder / ".course" / "hints.jsonl"

    def hints_read(self):
        """What can be read: a full disk may have left half a line."""
        if not self.log.exists():
            return []
        lines = [json_or_none(line) for line in self.log.read_text(errors="replace").splitlines()]
        return [hint for hint in lines if isinstance(hint, dict) and {"task", "topic", "level"} <= hint.keys()]

    def unlock(self, task, topic):
        """One level more of this topic; the level."""
        level = 1 + max((h["level"] for h in self.hints_read() if (h["task"], h["topic"]) == (task, topic)), default=0)
        if level <= 3:
            now = time.strftime("%Y-%m-%d %H:%M:%S")
            with self.log.open("a") as log:
                log.write(json.dumps({"task": task, "topic": topic, "level": level, "when": now}) + "\n")
        return min(level, 3)
