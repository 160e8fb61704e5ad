"""What ops.py and distributions.py share: numbers to try, and answers written with as many digits as they are worth.

An answer may be off by what a few roundings of the inputs would change it by, 8 in f32 and 64 in f64: no algorithm can be
asked for much more, since its inputs are rounded before it starts, and a chain of a few operations rounds as often. The
changes are measured, with the inputs moved by one unit of their last place (equal numbers by equal amounts, so that ties
stay ties). To this come as many units of the answer's own last place.
"""

import gzip
import json
import math

EPS = {"f32": 2.0**-23, "f64": 2.0**-52}
TINY = {"f32": 2.0**-126, "f64": 2.0**-1022}
ROUNDINGS = {"f32": 8, "f64": 64}
MOST = {"f32": 3.4028234663852886e38, "f64": 1.7976931348623157e308}

SPECIAL = {
    "f32": "nan inf -inf 0 -0 1e-40 -3e-39 1.2e-38 1e-20 -1e-20 1e20 -1e20 3e38 -3e38 88.5 -87 1 -1 0.5 16777217",
    "f64": "nan inf -inf 0 -0 1e-310 -4e-320 3e-308 1e-100 -1e-100 1e100 -1e100 1e150 -1e150 709.5 -708 1 -1 0.5 1e17",
}
WIDE = "0 1e-12 -1e-9 3e-7 -2e-5 1e-3 0.02 -0.3 1 -2 7.5 -19 40 -85 300 -1.5e4 2e6 -3e9 1e12".split()


def ordinary(random, count=160):
    """Decimals of three digits around 1, with both signs: short, and so many of them that ties are rare."""
    return [f"{random.choice((1, -1)) * math.exp(random.gauss(0, 0.9)):.3g}" for _ in range(count)]


def written(value, off, dtype):
    """The text of an answer that may be off by `off`; see tests/support/answers.hpp."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value) or abs(value) > MOST[dtype]:
        return "inf" if value > 0 else "-inf"
    off = max(off, 8 * TINY[dtype])
    place = math.ceil(math.log10(off / 2))
    digits = round(_scaled(value, -place))
    return f"{digits}e{place}"


def _scaled(value, power):
    """value * 10^power without overflow on the way."""
    half = power // 2
    return value * 10.0**half * 10.0 ** (power - half)


def save(path, cases):
    """The same bytes for the same cases: no time and no name inside."""
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as out:
        for case in cases:
            out.write((json.dumps(case, separators=(",", ":")) + "\n").encode())
