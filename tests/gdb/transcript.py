#!/usr/bin/env python3
"""Plays gdb sessions back and compares what gdb says with what is written there.

usage: transcript.py [--update] [--gdb GDB] --programs FOLDER... -- TRANSCRIPT...

A TRANSCRIPT is a session: lines that begin with "(gdb) " are typed, the others are what gdb answers. In a page (.md) the
session is in the blocks of ```text that begin with "(gdb) ", all of them in one gdb, on the program that the page starts with
`examples/run --debug NAME`. Every transcript has a gdb of its own,
started in one folder that they share, in which every program of the FOLDERs can be named. Numbers may differ in the
fourth digit; addresses and process numbers are not compared. --update writes the answers into the files instead.

Besides, every command of `tape` must be typed somewhere, and stops must reach an editor that drives gdb. Exit status 77: gdb
cannot trace programs here.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from played import same  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "autograd" / "debug" / "gdb" / "tapestry.py"
SETTINGS = ["debuginfod enabled off", "confirm off", "width 0", "height 0", "print pretty on", "disable-randomization off",
            "style enabled off", "history save off", "breakpoint pending on"]
SKIPPED = 77
PROMPT = "(gdb) "

# What depends on the machine, the build or the version of gdb and says nothing about the scripts: whole lines, then parts.
DROPPED = re.compile("^(" + "|".join([
    r"\[Thread debugging", r"Using host libthread_db", r"\[New (LWP|Thread)", r"\[Current thread", r"\[Thread 0x",
    r"Reading symbols", r"Downloading", r"warning: (Error disabling|Memory read failed|Source file|Section)",
    r"Core was generated", r"Program terminated", r"Starting program", r"Saved corefile",
    r"\d+\t",  # a line of source
    r"0x[0-9a-f]+ in \S+ \(\) from",  # a frame of the loader
    r"\+\+",  # commands that commands execute
]) + r").*\n", re.M)
CHANGED = [(re.compile(pattern, re.M), instead) for pattern, instead in [
    (r"0x[0-9a-f]{3,}", "0x..."),
    (r"process \d+", "process N"),
    (r"^(Breakpoint \d+) at .*", r"\1 at ..."),
    (r"^(Breakpoint \d+)\.\d+", r"\1"),
    (r"^Thread \d+ .* hit (?=Breakpoint|Catchpoint)", ""),
    (r"^(Catchpoint \d+ \(exception thrown\)), .*", r"\1"),
    (r"^#(\d)  0x\.\.\. in ", r"#\1  "),
    (r"(autograd/[\w/]+\.cpp:)\d+", r"\1N"),  # where optimised code has its breakpoint
    (r"near (`'|the end of `.*')\.", "near ..."),
    (r'^(\^done,name="m").*', r"\1"),
    (r"[ \t]+$", ""),
]]
BLOCK = re.compile(r"^```text\n(\(gdb\) .*?)^```$", re.M | re.S)


def commands_of(session):
    return [line[len(PROMPT):] for line in session.splitlines() if line.startswith(PROMPT)]


def play(gdb, commands, folder, program=()):
    """The session as text: commands with their answers."""
    arguments = [gdb, "-q", "-nx"]
    for setting in SETTINGS:
        arguments += ["-iex", f"set {setting}"]
    arguments += ["-ex", f"directory {ROOT}", "-ex", f"source {SCRIPT}", "-ex", "set trace-commands on", *program]
    typed = "".join(c + "\n" for c in commands) + "kill\nquit\n"
    done = subprocess.run(arguments, input=typed, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=300)
    start = done.stdout.find(PROMPT + "+")
    return normalised(done.stdout[start:] if start >= 0 else done.stdout, folder).partition(PROMPT + "kill")[0]


def normalised(text, folder):
    text = text.replace(PROMPT + "+", PROMPT)
    text = DROPPED.sub("", text.replace(f"{ROOT}/", "").replace(f"{folder}/", ""))
    for pattern, instead in CHANGED:
        text = pattern.sub(instead, text)
    return text


def answers(session):
    """The session cut at its commands: [(command, answer)]."""
    parts = re.split(rf"^{re.escape(PROMPT)}(.*)\n", session, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def differences(name, expected, got):
    got = answers(got)
    faults = []
    for i, (command, answer) in enumerate(answers(expected)):
        if i >= len(got):
            faults.append(f"{name}: gdb ended before `{command}`")
            break
        if not same(answer.strip("\n"), got[i][1].strip("\n")):
            faults.append(f"{name}: `{command}` answers\n{got[i][1]}instead of\n{answer}")
    return faults


def session_of(path):
    """(the session of a file, the program that it starts with if any)"""
    text = path.read_text()
    if path.suffix != ".md":
        return text, []
    return "".join(BLOCK.findall(text)), re.findall(r"^examples/run --debug (\w+)$", text, re.M)[:1]


def broken_json(path):
    """Blocks of ```json that are none."""
    for block in re.findall(r"^```json\n(.*?)^```$", path.read_text(), re.M | re.S):
        try:
            json.loads(block)
        except json.JSONDecodeError as error:
            yield f"{path.name}: no JSON, {error}: {block}"


def update(path, played):
    """Writes the answers of the played session into the file."""
    if path.suffix != ".md":
        path.write_text(played)
        return
    pairs = iter(answers(played))

    def anew(block):
        return "```text\n" + "".join(f"{PROMPT}{c}\n{a.strip(chr(10))}\n".replace("\n\n", "\n", 1) if not a.strip() else
                                     f"{PROMPT}{c}\n{a}" for c, a in (next(pairs) for _ in commands_of(block[1]))) + "```"
    path.write_text(BLOCK.sub(anew, path.read_text()))


def can_trace(gdb, folder):
    """Whether gdb may start programs: some containers forbid it."""
    true = "/bin/true"
    done = subprocess.run([gdb, "-q", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", "run", true], cwd=folder,
                          stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return "exited normally" in done.stdout


def editor_faults(gdb, folder):
    """An editor that drives gdb must be told of the frame of every stop: of breakpoints and of steps."""
    typed = [f"source {SCRIPT}", "tape break op mean", "run", "tape step"]
    lines = [f'-interpreter-exec console "{c}"' if c != "run" else "-exec-run" for c in typed] + ["-gdb-exit"]
    done = subprocess.run([gdb, "-q", "-nx", "-iex", "set debuginfod enabled off", "--interpreter=mi", "gdb_program"],
                          input="\n".join(lines) + "\n", cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    stops = re.findall(r'^\*stopped,reason="breakpoint-hit".*func="tapestry_debug_node"', done.stdout, re.M)
    shown = "tape breakpoint 1, op mean" in done.stdout and "backward: node 14 of 16  square" in done.stdout
    return [] if len(stops) == 2 and shown else [f"an editor was not told of both stops:\n{done.stdout}"]


def unused_commands(typed, gdb, folder):
    """Commands of `tape` that no transcript types."""
    known = re.findall(r"^tape (\w+) --", play(gdb, ["help tape"], folder), re.M)
    used = {c.split()[1] for c in typed if c.startswith("tape ")}
    return [f"no transcript types `tape {k}`" for k in known if k not in used] or ([] if known else ["`tape` has no commands"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--gdb", default="gdb")
    parser.add_argument("--programs", nargs="+", type=pathlib.Path)
    parser.add_argument("transcripts", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    faults, typed = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if not shutil.which(arguments.gdb):
            print(f"skipped: there is no {arguments.gdb} here")
            sys.exit(SKIPPED)
        if not can_trace(arguments.gdb, folder):
            print("skipped: gdb cannot start programs here (ptrace is not permitted)")
            sys.exit(SKIPPED)
        for program in arguments.programs:
            (folder / program.name).symlink_to(program.resolve())
        subprocess.run(["strip", "--strip-debug", "-o", folder / "stripped", folder / "gdb_program"], check=True)
        for path in arguments.transcripts:
            expected, program = session_of(path)
            typed += commands_of(expected)
            played = play(arguments.gdb, commands_of(expected), folder, program)
            faults += broken_json(path)
            if arguments.update:
                update(path, played)
            else:
                faults += differences(path.name, expected, played)
        faults += editor_faults(arguments.gdb, folder)
        faults += unused_commands(typed, arguments.gdb, folder)
    for fault in faults:
        print(fault)
    print(f"{len(typed)} commands in {len(arguments.transcripts)} transcripts, {len(faults)} differences")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
