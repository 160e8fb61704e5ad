"""Tensors and tapes in gdb: printers, and the command `tape`.

    (gdb) source autograd/debug/gdb/tapestry.py
    (gdb) help tape

Everything here reads fields and never calls a function of the program, so it works where calls cannot: in optimised
builds, in functions that were inlined, in core files. The one thing it writes is the variable tapestry_debug_stops.
"""

import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tapestry_gdb import commands, printers, stops  # noqa: E402

printers.register()
commands.register()
stops.register()
