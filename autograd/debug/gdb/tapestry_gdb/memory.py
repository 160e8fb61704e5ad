"""Reads what lies in memory: strings and containers by their layout, and whether the program can be read at all."""

import gdb

ABI = 1  # the value of tapestry_debug_abi that these scripts were written for

# The layouts of libstdc++ are frozen, which is why programs of different compilers can be linked. Reading them beats
# naming members: clang leaves members of strings out of its debug information, and methods must not be called.
DEQUE_NODE_BYTES = 512


def check_program():
    """GdbError unless this is a program whose tapes these scripts can read."""
    abi = abi_of_program()
    if abi is None:
        raise gdb.GdbError("there is no Tapestry in this program (no symbol tapestry_debug_abi)")
    if abi != ABI:
        raise gdb.GdbError(f"these scripts read version {ABI} of Tapestry's structs, the program has version {abi}; "
                           "source the tapestry.py of the program's own release")
    if not has_types():
        raise gdb.GdbError("the program has no debug information about Tapestry; build it with -g "
                           "(all presets of the project do)")


def abi_of_program():
    """None if there is no Tapestry in the program, or in a library that is not loaded yet."""
    try:
        return int(gdb.parse_and_eval("*(int*)&tapestry_debug_abi"))
    except gdb.error:
        return None


def has_types():
    try:
        return bool(gdb.lookup_type("tapestry::Tape").fields())
    except gdb.error:
        return False


def fits():
    """True if check_program raises nothing; for printers, which must not fail in the middle of a line."""
    try:
        check_program()
    except gdb.GdbError:
        return False
    return True


def check_memory():
    """GdbError unless there is a process or a core file to look into."""
    check_file()
    if gdb.selected_thread() is None:
        if abi_of_program() is not None:
            check_program()
        raise gdb.GdbError("the program is not running; `start` runs it to main")
    check_program()


def check_file():
    """GdbError if gdb has no program at all."""
    if gdb.current_progspace().filename is None:
        raise gdb.GdbError("there is no program; load one with `file PROGRAM`")


def is_core():
    connection = gdb.selected_inferior().connection
    return connection is not None and connection.type == "core"


def check_alive():
    """GdbError unless there is a process that can go on."""
    check_memory()
    if is_core():
        raise gdb.GdbError("a core file is a picture of a program and does not run; all that looks works, "
                           "as in `tape list`")


def words(value, count):
    """The first `count` words of an object."""
    word = gdb.lookup_type("unsigned long")
    first = value.address.cast(word.pointer())
    return [int(first[i]) for i in range(count)]


def string(value):
    """A std::string: a pointer to the characters, their number."""
    data, length = words(value, 2)
    if length > 1 << 20:
        raise gdb.MemoryError("no string")
    return bytes(gdb.selected_inferior().read_memory(data, length)).decode("utf-8", "replace") if length else ""


def text(pointer):
    """A char const*; None for null."""
    return pointer.string("utf-8", "replace") if int(pointer) else None


def vector(value):
    """The elements of a std::vector: pointers to the first and behind the last."""
    element = value.type.strip_typedefs().template_argument(0)
    begin, end = words(value, 2)
    first = gdb.Value(begin).cast(element.pointer())
    return [first[i] for i in range((end - begin) // element.sizeof)]


def deque_at(value, index):
    """An element of a std::deque: blocks of 512 bytes behind a list of pointers; None if it has fewer elements."""
    element = value.type.strip_typedefs().template_argument(0)
    _, _, cur, first, _, block, last_cur, last_first, _, last_block = words(value, 10)
    per_block = max(1, DEQUE_NODE_BYTES // element.sizeof)
    pointer = gdb.lookup_type("unsigned long").sizeof
    begin = (cur - first) // element.sizeof
    size = (last_block - block) // pointer * per_block + (last_cur - last_first) // element.sizeof - begin
    if not 0 <= index < size:
        return None
    there = gdb.Value(block).cast(element.pointer().pointer())[(begin + index) // per_block]
    return there[(begin + index) % per_block]


def bases(type_):
    """A class and all that it derives from, nearest first."""
    found = [type_]
    for t in found:
        found += [f.type.strip_typedefs() for f in t.fields() if f.is_base_class]
    return found


def class_type(type_):
    """The class behind references, const and typedefs; None if it is none."""
    if type_.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        type_ = type_.target()
    type_ = type_.unqualified().strip_typedefs()
    return type_ if type_.code == gdb.TYPE_CODE_STRUCT and type_.name else None


def target(value):
    """What a pointer or reference leads to; any other value itself."""
    type_ = value.type.strip_typedefs()
    if type_.code == gdb.TYPE_CODE_PTR:
        return value.dereference()
    return value.referenced_value() if type_.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF) else value


def as_class(value, name):
    """The value as the class `name` that it is or derives from, through pointers and references; None if it is not."""
    value = target(value)
    found = class_type(value.type)
    if found is None:
        return None
    for base in bases(found):
        if base.name == name:
            return value if base == found else value.cast(base)
    return None
