#!/usr/bin/env python3
"""What a compiler says to a common mistake must be short and hold the cure: short_message.py FILE COMPILER [FLAG ...]

FILE must not compile, and names the cure in a line "// cure: TEXT". At most ten lines may be said, not counting how the
headers include each other and the carets below a quoted line. (clang lists every overload beside a deleted one, so only g++ is held to the number.)"""

import re
import subprocess
import sys

LIMIT = 10


def main():
    source, compiler = sys.argv[1], sys.argv[2:]
    with open(source, encoding="utf-8") as file:
        cure = next(line.split(":", 1)[1].strip() for line in file if line.startswith("// cure:"))
    done = subprocess.run([*compiler, source], capture_output=True, text=True, errors="replace")
    lines = [line for line in done.stderr.splitlines()
             if not re.match(r"In file included from|                 from|[ |~^]*$", line)]
    faults = []
    if done.returncode == 0:
        faults.append("it compiles")
    if cure not in done.stderr:
        faults.append(f"the message does not say '{cure}'")
    if "__GNUC__" in macros(compiler) and "__clang__" not in macros(compiler) and len(lines) > LIMIT:
        faults.append(f"the message has {len(lines)} lines, at most {LIMIT} are wanted")
    if faults:
        sys.exit(f"{source}: " + "; ".join(faults) + "\n" + "\n".join(lines))
    print(f"{len(lines)} lines")


def macros(compiler):
    return subprocess.run([compiler[0], "-dM", "-E", "-x", "c++", "/dev/null"], capture_output=True, text=True,
                          check=True).stdout


if __name__ == "__main__":
    main()
