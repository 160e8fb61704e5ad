#!/usr/bin/env python3
"""Checks the form of the programs of examples/concepts (CONTRIBUTING.md, "Add a concept program").

usage: concept_sections.py PROJECT_FOLDER     exit status 1 if a program breaks a rule
       concept_sections.py --self-test        each rule is seen to be broken

    // --- model             what the notes say. No Concept&, so nothing planted
    // --- wrong versions    optional: what a mutant puts in the place of a step of the model. No Concept&
    // --- claims            functions that make claims, or measure what claims are about
    // --- picture           optional: what is drawn. No Concept&
    // --- program           void program(Concept& c), the only place of c.broken("..."): each mutant is chosen once

At most 120 lines without the picture and the wrong versions (their section, their names and the choice). A model may live in a header beside the program,
or in vae/models if the comment at the top names it there.
"""

import re
import sys
from pathlib import Path

LIMIT = 120
ORDER = ["model", "wrong versions", "claims", "picture", "program"]
NOT_COUNTED = {"wrong versions", "picture"}
SECTION = re.compile(r"^// --- (.*)$", re.MULTILINE)


def sections(text):
    """[(name, text)], in the order of the file; what stands before the first marker is "head"."""
    parts = SECTION.split(text)
    return [("head", parts[0]), *zip(parts[1::2], parts[2::2])]


def lines(text):
    """Without the choice of wrong versions, a statement, and their names in About."""
    chosen = sum(s.count("\n") + 1 for s in re.findall(r"^  const [^;]*?broken\([^;]*;", text, re.MULTILINE))
    named = re.search(r"\.mutants = .*?\}\}", text, re.DOTALL)
    return text.count("\n") - chosen - (named[0].count("\n") + 1 if named else 0)


def faults(text, model_elsewhere=False):
    """What is wrong with the form of a program, one sentence each."""
    found = []
    parts = sections(text)
    names = [name for name, _ in parts[1:]]
    needed = [name for name in ORDER if name in ("claims", "program") or (name == "model" and not model_elsewhere)]
    if names != [name for name in ORDER if name in names]:
        found.append(f"its sections are {', '.join(names)}; their order is {', '.join(ORDER)}")
    found += [f"has no section \"// --- {name}\"" for name in needed if name not in names]
    for name, body in parts:
        code = re.sub(r"//[^\n]*", "", body)
        if name in ("model", "wrong versions", "picture") and re.search(r"\bConcept\b", code):
            found.append(f"\"{name}\" mentions Concept: only claims and program may")
        if name != "program" and "broken(" in code:
            found.append(f"\"{name}\" chooses a mutant: c.broken belongs into program()")
    program = dict(parts).get("program", "")
    mutants = re.findall(r'\{\s*"(\w+)",', program.partition(".mutants")[2])
    for mutant in mutants:
        times = len(re.findall(rf'broken\("{mutant}"\)', program))
        if times != 1:
            found.append(f"chooses the mutant {mutant} {times} times, not once")
    first_claim = re.search(r"\bclaims\w*\(|\bc\.draw\(", program)
    if first_claim and "broken(" in program[first_claim.start():]:
        found.append("chooses a mutant after the first claims")
    counted = sum(lines(body) for name, body in parts if name not in NOT_COUNTED)
    if counted > LIMIT:
        found.append(f"has {counted} lines without wrong versions and picture; the limit is {LIMIT}")
    return found


def programs(project):
    """The programs; a file beside them that several of a chapter share does not begin with its name."""
    return [path for path in sorted((project / "examples/concepts").glob("*/*.cpp"))
            if path.read_text().startswith(f"// {path.stem}: ")]


def check(project):
    wrong = []
    for path in programs(project):
        text = path.read_text()
        promoted = re.search(r"^// .*\bvae/models/(\w+\.hpp)", text, re.MULTILINE)
        elsewhere = path.with_suffix(".hpp").exists() or (promoted and (project / "vae/models" / promoted.group(1)).exists())
        found = faults(text, elsewhere)
        wrong += [f"{path.relative_to(project)}: {fault}" for fault in found]
    return wrong


GOOD = """// coin: a fair coin
// C99, nowhere
namespace {

// --- model

Tensor surprise(const Tensor& p) { return -log(p); }

// --- wrong versions

Tensor surprise_in_bits(const Tensor& p) { return -log2(p); }

// --- claims

void claims(Concept& c, const auto& I) { c.exact("I(1/2)", I(tensor(0.5)).item(), 0.693147, 1e-6); }

// --- picture

std::vector<Plot> picture() { return {}; }

// --- program

void program(Concept& c) {
  const auto I = c.broken("bits") ? surprise_in_bits : surprise;
  claims(c, I);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv, {.id = "C99", .mutants = {{"bits", "in bits"}}}, program);
}
"""


def self_test():
    """A program of the right form, and what each change of it is told."""
    drawn = "std::vector<Plot> picture() { return {}; }\n"
    cases = {
        "the good program": (GOOD, ""),
        "no section claims": (GOOD.replace("// --- claims\n", ""), 'no section "// --- claims"'),
        "picture before claims": (GOOD.replace("// --- claims", "// --- picture", 1), "their order is"),
        "an unknown section": (GOOD.replace("// --- picture", "// --- drawing"), "their order is"),
        "Concept in the model": (GOOD.replace("surprise(const Tensor& p)", "surprise(Concept&, const Tensor& p)"), '"model" mentions Concept'),
        "Concept in the picture": (GOOD.replace("picture() {", "picture(const Concept& c) {"), '"picture" mentions Concept'),
        "broken in claims": (GOOD.replace('{ c.exact("', '{ if (c.broken("bits")) return; c.exact("'), "belongs into program()"),
        "a mutant chosen twice": (GOOD.replace("  claims(c, I);", '  const bool b = c.broken("bits");\n  claims(c, I);'), "2 times"),
        "a mutant not chosen": (GOOD.replace('c.broken("bits")', "false"), "0 times"),
        "a choice after the claims": (GOOD.replace("  const auto I = c.broken(\"bits\") ? surprise_in_bits : surprise;\n  claims(c, I);",
                                                   "  claims(c, surprise);\n  if (c.broken(\"bits\")) return;"), "after the first claims"),
        "a long model": (GOOD.replace("// --- wrong", "\n" * 120 + "// --- wrong"), "the limit is 120"),
        "a long picture": (GOOD.replace(drawn, drawn + "\n" * 120), ""),
    }
    wrong = []
    for name, (text, expected) in cases.items():
        found = faults(text)
        if not (any(expected in fault for fault in found) if expected else not found):
            wrong.append(f"{name}: expected '{expected}', found {found}")
    return wrong


wrong = self_test() if sys.argv[1:] == ["--self-test"] else check(Path(sys.argv[1]))
for line in wrong:
    print(line)
sys.exit(1 if wrong else 0)
