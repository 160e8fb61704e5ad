#!/usr/bin/env python3
"""Checks that each row of autograd/ops labels its fields, and calls its functions as reports and gdb call them:
forward_NAME, back_NAME and, if they are its own, test_inputs_... .

usage: backward_names.py PROJECT_FOLDER     prints every row that breaks the rule; exit status 1 if there is one
"""

import pathlib
import re
import sys

ROW = re.compile(r"const(?:expr)? OpInfo (\w+)\s*\{(.*?)\};", re.DOTALL)


def main():
    faults, rows = [], 0
    for path in sorted((pathlib.Path(sys.argv[1]) / "autograd" / "ops").glob("*.cpp")):
        for row in ROW.finditer(path.read_text(encoding="utf-8")):
            fields = dict(re.findall(r"^\s*\.(\w+) = (.*?),?$", row[2], re.MULTILINE))
            if "name" not in fields:
                faults.append(f"{path.name}: {row[1]} does not label its fields (.name = ...)")
                continue
            name = fields["name"].strip('"')
            if "backward" not in fields:
                continue  # a row for messages alone
            rows += 1
            for field, wanted in (("forward", f"forward_{name}"), ("backward", f"back_{name}")):
                if fields.get(field) != wanted:
                    faults.append(f"{path.name}: {name} has .{field} = {fields.get(field)}, not {wanted}")
            if not re.match(r"test_inputs(::|_)\w+$", fields.get("test_inputs", "")):
                faults.append(f"{path.name}: {name} has .test_inputs = {fields.get('test_inputs')}, not test_inputs_... or test_inputs::...")
    print(*faults, f"{rows} rows", sep="\n")
    sys.exit(bool(faults) or rows < 60)


if __name__ == "__main__":
    main()
