#!/usr/bin/env python3
"""At a terminal the stepper completes words with Tab and brings earlier lines back with the arrow keys.

usage: terminal_test.py PROGRAM
"""

import os
import pathlib
import pty
import re
import select
import signal
import sys
import tempfile
import time

program = str(pathlib.Path(sys.argv[1]).resolve())
UP, TAB, END = "\x1b[A", "\t", "\x04"


def converse(keys):
    """Types each of the keys when the prompt is back, and returns what the terminal showed, without its colours."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tempfile.gettempdir())
        os.environ["TERM"] = "xterm"
        os.execv(program, [program, "reverse"])
    shown = ""

    def listen(done, seconds=30):
        """Until `done` and half a second of silence: typed too early, keys could be lost."""
        nonlocal shown
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.5)[0]:
                try:
                    shown += os.read(terminal, 4096).decode(errors="replace")
                except OSError:  # the program has ended
                    return
            elif done():
                return

    for text in keys:
        listen(lambda: shown.rstrip().endswith(">"))
        os.write(terminal, text.encode())
    listen(lambda: "the program goes on" in shown)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


failed = 0


def expect(what, text, part):
    global failed
    if part not in text:
        failed += 1
        print(f"{what}: not shown: {part!r}\n{text}")


text = converse(["to encoder.hid" + TAB + ".w" + TAB + "\n", "q\n"])
expect("Tab completes a parameter", text, "3 encoder.hidden.weight is complete")
text = converse(["decod" + TAB + "\n", "bre" + TAB + "lin" + TAB + "\n", "q\n"])
expect("Tab completes a command and an op", text, "breakpoint 1: op linear")
text = converse(["stat y\n", UP + "\n", "q\n"])
if text.count("norm 5.125") != 2:
    failed += 1
    print(f"the arrow key brings the line back: no second answer\n{text}")
text = converse([END])
expect("the end of the input lets the program go on", text, "the program goes on")
print(f"{4 - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
