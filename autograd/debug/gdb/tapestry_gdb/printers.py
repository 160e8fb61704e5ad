"""Printers of the project's types. They read fields; no method of the program runs."""

import gdb
import gdb.printing

from . import memory, tape as tapes
from .tensor import Tensor, shape_of, shape_text, summary


class Line:
    """A printer that shows one line, made by a function."""

    def __init__(self, write, value):
        self._write, self._value = write, value

    def to_string(self):
        try:
            return self._write(self._value)
        except gdb.MemoryError:
            return "(not constructed yet)"


def tensor_line(value):
    tensor = Tensor(value)
    node = f"  node {tensor.node}" if tensor.sane and tensor.tape else ""
    return summary(tensor) + node


def shape_line(value):
    sizes = shape_of(value)
    return "(not constructed yet)" if sizes is None else shape_text(sizes)


def node_id_line(value):
    return f"node {int(value['index'])} of tape {int(value['tape'])}" if int(value["tape"]) else "no node"


def storage_line(value):
    if not int(value["block_"]):
        return "no memory"
    refs = int(value["block_"].cast(gdb.lookup_type("int").pointer()).dereference())  # the first field
    return f"{int(value['block_']['bytes'])} bytes at {value['block_'].format_string(symbols=False)}, handles: {refs}"


def rng_line(value):
    state = value["state_"]
    return f"seed {int(state['seed'])}, stream {int(state['stream']):#x}, draws made: {int(state['draw'])}"


def source_line(value):
    return tapes.place(value) or "no place"


def node_line(value):
    """The number of a node, from the open tapes of the thread."""
    found = None
    for address in tapes.thread_tapes():
        tape = tapes.Tape(tapes.at_address(address))
        index = tape.index_of(int(value.address)) if value.address is not None else -1
        if 0 <= index < tape.size:
            found = tape.node(index)
    node = found or tapes.Node(None, -1, value)
    parts = [f"node {found.name}" if found else node.what, node.scope, node.out.kind, node.places]
    return "  ".join(p for p in parts if p)


def parameter_line(value):
    parts = [f"{memory.string(value['name_'])}  {summary(Tensor(value['value_']))}",
             f"grad {tapes.parameter_grad(value)}", f"version {int(value['version_'])}"]
    return "; ".join(parts + ([] if value["trainable_"] else ["frozen"]))


def buffer_line(value):
    return tensor_line(value["value_"])


def error_line(value):
    name = memory.class_type(value.dynamic_type).name  # what was thrown, behind a reference to its base
    return f"{name}: {memory.string(value['text_']).removeprefix('tapestry: ')}"


def tape_line(value):
    if not tapes.is_open(value):
        return "(no open tape: its block has not begun, or has ended)"
    tape = tapes.Tape(value)
    return f"{tape.title}: {tape.size} nodes, " + (
        f"backward ran at {tape.swept_at}" if tape.swept_at else "backward has not run")


class Module:
    """A module with its parameters, buffers and modules as children: a tree with `set print pretty on`."""

    def __init__(self, value):
        self._value = value
        self._module = memory.as_class(value, "tapestry::nn::Module")

    def to_string(self):
        try:
            parameters = self._parameters(self._module)
            mode = "" if self._module["training_"] else ", evaluating"
            count = sum(Tensor(p["value_"]).size for p in parameters)
        except (gdb.MemoryError, OverflowError, TypeError):
            return "(not constructed yet)"
        return f"{class_name(self._value)} with {count} numbers in {len(parameters)} parameters{mode}"

    def _parameters(self, module):
        found = []
        for member in memory.vector(module["members_"]):
            if int(member["param"]):
                found.append(memory.as_class(member["param"], "tapestry::Parameter"))
            if int(member["module"]):
                found += self._parameters(member["module"].dereference())
        return found

    def children(self):
        try:
            for member in memory.vector(self._module["members_"]):
                one = next(member[kind] for kind in ("param", "buffer", "module") if int(member[kind]))
                yield memory.string(member["name"]), one.cast(one.dynamic_type).dereference()
        except gdb.MemoryError:
            return


def class_name(value):
    """Linear for tapestry::nn::Child<tapestry::nn::Linear>."""
    type_ = memory.class_type(value.dynamic_type)
    if type_.name.startswith("tapestry::nn::Child<"):
        type_ = type_.template_argument(0)
    return type_.name.removeprefix("(anonymous namespace)::").removeprefix("tapestry::nn::").removeprefix("tapestry::")


# The printer of each class, also for the classes that derive from it.
SHOWN_AS = {
    "tapestry::Tensor": tensor_line,
    "tapestry::Shape": shape_line,
    "tapestry::NodeId": node_id_line,
    "tapestry::Storage": storage_line,
    "tapestry::Rng": rng_line,
    "tapestry::SourceLoc": source_line,
    "tapestry::Node": node_line,
    "tapestry::Tape": tape_line,
    "tapestry::Parameter": parameter_line,
    "tapestry::nn::Buffer": buffer_line,
    "tapestry::nn::Module": Module,
    "tapestry::Error": error_line,
}


class Printers(gdb.printing.PrettyPrinter):
    """Finds the printer of a value by its class and those that it derives from."""

    def __init__(self):
        super().__init__("tapestry")
        self._known = {}  # class name to its printer, or None

    def __call__(self, value):
        type_ = memory.class_type(value.type)
        if type_ is None:
            return None
        if type_.name not in self._known:
            self._known[type_.name] = next((b.name for b in memory.bases(type_) if b.name in SHOWN_AS), None)
        base = self._known[type_.name]
        if base is None or not memory.fits():
            return None
        if SHOWN_AS[base] is Module:
            return Module(value)
        return Line(SHOWN_AS[base], value)


def register():
    gdb.printing.register_pretty_printer(None, Printers(), replace=True)
