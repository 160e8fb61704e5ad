"""The command `tape` and those of its parts that look at a tape without letting the program run."""

import os
import re

import gdb

from . import memory, page, tape as tapes
from .tensor import Tensor, parse_index, statistics, summary, table, value_text

COMMANDS = {}  # name: the Part


class Part(gdb.Command):
    """A `tape NAME` command. Its first line of help is what `help tape` lists."""

    def __init__(self, name, run, complete=gdb.COMPLETE_NONE):
        self.__doc__ = run.__doc__
        super().__init__(f"tape {name}", gdb.COMMAND_DATA, complete)
        self._name, self._run = name, run
        COMMANDS[name] = self

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        try:
            self._run(argument.strip())
        except gdb.GdbError as error:
            raise gdb.GdbError(f"tape {self._name}: {error}") from None
        except gdb.error as error:  # from gdb itself: an expression, a file, memory that cannot be read
            raise gdb.GdbError(f"tape {self._name}: {error}") from None


class Tape(gdb.Command):
    """Look at Tapestry's tape: what was recorded, and how far each gradient has come.

A tape is a list of nodes in the order in which the program computed them. Each node names its operands by their numbers;
backward walks the list from the loss to the start, and each node adds to the gradients of its operands.

  A first session:
    start                        run to main
    tape break op softplus       stop before the gradient of each softplus
    continue                     ... a stop shows the node: formula, operands, the gradient that came
    tape list                    all nodes; => is the one at work
    tape step                    to the next node
    tape show $node(3).out[:2]   numbers
    tape why encoder.fc1.weight  has its gradient come, and from where?

All of it reads memory only and never calls the program, so it works in optimised builds and on core files.
In expressions, $node(N) is node N of the tape: print $node(3).grad, print *$node(3).op."""

    def __init__(self):
        super().__init__("tape", gdb.COMMAND_DATA, prefix=True)

    def invoke(self, argument, from_tty):
        if not argument:
            gdb.execute("help tape")
            return
        word = argument.split()[0]
        raise gdb.GdbError(f"tape: there is no `tape {word}`{tapes.close_names(word, list(COMMANDS)) or '; see `help tape`'}")


class NodeFunction(gdb.Function):
    """$node(N): node N of the tape that `tape` commands speak of, as a tapestry::Node."""

    def __init__(self):
        super().__init__("node")

    def invoke(self, index):
        tape, _ = tapes.find_tape()
        return checked_node(tape, str(int(index))).value


def write(lines):
    gdb.write("".join(line + "\n" for line in lines))


def checked_node(tape, text):
    if not re.fullmatch(r"\d+", text):
        raise gdb.GdbError(f"'{text}' is no number of a node")
    if int(text) >= tape.size:
        raise gdb.GdbError(f"there is no node {text}; {tape.title}, has " +
                           (f"nodes 0 to {tape.size - 1}" if tape.size else "no nodes yet"))
    return tape.node(int(text))


def node_argument(argument):
    """(tape, here, node) for a command that takes a node, by default the one at work."""
    tape, here = tapes.find_tape()
    if argument:
        return tape, here, checked_node(tape, argument)
    if here is None:
        raise gdb.GdbError("no node is at work here; give the number of one (`tape list` shows them)")
    return tape, here, tape.node(here.node)


# Looking ----------------------------------------------------------------------------------------

def where_text(tape, here):
    if here and here.phase == tapes.FORWARD:
        return f"node {here.node} was recorded just now"
    if here and here.phase == tapes.REVERSE:
        return f"backward stands before node {here.node}"
    return f"backward ran at {tape.swept_at}" if tape.swept_at else "backward has not run"


def list_nodes(argument):
    """List the nodes of the tape, with their operands and how far their gradients have come.
Usage: tape list [FROM-TO] [SCOPE]

  tape list                all nodes
  tape list 3-7            nodes 3 to 7; 3- is from 3 on
  tape list encoder*       nodes of modules whose path fits; * stands for any text

=> marks the node at work. "so far" behind a gradient: some part of it has yet to come."""
    tape, here = tapes.find_tape()
    first, last, fits = 0, tape.size - 1, None
    for word in argument.split():
        if found := re.fullmatch(r"(\d+)(?:(-)(\d*))?", word):
            first = int(checked_node(tape, found[1]).index)
            last = first if not found[2] else min(int(found[3]), last) if found[3] else last
            if last < first:
                raise gdb.GdbError(f"{word} takes no node; write the smaller number first")
        elif re.match(r"-?\d", word):
            raise gdb.GdbError(f"'{word}' is no range; write FROM-TO, as in 3-7")
        else:
            fits = tapes.glob(word)
    nodes = [n for n in map(tape.node, range(first, last + 1)) if fits is None or fits(n.scope)]
    if not nodes and fits:
        scopes = sorted({n.scope for n in tape.nodes() if n.scope})
        raise gdb.GdbError(f"no node's module fits '{argument}'; there are {', '.join(scopes) or 'no modules'}")
    gradients = tapes.Gradients(tape, here)
    rows = [["", "", "node", "from", "module", "value", "gradient", "line"]]
    for n in nodes:
        rows.append(["=>" if here and n.index == here.node else "", str(n.index), n.what,
                     " ".join(map(str, n.inputs)), n.scope, n.out.kind, gradients.short(n), n.line])
    widths = [max(map(len, column)) for column in zip(*rows)]
    write([f"{tape.title}: {tape.size} nodes; {where_text(tape, here)}"] +
          ["  ".join(c.rjust(w) if i == 1 else c.ljust(w) for i, (c, w) in enumerate(zip(r, widths))).rstrip()
           for r in rows])


def node_lines(tape, here, node):
    gradients = tapes.Gradients(tape, here)
    head = f"node {node.index} of {tape.size}  {node.what}"
    lines = ["  ".join(p for p in (head, node.attributes, node.scope, node.places) if p)]
    rows = []
    if node.is_op:
        lines.append(f"  {node.op_text('formula')}    {node.op_text('gradient')}")
        for name, i in zip(node.operand_names, node.inputs):
            operand = tape.node(i)
            rows.append([name, operand.out.kind, value_of(operand), f"from {operand.name}"])
    readers = tape.names(tape.readers[node.index])
    fresh = here.out if here and here.node == node.index else None
    rows.append(["y" if node.is_op else "value", node.out.kind, value_text(fresh) if fresh else value_of(node),
                 f"read by {readers}"])
    waiting = gradients.waiting_for(node.index)
    missing = f"yet to come: {tape.names(waiting)}" if waiting and node.index in gradients.reached else ""
    rows.append(["dy" if node.is_op else "gradient", node.out.kind if node.needs_grad else "", gradients.text(node),
                 missing])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return lines + ["  " + "  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in rows]


def value_of(node):
    """The node's value; a parameter's is in the parameter."""
    if not node.out.has_values and node.parameter is not None:
        return value_text(Tensor(node.parameter["value_"]))
    return value_text(node.out)


def show_node(argument):
    """Show a node: its formula, operands, value, gradient and the lines that made it.
Usage: tape node [N]

Without N: the node at work. dy is the gradient of the loss with respect to the node's value y; what the node sends to its
operands is the second formula. Values are there only while some gradient needs them, unless the program says
Tape tape({.keep = Keep::all})."""
    tape, here, node = node_argument(argument)
    write(node_lines(tape, here, node))


def show_grad(argument):
    """Show the gradient of a node: has it come, from which nodes, and its numbers.
Usage: tape grad [N]

Without N: the node at work."""
    tape, here, node = node_argument(argument)
    gradients = tapes.Gradients(tape, here)
    lines = [f"gradient of node {node.name}: {gradients.text(node)}"]
    readers = [r for r in tape.readers[node.index] if not gradients.reached or r in gradients.reached]
    if node.needs_grad and readers:
        waiting = gradients.waiting_for(node.index)
        sent = [r for r in readers if r not in waiting]
        if gradients.sweeping or gradients.over:
            lines += [f"  came from    {tape.names(sent)}"] if sent else []
            lines += [f"  yet to come  {tape.names(waiting)}"] if waiting else []
        else:
            lines.append(f"  will come from  {tape.names(readers)}")
    if node.index == gradients.root and (gradients.sweeping or gradients.over):
        lines.append("  backward began here")
    grad = node.grad
    if not grad.has_values and node.parameter is not None:
        grad = Tensor(node.parameter["grad_"])
    if grad.has_values and grad.size > 1:
        lines += ["  " + line for line in table(grad, parse_index("", grad.shape))]
    write(lines)


def explain_parameter(argument):
    """Explain the gradient of a parameter: where the tape reads it, and whether its gradient has come.
Usage: tape why NAME
       tape why EXPRESSION      a parameter of the program, as in model.fc1.weight

Says what is in the way when there is none: the parameter is frozen, no node reads it, the loss does not depend on it,
backward has not run or has not come that far."""
    if not argument:
        raise gdb.GdbError("which parameter? Give its name, as in encoder.fc1.weight")
    tape, here = tapes.find_tape()
    leaves = [n for n in tape.nodes() if n.parameter is not None]
    mine = [n for n in leaves if n.what == argument]
    parameter = mine[0].parameter if mine else parameter_expression(argument)
    if parameter is None:
        names = list(dict.fromkeys(n.what for n in leaves))
        raise gdb.GdbError(f"this tape reads no parameter '{argument}'{tapes.close_names(argument, names)}")
    if not mine:
        mine = [n for n in leaves if int(n.parameter.address) == int(parameter.address)]
    update = tapes.place(parameter["last_update_"])
    lines = [f"{memory.string(parameter['name_'])}  {Tensor(parameter['value_']).kind}, "
             f"{'trainable' if parameter['trainable_'] else 'frozen'}, version {int(parameter['version_'])}"
             + (f" of {update}" if update else "")]
    gradients = tapes.Gradients(tape, here)
    for leaf in mine:
        lines.append(f"  node {leaf.index}, recorded at {leaf.places}, read by {tape.names(tape.readers[leaf.index])}")
        if int(leaf.value["version"]) != int(parameter["version_"]):
            lines.append(f"    it has version {int(leaf.value['version'])} there; the parameter was written since")
        lines.append(f"    gradient: {gradients.text(leaf)}")
        waiting = gradients.waiting_for(leaf.index) if leaf.index in gradients.reached else []
        if waiting:
            lines.append(f"    yet to come: {tape.names(waiting)}")
        elif gradients.reached and leaf.index not in gradients.reached:
            loss = "the loss is" if gradients.root_known else "the loss seems to be"
            lines.append(f"    {loss} node {tape.node(gradients.root).name}; "
                         f"the way from here ends at {tape.names(dead_ends(tape, leaf.index))}")
    if not mine:
        lines.append("  no node of this tape reads it: " +
                     ("what uses it is not recorded, or was recorded on another tape" if parameter["trainable_"] else
                      "to a tape, a frozen parameter is a constant"))
    lines.append(f"  the parameter's gradient: {tapes.parameter_grad(parameter)}")
    write(lines)


def parameter_expression(text):
    try:
        return memory.as_class(gdb.parse_and_eval(text), "tapestry::Parameter")
    except gdb.error:
        return None


def dead_ends(tape, index):
    """Nodes downstream that nobody reads."""
    seen, ends, todo = {index}, [], [index]
    for i in todo:
        if not tape.readers[i]:
            ends.append(i)
        fresh = [r for r in tape.readers[i] if r not in seen]
        seen.update(fresh)
        todo += fresh
    return sorted(ends)


# Numbers ----------------------------------------------------------------------------------------

def tensor_argument(text):
    """The Tensor that an expression means: a tensor, a parameter or a buffer. With values, or GdbError."""
    value = gdb.parse_and_eval(text)
    for class_name, field in (("tapestry::Tensor", None), ("tapestry::Parameter", "value_"),
                              ("tapestry::nn::Buffer", "value_")):
        found = memory.as_class(value, class_name)
        if found is None:
            continue
        if found.is_optimized_out:
            raise gdb.GdbError(f"{text} is optimised out here; another frame may have it (`up`)")
        tensor = Tensor(found[field] if field else found)
        if not tensor.sane or not tensor.has_values:
            raise gdb.GdbError(f"{text} has no values: it is {summary(tensor)}")
        return tensor
    raise gdb.GdbError(f"{text} is no tensor but {value.type}")


def show_numbers(argument):
    """Show the numbers of a tensor, or some of them.
Usage: tape show EXPRESSION
       tape show EXPRESSION[1:3,:5]     rows 1 and 2, the first five columns
       tape show EXPRESSION[-1]         the last row

EXPRESSION is a tensor, parameter or buffer of the program, or a part of a node: $node(3).out, $node(3).grad."""
    if not argument:
        raise gdb.GdbError("of which tensor? Give an expression, as in x or $node(3).out[1:3,:5]")
    memory.check_memory()
    part = re.fullmatch(r"(.*\S)\s*\[([^][]*)\]", argument)
    tensor = index = None
    if part:
        try:
            tensor, index = tensor_argument(part[1]), part[2]
        except gdb.error:
            pass  # brackets of C++, as in list[2]
    if tensor is None:
        tensor, index = tensor_argument(argument), ""
    picked = parse_index(index, tensor.shape)
    write([tensor.kind + (f", elements [{index}]" if index else "")] + table(tensor, picked))


def show_statistics(argument):
    """Show statistics of a tensor: range, mean, zeros, what is not finite, a histogram.
Usage: tape stat EXPRESSION

EXPRESSION as in `tape show`."""
    if not argument:
        raise gdb.GdbError("of which tensor? Give an expression, as in x or $node(3).grad")
    memory.check_memory()
    write(statistics(tensor_argument(argument)))


# Places -----------------------------------------------------------------------------------------

def source_file(name):
    """The file that a node's place names, or None. Places are relative to the project's folder."""
    folders = [os.path.expanduser(f) for f in gdb.parameter("directories").split(":") if not f.startswith("$")]
    project = os.path.abspath(os.path.join(os.path.dirname(__file__), *[".."] * 4))
    for folder in ["", *folders, project]:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    try:
        _, found = gdb.decode_line(f"{name}:1")
    except gdb.error:
        return None
    known = [s.symtab.fullname() for s in found or () if s.symtab]
    return next(filter(os.path.isfile, known), None)


def excerpt(where, around=3):
    """The lines around vae/models/mlp.cpp:52, which is marked."""
    name, _, line = where.rpartition(":")
    path = source_file(name) if name else None
    if path is None:
        return [f"  (gdb does not find {name}; `directory FOLDER` tells it where the project is)"]
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    middle = int(line)
    return [f"{'->' if n == middle else '  '} {n:>4}  {lines[n - 1]}".rstrip()
            for n in range(max(1, middle - around), min(len(lines), middle + around) + 1)]


def show_source(argument):
    """Show the source around the line that recorded a node, and around the call of its module.
Usage: tape src [N]

Without N: the node at work."""
    _, _, node = node_argument(argument)
    parts = [[f"node {node.name} was recorded at {node.place}", *excerpt(node.place)]]
    if node.called_from:
        parts.append([f"in module {node.scope or '(root)'}, called at {node.called_from}", *excerpt(node.called_from)])
    if node.in_library:  # the program's own line comes first
        parts.reverse()
    write([line for part in parts for line in part])


# Which tape -------------------------------------------------------------------------------------

def list_tapes(argument):
    """List the open tapes of this thread, innermost last. => is the one that commands speak of.
Usage: tape tapes"""
    if argument:
        raise gdb.GdbError(f"takes no argument, not '{argument}'")
    memory.check_memory()
    addresses = tapes.thread_tapes()
    if not addresses:
        raise gdb.GdbError("no tape is open on this thread")
    spoken_of, here = tapes.find_tape()
    for address in addresses:
        tape = tapes.Tape(tapes.at_address(address))
        mine = address == spoken_of.address
        write([f"{'=>' if mine else '  '} {tape.title}: {tape.size} nodes; {where_text(tape, here if mine else None)}"])


def use_tape(argument):
    """Choose the tape that commands speak of.
Usage: tape use EXPRESSION      a variable of type tapestry::Tape, or a pointer to one
       tape use                 back to the rule: the tape at work, else the innermost one of the thread"""
    if not argument:
        tapes.Choice.address = None
        return
    memory.check_memory()
    value = gdb.parse_and_eval(argument)
    found = memory.as_class(value, "tapestry::Tape")
    if found is None:
        raise gdb.GdbError(f"{argument} is no tape but {value.type}")
    if not tapes.is_open(found):
        raise gdb.GdbError(f"{argument} is no open tape: its block has not begun, or has ended")
    tapes.Choice.address = int(found.address)
    write([f"commands speak of {tapes.Tape(found).title}"])


def write_page(argument):
    """Write the tape into a web page: one file, to be opened in any browser.
Usage: tape html FILE

The page lists the nodes with formulas, values and gradients, has a search and needs no network. Written from a core file,
it is the tape at the time of the crash."""
    if not argument:
        raise gdb.GdbError("into which file? As in `tape html tape.html`")
    tape, here = tapes.find_tape()
    path = os.path.expanduser(argument)
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page.html(tape, here, where_text(tape, here)))
    except OSError as error:
        raise gdb.GdbError(f"cannot write {argument}: {error.strerror}") from None
    write([f"wrote {tape.size} nodes to {argument}"])


def register():
    Tape()
    NodeFunction()
    for name, run, complete in (
            ("list", list_nodes, gdb.COMPLETE_NONE), ("node", show_node, gdb.COMPLETE_NONE),
            ("grad", show_grad, gdb.COMPLETE_NONE), ("why", explain_parameter, gdb.COMPLETE_EXPRESSION),
            ("show", show_numbers, gdb.COMPLETE_EXPRESSION), ("stat", show_statistics, gdb.COMPLETE_EXPRESSION),
            ("src", show_source, gdb.COMPLETE_NONE), ("tapes", list_tapes, gdb.COMPLETE_NONE),
            ("use", use_tape, gdb.COMPLETE_EXPRESSION), ("html", write_page, gdb.COMPLETE_FILENAME)):
        Part(name, run, complete)
