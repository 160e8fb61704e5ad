"""The reference pages that list what the headers declare, one line each: made from the declarations and their comments.

`pages(root)` gives {path: text}; check.py compares them with docs/reference and, with --update, writes them.
"""

import re

COMMENTED = re.compile(r"^((?:///[^\n]*\n)+)(?:template[^\n]*\n)?(?=\w)", re.MULTILINE)
TYPE = re.compile(r"(?:class|struct) (\w+)[^;{]*\{")
FUNCTION = re.compile(r"(?:inline )?([\w:<>]+&?) (\w+)\(")
ESTIMATORS = ("bounds/elbo", "bounds/estimators", "bounds/log_weights", "bounds/iwae", "bounds/miwae", "bounds/dreg", "bounds/vimco", "bounds/renyi", "bounds/thermodynamic", "bounds/free_bits", "bounds/info", "models/latent_model", "bounds/wake_sleep", "bounds/expectation",
              "bounds/baseline", "bounds/importance", "inference/em", "inference/local_posterior", "inference/hmc", "inference/climb", "inference/annealing")


def first_sentence(comment):
    """The first sentence, in one line. What looks like a formula is set as code."""
    text = " ".join(line.removeprefix("///").strip() for line in comment.split("///\n")[0].strip().splitlines())
    found = re.match(r"(.*?[^.])(?:\. (?=[A-Za-z`])|\.$|:$|$)", text)
    return found[1].rstrip(":").replace("|", r"\|").replace("*", r"\*").replace("_", r"\_").replace("<", "&lt;")


def names_of(arguments):
    """The names and defaults of a list of parameters, without their types and without the caller's place."""
    arguments = re.sub(r"///<[^\n]*", "", arguments)
    parts, depth, part = [], 0, ""
    for letter in arguments:
        depth += letter in "<({[" and 1 or letter in ">)}]" and -1 or 0
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    parts = [re.sub(r"\s+", " ", p).strip() for p in [*parts, part] if p.strip() and "SourceLoc" not in p]
    shown = []
    for p in parts:
        value = p.partition("=")[2].strip()
        name = re.search(r"(\w+)$", p.partition("=")[0].strip())[1]
        shown.append(f"{name} = {value}" if value else name)
    return ", ".join(shown)


def inside(text, start):
    """What stands between the parenthesis that opens before `start` and the one that closes it."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]


def types(path):
    """(comment, name, head, body) of each commented class of a header."""
    text = path.read_text()
    for comment in COMMENTED.finditer(text):
        found = TYPE.match(text, comment.end())
        if found:
            yield comment[1], found[1], found[0], text[found.end():text.index("\n};", found.end())]


def functions(path):
    """(comment, type, name, arguments) of each commented function of a header."""
    text = path.read_text()
    for comment in COMMENTED.finditer(text):
        found = FUNCTION.match(text, comment.end())
        if found and "namespace detail {" not in text[:found.start()].rpartition("\n}")[2]:
            yield comment[1], found[1], found[2], inside(text, found.end())


def made_by(name, body):
    """A class with the arguments of its constructor, or its name where it has none."""
    for made in re.finditer(rf"^  (?:explicit )?{name}\(", body, re.MULTILINE):
        arguments = inside(body, made.end())
        if not arguments.startswith(f"const {name}&"):
            return f"{name}({names_of(arguments)})"
    return name


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def link(path, root):
    return f"[{path.relative_to(root)}](../../{path.relative_to(root)})"


def layers(root):
    rows = []
    for path in sorted((root / "nn/layers").glob("*.hpp")):
        rows += [(f"`{made_by(name, body)}`", first_sentence(comment), link(path, root))
                 for comment, name, head, body in types(path) if re.search("public (Layer|Module|Callable|Sequential)", head)]
    path = root / "nn/layers/activation.hpp"
    names = ", ".join(f"`{name}`" for name in re.findall(r"^class (\w+) : public Layer", path.read_text(), re.MULTILINE))
    rows.append((names, first_sentence(re.search(r"(?:^///[^\n]*\n)+", path.read_text(), re.MULTILINE)[0]), link(path, root)))
    return table(("layer", "what it is", "header"), sorted(rows))


def optimizers(root):
    rows = []
    for path in sorted((root / "nn/optim").glob("*.hpp")):
        rows += [(f"`{made_by(name, body)}`", first_sentence(comment), link(path, root))
                 for comment, name, head, body in types(path) if "public Optimizer" in head]
    for path, scope in ((root / "nn/optim/schedule.hpp", "schedule::"), (root / "nn/optim/clip.hpp", ""), (root / "nn/optim/descend.hpp", "")):
        rows += [(f"`{scope}{name}({names_of(arguments)})`", first_sentence(comment), link(path, root))
                 for comment, _, name, arguments in functions(path)]
    return table(("class or function", "what it does", "header"), rows)


def distributions(root):
    rows = []
    for path in sorted((root / "prob").glob("*.hpp")):
        for comment, name, _, body in types(path):
            named = re.search(r"kArguments\{(.*?)\}", body, re.DOTALL)
            if not named:
                continue
            able = [f"`{f}`" for f in ("rsample", "mean", "variance", "entropy", "cdf", "icdf") if re.search(rf"\b{f}\(", body)]
            parameters = ", ".join(re.findall(r'"(\w+)"', named[1]))
            rows.append((f"`{name}`", f"`{parameters}`" if parameters else "", first_sentence(comment), ", ".join(able), link(path, root)))
    return table(("distribution", "parameters", "what it is", "besides `sample` and `log_prob`", "header"), rows)


def estimators(root):
    rows = []
    for stem in ESTIMATORS:
        path = root / f"vae/{stem}.hpp"
        rows += [(f"`{name}({names_of(arguments)})`", first_sentence(comment), link(path, root))
                 for comment, _, name, arguments in functions(path)]
    return table(("function", "what it gives", "header"), rows)


HEAD = """# {title}

{intro} Written from the headers by `tests/docs/check.py --update`; their comments say the rest: shapes, units, errors, sources.

{table}
"""
PAGES = {
    "layers": ("Every layer", "The layers of `nn/nn.hpp`, each a function from a tensor to a tensor, with its parameters if it has any.", layers),
    "optimizers": ("Every optimizer", "What changes parameters, how fast, and what it does to gradients before (`nn/nn.hpp`).", optimizers),
    "distributions": ("Every distribution", "The distributions of `prob/prob.hpp`. All have `sample(rng, shape)`, `log_prob(x)`, `shape()` and `event_dims`. "
                      "`rsample` is a sample that a gradient passes through.", distributions),
    "estimators": ("Every estimator", "Bounds and expectations from samples, and what chooses the samples (`vae/vae.hpp`).", estimators),
}


def pages(root):
    return {root / f"docs/reference/{name}.md": HEAD.format(title=title, intro=intro, table=make(root).rstrip())
            for name, (title, intro, make) in PAGES.items()}
