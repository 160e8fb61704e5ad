"""mnist_vae in JAX: a step, drawing its pixels included, is one compiled function; so is an evaluation's minibatch."""

import job
import cases

options = job.options("The job of mnist_vae in JAX.", modes=("jit",))
cases.use_threads(options.threads)

import functools
import math

import jax
import jax.numpy as jnp
import jax_steps
import numpy as np

CASE = cases.CASES["vae"]


def draw_pixels(key, levels):
    """1 with the probability of its grey."""
    return (jax.random.bits(key, levels.shape, jnp.uint16) < levels).astype(jnp.float32)


@functools.partial(jax.jit, donate_argnums=(0, 1, 2))
def step(trained, key, total, levels, rows):
    """One step on these rows of the images; total is the sum of the images' losses."""
    key, key_pixels, key_noise = jax.random.split(key, 3)
    x = draw_pixels(key_pixels, levels[rows])
    trained, loss = jax_steps.update(CASE, trained, x, jax.random.normal(key_noise, (len(rows), CASE.latent)))
    return trained, key, total + loss * len(rows)


@jax.jit
def terms(parameters, key, x):
    """Sums over the images: -log p(x|z) and the KL."""
    loc, log_variance = jax_steps.encode(CASE, parameters, x)
    z = loc + jnp.exp(0.5 * log_variance) * jax.random.normal(key, loc.shape)
    logits = jax_steps.decode(CASE, parameters, z)
    kl = 0.5 * (jnp.exp(log_variance) + loc**2 - 1 - log_variance)
    return (jax_steps.softplus(logits) - x * logits).sum(), kl.sum()


@functools.partial(jax.jit, static_argnums=3)
def log_px(parameters, key, x, samples):
    """log p(x) and the effective sample size of each image."""
    loc, log_variance = jax_steps.encode(CASE, parameters, x)
    noise = jax.random.normal(key, (samples, *loc.shape))
    z = loc + jnp.exp(0.5 * log_variance) * noise
    logits = jax_steps.decode(CASE, parameters, z)
    log_weight = (x * logits - jax_steps.softplus(logits)).sum(-1)
    log_weight += 0.5 * ((noise**2 - z**2).sum(-1) + log_variance.sum(-1))
    value = jax.nn.logsumexp(log_weight, axis=0) - math.log(samples)
    return value, 1 / (jax.nn.softmax(log_weight, axis=0) ** 2).sum(0)


begin = jax.jit(functools.partial(jax_steps.begin, CASE))
draw_test_pixels = jax.jit(draw_pixels)
split = jax.jit(jax.random.split)
encode = jax.jit(functools.partial(jax_steps.encode, CASE))
decode = jax.jit(lambda parameters, z: jax.nn.sigmoid(jax_steps.decode(CASE, parameters, z)))


class Program:
    """Minibatches for evaluation are cut by numpy: JAX compiles a cut of its own for every place."""

    def __init__(self, train, test):
        key, key_parameters = split(jax.random.key(cases.SEED))
        self.key, key_test = split(key)
        self.trained = begin(key_parameters)
        self.train = jnp.array(job.levels(train))
        self.test = np.asarray(draw_test_pixels(key_test, job.levels(test)))
        self.order = np.random.default_rng(cases.SEED)
        self.first = True

    @property
    def parameters(self):
        return self.trained[0]

    def next_key(self):
        self.key, key = split(self.key)
        return key

    def train_epoch(self):
        order = self.order.permutation(len(self.train)).astype(np.int32)
        total = jnp.float32(0)
        for first in range(0, len(order), job.BATCH):
            rows = order[first : first + job.BATCH]
            self.trained, self.key, total = step(self.trained, self.key, total, self.train, rows)
            if self.first:
                self.first = False
                jax.block_until_ready(total)
                job.first_step_done()
        return float(total) / len(order)

    def evaluate(self):
        sums = [0.0, 0.0]
        for first in range(0, len(self.test), job.EVALUATION_BATCH):
            x = self.test[first : first + job.EVALUATION_BATCH]
            sums = [total + more for total, more in zip(sums, terms(self.parameters, self.next_key(), x))]
        return [float(total) / len(self.test) for total in sums]

    def log_px(self, samples):
        batch = max(1, job.LOG_PX_ROWS // samples)
        x = self.test[: job.LOG_PX_IMAGES]
        parts = [
            log_px(self.parameters, self.next_key(), x[first : first + batch], samples)
            for first in range(0, len(x), batch)
        ]
        return [np.concatenate(part) for part in zip(*parts)]

    def encode(self, x):
        return np.asarray(encode(self.parameters, x)[0])

    def decode(self, z):
        return np.asarray(decode(self.parameters, z))

    def save_checkpoint(self, path):
        self.save(path, self.trained)

    def save_model(self, path):
        self.save(path, self.parameters)

    def save(self, path, tree):
        np.savez(path.with_suffix(".npz"), *map(np.asarray, jax.tree.leaves(tree)))


test = job.read_images(options.data, "t10k")
job.run(options, Program(job.read_images(options.data, "train"), test), test)
