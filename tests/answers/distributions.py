#!/usr/bin/env python3
"""Makes cases of every distribution at ordinary and extreme parameters and writes mpmath's answers.

usage: distributions.py FILE [--rounds N] [--seed S]

A round asks every quantity of every distribution once in f32 and once in f64. Parameters are drawn around 1 in two rounds
of three, and from 1e-15 to 1e15 in the third.
"""

import argparse
import random as random_module
import struct

import mpmath
from mpmath import mp, mpf

from numbers_of import EPS, MOST, ROUNDINGS, save, written

mp.dps = 60
INF = mpf("inf")


def exp(x):
    """Beyond any f64, and beyond what mpmath can write: infinite, or 0."""
    return INF if x > 10**6 else mpf(0) if x < -(10**6) else mpmath.exp(x)


def expm1(x):
    return INF if x > 10**6 else mpf(-1) if x < -(10**6) else mpmath.expm1(x)


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def softplus(x):
    return mpmath.log1p(exp(x)) if x < 200 else x + exp(-x)


def log_sigmoid(x):
    return -softplus(-x)


def sigmoid(x):
    return exp(log_sigmoid(x))


def log_softmax(logits):
    top = max(logits)
    total = mpmath.log(sum(exp(l - top) for l in logits)) + top
    return [l - total for l in logits]


def log_normal(x, m, s):
    return -((x - m) / s) ** 2 / 2 - mpmath.log(s) - mpmath.log(2 * mp.pi) / 2


def phi(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def quantile(p):
    return mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1)


def log_sinhc(y):  # of continuous Bernoulli: log((exp(l) - 1) / l) = l / 2 + log_sinhc(l / 2)
    return mpf(0) if y == 0 else mpmath.log(mpmath.sinh(abs(y)) / abs(y))


def cb_log_z(l):
    return l / 2 + log_sinhc(l / 2)


def cb_mean(l):
    if abs(l) < mpf(10) ** -15:
        return mpf(1) / 2 + l / 12
    return 1 / -expm1(-l) - 1 / l


def cb_cdf(x, l):
    return x if l == 0 else expm1(l * x) / expm1(l) if l < 0 else (
        exp(l * (x - 1)) * expm1(-l * x) / expm1(-l))


def cb_icdf(p, l):
    return p if l == 0 else mpmath.log1p(p * expm1(l)) / l


def log_beta(a, b):
    return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)


def gamma_cdf(x, a, rate):
    return mpmath.gammainc(a, 0, rate * x, regularized=True)


psi = lambda x: mpmath.psi(0, x)
ln, log1p = mpmath.log, mpmath.log1p
EULER = mp.euler
T = mpf(0.7)  # temperature and beta of cases.hpp
logit = lambda u: ln(u) - ln(1 - u)


def laplace_cdf(x, m, s):
    z = (x - m) / s
    return exp(z) / 2 if z < 0 else 1 - exp(-z) / 2


def laplace_icdf(p, m, s):
    return m + s * ln(2 * p) if p < mpf("0.5") else m - s * ln(2 * (1 - p))


def student(x, v, m, s):
    z = (x - m) / s
    return (mpmath.loggamma((v + 1) / 2) - mpmath.loggamma(v / 2) - ln(v * mp.pi) / 2 - ln(s)
            - (v + 1) / 2 * log1p(z * z / v))


def student_entropy(v, m, s):
    return (v + 1) / 2 * (psi((v + 1) / 2) - psi(v / 2)) + ln(v) / 2 + log_beta(v / 2, mpf(1) / 2) + ln(s)


def uniform(x, low, high):
    return -ln(high - low) if low <= x <= high else -INF


def spike(x, l):
    if x == 0:
        return log_sigmoid(-l)
    return log_sigmoid(l) + ln(T) + T * x - ln(expm1(T))


def spike_icdf(u, l):
    q = sigmoid(l)
    return max(mpf(0), log1p((u + q - 1) / q * expm1(T)) / T) if u > 1 - q else mpf(0)


def discretized(x, m, s):
    low, high = x - mpf(1) / 256 * 1, x + mpf(1) / 256
    left = -INF if x < -1 + mpf(1) / 200 else (low - m) / s
    right = INF if x > 1 - mpf(1) / 200 else (high - m) / s
    if left > 0:  # from the upper tail, so that nothing cancels
        left, right = -right, -left
    inside = (mpf(1) if right == INF else phi(right)) - (mpf(0) if left == -INF else phi(left))
    return ln(inside) if inside > 0 else -INF


def relaxed(x, l):
    d = l - T * logit(x)
    return ln(T) + d - 2 * softplus(d) - ln(x) - ln(1 - x)


def relaxed_vector(x, logits):
    k = len(logits)
    terms = [l - T * ln(v) for l, v in zip(logits, x)]
    top = max(terms)
    total = top + ln(sum(exp(t - top) for t in terms))
    return mpmath.loggamma(k) + (k - 1) * ln(T) + sum(terms) - k * total - sum(ln(v) for v in x)


def dirichlet_log_b(a):
    return sum(mpmath.loggamma(v) for v in a) - mpmath.loggamma(sum(a))


def dirichlet_kl(q, p):
    total = psi(sum(q))
    return dirichlet_log_b(p) - dirichlet_log_b(q) + sum((a - b) * (psi(a) - total) for a, b in zip(q, p))


def categorical_entropy(logits):
    return -sum(exp(l) * l for l in log_softmax(logits))


def categorical_kl(q, p):
    return sum(exp(a) * (a - b) for a, b in zip(log_softmax(q), log_softmax(p)))


def gamma_kl(a, r, b, s):
    return (a - b) * psi(a) - mpmath.loggamma(a) + mpmath.loggamma(b) + b * (ln(r) - ln(s)) + a * (s - r) / r


def normal_kl(m, s, n, t):
    return ln(t / s) + ((s / t) ** 2 + ((m - n) / t) ** 2 - 1) / 2


def laplace_kl(m, s, n, t):
    d = abs(m - n)
    return ln(t / s) + d / t + s / t * exp(-d / s) - 1


def gumbel_kl(m, s, n, t):
    return ln(t / s) + EULER * (s / t - 1) + exp((n - m) / t + mpmath.loggamma(s / t + 1)) - 1 + (m - n) / t


def bernoulli_kl(l, k):
    return sigmoid(l) * (log_sigmoid(l) - log_sigmoid(k)) + sigmoid(-l) * (log_sigmoid(-l) - log_sigmoid(-k))


def lower(flat, n):
    return [[flat[i * n + j] if j <= i else mpf(0) for j in range(n)] for i in range(n)]


def solve(rows, b):
    out = []
    for i, row in enumerate(rows):
        out.append((b[i] - sum(row[j] * out[j] for j in range(i))) / row[i])
    return out


def mvn(x, loc, flat):
    rows = lower(flat, len(loc))
    z = solve(rows, [a - b for a, b in zip(x, loc)])
    return -sum(v * v for v in z) / 2 - sum(ln(rows[i][i]) for i in range(len(loc))) - len(loc) * ln(2 * mp.pi) / 2


def mvn_kl(loc, flat, other, other_flat):
    n = len(loc)
    q, p = lower(flat, n), lower(other_flat, n)
    z = solve(p, [a - b for a, b in zip(loc, other)])
    columns = [solve(p, [q[i][j] for i in range(n)]) for j in range(n)]
    return (sum(v * v for c in columns for v in c) + sum(v * v for v in z) - n) / 2 + sum(
        ln(p[i][i] / q[i][i]) for i in range(n))


class Draw:
    """Numbers of one case, already rounded to its dtype."""

    def __init__(self, seed):
        self.random, self.extreme, self.dtype = random_module.Random(seed), False, "f64"

    def rounded(self, x):
        x = float(f"{x:.6g}")
        return f32(x) if self.dtype == "f32" else x

    def positive(self, most=15):
        r = self.random
        return self.rounded(10 ** (r.uniform(-most, most) if self.extreme else r.uniform(-1.5, 1.5)))

    def moderate(self):  # for numbers whose answers grow like their exponential
        return self.positive(4)

    def real(self, most=6):
        r = self.random
        return self.rounded(r.choice((-1, 1)) * 10 ** r.uniform(-3, most) if self.extreme else r.gauss(0, 2))

    def logit(self):
        return self.real(4)

    def unit(self):
        r = self.random
        x = r.choice([10 ** r.uniform(-12, -1), 1 - 10 ** r.uniform(-5, -1), 0.5]) if self.extreme else r.uniform(0.02, 0.98)
        return self.rounded(x)

    def near(self, m, s):
        """A value some scales away from m."""
        return self.rounded(m + s * self.random.gauss(0, 2))


def elementwise(names, log_prob, value, entropy=None, cdf=None, icdf=None):
    return {"arguments": names, "value": value, "log_prob": log_prob, "entropy": entropy, "cdf": cdf, "icdf": icdf}


def location(d):
    return [d.real(), d.positive()]


near = lambda d, a: d.near(a[0], a[1])
ELEMENTWISE = {
    "Normal": elementwise(location, log_normal, near, lambda m, s: ln(s) + ln(2 * mp.pi * mp.e) / 2,
                          lambda x, m, s: phi((x - m) / s), lambda p, m, s: m + s * quantile(p)),
    "Laplace": elementwise(location, lambda x, m, s: -abs(x - m) / s - ln(2 * s), near, lambda m, s: 1 + ln(2 * s),
                           laplace_cdf, laplace_icdf),
    "Gumbel": elementwise(location, lambda x, m, s: -(x - m) / s - exp(-(x - m) / s) - ln(s), near,
                          lambda m, s: ln(s) + EULER + 1, lambda x, m, s: exp(-exp(-(x - m) / s)),
                          lambda p, m, s: m - s * ln(-ln(p))),
    "LogNormal": elementwise(lambda d: [d.real(1), d.moderate()], lambda x, m, s: log_normal(ln(x), m, s) - ln(x),
                             lambda d, a: d.positive(), lambda m, s: m + ln(s) + ln(2 * mp.pi * mp.e) / 2,
                             lambda x, m, s: phi((ln(x) - m) / s), lambda p, m, s: exp(m + s * quantile(p))),
    "StudentT": elementwise(lambda d: [d.positive(6), *location(d)], student, lambda d, a: d.near(a[1], a[2]),
                            student_entropy),
    "Uniform": elementwise(lambda d: (lambda low: [low, d.rounded(low + abs(low) * d.positive(3) + d.positive(3))])(d.real(3)),
                           uniform, lambda d, a: d.rounded(a[0] + (a[1] - a[0]) * d.random.uniform(0.1, 0.9)),
                           lambda low, high: ln(high - low),
                           lambda x, low, high: (x - low) / (high - low), lambda p, low, high: low + p * (high - low)),
    "Exponential": elementwise(lambda d: [d.positive()], lambda x, r: ln(r) - r * x,
                               lambda d, a: d.rounded(d.random.expovariate(1) / a[0]), lambda r: 1 - ln(r),
                               lambda x, r: -expm1(-r * x), lambda p, r: -log1p(-p) / r),
    "Gamma": elementwise(lambda d: [d.positive(5), d.positive(5)],
                         lambda x, a, r: a * ln(r) + (a - 1) * ln(x) - r * x - mpmath.loggamma(a),
                         lambda d, a: d.rounded(max(d.random.gammavariate(a[0], 1), 1e-12) / a[1]),
                         lambda a, r: a - ln(r) + mpmath.loggamma(a) + (1 - a) * psi(a), gamma_cdf),
    "Beta": elementwise(lambda d: [d.positive(5), d.positive(5)],
                        lambda x, a, b: (a - 1) * ln(x) + (b - 1) * ln(1 - x) - log_beta(a, b), lambda d, a: d.unit(),
                        lambda a, b: log_beta(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b)),
    "Bernoulli": elementwise(lambda d: [d.logit()], lambda x, l: log_sigmoid(l) if x == 1 else log_sigmoid(-l),
                             lambda d, a: float(d.random.randint(0, 1)),
                             lambda l: -sigmoid(l) * log_sigmoid(l) - sigmoid(-l) * log_sigmoid(-l)),
    "ContinuousBernoulli": elementwise(lambda d: [d.logit()], lambda x, l: l * x - cb_log_z(l), lambda d, a: d.unit(),
                                       lambda l: cb_log_z(l) - l * cb_mean(l), cb_cdf, cb_icdf),
    "RelaxedBernoulli": elementwise(lambda d: [d.logit()], relaxed, lambda d, a: d.unit(),
                                    icdf=lambda u, l: sigmoid((l + logit(u)) / T)),
    "SpikeAndExponential": elementwise(lambda d: [d.logit()], spike, lambda d, a: d.random.choice([0.0, d.unit()]),
                                       icdf=spike_icdf),
    "Poisson": elementwise(lambda d: [d.positive(5)], lambda x, r: x * ln(r) - r - mpmath.loggamma(x + 1),
                           lambda d, a: float(min(round(a[0] * d.random.uniform(0, 2)), 1000000))),
    "DiscretizedNormal": elementwise(lambda d: [d.rounded(d.random.uniform(-1.2, 1.2)), d.moderate()], discretized,
                                     lambda d, a: (2 * d.random.randrange(256) + 1) / 256 - 1),
}


def vector(d, make, n=None):
    return [make() for _ in range(n or d.random.randint(2, 4))]


def simplex(d):
    return [v / 1024 for v in d.random.choice([[128, 256, 640], [384, 256, 384], [1, 23, 1000]])]  # exact in f32


def triangle(d, n):
    return [d.positive(3) if i == j else (d.real(1) if j < i else 0.0) for i in range(n) for j in range(n)]


def one_hot(d, n):
    k = d.random.randrange(n)
    return [float(i == k) for i in range(n)]


# name: (arguments, their shapes, value, its shape or "i32", log_prob, entropy)
VECTOR = {
    "Categorical": (lambda d: [vector(d, d.logit, 3)], [[3]], lambda d: [d.random.randrange(3)], "i32",
                    lambda x, l: log_softmax(l)[int(x[0])], categorical_entropy),
    "OneHotCategorical": (lambda d: [vector(d, d.logit, 3)], [[3]], lambda d: one_hot(d, 3), [3],
                          lambda x, l: sum(v for k, v in zip(x, log_softmax(l)) if k), categorical_entropy),
    "RelaxedOneHotCategorical": (lambda d: [vector(d, d.logit, 3)], [[3]], lambda d: simplex(d), [3],
                                 relaxed_vector, None),
    "Multinomial": (lambda d: [vector(d, d.logit, 3)], [[3]],
                    lambda d: d.random.choice([[3.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 2.0, 1.0]]), [3],
                    lambda x, l: mpmath.loggamma(4) - sum(mpmath.loggamma(v + 1) for v in x) + sum(
                        v * k for v, k in zip(x, log_softmax(l)) if v), None),
    "Dirichlet": (lambda d: [vector(d, lambda: d.positive(4), 3)], [[3]], lambda d: simplex(d), [3],
                  lambda x, a: sum((k - 1) * ln(v) for k, v in zip(a, x)) - dirichlet_log_b(a),
                  lambda a: dirichlet_log_b(a) + (sum(a) - len(a)) * psi(sum(a)) - sum((k - 1) * psi(k) for k in a)),
    "MultivariateNormal": (lambda d: [vector(d, d.real, 2), triangle(d, 2)], [[2], [2, 2]], lambda d: vector(d, d.real, 2),
                           [2], mvn, lambda loc, flat: 1 + ln(2 * mp.pi) + ln(flat[0]) + ln(flat[3])),
    "Mixture": (lambda d: [vector(d, d.real, 2), vector(d, d.real, 2), vector(d, d.positive, 2)], [[2], [2], [2]],
                lambda d: [d.real()], [],
                lambda x, l, m, s: (lambda t: max(t) + ln(sum(exp(v - max(t)) for v in t)))(
                    [w + log_normal(x[0], a, b) for w, a, b in zip(log_softmax(l), m, s)]), None),
}

# name: (arguments of q, of p, divergence of single numbers)
KL = {
    "Normal||Normal": (location, location, normal_kl),
    "Normal||StandardNormal": (location, lambda d: [], lambda m, s: normal_kl(m, s, 0, 1)),
    "LogNormal||LogNormal": (location, location, normal_kl),
    "Laplace||Laplace": (location, location, laplace_kl),
    "Gumbel||Gumbel": (lambda d: [d.real(2), d.positive(2)], lambda d: [d.real(2), d.positive(2)], gumbel_kl),
    "Bernoulli||Bernoulli": (lambda d: [d.logit()], lambda d: [d.logit()], bernoulli_kl),
    "ContinuousBernoulli||ContinuousBernoulli": (
        lambda d: [d.logit()], lambda d: [d.logit()],
        lambda q, p: (q - p) * cb_mean(q) - cb_log_z(q) + cb_log_z(p)),
    "Poisson||Poisson": (lambda d: [d.positive()], lambda d: [d.positive()], lambda q, p: q * ln(q / p) - q + p),
    "Exponential||Exponential": (lambda d: [d.positive()], lambda d: [d.positive()], lambda q, p: ln(q / p) + p / q - 1),
    "Gamma||Gamma": (lambda d: [d.positive(5), d.positive(5)], lambda d: [d.positive(5), d.positive(5)], gamma_kl),
    "Gamma||Exponential": (lambda d: [d.positive(5), d.positive(5)], lambda d: [d.positive(5)],
                           lambda a, r, s: gamma_kl(a, r, mpf(1), s)),
    "Exponential||Gamma": (lambda d: [d.positive(5)], lambda d: [d.positive(5), d.positive(5)],
                           lambda r, b, s: gamma_kl(mpf(1), r, b, s)),
    "Beta||Beta": (lambda d: [d.positive(4), d.positive(4)], lambda d: [d.positive(4), d.positive(4)],
                   lambda a, b, c, e: dirichlet_kl([a, b], [c, e])),
    "Uniform||Uniform": (ELEMENTWISE["Uniform"]["arguments"], ELEMENTWISE["Uniform"]["arguments"],
                         lambda a, b, c, e: ln((e - c) / (b - a)) if c <= a and b <= e else INF),
    "Uniform||Normal": (ELEMENTWISE["Uniform"]["arguments"], location,
                        lambda a, b, m, s: ((b - a) ** 2 / 12 + ((a + b) / 2 - m) ** 2) / s**2 / 2 + ln(s)
                        + ln(2 * mp.pi) / 2 - ln(b - a)),
    "Laplace||Normal": (location, location, lambda m, b, n, s: (2 * b * b + (m - n) ** 2) / s**2 / 2 + ln(s)
                        + ln(2 * mp.pi) / 2 - 1 - ln(2 * b)),
}
VECTOR_KL = {
    "Categorical||Categorical": ("Categorical", categorical_kl),
    "OneHotCategorical||OneHotCategorical": ("OneHotCategorical", categorical_kl),
    "Dirichlet||Dirichlet": ("Dirichlet", dirichlet_kl),
    "MultivariateNormal||MultivariateNormal": ("MultivariateNormal", mvn_kl),
    "MultivariateNormal||StandardNormal": (
        "MultivariateNormal", lambda loc, flat: mvn_kl(loc, flat, [mpf(0), mpf(0)], [mpf(1), mpf(0), mpf(0), mpf(1)])),
}


def flat(groups):
    return [v for group in groups for v in (group if isinstance(group, list) else [group])]


def regroup(groups, numbers):
    out, at = [], 0
    for group in groups:
        size = len(group) if isinstance(group, list) else 1
        out.append(numbers[at:at + size] if isinstance(group, list) else numbers[at])
        at += size
    return out


# What cancels inside, in the place of nothing: the terms whose roundings stay, and why they are not avoided.
def largest(groups):
    return max(abs(v) for v in flat(list(groups)))


MORE = {
    # x l - softplus(l): one rounding of the logit stays.
    "Bernoulli": lambda value, *groups: max(1, largest(groups)),
    # A class that is nearly certain: its log probability is the log of a sum that begins with 1.
    "Categorical": lambda value, *groups: 1,
    "OneHotCategorical": lambda value, *groups: 1,
    "Multinomial": lambda value, *groups: 1,
    # log Z and logit * mean are of the size of the logit, their difference of its logarithm.
    "ContinuousBernoulli": lambda value, *groups: largest(groups),
    # The difference of two probabilities, which for a wide scale are nearly equal.
    "DiscretizedNormal": lambda value, *groups: exp(-value),
    # lgamma and digamma of the concentrations, which cancel.
    "Gamma||Gamma": lambda value, *groups: largest(groups),
    "Gamma||Exponential": lambda value, *groups: largest(groups),
    "Exponential||Gamma": lambda value, *groups: largest(groups),
    "Beta||Beta": lambda value, *groups: largest(groups),
    "Dirichlet||Dirichlet": lambda value, *groups: largest(groups),
    # Promised to 1e-13 below a concentration of 1e4 (incomplete_gamma.hpp).
    "Gamma cdf": lambda value, x, a, rate: a / 10,
    # q log(q/p) - q + p of rates that are nearly equal.
    "Poisson||Poisson": lambda value, q, p: max(q, p),
    # u + q - 1, where q is nearly 1.
    "SpikeAndExponential": lambda value, *groups: 1,
}
# Where the difference of two probabilities underflows.
UNDERFLOW = {"f32": -80, "f64": -700}


def more_of(name, ask="kl"):
    for key in (f"{name} {ask}", name, name.split("||")[0] if name.split("||")[0] in ("Bernoulli", "Categorical", "OneHotCategorical",
                                                                                  "ContinuousBernoulli") else ""):
        if key in MORE:
            return MORE[key]
    return lambda value, *groups: 0


def answer(function, groups, dtype, fixed=(), more=lambda value, *groups: 0):
    """The text of function(*groups). `fixed` groups are not moved: counts and bits have no rounding."""
    numbers = [mpf(v) for v in flat(groups)]
    held = [k in fixed for k, group in enumerate(groups) for _ in (group if isinstance(group, list) else [group])]
    value = mpmath.re(function(*regroup(groups, numbers)))
    if mpmath.isinf(value) or abs(value) > MOST[dtype]:
        return "inf" if value > 0 else "-inf"
    if more is MORE["DiscretizedNormal"] and value < UNDERFLOW[dtype]:
        return "-inf"
    off = mpf(0)
    for k, number in enumerate(numbers):
        if held[k] or number == 0:
            continue
        moved = list(numbers)
        moved[k] = number * (1 + mpf(EPS[dtype]))
        change = abs(mpmath.re(function(*regroup(groups, moved))) - value)
        off += change if mpmath.isfinite(change) else 0
    off = ROUNDINGS[dtype] * (off + EPS[dtype] * (abs(value) + more(value, *regroup(groups, numbers))))
    return written(float(value), float(min(off, mpf(10) ** 300)), dtype)


def text(numbers, shape):
    return {"shape": shape, "x": " ".join(repr(v) for v in numbers)}


def round_of(d):
    """Every question once. Elementwise ones are asked for four batches of parameters at once."""
    for name, of in ELEMENTWISE.items():
        for ask in ("log_prob", "entropy", "cdf", "icdf"):
            if not of[ask]:
                continue
            parameters = [of["arguments"](d) for _ in range(4)]
            case = {"of": name, "ask": ask, "dtype": d.dtype,
                    "arguments": [text(column, [4]) for column in zip(*parameters)]}
            at = [[] for _ in parameters]
            if ask != "entropy":
                at = [[d.unit() if ask == "icdf" else of["value"](d, a)] for a in parameters]
                case["at"] = text([v[0] for v in at], [4])
            whole = (0,) if ask == "log_prob" and name in ("Bernoulli", "Poisson", "DiscretizedNormal") else ()
            case["y"] = {"shape": [4], "x": " ".join(
                answer(of[ask], [*x, *a], d.dtype, whole, more_of(name, ask)) for x, a in zip(at, parameters))}
            yield case
    for name, (arguments, shapes, value, shape, log_prob, entropy) in VECTOR.items():
        for ask, function in (("log_prob", log_prob), ("entropy", entropy)):
            if not function:
                continue
            groups = arguments(d)
            case = {"of": name, "ask": ask, "dtype": d.dtype,
                    "arguments": [text(g, s) for g, s in zip(groups, shapes)]}
            if ask == "log_prob":
                x = value(d)
                case["at"] = {"shape": [], "i32": str(x[0])} if shape == "i32" else text(x, shape)
                groups = [x, *groups]
            whole = (0,) if name in ("Categorical", "OneHotCategorical", "Multinomial") and ask == "log_prob" else ()
            case["y"] = {"shape": [], "x": answer(function, groups, d.dtype, whole, more_of(name, ask))}
            yield case
    for name, (q_of, p_of, function) in KL.items():
        q, p = [q_of(d) for _ in range(4)], [p_of(d) for _ in range(4)]
        yield {"of": name, "ask": "kl", "dtype": d.dtype, "q": [text(c, [4]) for c in zip(*q)],
               "p": [text(c, [4]) for c in zip(*p)],
               "y": {"shape": [4], "x": " ".join(answer(function, [*a, *b], d.dtype, (), more_of(name)) for a, b in zip(q, p))}}
    for name, (of, function) in VECTOR_KL.items():
        arguments, shapes = VECTOR[of][:2]
        q, p = arguments(d), [] if "Standard" in name else arguments(d)
        yield {"of": name, "ask": "kl", "dtype": d.dtype, "q": [text(g, s) for g, s in zip(q, shapes)],
               "p": [text(g, s) for g, s in zip(p, shapes)],
               "y": {"shape": [], "x": answer(function, [*q, *p], d.dtype, (), more_of(name))}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    draw, cases = Draw(arguments.seed), []
    for k in range(arguments.rounds):
        draw.extreme = k % 3 == 2
        for draw.dtype in ("f32", "f64"):
            cases += round_of(draw)
    save(arguments.file, cases)


if __name__ == "__main__":
    main()
