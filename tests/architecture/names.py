#!/usr/bin/env python3
"""Checks that a name means one thing: a type, public function or header whose name occurs twice needs a reason in the list below.

usage: names.py PROJECT_FOLDER     prints every name that occurs twice without a reason; exit status 1 if there is one

Compared are the headers of the libraries and of examples/support: what they declare in a namespace, and their own names. A
template parameter that is named like a type of the same library counts as that name, too. A reason whose name occurs once is
reported as well: the list holds nothing that is no longer so.
"""

import collections
import pathlib
import re
import sys

FOLDERS = ("autograd", "nn", "prob", "vae", "examples/support")

SCALAR = "kernels/math.hpp has it of a number, ops.hpp of a tensor"
RULE = "nn::init:: and nn::schedule:: are read with their namespace: a rule, not a tensor"
WHY_BOTH = {
    "header": {
        "mixture": "the distribution in prob; the model with an exact posterior that is made of it",
        "mlp": "the layer; the VAE that is built of it",
        "product": "the kernels of elementwise products; the product of densities",
        "progress": "what errors quote of a training; what a terminal shows of it",
    },
    "function": {
        **{name: SCALAR for name in ("cos", "digamma", "erf", "exp", "expm1", "lgamma", "log", "log1p", "pow", "sigmoid", "sin",
                                     "softplus", "tanh")},
        "apply": "an op to its operands; nn::init::apply, a rule to a module",
        "check": "one verb for conditions; prob::mixture::check is the condition of all mixtures",
        "constant": RULE,
        "elbo": "one verb: of a table of probabilities, of a model",
        "evaluate": "a model on a data set; debug::evaluate, the text that is typed in a session",
        **{name: "of numbers; of tensors" for name in ("beta_entropy", "beta_log_density", "gamma_entropy", "gamma_kl", "gamma_log_density",
                                                       "student_t_entropy")},
        "kl": "one quantity, an overload for each pair of distributions",
        "log_beta": "the same function of two arguments, numbers or tensors",
        "log_gamma_quantile": "of numbers; of tensors",
        "log_px": "one quantity: of log weights, of a table of probabilities, of a model",
        "log_weights": "one quantity: from q, prior and likelihood, or from the model that has them",
        "name": "the name of an enumerator, an overload for each enumeration",
        "node_name": "of a tape; of the trace of a tape",
        "not_finite": "of a number; of a tensor, with counts",
        "product": "of tensors; of densities",
        "to_json": "the writer of an object, one for each type",
        "to_string": "an overload for each type",
        "zeros": RULE,
    },
    "type": {},
}

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/', re.S)
LITERAL = re.compile(r'R"\((.*?)\)"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'', re.S)
NAMESPACE = re.compile(r'\bnamespace\b[^;{}()]*$')
TEMPLATE = re.compile(r'^template\s*<((?:[^<>]|<[^<>]*>)*)>\s*')
PARAMETER = re.compile(r'(?:\bclass|\btypename|\b[A-Z]\w*)(?:\s*\.\.\.)?\s+(\w+)')
TYPE = re.compile(r'^(?:class|struct|concept|enum\s+class|enum|union)\s+([\w:]+)')
ALIAS = re.compile(r'^using\s+(\w+)\s*=')
FUNCTION = re.compile(r'^[^=(]*?[\w>&*\]]\s+[&*]?(\w+)\s*\(')


def heads(text):
    """What stands in a namespace, each declaration up to its ; or its {."""
    text = LITERAL.sub('""', COMMENT.sub("", text))
    text = "\n".join("" if line.lstrip().startswith("#") else line for line in text.split("\n"))
    depth = begin = 0
    for at, c in enumerate(text):
        if c == "{":
            if depth == 0 and NAMESPACE.search(text[begin:at]):
                begin = at + 1
                continue
            if depth == 0:
                yield text[begin:at].strip(), True
            depth += 1
        elif c == "}":
            depth = max(depth - 1, 0)  # at 0 a namespace ends
            if depth == 0:
                begin = at + 1
        elif c == ";" and depth == 0:
            yield text[begin:at].strip(), False
            begin = at + 1


def declared(text):
    """(kind, name) of the types that a header defines, the functions that it declares and its template parameters."""
    for head, has_body in heads(text):
        template = TEMPLATE.match(head)
        if template:
            yield from (("parameter", name) for name in PARAMETER.findall(template.group(1)))
            head = head[template.end():]
        head = re.sub(r'\[\[.*?\]\]\s*', "", head)
        if alias := ALIAS.match(head):
            yield "type", alias.group(1)
        elif kind := TYPE.match(head):
            if "::" not in kind.group(1) and (has_body or head.startswith("concept")):
                yield "type", kind.group(1)
        elif not head.startswith(("friend", "using", "extern", "operator", "static_assert")):
            function = FUNCTION.match(head)
            if function and "operator" not in head.split("(")[0]:
                yield "function", function.group(1)


def twice(headers):
    """{kind: {name: headers}} of the names that occur in two headers; `headers` is {path: text}."""
    found = {kind: collections.defaultdict(set) for kind in WHY_BOTH}
    parameters = []
    for path, text in headers.items():
        found["header"][pathlib.PurePosixPath(path).stem].add(path)
        for kind, name in declared(text):
            if kind == "parameter":
                parameters.append((path, name))
            else:
                found[kind][name].add(path)
    for path, name in parameters:
        library = path.split("/")[0]
        if any(other.split("/")[0] == library for other in found["type"].get(name, ())):
            found["type"][name].add(f"{path} (template parameter)")
    return {kind: {name: paths for name, paths in names.items() if len(paths) > 1} for kind, names in found.items()}


def problems(headers, why_both):
    for kind, names in twice(headers).items():
        for name, paths in sorted(names.items()):
            if name not in why_both[kind]:
                yield f"{kind} {name}: {', '.join(sorted(paths))}"
        for name in sorted(set(why_both[kind]) - set(names)):
            yield f"{kind} {name}: occurs once; its reason in names.py can go"


def self_test():
    """The check finds what it is for; otherwise a silent one would pass for ever."""
    none = {kind: {} for kind in WHY_BOTH}
    first = "#pragma once\nnamespace tapestry::nn {\nstruct Noise {\n  int grid();\n};\nTensor climb(const Tensor& x, int n = 3);\n}"
    for path, text, expected in (
            ("vae/other.hpp", "namespace tapestry::vae {\nenum class Noise : int { low };\n}", "type Noise"),
            ("vae/other.hpp", "namespace a {\nusing Noise = double;\n}", "type Noise"),
            ("nn/other.hpp", "template <class Q, class Noise>\nvoid f(Q q, Noise n) {}", "type Noise"),
            ("vae/other.hpp", "template <class T>\nstd::vector<T> climb(T x) {\n  return {x};\n}", "function climb"),
            ("vae/noise.hpp", "", "header noise"),
            ("vae/other.hpp", "// struct Noise {};\nstruct Noise;\nvoid f() {\n  climb(1);\n}\nint grid();", None)):
        found = list(problems({"nn/noise.hpp": first, path: text}, none))
        if len(found) != (expected is not None) or (expected and not found[0].startswith(f"{expected}: ")):
            sys.exit(f"names.py: its own test failed, {text!r} gave {found}, not {expected}")
    if not list(problems({"nn/noise.hpp": first}, {**none, "type": {"Noise": "why"}})):
        sys.exit("names.py: its own test failed, a reason without need passed")


def main():
    self_test()
    project = pathlib.Path(sys.argv[1])
    headers = {path.relative_to(project).as_posix(): path.read_text()
               for folder in FOLDERS for path in sorted((project / folder).rglob("*.hpp"))}
    found = list(problems(headers, WHY_BOTH))
    print("".join(f"{line}\n" for line in found) + f"{len(headers)} headers, {len(found)} problems")
    if found:
        print("One name for two things misleads: rename one, or say in tests/architecture/names.py why both are called so.")
    sys.exit(1 if found or len(headers) < 50 else 0)


main()
