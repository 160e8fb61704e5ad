#!/usr/bin/env python3
"""Makes random cases of every op of the table and writes PyTorch's answers: value and gradient.

usage: ops.py FILE [--cases N] [--seed S]

An op's numbers in f32 are compared with PyTorch's f64 at the same inputs, rounded. Where PyTorch's own f32 is further from
that than the tolerance, mostly because it overflows or underflows on the way, either answer is accepted. Denormal numbers
are 0 for the library, so PyTorch gets 0 too.
"""

import argparse
import random as random_module

import mpmath
import numpy as np
import torch
import torch.nn.functional as F

from numbers_of import EPS, ROUNDINGS, SPECIAL, TINY, WIDE, ordinary, save, written

# Sums of products are asked at numbers whose products do not overflow: whether inf - inf comes of it depends on the order.
PRODUCTS = ("matmul", "linear", "conv2d", "conv_transpose2d", "triangular_solve")
# Some slopes are functions of the output, which is rounded (a tape keeps the output and not the operand): 1 - y^2 of tanh has
# no digit left where y is nearly 1. The moved runs move that output by as much.
moved_output = 0.0


class ByMpmath(torch.autograd.Function):
    """psi of order n: PyTorch's trigamma is a truncated series, and its digamma loses digits near the poles."""

    @staticmethod
    def forward(ctx, x, order):
        ctx.save_for_backward(x)
        ctx.order = order
        return _psi(x, order)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return dy * _psi(x, ctx.order + 1), None


def _psi(x, order):
    def one(v):
        if np.isnan(v):
            return v
        if v <= 0 and v == np.floor(v):  # a pole; digamma's has a sign at 0 alone
            return np.inf if order != 0 else -np.copysign(np.inf, v) if v == 0 else np.nan
        if v == np.inf:
            return np.inf if order < 1 else 0.0
        with mpmath.workdps(60):
            x, far = mpmath.mpf(v), mpmath.mpf(v if v > 0 else 1 - mpmath.mpf(v))
            value = mpmath.loggamma(far) if order < 0 else mpmath.psi(order, far)
            if v < 0:  # by reflection
                value = (mpmath.log(mpmath.pi / abs(mpmath.sinpi(x))) - value if order < 0 else
                         value - mpmath.pi * mpmath.cospi(x) / mpmath.sinpi(x) if order == 0 else
                         (mpmath.pi / mpmath.sinpi(x)) ** 2 - value)
            return float(value)

    return torch.tensor([one(float(v)) for v in x.detach().flatten()], dtype=x.dtype).reshape(x.shape)


class SlopeOfNan(torch.autograd.Function):
    """x, with the gradient NaN where x is NaN: the library's rule (CHANGELOG). PyTorch has 0 or dy there, op by op."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return torch.where(torch.isnan(x), x, dy)


class SlopeOfEitherNan(torch.autograd.Function):
    """a and b, with both gradients NaN where one of them is NaN: the library's rule for maximum and minimum."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return torch.broadcast_tensors(a.clone(), b.clone())

    @staticmethod
    def backward(ctx, da, db):
        a, b = ctx.saved_tensors
        bad = torch.isnan(a) | torch.isnan(b)
        spoilt = [torch.where(bad, torch.full_like(d, torch.nan), d) for d in (da, db)]
        return tuple(d.sum_to_size(x.shape) for d, x in zip(spoilt, (a, b)))


class FromOutput(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, plain, slope):
        y = plain(x) * (1 + moved_output)
        ctx.slope = slope
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, dy):
        return dy * ctx.slope(ctx.saved_tensors[0]), None, None


def from_output(plain, slope):
    return lambda x: FromOutput.apply(x, plain, slope) if moved_output else plain(x)


def signs(y):
    """1 or -1 by the number of ones in the index: neighbours, and elements a power of two apart, mostly differ."""
    return torch.tensor([1 - 2 * (k.bit_count() % 2) for k in range(y.numel())]).reshape(y.shape)


def rounded(y):
    """In the moved runs y off by one unit, to both sides: what cancels later shows."""
    return y * (1 + moved_output * signs(y)) if moved_output else y


nan = SlopeOfNan.apply
tanh = from_output(torch.tanh, lambda y: 1 - y * y)
sigmoid = from_output(torch.sigmoid, lambda y: y * (1 - y))
expm1 = from_output(torch.expm1, lambda y: y + 1)
# PyTorch's own switches to x at 20, which costs f64 nine digits.
softplus = from_output(lambda x: F.softplus(x, threshold=700 if x.dtype == torch.float64 else 80), lambda y: -torch.expm1(-y))


def gelu(x):  # PyTorch's own has 0 in the lower tail, where 1 + erf cancels
    return x * (torch.erfc(x * -(2**-0.5)) / 2)


class Maker:
    """Draws operands; a case is (operands, i, f, function of torch tensors)."""

    def __init__(self, seed):
        self.random = random_module.Random(seed)
        self.pool = ordinary(self.random)
        self.mode, self.dtype, self.products = "ordinary", "f64", False

    def size(self, low=0, high=4):
        return self.random.choices(range(low, high + 1), [1 if n == 0 else 3 for n in range(low, high + 1)])[0]

    def shape(self, low=0, high=3, least=0):
        shape = [self.size(least) for _ in range(self.random.randint(low, high))]
        while np.prod(shape) > 24:
            shape[self.random.randrange(len(shape))] = 1
        return shape

    def number(self, kind):
        if kind == "positive":
            return self.random.choice([t for t in self.pool if t[0] != "-"])
        if kind == "grey":
            return self.random.choice(["0", "1", "0", "1", "0.25", "0.5", "0.9"])
        if self.mode == "special" and self.random.random() < 0.3:
            word = self.random.choice(SPECIAL[self.dtype].split())
            return word if not self.products or not 1e12 < abs(float(word)) < np.inf else "1e12"
        if self.mode == "wide" and self.random.random() < 0.6:
            return self.random.choice(WIDE)
        return self.random.choice(self.pool)

    def operand(self, shape, kind="any"):
        return shape, [self.number(kind) for _ in range(int(np.prod(shape)))]

    def index(self, shape, below):
        return shape, [self.random.randrange(below) for _ in range(int(np.prod(shape)))], "i32"

    def broadcast(self, shape):
        """A shape that broadcasts to this one."""
        part = [1 if self.random.random() < 0.3 else n for n in shape]
        return part[self.random.randint(0, len(part)) if self.random.random() < 0.4 else 0:]

    def pair(self):
        shape = self.shape()
        a, b = self.broadcast(shape), self.broadcast(shape)
        if self.random.random() < 0.15:
            return [self.operand(a), 0]  # one tensor twice
        return [self.operand(a), self.operand(b)]

    def square(self, positive):
        """[..., n, n] with a heavy diagonal: positive definite, or triangular and far from singular."""
        n, batch = self.size(1, 3), self.random.choice([[], [], [2], [0]])
        text = []
        for k in range(int(np.prod(batch)) * n * n):
            if k % (n * n) % (n + 1) == 0:
                text.append(self.random.choice(["4", "5.5", "7.25", "6", "9.5"]))
            else:
                text.append(f"{self.random.uniform(-1, 1):.2g}")
        return [*batch, n, n], text


def unary(name, function, f=()):
    def make(m):
        return [m.operand(m.shape())], [], list(f), function
    return name, make


def binary(name, function):
    def make(m):
        return m.pair(), [], [], function
    return name, make


def mask_of(m, shape):
    axes = [k for k in range(len(shape)) if m.random.random() < 0.6]
    if shape and not axes:
        axes = [m.random.randrange(len(shape))]
    return axes, sum(1 << k for k in axes)


def reduction(name, function, least=0):
    def make(m):
        shape = m.shape(least=least)
        axes, mask = mask_of(m, shape)
        keep = m.random.random() < 0.5
        return ([m.operand(shape)], [mask, int(keep)], [],
                lambda x: function(x, tuple(axes), keep) if axes else function(x.reshape(1), (0,), False))
    return name, make


def along(name, function, least=1):
    def make(m):
        shape = m.shape(1, 3, least)
        axis = m.random.randrange(len(shape))
        return [m.operand(shape)], [axis], [], lambda x: function(x, axis)
    return name, make


def packed(shape):
    return shape + [0] * (5 - len(shape)) + [-2 - len(shape)] if len(shape) < 6 else shape


def make_clamp(m):
    low, high = m.random.choice([(-0.5, 0.8), (0, 1), (-2, -2), (1e-6, 1e6)])
    return [m.operand(m.shape())], [], [low, high], lambda x: torch.clamp(nan(x), low, high)


def make_leaky_relu(m):
    slope = m.random.choice([0.01, 0.2, 1.5])
    return [m.operand(m.shape())], [], [slope], lambda x: F.leaky_relu(nan(x), slope)


def make_elu(m):
    alpha = m.random.choice([1.0, 0.3, 2.0])
    return [m.operand(m.shape())], [], [alpha], from_output(lambda x: F.elu(nan(x), alpha), lambda y: torch.where(y < 0, y + alpha, 1))


def make_where(m):
    shape = m.shape()
    return ([m.index(m.broadcast(shape), 3), m.operand(m.broadcast(shape)), m.operand(m.broadcast(shape))], [], [], lambda c, a, b: torch.where(c != 0, a, b))


def make_reshape(m):
    shape = m.shape()
    to = m.random.choice([[int(np.prod(shape))], shape[::-1], [1, *shape], shape + [1, 1],
                          *([[shape[0] * shape[1], *shape[2:]]] if len(shape) > 1 else [])])
    return [m.operand(shape)], packed(to), [], lambda x: x.reshape(to)


def make_transpose(m):
    shape = m.shape(0, 4)
    axes = m.random.sample(range(len(shape)), len(shape))
    return [m.operand(shape)], axes, [], lambda x: x.permute(axes)


def make_broadcast_to(m):
    shape = m.shape()
    return [m.operand(m.broadcast(shape))], packed(shape), [], lambda x: x.broadcast_to(shape)


def make_slice(m):
    shape = m.shape(1, 3)
    axis = m.random.randrange(len(shape))
    start = m.random.randint(0, shape[axis])
    stop = m.random.randint(start, shape[axis])
    return ([m.operand(shape)], [axis, start, stop], [], lambda x: x.narrow(axis, start, stop - start))


def make_concat(m):
    shape = m.shape(1, 3)
    axis = m.random.randrange(len(shape))
    parts = [m.operand(shape[:axis] + [m.size(0, 3)] + shape[axis + 1:]) for _ in range(m.random.randint(1, 4))]
    if m.random.random() < 0.3:
        parts.append(0)
    return parts, [axis], [], lambda *x: torch.cat(x, axis)


def make_gather(m):
    shape = m.shape(1, 3, 1)
    axis = m.random.randrange(len(shape))
    index = m.index(shape[:axis] + [m.size(0, 5)] + shape[axis + 1:], shape[axis])
    return [m.operand(shape), index], [axis], [], lambda x, k: torch.gather(x, axis, k.long())


def make_take_rows(m):
    shape = m.shape(1, 3, 1)
    return [m.operand(shape), m.index(m.shape(0, 2), shape[0])], [], [], lambda x, k: x[k.long()]


def make_matmul(m):
    n, k, p = m.size(), m.size(), m.size()
    left, right = m.random.choice([([], []), ([2], []), ([], [3]), ([2], [2]), ([3, 1], [2]), ([1], [2]), ([0], [1])])
    tl, tr = m.random.random() < 0.4, m.random.random() < 0.4
    operands = [m.operand(left + ([k, n] if tl else [n, k])), m.operand(right + ([p, k] if tr else [k, p]))]
    if left == right and n == k == p and m.random.random() < 0.7:
        operands[1] = 0
    return (operands, [int(tl), int(tr)], [],
            lambda a, b: (a.transpose(-1, -2) if tl else a) @ (b.transpose(-1, -2) if tr else b))


def make_triangular_solve(m):
    a = m.square(False)
    lower, transpose = m.random.random() < 0.5, m.random.random() < 0.5
    b = m.operand(a[0][:-1] + [m.size(0, 3)])

    def solve(a, b):
        a = torch.tril(a) if lower else torch.triu(a)
        return torch.linalg.solve_triangular(a.transpose(-1, -2) if transpose else a, b, upper=lower == transpose)
    return [a, b], [int(lower), int(transpose)], [], solve


def symmetric(a):
    return (a + a.transpose(-1, -2)) / 2


def make_cholesky(m):
    return [m.square(True)], [], [], lambda a: torch.linalg.cholesky(symmetric(a))


def make_log_det(m):
    return [m.square(True)], [], [], lambda a: torch.linalg.cholesky(symmetric(a)).diagonal(
        dim1=-1, dim2=-2).log().sum(-1) * 2


def make_log_det_triangular(m):
    return [m.square(False)], [], [], lambda a: a.diagonal(dim1=-1, dim2=-2).abs().log().sum(-1)


ACTIVATIONS = [lambda y: y, lambda y: torch.relu(nan(y)), tanh, sigmoid, softplus]


def make_linear(m):
    inputs, outputs = m.size(), m.size()
    operands = [m.operand(m.shape(0, 2) + [inputs]), m.operand([outputs, inputs])]
    if m.random.random() < 0.2:
        return operands, [], [], lambda x, w: x @ w.T
    a = m.random.randrange(5)
    return operands + [m.operand([outputs])], [a], [], lambda x, w, b: ACTIVATIONS[a](x @ w.T + b)


def sum_last(x, events):
    return x.sum(tuple(range(-events, 0))) if events else x


def make_bernoulli(m):
    shape = m.shape()
    events = m.random.randint(0, len(shape))
    return ([m.operand(shape), m.operand(shape, "grey")], [events], [],
            lambda l, x: sum_last(x.detach() * l - rounded(softplus(l)), events))


def make_normal(m):
    shape = m.shape()
    events = m.random.randint(0, len(shape))
    log_root = 0.9189385332046727

    def log_prob(x, loc, scale):
        y = -0.5 * ((x - loc) / scale) ** 2 - torch.log(scale) - log_root
        return sum_last(y, events)
    return [m.operand(shape), m.operand(m.broadcast(shape)), m.operand(m.broadcast(shape), "positive")], [events], [], log_prob


def make_normal_kl(m):
    shape = m.shape()
    events = m.random.randint(0, len(shape))
    return ([m.operand(shape), m.operand(shape, "positive")], [events], [],
            lambda loc, scale: sum_last(0.5 * (scale**2 + loc**2 - 1) - torch.log(scale), events))


def make_conv(name):
    def make(m):
        batch, inputs, outputs = m.size(0, 2), m.size(1, 2), m.size(1, 2)
        height, width, h, w = m.size(1, 4), m.size(1, 4), m.size(1, 3), m.size(1, 3)
        stride, padding, a = m.random.randint(1, 3), m.random.randint(0, 2), m.random.randrange(5)
        weight = [outputs, inputs, h, w] if name == "conv2d" else [inputs, outputs, h, w]
        function = F.conv2d if name == "conv2d" else F.conv_transpose2d
        if name != "conv2d" and batch == 0:  # refused where the padding leaves nothing, while PyTorch returns nothing
            padding = 0
        return ([m.operand([batch, inputs, height, width]), m.operand(weight), m.operand([outputs])],
                [stride, padding, a], [],
                lambda x, w, b: ACTIVATIONS[a](function(x, w, b, stride=stride, padding=padding)))
    return name, make


def make_pool(name, function):
    def make(m):
        kernel = m.random.randint(1, 3)
        shape = [m.size(0, 2), m.size(1, 2), kernel * m.size(1, 2), kernel * m.size(1, 2)]
        return [m.operand(shape)], [kernel], [], lambda x: function(x, kernel)
    return name, make


def normalised(x, axes, w, b, eps):
    """PyTorch's own leaves 1e-15 of a single number, where its distance to the mean is 0."""
    centred = x - x.mean(axes, keepdim=True)
    deviation = torch.sqrt((centred**2).mean(axes, keepdim=True) + eps)
    hat = centred / deviation
    if moved_output:  # the gradient is a difference of means: off by a unit of its parts, not of what they leave
        hat = hat + moved_output * signs(hat) * centred / deviation.detach()
    return hat * w + b


def make_layer_norm(m):
    shape = m.shape(0, 2) + [m.size(1, 4)]
    eps = m.random.choice([1e-5, 1e-3])
    return ([m.operand(shape), m.operand(shape[-1:]), m.operand(shape[-1:])], [], [eps],
            lambda x, w, b: normalised(x, (-1,), w, b, eps))


def make_batch_norm(m):
    shape = [m.size(2, 4), m.size(1, 3)] + m.random.choice([[], [1], [2], [2, 1]])
    eps = m.random.choice([1e-5, 1e-3])
    return ([m.operand(shape), m.operand(shape[1:2]), m.operand(shape[1:2])], [], [eps],
            lambda x, w, b: normalised(x, (0, *range(2, len(shape))), w.reshape(-1, *[1] * (len(shape) - 2)),
                                       b.reshape(-1, *[1] * (len(shape) - 2)), eps))


def make_dropout(m):  # p = 0: its draws are the library's own
    return [m.operand(m.shape())], [7, 0, 0], [0.0], lambda x: x * 1


OPS = dict([
    unary("neg", torch.neg), unary("exp", torch.exp), unary("expm1", expm1), unary("log", torch.log),
    unary("log1p", torch.log1p), unary("sqrt", torch.sqrt), unary("square", torch.square), unary("abs", lambda x: torch.abs(nan(x))),
    unary("reciprocal", torch.reciprocal), unary("sin", torch.sin), unary("cos", torch.cos),
    unary("lgamma", lambda x: ByMpmath.apply(x, -1)), unary("digamma", lambda x: ByMpmath.apply(x, 0)),
    unary("erf", torch.erf), ("clamp", make_clamp),
    unary("tanh", tanh), unary("sigmoid", sigmoid), unary("log_sigmoid", F.logsigmoid),
    unary("softplus", softplus), unary("relu", lambda x: torch.relu(nan(x))), ("leaky_relu", make_leaky_relu), ("elu", make_elu),
    unary("gelu", gelu), unary("silu", F.silu),
    binary("add", torch.add), binary("sub", torch.sub), binary("mul", torch.mul), binary("div", torch.div),
    binary("maximum", lambda a, b: torch.maximum(*SlopeOfEitherNan.apply(a, b))),
    binary("minimum", lambda a, b: torch.minimum(*SlopeOfEitherNan.apply(a, b))), binary("pow", torch.pow), ("where", make_where),
    reduction("sum", torch.sum), reduction("mean", torch.mean, 1), reduction("max", torch.amax, 1),
    reduction("logsumexp", torch.logsumexp, 1),
    along("softmax", torch.softmax), along("log_softmax", torch.log_softmax), along("cumsum", torch.cumsum),
    ("reshape", make_reshape), ("transpose", make_transpose), ("broadcast_to", make_broadcast_to), ("slice", make_slice),
    ("concat", make_concat), ("gather", make_gather), ("take_rows", make_take_rows),
    ("matmul", make_matmul), ("cholesky", make_cholesky), ("triangular_solve", make_triangular_solve),
    ("log_det_triangular", make_log_det_triangular), ("log_det", make_log_det),
    ("linear", make_linear), ("bernoulli_log_prob", make_bernoulli), ("normal_log_prob", make_normal),
    ("normal_kl_standard", make_normal_kl), make_conv("conv2d"), make_conv("conv_transpose2d"),
    make_pool("max_pool2d", F.max_pool2d), make_pool("avg_pool2d", F.avg_pool2d),
    ("layer_norm", make_layer_norm), ("batch_norm", make_batch_norm), ("dropout", make_dropout),
])
NUMPY = {"f32": np.float32, "f64": np.float64}
TORCH = {"f32": torch.float32, "f64": torch.float64}


def moved(values, eps, salt):
    """Every number times 1 - eps or 1 + eps, by the bits of the number: equal ones stay equal."""
    way = np.where(np.sin(np.frexp(np.where(np.isfinite(values), values, 0))[0] * (997 + 331 * salt)) > 0, 1, -1)
    with np.errstate(all="ignore"):
        return values * (1 + way * eps)


def run(function, operands, dy, torch_dtype):
    """y and the gradients at numpy operands (or the number of another operand)."""
    tensors = []
    for x in operands:
        if isinstance(x, int):
            tensors.append(tensors[x])
        elif x.dtype == np.int32:
            tensors.append(torch.tensor(x))
        else:
            tensors.append(torch.tensor(x, dtype=torch_dtype, requires_grad=True))
    y = function(*tensors)
    seed = torch.tensor(dy(list(y.shape)), dtype=torch_dtype)
    y.backward(seed)
    gradients = [None if t.dtype == torch.int32 else (torch.zeros_like(t) if t.grad is None else t.grad) for t in tensors]
    return [y.detach().double().numpy()] + [None if g is None else g.double().numpy() for g in gradients]


def flushed(x, dtype):
    return np.where(np.abs(x) < TINY[dtype], 0 * x, x)


def array(operand, dtype):
    """The numbers of an operand as the library reads them."""
    if isinstance(operand, int):
        return operand
    if len(operand) == 3:
        return np.array(operand[1], np.int32).reshape(operand[0])
    with np.errstate(all="ignore"):
        x = np.array([float(t) for t in operand[1]], np.float64).astype(NUMPY[dtype])
        x = x if operand[0] is None else x.reshape(operand[0])
        return flushed(x.astype(np.float64), dtype)


def answers(op, dtype, operands, function, dy_words):
    """Texts of y and of the gradients."""
    arrays = [array(x, dtype) for x in operands]
    seeds = {}

    def dy(shape):
        seeds["shape"] = shape
        words = (dy_words * (int(np.prod(shape)) // len(dy_words) + 1))[:int(np.prod(shape))]
        seeds["words"] = words
        return array((shape, words), dtype)

    truth = run(function, arrays, dy, torch.float64)
    near = []
    global moved_output
    for salt in range(4):
        moved_output = EPS[dtype] * (-1) ** salt
        shift = lambda x: x if isinstance(x, int) or x.dtype == np.int32 else moved(x, EPS[dtype], salt)
        near.append(run(function, [shift(x) for x in arrays], lambda s: shift(dy(s)), torch.float64))
    moved_output = 0.0
    single = run(function, arrays, dy, torch.float32) if dtype == "f32" else truth
    texts = []
    with np.errstate(all="ignore"):
        for k, values in enumerate(truth):
            if values is None:
                texts.append(None)
                continue
            change = np.sum([np.nan_to_num(np.abs(n[k] - values), nan=0, posinf=0) for n in near], axis=0)
            off = ROUNDINGS[dtype] * (
                change + EPS[dtype] * np.abs(np.nan_to_num(values, posinf=0, neginf=0)))
            if op == "softmax" and k > 0:  # y (dy - sum y dy): off by a unit of dy, where all of it cancels
                off = off + ROUNDINGS[dtype] * EPS[dtype] * np.max(np.abs(array((None, seeds["words"]), dtype)), initial=0)
            words = []
            for v, s, o in zip(values.flat, single[k].flat, off.flat):
                word = written(float(v), float(o), dtype)
                if dtype == "f32":
                    other = written(float(s), float(o), dtype)
                    same = other == word or (np.isfinite([v, s]).all() and abs(v - s) <= o)
                    word = word if same else f"{word}|{other}"
                words.append(word)
            texts.append({"shape": list(values.shape), "x": " ".join(words)})
    seed = {"shape": seeds["shape"], "x": " ".join(seeds["words"])}
    return seed, texts[0], texts[1:]


def written_operand(operand):
    if isinstance(operand, int):
        return operand
    key = "i32" if len(operand) == 3 else "x"
    return {"shape": operand[0], key: " ".join(map(str, operand[1]))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--cases", type=int, default=10080)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    maker = Maker(arguments.seed)
    cases = []
    while len(cases) < arguments.cases:
        op = list(OPS)[len(cases) % len(OPS)]
        maker.dtype = maker.random.choice(["f32", "f64"])
        maker.mode = maker.random.choices(["ordinary", "wide", "special"], [2, 1, 1])[0]
        maker.products = op in PRODUCTS
        if op in ("layer_norm", "batch_norm") and maker.mode == "special":
            maker.mode = "wide"  # a mean of infinite or overflowing numbers is inf or NaN by the order of the sum
        operands, i, f, function = OPS[op](maker)
        # Finite: 0 times an infinite gradient is 0 or NaN by taste.
        dy_words = [w for w in (maker.number("any") for _ in range(9)) if np.isfinite(float(w))] or ["1"]
        try:
            dy, y, dx = answers(op, maker.dtype, operands, function, dy_words)
        except (RuntimeError, IndexError, ValueError) as error:  # PyTorch refuses the shape
            assert "size" in str(error) or "dim" in str(error) or "shape" in str(error), (op, error)
            continue
        if op == "bernoulli_log_prob":
            dx[1] = None  # not differentiable in x
        cases.append({"op": op, "dtype": maker.dtype, "in": [written_operand(x) for x in operands], "i": i, "f": f,
                      "dy": dy, "y": y, "dx": dx})
    save(arguments.file, cases)


if __name__ == "__main__":
    main()
