#!/usr/bin/env python3
"""At a terminal the stepper completes words with Tab and brings earlier lines back with the arrow keys.

usage: terminal_test.py PROGRAM
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from claims import check, close  # noqa: E402

program = str(pathlib.Path(sys.argv[1]).resolve())
UP, TAB, END = "\x1b[A", "\t", "\x04"


def converse(keys, columns=0, colours=False):
    """Types each of the keys when the prompt is back, and returns what the terminal showed, without its colours."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tempfile.gettempdir())
        os.environ["TERM"] = "xterm"
        os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # libedit keeps its lines until the process ends
        os.execv(program, [program, "reverse"])
    if columns:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
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
    if colours:
        return shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


text = converse(["to encoder.hid" + TAB + ".w" + TAB + "\n", "q\n"])
check("Tab completes a parameter", "3 encoder.hidden.weight is complete" in text, text)
text = converse(["decod" + TAB + "\n", "bre" + TAB + "lin" + TAB + "\n", "q\n"])
check("Tab completes a command and an op", "breakpoint 1: op linear" in text, text)
text = converse(["stat y\n", UP + "\n", "q\n"])
check("the arrow key brings the line back, and the answer comes twice", text.count("norm 5.125") == 2, text)
text = converse(["s\n", "s\n", "s\n", "list 0-40\n", "q\n"], columns=80)
long = [line for line in text.splitlines() if len(line) > 80]
check("no line is longer than the terminal is wide", not long, "\n".join(long))
text = converse(["q\n"], colours=True)
check("a title is bold and a good check green", "\x1b[1mnode" in text and "\x1b[32mcheck: ok" in text, text)
text = converse([END])
check("the end of the input lets the program go on", "the program goes on" in text, text)
close()
