"""Writes prob_values.json: reference values for tests/prob that PyTorch's goldens do not cover.

Needs mpmath (1.3.0) and scipy (1.17.1). Run in this folder: python3 prob_values.py
"""

import json

import mpmath
import numpy as np
from mpmath import mp, mpf
from scipy import stats

mp.dps = 40


def gamma_quantile():
    """Rows a, p, log x with P(a, x) = p, and d log x / da at constant p."""
    rows = []
    for a in (0.001, 0.05, 0.5, 1, 2, 7.5, 50, 300, 10000):
        for p in (1e-7, 0.01, 0.3, 0.5, 0.77, 0.99, 1 - 2.0**-24):
            a_, p_ = mpf(a), mpf(p)
            cdf = lambda s, y: mpmath.gammainc(s, 0, mpmath.exp(y), regularized=True)
            # P <= x^a / Gamma(a + 1) gives one end of a bracket, a far tail the other.
            low = (mpmath.log(p_) + mpmath.loggamma(a_ + 1)) / a_ - 1
            high = mpmath.log(a_ + 40 * mpmath.sqrt(a_) + 60)
            for _ in range(90):  # bisection; the slope is taken at the y found, rounded to double
                y = (low + high) / 2
                low, high = (y, high) if cdf(a_, y) < p_ else (low, y)
            y = mpf(float(y))
            density = mpmath.exp(a_ * y - mpmath.exp(y) - mpmath.loggamma(a_))
            slope = -mpmath.diff(lambda s: cdf(s, y), a_, h=a_ * mpf(10) ** -15) / density
            rows.append([a, p, float(y), float(slope)])
    return rows


def log_sinhc():
    """Rows y, log(sinh(y)/y) and its first three derivatives."""
    rows = []
    for y in (-30.0, -4.0, -0.5, -0.3, 1e-6, 1e-3, 0.1, 0.49999, 0.50001, 1.0, 3.0, 12.0, 300.0):
        t = mpf(y)
        s, c = mpmath.sinh(t), mpmath.coth(t)
        rows.append([y, *(float(v) for v in (
            mpmath.log(s / t), c - 1 / t, 1 / t**2 - 1 / s**2, 2 * c / s**2 - 2 / t**3))])
    return rows


def normal_quantile():
    with mpmath.workdps(350):
        return [[p, float(mpmath.sqrt(2) * mpmath.erfinv(2 * mpf(p) - 1))]
                for p in (1e-300, 1e-20, 1e-5, 0.02425, 0.3, 0.5, 0.75, 0.999, 1 - 1e-10)]


def continuous_bernoulli():
    """Rows logit, x, cdf, log density, mean, variance, entropy."""
    rows = []
    for l in (-40.0, -3.0, -0.2, 1e-3, 1e-8, 0.5, 2.0, 25.0):
        t = mpf(l)
        z = mpmath.expm1(t) / t
        mean = mpmath.exp(t) / mpmath.expm1(t) - 1 / t
        variance = 1 / t**2 - mpmath.exp(t) / mpmath.expm1(t) ** 2
        for x in (0.01, 0.4, 0.9):
            u = mpf(x)
            rows.append([l, x, *(float(v) for v in (
                mpmath.expm1(t * u) / mpmath.expm1(t), t * u - mpmath.log(z), mean, variance,
                mpmath.log(z) - t * mean))])
    return rows


def cdfs():
    """name, parameters, x, cdf; from scipy."""
    made = {
        "Normal": (stats.norm(0.5, 2.0), [0.5, 2.0]),
        "Laplace": (stats.laplace(0.5, 2.0), [0.5, 2.0]),
        "Uniform": (stats.uniform(-1.0, 3.0), [-1.0, 2.0]),
        "Exponential": (stats.expon(scale=1 / 1.5), [1.5]),
        "Gamma": (stats.gamma(2.5, scale=1 / 1.5), [2.5, 1.5]),
        "LogNormal": (stats.lognorm(0.7, scale=np.exp(0.3)), [0.3, 0.7]),
        "Gumbel": (stats.gumbel_r(0.5, 2.0), [0.5, 2.0]),
    }
    return [[name, parameters, x, float(d.cdf(x))]
            for name, (d, parameters) in made.items() for x in (0.05, 0.4, 1.0, 1.9, 6.0)]


def multinomial():
    """count, logits, x, log probability; from scipy."""
    rows = []
    for count, logits, x in ((3, [0.0, 0.5, -1.0], [1, 2, 0]), (20, [1.0, -2.0, 0.3, 0.0], [9, 1, 6, 4]),
                             (0, [0.3, 0.2], [0, 0])):
        p = np.exp(logits) / np.sum(np.exp(logits))
        rows.append([count, logits, x, float(stats.multinomial(count, p).logpmf(x))])
    return rows


def trigamma():
    """Rows q_a, q_b, p_a, p_b, dKL/dq_a, dKL/dq_b of two Beta densities."""
    rows = []
    for a, b, c, d in ((0.6492, 0.3822, 0.9, 1.7), (1.5, 2.5, 0.7, 0.3), (30.0, 4.0, 2.0, 2.0)):
        f = lambda s, t: mpmath.log(mpmath.beta(c, d)) - mpmath.log(mpmath.beta(s, t)) + (
            s - c) * mpmath.digamma(s) + (t - d) * mpmath.digamma(t) + (
            c - s + d - t) * mpmath.digamma(s + t)
        rows.append([a, b, c, d, float(mpmath.diff(f, (a, b), (1, 0))), float(mpmath.diff(f, (a, b), (0, 1)))])
    return rows


with open("prob_values.json", "w") as out:
    values = {fn.__name__: fn() for fn in (gamma_quantile, log_sinhc, normal_quantile,
                                           continuous_bernoulli, cdfs, multinomial, trigamma)}
    values["source"] = f"prob_values.py, mpmath {mpmath.__version__}"
    json.dump(values, out, indent=0)
