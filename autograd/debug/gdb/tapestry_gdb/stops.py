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


class HookStop(gdb.Breakpoint):
    """A breakpoint on the hook that stops where `test` says why."""

    def __init__(self, text, test, internal=False):
        super().__init__(tapes.HOOK, internal=internal)
        self.silent = True  # the node is shown instead of the hook's frame
        self.text, self._test, self.why = text, test, ""

    def stop(self):
        frame = gdb.newest_frame()
        try:
            value = frame.read_var("tape").dereference()
            self.why = self._test(value, int(frame.read_var("node")), int(frame.read_var("phase")))
        except (gdb.error, ValueError) as error:
            self.why = f"{self.text}: {error}"
        return bool(self.why)


# What to stop for -------------------------------------------------------------------------------

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
        return where is not None and (where == place or where.endswith("/" + place))

    def matches(node):
        if is_it(node.place):
            return True
        return any(is_it(tapes.scope(s)[1]) for s in tapes.scope_chain(int(node.value["scope"])))
    return matches


def by_node(index):
    return lambda node: node.index == index


class NotFinite:
    """Stops at a value that is not finite as it is recorded, and at the node that sent such a gradient."""

    def __init__(self):
        self._last = None  # (serial of the tape, node) that ran before

    def __call__(self, value, index, phase):
        tape = tapes.Tape(value)
        if phase == tapes.FORWARD:
            self._last = None
            return self._recorded(tape.node(index))
        last, self._last = self._last, (tape.serial, index) if phase == tapes.REVERSE else None
        if last and last[0] == tape.serial:
            return self._sent(tape, tape.node(last[1]))
        own = tape.node(index).grad
        return f"nan: the gradient that backward starts with: {bad(own)}" if bad(own) else ""

    def _recorded(self, node):
        out = node.out
        if not out.has_values:  # no gradient needs it, but the function that records it has it in hand
            try:
                out = Tensor(gdb.newest_frame().older().read_var("out"))
            except (gdb.error, ValueError):
                return ""
        return f"nan: {node.name} gave {bad(out)}" if bad(out) else ""

    def _sent(self, tape, sender):
        for name, i in zip(sender.operand_names, sender.inputs):
            to = tape.node(i)
            grad = to.grad
            if not grad.has_values and to.parameter is not None:
                grad = Tensor(to.parameter["grad_"])
            if bad(grad):
                return f"nan: {sender.name} sent to {name}, {to.name}: {bad(grad)}"
        return ""


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
was recorded, below the frames of your own code. A line also means the nodes of the modules that it calls. `nan` stops in
both passes, where a number that is not finite is born. Without arguments it lists these breakpoints; `delete`, `disable`,
`condition` and `ignore` work on them as on any other."""
    if not argument:
        list_breakpoints()
        return
    memory.check_program()
    if gdb.selected_thread() is not None:
        memory.check_alive()
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


def add(text, test):
    AtStart.arm()
    made = HookStop(text, test)
    gdb.write(f"breakpoint {made.number} is for: {text}\n")


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
        for b in hit:
            if b.visible:
                gdb.write(f"\ntape breakpoint {b.number}, {b.why}\n")
        here = tapes.position()
        commands.write(stop_lines(here))
    except gdb.error as error:
        gdb.write(f"tape: {error}\n")


def stop_lines(here):
    if here.phase == tapes.OVER:
        return [f"backward is over: every gradient of {here.tape.title}, is complete"]
    return [("recorded: " if here.phase == tapes.FORWARD else "backward: ") +
            commands.node_lines(here.tape, here, here.tape.node(here.node))[0]] + \
        commands.node_lines(here.tape, here, here.tape.node(here.node))[1:]


def register():
    commands.Part("break", add_breakpoint)
    commands.Part("step", step)
    gdb.events.stop.connect(show_stop)
