"""A tape with its nodes as the commands see it, and how to find one."""

import difflib
import functools
import math
import re

import gdb

from . import memory
from .tensor import Tensor, gradient_text

FORWARD, REVERSE, OVER = 0, 1, 2  # the phases of tapestry_debug_node
HOOK = "tapestry_debug_node"
MANY_FRAMES = 200
# Files of the library are recorded relative to its folder; those of a program are not. (As in ../../names.cpp.)
LIBRARY = ("autograd/", "nn/", "prob/", "vae/")
# Variables of a thread. gdb reaches them through libthread_db, in a core file as well.
SCOPES = "'tapestry::(anonymous namespace)::table'"
OPEN_TAPES = "'tapestry::Tape::open()::tapes'"


# Scopes: modules in the order in which they were entered first, in a table of the thread ----------

def scope_infos(number):
    """The ScopeInfo of a ScopeId and of the modules around it, innermost first."""
    while number > 0:
        try:
            info = memory.deque_at(gdb.parse_and_eval(SCOPES)["infos"], number)
        except gdb.error:  # without libthread_db, thread-local variables are out of reach
            info = None
        if info is None:
            return
        yield info
        number = int(info["parent"])


def calls(number):
    """Places of the calls of a scope's module and of those around it, innermost first."""
    return [p for p in (place(info["from"]) for info in scope_infos(number)) if p]


def place(loc):
    """vae/models/mlp.cpp:52 for a SourceLoc; None for none, or for memory in which there is none yet."""
    line = int(loc["line"])
    return f"{memory.text(loc['file'])}:{line}" if 0 < line < 1 << 24 else None


ACTIVATIONS = ("", "relu", "tanh", "sigmoid", "softplus")


def attribute_text(kind, at, node):
    """One attribute of a node, as autograd/attributes.cpp writes it; nothing for a flag that is off."""
    whole = [int(node.value["attrs"]["i"]["_M_elems"][k]) for k in range(6)]
    if kind == "i":
        return str(whole[at])
    if kind == "f":
        return f"{float(node.value['attrs']['f']['_M_elems'][at]):g}"
    if kind == "b":
        return whole[at] != 0
    if kind == "a":
        return ACTIVATIONS[whole[at]] if whole[at] < len(ACTIVATIONS) else ""
    if kind == "s":
        rank = -2 - whole[5] if whole[5] < -1 else len(whole)  # as pack() of ops/shape.cpp leaves it
        return "[" + ",".join(map(str, whole[:rank])) + "]"
    sizes = node.tape.node(node.inputs[0]).out.shape if node.inputs else []
    if kind == "p":
        return "[" + ",".join(map(str, whole[:len(sizes)])) + "]"
    axes = [axis for axis in range(len(sizes)) if whole[at] >> axis & 1]
    return ",".join(map(str, axes)) if kind == "m" else str(math.prod(sizes[axis] for axis in axes))


class Node:
    """One tapestry::Node. Fields are read when they are asked for."""

    def __init__(self, tape, index, value):
        self.tape, self.index, self.value = tape, index, value
        self.is_op = int(value["op"]) != 0

    def op_text(self, field):
        """name, args, formula or gradient of the op's row."""
        return memory.text(self.value["op"][field])

    @property
    def attributes(self):
        """The arguments of the op besides its operands: "axis=0", by the list in its row (see attributes.hpp)."""
        if not self.is_op:
            return ""
        told = []
        for entry in (self.op_text("attributes") or "").split():
            name, kind = entry.split(":")
            text = attribute_text(kind[0], int(kind[1:] or 0), self)
            if text:
                told.append(name if text is True else f"{name}={text}")
        return " ".join(told)

    @property
    def needs_grad(self):
        return bool(self.value["needs_grad"])

    @property
    def label(self):
        return memory.text(self.value["label"])

    @functools.cached_property
    def scope(self):
        """Path of the module that it was recorded in."""
        number = int(self.value["scope"])
        info = next(scope_infos(number), None)
        return memory.string(info["path"]) if info is not None else f"(scope {number})" if number else ""

    @functools.cached_property
    def calls(self):
        return calls(int(self.value["scope"]))

    @property
    def place(self):
        """The line that recorded it."""
        return place(self.value["src"]) or "?"

    @property
    def called_from(self):
        """The program's call of its module, or None. Skips modules of the library that call others."""
        return next((c for c in self.calls if not c.startswith(LIBRARY)), None)

    @property
    def line(self):
        """The program's own line: the one that recorded it, or for a module of the library the one that called it."""
        return self.called_from if self.in_library and self.called_from else self.place

    @property
    def in_library(self):
        return self.place.startswith(LIBRARY)

    @property
    def places(self):
        """The program's line first: main.cpp:57  -> vae/models/mlp.cpp:52, or its own line and the call of its module after <-."""
        if not self.called_from:
            return self.place
        return f"{self.called_from}  -> {self.place}" if self.in_library else f"{self.place}  <- {self.called_from}"

    @property
    def parameter(self):
        """The tapestry::Parameter of a leaf, or None."""
        return self.value["parameter"].dereference() if int(self.value["parameter"]) else None

    @property
    def what(self):
        """softplus; encoder.fc1.weight for a parameter; a label or the kind of leaf for the others."""
        if self.is_op:
            return self.op_text("name") + (f" ({self.label})" if self.label else "")
        if self.parameter is not None:
            return memory.string(self.parameter["name_"])
        return self.label or ("watched" if self.value["keep_grad"] else "constant")

    @property
    def name(self):
        return f"{self.index} {self.what}"

    @property
    def inputs(self):
        """Indices of its operands."""
        return self.tape.inputs_of(self.index)

    @property
    def out(self):
        return Tensor(self.value["out"])

    @property
    def grad(self):
        """dL/dout as far as it has come; without values if nothing is there."""
        return Tensor(self.value["grad"])

    @property
    def operand_names(self):
        names = self.op_text("args").split(", ")
        return names if len(names) == len(self.inputs) else [f"x{i}" for i in range(len(self.inputs))]


class Tape:
    """A tapestry::Tape that is open."""

    def __init__(self, value):
        self.value = value
        self.address = int(value.address)
        self.serial = int(value["serial_"])
        self.keeps_all = int(value["options_"]["keep"]) == 1
        self.place = place(value["where_"])
        self.swept_at = place(value["swept_at_"])
        self._arena = value["arena_"].dereference()
        self.size = int(self._arena["count"])
        self._first = gdb.Value(memory.words(self._arena["nodes"], 1)[0]).cast(
            gdb.lookup_type("tapestry::Node").pointer())

    def node(self, index):
        return Node(self, index, self._first[index])

    def nodes(self):
        return [self.node(i) for i in range(self.size)]

    def index_of(self, address):
        """Index of the node that lies at an address."""
        return (address - int(self._first)) // self._first.type.target().sizeof

    def inputs_of(self, index):
        """Indices of a node's operands; more than three are in a list of the arena."""
        node = self._first[index]
        arity = int(node["arity"])
        first = [int(node["in"]["_M_elems"][k]) for k in range(min(arity, 3))]
        if arity <= 3:
            return first
        more = memory.vector(self._arena["more"])
        return [int(i) for i in more[first[0]:first[0] + arity]]

    @functools.cached_property
    def inputs(self):
        """The operands of every node."""
        return [self.inputs_of(i) for i in range(self.size)]

    @functools.cached_property
    def readers(self):
        """For every node the indices of those that take it as an operand: where its gradient comes from."""
        found = [[] for _ in range(self.size)]
        for reader, inputs in enumerate(self.inputs):
            for i in dict.fromkeys(inputs):
                found[i].append(reader)
        return found

    def names(self, indices):
        return ", ".join(self.node(i).name for i in indices) or "nothing"

    def reachable(self, root):
        """Indices of the nodes that a reverse pass from `root` gives a gradient to."""
        reached = {root}
        for i in range(root, -1, -1):
            if i in reached:
                reached.update(k for k in self.inputs[i] if self._first[k]["needs_grad"])
        return reached

    @property
    def title(self):
        return f"tape {self.serial}, opened at {self.place}"


def open_tapes(home):
    """Addresses of the tapes in a thread's list of open ones, innermost last; NoGrad blocks left out."""
    return [int(p) for p in memory.vector(home) if int(p)]


def is_open(value):
    """Whether a tapestry::Tape is alive: a variable may be in view before its block begins and after it ended."""
    try:
        home = value["home_"].dereference()
        begin, end, limit = memory.words(home, 3)
        return begin <= end <= limit and end - begin < 8 << 10 and int(value.address) in open_tapes(home)
    except gdb.error:
        return False


def thread_tapes():
    """Addresses of the open tapes of the selected thread, innermost last."""
    try:
        return open_tapes(gdb.parse_and_eval(OPEN_TAPES))
    except gdb.error:  # see scope()
        pass
    for frame in frames(gdb.selected_frame()):
        for value in variables(frame, "tapestry::Tape"):
            if is_open(value):
                return open_tapes(value["home_"].dereference())
    return []


def frames(frame):
    for _ in range(MANY_FRAMES):
        if frame is None:
            return
        yield frame
        try:
            frame = frame.older()
        except gdb.error:
            return


def variables(frame, class_name):
    """The variables and arguments of a frame that are, point or refer to a class; innermost block first."""
    try:
        block = frame.block()
    except RuntimeError:
        return
    while block is not None and not block.is_static and not block.is_global:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument:
                try:
                    value = memory.as_class(symbol.value(frame), class_name)
                    if value is not None and not value.is_optimized_out and value.address is not None:
                        yield value
                except (gdb.error, TypeError):
                    pass
        if block.function is not None:
            return
        block = block.superblock


class Position:
    """Where a stop stands: a node of a tape, just recorded, about to run in reverse, or the end of the sweep."""

    def __init__(self, tape, node, phase, root):
        self.tape, self.node, self.phase, self.root = tape, node, phase, root
        self.out = None  # forward: the value, which the node itself keeps only if some gradient needs it


def at_address(address):
    return gdb.Value(address).cast(gdb.lookup_type("tapestry::Tape").pointer()).dereference()


def recorded_value(hook):
    """The value held by the function that records it and calls the hook; None where it is optimised out."""
    try:
        return Tensor(hook.older().read_var("out"))
    except (gdb.error, ValueError):
        return None


def in_run_backward(frame):
    """The Position of a frame of Sweep::run_backward: from its arguments, or where they are optimised out, from the
    context that it hands to the op."""
    pairs = [(c["tape_"], c["node_"]) for c in variables(frame, "tapestry::BackwardCtx")]
    try:
        pairs.insert(0, (frame.read_var("tape"), frame.read_var("node")))
    except ValueError:
        pass
    for tape, node in pairs:
        if not (tape.is_optimized_out or node.is_optimized_out) and is_open(tape.referenced_value()):
            found = Tape(tape.referenced_value())
            index = found.index_of(int(node.referenced_value().address))
            if 0 <= index < found.size:  # else the context was not constructed yet
                return Position(found, index, REVERSE, None)
    return None


def position():
    """The Position of the selected thread; None if no node is at work."""
    found = None
    for frame in frames(gdb.newest_frame()):
        name = frame.name() or ""
        try:
            if name == HOOK:
                value = frame.read_var("tape").dereference()
                found = Position(Tape(value), int(frame.read_var("node")), int(frame.read_var("phase")), None)
                if found.phase == FORWARD:
                    found.out = recorded_value(frame)
                    return found
                if found.phase == OVER:
                    found.root = found.node
                    return found
            elif found is None and name == "tapestry::Sweep::run_backward":
                found = in_run_backward(frame)
            elif name == "tapestry::Sweep::loop":
                if found is None:  # between two nodes
                    tape = frame.read_var("this").dereference()["tape_"].referenced_value()
                    found = Position(Tape(tape), int(frame.read_var("i")), REVERSE, None)
                found.root = Tensor(frame.read_var("y")).node
                return found
        except (gdb.error, ValueError):  # optimised out here
            pass
    return found


class Choice:
    """The tape that `tape use` named."""

    address = None


def find_tape():
    """The tape that commands speak of, and the Position on it if a node is at work there. GdbError if there is none."""
    memory.check_memory()
    here = position()
    if Choice.address is not None:
        value = at_address(Choice.address)
        if not is_open(value):
            raise gdb.GdbError("the tape that `tape use` named has ended; `tape use` alone forgets it")
        return Tape(value), here if here and here.tape.address == Choice.address else None
    if here:
        return here.tape, here
    tapes = thread_tapes()
    if not tapes:
        raise gdb.GdbError("no tape is open on this thread; stop inside the block of one, for example with "
                           "`break tapestry::Tape::backward`, or choose another `thread`")
    return Tape(at_address(tapes[-1])), None


class Gradients:
    """How far every gradient of a tape has come."""

    def __init__(self, tape, here):
        self.tape, self.here = tape, here
        self.sweeping = here is not None and here.phase == REVERSE
        self.over = not self.sweeping and tape.swept_at is not None
        self.root = here.root if here and here.root is not None else self._likely_root()
        self.root_known = here is not None and here.root is not None
        self.reached = tape.reachable(self.root) if tape.size and (self.sweeping or self.over) else set()

    def _likely_root(self):
        """The loss, where no frame of the sweep tells it: with Keep::all the last node that has a gradient, otherwise the
        last node of one element that nobody reads."""
        for fits in (lambda n: n.grad.has_values, lambda n: not self.tape.readers[n.index] and n.out.size == 1):
            found = next((n.index for n in reversed(self.tape.nodes()) if fits(n)), None)
            if found is not None:
                return found
        return self.tape.size - 1

    def waiting_for(self, index):
        """Readers of the node that have yet to send their part."""
        if not self.sweeping:
            return []
        return [r for r in self.tape.readers[index] if r in self.reached and r <= self.here.node]

    def short(self, node):
        """The state of a node's gradient for a column; blank where there is nothing to wait for."""
        if not node.needs_grad or not (self.sweeping or self.over):
            return ""
        if node.index not in self.reached:
            return "not reached"
        grad = node.grad
        if grad.has_values:
            return gradient_text(grad) + (" so far" if self.waiting_for(node.index) else "")
        if self.sweeping and node.index <= self.here.node:
            return "nothing yet"
        return parameter_grad(node.parameter) if node.parameter is not None else "freed"

    def text(self, node):
        """The same as a clause that stands alone."""
        if not node.needs_grad:
            return "none, because no parameter is upstream"
        if not (self.sweeping or self.over):
            return "none, because backward has not run"
        if node.index not in self.reached:
            return "none, because the loss does not depend on it"
        short = self.short(node)
        if node.parameter is not None and not node.grad.has_values and short != "nothing yet":
            return "complete, added to the parameter's"
        return "complete, sent on and freed" if short == "freed" else short


def parameter_grad(parameter):
    grad = Tensor(parameter["grad_"])
    return gradient_text(grad) if grad.has_values else "none"


def close_names(name, names):
    """", did you mean fc1.weight?" or nothing."""
    close = difflib.get_close_matches(name, names, 3)
    return f"; did you mean {', '.join(close)}?" if close else ""


def glob(pattern):
    """A test for '*' stands for any text."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL).fullmatch
