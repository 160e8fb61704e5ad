"""Whether `follow` notices a page that is wrong."""

import importlib.machinery
import importlib.util
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(here.parent / "scripts"))
from check import run, test  # noqa: E402

loader = importlib.machinery.SourceFileLoader("follow", str(here / "follow"))
follow = importlib.util.module_from_spec(importlib.util.spec_from_loader("follow", loader))
loader.exec_module(follow)


def problems(folder, page):
    return list(follow.follow(page, follow.Project(folder / "work", folder), None))


@test
def files_and_output(folder):
    """how-to: blocks are written, appended and run, and what is printed is compared"""
    page = "```cpp file=a/x.txt\none\n```\ntext\n```cpp add=a/x.txt\ntwo\n```\n```sh\ncat a/x.txt\n```\n```text\none\n\ntwo\n```\n"
    assert problems(folder, page) == []
    [(line, problem)] = problems(folder, page.replace("two\n```\n", "three\n```\n", 1))
    assert line == 11 and "page:    two" in problem and "printed: three" in problem, problem


@test
def missing_and_extra_output(folder):
    """how-to: a line too few or too many in the page is found"""
    page = "```sh\nprintf 'a\\nb\\n'\n```\n```text\n{}\n```\n"
    assert problems(folder, page.format("a\nb")) == []
    assert "beyond" in problems(folder, page.format("a"))[0][1]
    assert "(nothing)" in problems(folder, page.format("a\nb\nc"))[0][1]
    assert problems(folder, page.format("...\nb")) == []
    assert problems(folder, page.format("...\nc")) != []


@test
def exit_status(folder):
    """how-to: a command must succeed, or fail where the page says so"""
    assert problems(folder, "```sh\ntrue\n```\n") == []
    assert "status 3" in problems(folder, "```sh\nfalse || exit 3\ntrue\n```\n")[0][1]
    assert problems(folder, "```sh fails\nfalse\n```\n") == []
    assert "succeeds" in problems(folder, "```sh fails\ntrue\n```\n")[0][1]


@test
def numbers(folder):
    """how-to: numbers with a point may differ by rounding, whole ones may not"""
    assert follow.same_line("loss 1.25 at 3", "loss  1.26 at 3")
    assert not follow.same_line("loss 1.25", "loss 1.27")
    assert not follow.same_line("at 3", "at 4")
    assert follow.same_line("-0.932483504", "-0.932483501") and not follow.same_line("0.93248", "-0.93248")
    assert follow.same_line("error 2e-11 (...)", "error 3e-11 (why)")
    assert not follow.same_line("error 2e-11", "error 2e-10") and not follow.same_line("1.0", "nan")


@test
def malformed_pages(folder):
    """how-to: blocks that mean nothing are refused"""
    assert "unknown block" in problems(folder, "```cpp fiel=x.cpp\n```\n")[0][1]
    assert "no command" in problems(folder, "```text\nout\n```\n")[0][1]
    for page in ("```sh\ntrue\n", "```cpp add=x.cpp\n```\n", "```cpp file=x\n```\n```cpp file=x\n```\n"):
        try:
            problems(folder, page)
        except SystemExit:
            continue
        raise AssertionError(f"accepted: {page}")


run()
