"""A tensor's values, read from memory, their statistics, and how both are written."""

import array
import itertools
import math
import operator

import gdb

from . import memory

DTYPES = [("f32", "f"), ("f64", "d"), ("i32", "i")]  # by number of tapestry::DType: name, code of module array
HEADER_BYTES = 64  # Storage::kHeader: the values begin behind their block
MAX_RANK = 6  # Shape::kMaxRank
MANY = 1 << 20  # elements from which on a printer leaves statistics to `tape stat`


def number(value):
    """A number with four digits and no trailing zeros; integers in full."""
    return str(value) if isinstance(value, int) else format(value, ".4g")


def shape_of(value):
    """The sizes of a tapestry::Shape; None where no shape was constructed yet."""
    rank = int(value["rank_"])
    if not 0 <= rank <= MAX_RANK:
        return None
    elements = value["sizes_"]["_M_elems"]
    sizes = [int(elements[i]) for i in range(rank)]
    return sizes if all(0 <= n < 1 << 48 for n in sizes) else None


def shape_text(sizes):
    return f"[{','.join(map(str, sizes))}]"


class Tensor:
    """A copy of a tapestry::Tensor's fields. `sane` is False for memory in which no tensor was constructed yet."""

    def __init__(self, value):
        value = memory.target(value)
        self.shape = shape_of(value["shape_"])
        dtype = int(value["dtype_"])
        self.block = int(value["storage_"]["block_"])
        self.tape = int(value["node_"]["tape"])
        self.node = int(value["node_"]["index"])
        self.sane = self.shape is not None and 0 <= dtype < len(DTYPES)
        self.dtype, self._code = DTYPES[dtype] if self.sane else ("?", "f")
        self._values = None

    @property
    def has_values(self):
        return self.block != 0

    @property
    def size(self):
        return math.prod(self.shape)

    @property
    def kind(self):
        """f32 [64,20]"""
        return f"{self.dtype} {shape_text(self.shape)}"

    def values(self):
        """All elements, row major. gdb.MemoryError if they cannot be read."""
        if self._values is None:
            self._values = self.first(self.size)
        return self._values

    def first(self, count):
        values = array.array(self._code)
        count = min(count, self.size)
        if count:
            raw = gdb.selected_inferior().read_memory(self.block + HEADER_BYTES, count * values.itemsize)
            values.frombytes(bytes(raw))
        return values

    def index_text(self, element):
        """[2,7] for the row-major number of an element."""
        index = []
        for size in reversed(self.shape):
            index.append(element % size)
            element //= size
        return shape_text(reversed(index))


class Stats:
    """Statistics of some numbers. Those that are not finite are counted and left out of the rest."""

    def __init__(self, values):
        self.size = len(values)
        finite = values
        self.nan = self.infinite = 0
        self.first_not_finite = -1
        if not math.isfinite(sum(values)):  # one bad number spoils the sum; large ones may do so too
            self.nan = sum(map(math.isnan, values))
            self.infinite = sum(map(math.isinf, values))
            if self.not_finite:
                self.first_not_finite = next(i for i, v in enumerate(values) if not math.isfinite(v))
                finite = [v for v in values if math.isfinite(v)]
        self.finite = finite

    @property
    def not_finite(self):
        return self.nan + self.infinite

    @property
    def zeros(self):
        return self.finite.count(0)

    @property
    def min(self):
        return min(self.finite, default=0)

    @property
    def mean(self):
        return math.fsum(self.finite) / len(self.finite) if len(self.finite) else 0

    @property
    def max(self):
        return max(self.finite, default=0)

    @property
    def norm(self):
        return math.sqrt(sum(map(operator.mul, self.finite, self.finite)))


def not_finite_text(stats, tensor):
    return f"{stats.not_finite} of {stats.size} not finite, first {tensor.index_text(stats.first_not_finite)}"


def value_text(tensor):
    """min -3.1  mean 0.02  max 2.9; the number itself if there is one only."""
    if not tensor.has_values:
        return "(values not kept)"
    if tensor.size == 0:
        return "no elements"
    stats = Stats(tensor.values())
    if stats.not_finite:
        return not_finite_text(stats, tensor)
    if stats.size == 1:
        return number(tensor.values()[0])
    return f"min {number(stats.min)}  mean {number(stats.mean)}  max {number(stats.max)}"


def gradient_text(tensor):
    """norm 0.83, or what is wrong with it."""
    if tensor.size == 0:
        return "no elements"
    stats = Stats(tensor.values())
    if stats.not_finite:
        return not_finite_text(stats, tensor)
    if stats.zeros == stats.size:
        return "0" if stats.size == 1 else "0 everywhere"
    return number(tensor.values()[0]) if stats.size == 1 else f"norm {number(stats.norm)}"


def nested(values, shape):
    """[[1, 2], [3, 4]]"""
    if not shape:
        return number(values[0])
    step = len(values) // shape[0] if shape[0] else 0
    return "[" + ", ".join(nested(values[i * step:(i + 1) * step], shape[1:]) for i in range(shape[0])) + "]"


def summary(tensor, few=8, start=3):
    """One line: dtype, shape, statistics, first values. Small tensors are shown whole."""
    if not tensor.sane:
        return "(not constructed yet)"
    if not tensor.has_values:
        return f"{tensor.kind} without values" if tensor.shape or tensor.tape else "undefined"
    try:
        if tensor.size <= few:
            return f"{tensor.kind} {nested(tensor.values(), tensor.shape)}"
        values = ", ".join(map(number, tensor.first(start)))
        stats = value_text(tensor) if tensor.size <= MANY else "(many elements: see `tape stat`)"
        return f"{tensor.kind}  {stats}  [{values}, ...]"
    except gdb.MemoryError:
        return f"{tensor.kind} (its values cannot be read)"


def histogram(values, bins=8, width=40):
    """Lines "from .. to  count  ####"; of finite numbers that are not all equal."""
    low, high = min(values), max(values)
    counts = [0] * bins
    for v in values:
        counts[min(bins - 1, int((v - low) / (high - low) * bins))] += 1
    edges = [number(low + (high - low) * i / bins) for i in range(bins + 1)]
    w = max(map(len, edges))
    c = max(len(str(n)) for n in counts)
    return [f"{edges[i]:>{w}} .. {edges[i + 1]:>{w}}  {n:>{c}}  {'#' * math.ceil(width * n / max(counts))}".rstrip()
            for i, n in enumerate(counts)]


def statistics(tensor):
    """Lines for `tape stat`."""
    values = tensor.values()
    stats = Stats(values)
    lines = [f"{tensor.kind}, {stats.size} elements"]
    finite = stats.finite
    if stats.not_finite:
        lines.append(f"not finite  {stats.nan} NaN, {stats.infinite} infinite, first "
                     f"{tensor.index_text(stats.first_not_finite)}")
    if not len(finite):
        return lines
    mean = stats.mean
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in finite) / len(finite))
    lines += [f"min         {number(stats.min)} at {tensor.index_text(values.index(stats.min))}",
              f"mean        {number(mean)}, standard deviation {number(deviation)}",
              f"max         {number(stats.max)} at {tensor.index_text(values.index(stats.max))}",
              f"norm        {number(stats.norm)}",
              f"zeros       {stats.zeros}"]
    return lines + (histogram(finite) if stats.min < stats.max else [])


# A part of a tensor: x[1:3,:5] ------------------------------------------------------------------

def parse_index(text, shape):
    """For every axis the indices that `1:3, :5` takes. GdbError for what is no index of this shape."""
    parts = [p.strip() for p in text.split(",")] if text.strip() else []
    if len(parts) > len(shape):
        raise gdb.GdbError(f"[{text}] has {len(parts)} indices, the shape {shape_text(shape)} has {len(shape)} axes")
    picked = []
    for axis, size in enumerate(shape):
        part = parts[axis] if axis < len(parts) else ":"
        begin, colon, end = part.partition(":")
        try:
            if colon:
                picked.append(list(range(size)[slice(int(begin) if begin.strip() else None,
                                                     int(end) if end.strip() else None)]))
                continue
            index = int(part)
        except ValueError:
            raise gdb.GdbError(f"'{part}' is no index; write numbers or FROM:TO, as in [1:3,:5]") from None
        if not -size <= index < size:
            raise gdb.GdbError(f"index {index} is outside axis {axis} of {shape_text(shape)}")
        picked.append([index % size])
    return picked


def elided(indices, limit):
    """At most `limit` of them; None stands for the ones left out."""
    if len(indices) <= limit:
        return indices
    return indices[:limit - 2] + [None] + indices[-1:]


def table(tensor, picked, rows=12, columns=9):
    """The picked elements as lines: the last two axes as a table, one for each index of the others."""
    values = tensor.values()
    strides = [math.prod(tensor.shape[axis + 1:]) for axis in range(len(tensor.shape))]
    if not tensor.shape:
        return [number(values[0])]
    if not all(picked):
        return ["no elements"]
    across = elided(picked[-1], columns)
    down = elided(picked[-2], rows) if len(picked) > 1 else [0]
    lines = []
    for outer in itertools.islice(itertools.product(*picked[:-2]), 5):
        base = sum(i * s for i, s in zip(outer, strides))
        cells = [[""] + ["..." if c is None else f"[{c}]" for c in across]]
        for r in down:
            start = base + (r * strides[-2] if len(picked) > 1 and r is not None else 0)
            head = f"[{r}]" if len(picked) > 1 else ""
            cells.append(["..."] * (len(across) + 1) if r is None else
                         [head] + ["..." if c is None else number(values[start + c]) for c in across])
        if outer:
            lines.append(shape_text([*outer, ":", ":"]))
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines += ["  ".join(cell.rjust(w) for cell, w in zip(row, widths)).rstrip() for row in cells]
    sheets = math.prod(map(len, picked[:-2]))
    return lines + ([f"... and {sheets - 5} more; pick some with [I,...]"] if sheets > 5 else [])
