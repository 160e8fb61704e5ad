"""The slides of a unit: docs/course/slides/UNIT.md as one HTML file, by pandoc. Their code, outputs and tables are
quotes that the tests of the pages compare."""

import re
import subprocess
import tempfile
from pathlib import Path

from .unit import COURSE, TAPESTRY, Problem

STYLE = (COURSE / "kit" / "slides.css")


def need_pandoc():
    script = 'source "$1" && need_packages "make slides" pandoc'
    if subprocess.run(["bash", "-c", script, "bash", TAPESTRY / "examples/support/setup.sh"]).returncode:
        raise Problem("pandoc is missing; the line above installs it")


def make(unit, target):
    """Writes the slides; how many there are."""
    source = TAPESTRY / "docs" / "course" / "slides" / f"{unit.name}.md"
    if not source.exists():
        raise Problem(f"{unit.name} has no slides: {source} is not there")
    need_pandoc()
    with tempfile.NamedTemporaryFile("w", suffix=".html") as head:
        head.write(f"<style>\n{STYLE.read_text()}</style>\n")
        head.flush()
        command = ["pandoc", source, "--to", "dzslides", "--standalone", "--mathml", "--include-in-header", head.name,
                   "--resource-path", source.parent, "--output", target]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise Problem(f"pandoc could not make the slides:\n{done.stderr}")
    html = still(target.read_text())
    target.write_text(html)
    return html.count("<section")


def still(html):
    """Parentheses that do not grow, but around a fraction: pandoc lets each one grow, and much too far with some fonts."""
    left, right = (f'<mo stretchy="true" form="{side}">{re.escape(mark)}</mo>' for side, mark in (("prefix", "("), ("postfix", ")")))
    pair, found = re.compile(f"{left}((?:(?!{left}|<mfrac).)*?){right}", re.DOTALL), 1
    while found:  # from the innermost outwards
        html, found = pair.subn(r'<mo stretchy="false">(</mo>\1<mo stretchy="false">)</mo>', html)
    return html
