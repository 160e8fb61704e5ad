#!/usr/bin/env python3
"""Checks that the documentation says what the programs do.

    check.py pages                   code blocks equal their snippets; relative links lead somewhere; formulas survive Markdown
    check.py run PROGRAM NAME        PROGRAM prints docs/snippets/NAME.out, with 1 and with 2 threads
    check.py --update PROGRAM...     writes the .out files anew, then the code blocks of the pages

A code block of a page is quoted from a file of docs/snippets or examples/tour, from a guided session of tests/debug_tour and its program, or
from a program of examples/concepts (or examples/support) and what it printed (docs/concepts/output, written by examples/run concepts --docs).
The line above it says from where:

    <!-- tensor.cpp -->              the whole file
    <!-- tensor.cpp: includes -->    its #include lines and what it uses
    <!-- tensor.cpp: make -->        the lines between "// region make" and "// end", not indented
    <!-- tensor.out -->              what the program prints
    <!-- tensor.out: 3-6 -->         lines 3 to 6 of that
    <!-- masked_nan.cpp: entropy --> the function of that name, with the comment above it
    <!-- unit1_tape/tape.hpp: Op --> a file in a folder of examples/course
    <!-- entropy.cpp: model -->      that section of a concept program; or "wrong versions"
    <!-- masked_nan.txt: start -->   what the session prints before the first command
    <!-- masked_nan.txt: c .. p x --> its part from the command c to p x, without the remarks (#)

Blocks of ```sh are commands to type and stand for themselves.

The pages of reference.py and systems.py and, in each chapter of the concepts, the line of Chinese terms are made from the headers and from
the index.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "examples" / "support" / "concept"))
from concepts import rows as concept_programs  # noqa: E402
import reference  # noqa: E402
import systems  # noqa: E402

SNIPPETS = ROOT / "docs" / "snippets"
SOURCES = [SNIPPETS, SNIPPETS / "project"] + [ROOT / f for f in ("tests/debug_tour", "examples/debug_tour", "examples/tour", "docs/concepts/output",
                                                       "prob/flows", "vae/inference", "vae/models", "examples/course")]
SOURCES += sorted(p for p in (ROOT / "examples" / "concepts").rglob("*") if p.is_dir())
SOURCES.append(ROOT / "prob")
SOURCES += sorted(p for p in (ROOT / "examples" / "support").iterdir() if p.is_dir())
INDEX = ROOT / "docs" / "concepts" / "README.md"
QUOTE = re.compile(r"<!-- (?P<file>\w[\w./]*\.(?:cpp|hpp|out|txt))(?:: (?P<part>.+?))? -->\n"
                   r"```(?:cpp|text|cmake)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"(?P<above>[^\n]*)\n```(?P<language>\w*)\n.*?^```$", re.DOTALL | re.MULTILINE)
ANSWER = re.compile(r"^(?=\((?:step [^)]*|forward|end)\) > )", re.MULTILINE)
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def pages():
    """All pages whose code blocks are quotes. The other how-tos are followed step by step by their own tests."""
    own = [p for p in sorted((ROOT / "docs").rglob("*.md"))
           if "howto" not in p.parts or p.name in ("debug_a_gradient.md", "find_a_nan.md", "run_a_step_again.md")]
    return [ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md")] + own


def quoted(file, part):
    """The text that `<!-- file: part -->` stands for; ValueError if there is none."""
    path = next((folder / file for folder in SOURCES if (folder / file).exists()), SNIPPETS / file)
    text = path.read_text()
    if part is None:
        return text
    if file.endswith(".txt"):
        return answers(text, part)
    if file.endswith(".out"):
        first, _, last = part.partition("-")
        lines = text.splitlines(keepends=True)[int(first) - 1:int(last or first)]
        if len(lines) != int(last or first) - int(first) + 1:
            raise ValueError(f"{file} has no lines {part}")
        return "".join(lines)
    if part == "includes":
        return "".join(re.findall(r"^(?:#include|using namespace) .*\n", text, re.MULTILINE))
    if path.parent == SNIPPETS:
        found = re.search(rf"^ *// region {part}\n(.*?)^ *// end$", text, re.DOTALL | re.MULTILINE)
    elif part in ("model", "wrong versions"):
        found = re.search(rf"^// --- {part}\n\n(.*?)\n^// --- ", text, re.DOTALL | re.MULTILINE)
    else:  # a function, in one line or more, or a struct and perhaps one of its functions
        found = (re.search(rf"^((?://[^\n]*\n)*\w[^\n(]* {part}\([^\n]*}}\n)", text, re.MULTILINE)
                 or re.search(rf"^((?://[^\n]*\n)*(?:template [^\n]*\n)?\w[^\n(]* {part}\([^\n]*\n.*?^}}\n)", text, re.DOTALL | re.MULTILINE)
                 or re.search(rf"^((?: *//[^\n]*\n)*( *)(?:struct {part}\b|\w[^\n]* {part}\()[^\n]*{{\n.*?^\2}};?\n)", text, re.DOTALL | re.MULTILINE))
    if not found:
        raise ValueError(f"{file} has no region or function {part}")
    return textwrap.dedent(found.group(1))


def answers(session, part):
    """The commands FIRST .. LAST of a session with what they print."""
    start, *typed = ANSWER.split(session)
    if part == "start":
        return start
    typed = [t for t in typed if "> #" not in t.partition("\n")[0]]
    commands = [t.partition("\n")[0].partition("> ")[2] for t in typed]
    first, _, last = part.partition(" .. ")
    for command in (first, last or first):
        if command not in commands:
            raise ValueError(f"nobody types '{command}' in the session")
    return "".join(typed[commands.index(first):commands.index(last or first) + 1])


def check_pages():
    faults = []
    used = set()
    for page in pages():
        text = page.read_text()
        name = page.relative_to(ROOT)
        for quote in QUOTE.finditer(text):
            line = text.count("\n", 0, quote.start()) + 1
            used.add(quote["file"])
            try:
                if quote["code"] != quoted(quote["file"], quote["part"]):
                    faults.append(f"{name}:{line}: differs from {quote['file']}")
            except (ValueError, FileNotFoundError) as error:
                faults.append(f"{name}:{line}: {error}")
        for block in BLOCK.finditer(text):
            if block["language"] != "sh" and not re.match(r"<!-- .* -->$", block["above"]):
                line = text.count("\n", 0, block.start()) + 2
                faults.append(f"{name}:{line}: a code block that is quoted from no snippet")
    for snippet in sorted(SNIPPETS.iterdir()):
        if snippet.suffix == ".cpp" and snippet.name not in used:
            faults.append(f"docs/snippets/{snippet.name}: no page quotes it")
    faults += dead_links() + index_faults() + formula_faults() + written_faults()
    return faults


def concept_rows():
    """The programs of each row: {"C12": [path, ...]}."""
    rows = {}
    for ids, _, program in concept_programs():
        for row in ids:
            rows.setdefault(row, []).append(program)
    return rows


def index(text):
    """docs/concepts/README.md with the last two columns of its rows, program and picture, as they are now."""
    rows = concept_rows()

    def row(line):
        *cells, _, _ = line[0].strip("| ").split(" | ")
        programs = rows.get(cells[0], [])
        pictures = [p.stem for p in programs if (INDEX.parent / "pictures" / f"{p.stem}.png").exists()]
        links = ", ".join(f"[{p.stem}](../../{p.relative_to(ROOT)})" for p in programs) or "to come"
        shown = ", ".join(f"[picture](pictures/{name}.png)" for name in pictures) or "–"
        return f"| {' | '.join(cells)} | {links} | {shown} |"

    return re.sub(r"^\| C\d+ \| .*$", row, text, flags=re.MULTILINE)


def index_faults():
    text = INDEX.read_text()
    faults = [] if index(text) == text else ["docs/concepts/README.md: not as the programs are (check.py --update writes it)"]
    missing = set(concept_rows()) - set(re.findall(r"^\| (C\d+) ", text, re.MULTILINE))
    return faults + [f"docs/concepts/README.md: has no row {row}" for row in sorted(missing)]


def with_terms(chapter, text):
    """A chapter with the line of the Chinese terms of its rows as they stand in the index: in its own part, then beyond the notes."""
    index_text = INDEX.read_text()
    rows = re.search(rf"^The chapter: \[{re.escape(chapter.name)}\].*?(?=^## |\Z)", index_text, re.DOTALL | re.MULTILINE)
    terms = re.findall(r"^\| (C\d+) \| [^|]* \| ([^|]*) \|", rows[0], re.MULTILINE) if rows else []
    beyond = re.search(r"^## Beyond the notes\n.*?(?=^## |\Z)", index_text, re.DOTALL | re.MULTILINE)
    terms += re.findall(rf"^\| (C\d+) \| [^|]* \| ([^|]*) \|.*/concepts/{chapter.stem}/", beyond[0], re.MULTILINE) if beyond else []
    line = "**概念** " + " · ".join(f"{row} {term}" for row, term in terms)
    return re.sub(r"^\*\*概念\*\* .*$", lambda _: line, text, flags=re.MULTILINE)


def written():
    """What this program writes by itself: {path: text}."""
    chapters = [p for p in INDEX.parent.glob("*.md") if p != INDEX]
    return {**reference.pages(ROOT), **{p: with_terms(p, p.read_text()) for p in chapters}}


def written_faults():
    faults = [f"{path.relative_to(ROOT)}: not as the headers and the index are (check.py --update writes it)"
              for path, text in written().items() if not path.exists() or path.read_text() != text]
    return faults + [f"{p.relative_to(ROOT)}: has no line of Chinese terms, **概念**" for p in sorted(INDEX.parent.glob("*.md"))
                     if p != INDEX and "\n**概念** " not in p.read_text()]


def dead_links():
    faults = []
    every = [p for p in ROOT.glob("*.md")] + sorted((ROOT / "docs").rglob("*.md"))
    for page in every:
        text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            if not there.exists():
                faults.append(f"{page.relative_to(ROOT)}: the link {target} leads nowhere")
            elif anchor and there.suffix == ".md" and anchor not in headings(there):
                faults.append(f"{page.relative_to(ROOT)}: {path or page.name} has no heading #{anchor}")
    return faults


def formula_faults():
    """Markdown takes the backslash before a mark, so that a formula's \\, is shown as a comma. Names survive."""
    faults = []
    for page in sorted(INDEX.parent.glob("*.md")):
        text = re.sub(r"^```.*?^```$|`[^`\n]*`", lambda code: "\n" * code[0].count("\n"), page.read_text(),
                      flags=re.DOTALL | re.MULTILINE)
        for formula in FORMULA.finditer(text):
            line = text.count("\n", 0, formula.start()) + 1
            for mark in sorted(set(re.findall(r"\\[^\w\s\\]", formula[0]))):
                faults.append(f"{page.relative_to(ROOT)}:{line}: {mark} in a formula loses its backslash "
                              r"(\thinspace, \parallel, \Vert and \lbrace do not)")
    return faults


def headings(page):
    """Anchors of a page, by the rule of the usual hosts: lower case, spaces to hyphens, no marks."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def printed(program, threads):
    """What a snippet prints. It runs in a folder of its own, where it may leave files."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        done = subprocess.run([Path(program).resolve()], cwd=folder, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    if done.returncode != 0:
        return done.stdout + f"(exit status {done.returncode})\n"
    return done.stdout


def check_program(program, name):
    expected = (SNIPPETS / f"{name}.out").read_text()
    faults = []
    for threads in (1, 2):
        got = printed(program, threads)
        if got != expected:
            faults.append(f"{name} with {threads} threads prints\n{got}but docs/snippets/{name}.out "
                          f"says\n{expected}(tests/docs/check.py --update PROGRAM writes it anew)")
    return faults


def update(programs):
    for program in programs:
        name = Path(program).name.removeprefix("snippet_")
        (SNIPPETS / f"{name}.out").write_text(printed(program, 1))

    def requote(match):
        head = match.group(0)[:match.start("code") - match.start()]
        return head + quoted(match["file"], match["part"]) + "```"

    for page in pages():
        old = page.read_text()
        new = QUOTE.sub(requote, old)
        if page == INDEX:
            new = index(new)
        if new != old:
            page.write_text(new)
            print(f"rewrote what is quoted in {page.relative_to(ROOT)}")
    for path, text in written().items():
        path.write_text(text)
    systems.update()
    return []


def main():
    command, *arguments = sys.argv[1:] or ["help"]
    if command == "pages" and not arguments:
        faults = check_pages()
    elif command == "run" and len(arguments) == 2:
        faults = check_program(*arguments)
    elif command == "--update":
        faults = update(arguments)
    else:
        sys.exit(__doc__)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
