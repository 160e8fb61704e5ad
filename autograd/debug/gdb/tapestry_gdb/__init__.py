"""The parts of tapestry.py.

memory    strings and containers by their layout; is this a program that can be read?
tensor    a tensor's values, their statistics, and how they are written
tape      a tape with its nodes, and how to find it
printers  what `print` shows
commands  `tape list`, `tape node` and their like, which look
stops     `tape break` and `tape step`, which let the program run
page      `tape html`
"""
