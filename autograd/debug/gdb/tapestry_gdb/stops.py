"""`tape break` and `tape step`: breakpoints on the hook through which every node passes."""

import re

import gdb

from . import commands, memory, tape as tapes
from .tensor import Stats, Tensor, not_finite_text

FLAG = "tapestry_debug_stops"
PHASE_NAMES = {"forward": (tapes.FORWARD,), "backward": (tapes.REVERSE,), "both": (tapes.FORWARD, tapes.REVERSE)}


def raise_flag():
    """Lets every node pass through the hook: the one variable that is written."""
    address = int(gdb.parse_and_eval(f"(long)&{FLAG}"))
    gdb.selected_inferior().write_memory(address, (1).to_bytes(4, "little"))


class AtStart(gdb.Breakpoint):
    """Raises the flag whenever the program starts, so that `tape break` works before `run`."""

    one = None

    def __init__(self):
        super().__init__("main", internal=True)

    def stop(self):
        raise_flag()
        return False

    @classmethod
    def arm(cls):
        if cls.one is None or not cls.one.is_valid():
            cls.one = cls()
        if gdb.selected_thread() is not None:
            raise_flag()


def editor_drives_gdb():
    """Whether an editor drives gdb (`gdb --interpreter=mi`). It must be told of the frame of every stop."""
    with open("/proc/self/cmdline", encoding="utf-8", errors="replace") as file:
        return any(re.fullmatch(r"(--?i(nterpreter)?=)?mi\d?", word) for word in file.read().split("\0"))


class HookStop(gdb.Breakpoint):
    """A breakpoint on the hook that stops where `test` returns a reason."""

    def __init__(self, text, test, internal=False):
        super().__init__(tapes.HOOK, internal=internal)
        self.silent = not editor_drives_gdb()  # people are shown the node instead of the hook's frame
        self.text, self._test, self.why = text, test, ""

    def stop(self):
        frame = gdb.newest_frame()
        try:
            value = frame.read_var("tape").dereference()
            self.why = self._test(value, int(frame.read_var("node")), int(frame.read_var("phase")))
        except (gdb.error, ValueError) as error:
            self.why = f"{self.text}: {error}"
        return bool(self.why)


# Conditions -------------------------------------------------------------------------------------

def node_test(text, phases, matches):
    """Stops at nodes that match."""
    def test(value, index, phase):
        return text if phase in phases and matches(tapes.Tape(value).node(index)) else ""
    return test


def by_op(name):
    return lambda node: node.op_text("name") == name


def by_scope(pattern):
    fits = tapes.glob(pattern)
    return lambda node: bool(fits(node.scope))


def by_line(place):
    """Nodes recorded by this line, or by a module called from it; the end of the path is enough."""
    def is_it(where):
        return where == place or where.endswith("/" + place)

    def matches(node):
        return any(map(is_it, [node.place, *node.calls]))
    return matches


def by_node(index):
    return lambda node: node.index == index


class NotFinite:
    """Stops at the origin of a number that is not finite: at a value as it is recorded, or after the node that sent
    such a gradient. Numbers that follow from an earlier one do not count."""

    def __init__(self):
        self._serial = None  # of the tape that the rest is about
        self._values = set()  # nodes whose value is known to be spoilt
        self._grads = set()  # nodes whose gradient is
        self._last = None  # the node that ran before

    def __call__(self, value, index, phase):
        tape = tapes.Tape(value)
        if tape.serial != self._serial:
            self._serial, self._values, self._grads, self._last = tape.serial, set(), set(), None
        if phase == tapes.FORWARD:
            return self._recorded(tape.node(index))
        if self._last is not None:
            why = self._sent(tape, tape.node(self._last))
        else:
            spoilt = bad(tape.node(index).grad)
            why = f"nan: the gradient that backward starts with, {spoilt}" if spoilt else ""
        self._last = index
        if phase == tapes.OVER:
            self._last, self._grads = None, set()
        return why

    def _recorded(self, node):
        follows = any(i in self._values for i in node.inputs)
        out = node.out if node.out.has_values else tapes.recorded_value(gdb.newest_frame())
        spoilt = out and bad(out)
        if spoilt or follows:
            self._values.add(node.index)
        return f"nan: {node.name} at {node.place} gave {spoilt}" if spoilt and not follows else ""

    def _sent(self, tape, sender):
        follows = sender.index in self._grads
        why = ""
        for name, i in zip(sender.operand_names, sender.inputs):
            to = tape.node(i)
            grad = to.grad
            if not grad.has_values and to.parameter is not None:
                grad = Tensor(to.parameter["grad_"])
            spoilt = bad(grad)
            if spoilt and i not in self._grads:
                self._grads.add(i)
                why = why or f"nan: {sender.name} at {sender.place} sent to {name}, node {to.name}: {spoilt}"
        return "" if follows else why


def bad(tensor):
    """"1 of 4 not finite, first [2]", or nothing."""
    if not tensor.sane or not tensor.has_values or tensor.dtype == "i32":
        return ""
    stats = Stats(tensor.values())
    return not_finite_text(stats, tensor) if stats.not_finite else ""


# The commands -----------------------------------------------------------------------------------

def add_breakpoint(argument):
    """Stop at nodes: of an op, of a module, of a source line, or where something is not finite.
Usage: tape break op NAME [forward|both]        as in: tape break op softplus
       tape break scope GLOB [forward|both]     tape break scope encoder*
       tape break line FILE:N [forward|both]    tape break line mlp.cpp:52
       tape break node N [forward|both]
       tape break nan

The stop is in the reverse pass, when the node's gradient is complete and the node is about to send: with `forward`, when it
was recorded, below the frames of your own code. Parameters and other leaves compute nothing, so nothing stops at them. A line
also means the nodes of the modules that it calls. `nan` stops in both passes, where a number that is not finite is born.
Without arguments it lists these breakpoints; `delete`, `disable` and `ignore` work on them as on any other."""
    if not argument:
        list_breakpoints()
        return
    check_can_stop()
    words = argument.split()
    kind, rest = words[0], words[1:]
    if kind == "nan":
        if rest:
            raise gdb.GdbError(f"nan takes nothing else, not '{' '.join(rest)}'")
        add("nan", NotFinite())
        return
    makers = {"op": by_op, "scope": by_scope, "line": by_line, "node": by_node}
    if kind not in makers:
        raise gdb.GdbError(f"'{kind}' is none of op, scope, line, node, nan")
    if not rest:
        raise gdb.GdbError(f"{kind} of what? See `help tape break`")
    phase = rest[1] if len(rest) > 1 else "backward"
    if len(rest) > 2 or phase not in PHASE_NAMES:
        raise gdb.GdbError(f"'{' '.join(rest[1:])}' is none of forward, backward, both")
    what = rest[0]
    if kind == "line" and not re.fullmatch(r".+:\d+", what):
        raise gdb.GdbError(f"'{what}' is no line; write FILE:N, as in mlp.cpp:52")
    if kind == "node" and not what.isdecimal():
        raise gdb.GdbError(f"'{what}' is no number of a node")
    text = f"{kind} {what}"
    add(text + (f", {phase}" if phase != "backward" else ""),
        node_test(text, PHASE_NAMES[phase], makers[kind](int(what) if kind == "node" else what)))


def check_can_stop():
    """GdbError if nothing can ever stop. Before the start, Tapestry may be in a library that is not loaded yet."""
    if gdb.selected_thread() is not None:
        memory.check_alive()
        return
    memory.check_file()
    if memory.abi_of_program() is not None:
        memory.check_program()


def add(text, test):
    AtStart.arm()
    made = HookStop(text, test)
    gdb.write(f"breakpoint {made.number} stops at {text}\n")


def list_breakpoints():
    mine = [b for b in gdb.breakpoints() or () if isinstance(b, HookStop) and b.visible]
    for b in mine:
        gdb.write(f"{b.number}  {b.text}{'' if b.enabled else '  (disabled)'}\n")
    if not mine:
        gdb.write("no tape breakpoints; `help tape break` shows how to make one\n")


class Stepper:
    """The breakpoint behind `tape step`."""

    one = None
    left = 0  # how many nodes to go

    @classmethod
    def test(cls, value, index, phase):
        if not cls.left:
            return ""
        cls.left -= 1
        return "" if cls.left else "step"

    @classmethod
    def arm(cls, count):
        AtStart.arm()
        if cls.one is None or not cls.one.is_valid():
            cls.one = HookStop("step", cls.test, internal=True)
        cls.left = count


def step(argument):
    """Go on to the next node: in the forward pass the next one recorded, in the reverse pass the next one to run.
Usage: tape step [COUNT]

Stops also where the reverse pass is over."""
    if argument and not (argument.isdecimal() and int(argument)):
        raise gdb.GdbError(f"'{argument}' is no number of steps")
    memory.check_alive()
    Stepper.arm(int(argument or 1))
    try:
        said = gdb.execute("continue", to_string=True)
    finally:
        Stepper.left = 0
    gdb.write(said.replace("Continuing.\n", "", 1))


def show_stop(event):
    """Shows the node where a tape breakpoint stopped."""
    hit = [b for b in getattr(event, "breakpoints", []) if isinstance(b, HookStop) and b.why]
    if not hit:
        return
    try:
        here = tapes.position()
        named = [f"tape breakpoint {b.number}, {b.why}" for b in hit if b.visible]
        commands.write([""] * bool(named) + named + (stop_lines(here) if here else []))
    except gdb.error as error:
        gdb.write(f"tape: {error}\n")


def stop_lines(here):
    if here.phase == tapes.OVER:
        return [f"backward is over: every gradient of {here.tape.title}, is complete"]
    lines = commands.node_lines(here.tape, here, here.tape.node(here.node))
    return [("recorded: " if here.phase == tapes.FORWARD else "backward: ") + lines[0]] + lines[1:]


def register():
    commands.Part("break", add_breakpoint)
    commands.Part("step", step)
    gdb.events.stop.connect(show_stop)
