"""The cases in JAX, each step one compiled function, as a peer that bench can ask."""

import functools
import itertools

import cases

options = cases.options("The training-step cases in JAX.", modes=("jit",))
cases.use_threads(options.threads)

import jax
import jax.numpy as jnp
import jax_steps
import numpy as np


def build(case, state):
    key_images, key_parameters, key_noise = jax.random.split(jax.random.key(cases.SEED), 3)
    if state:
        minibatches = [jnp.array(images) for images in state.minibatches]
    else:
        pixels = jax.random.bernoulli(key_images, cases.INK, (case.batch, cases.PIXELS))
        minibatches = [pixels.astype(jnp.float32)]
    noise_shape = (case.samples,) * bool(case.samples) + (case.batch, case.latent)
    update = functools.partial(jax_steps.update, case)

    def step(trained, key, images):
        key, key_now = jax.random.split(key)
        return *update(trained, images, jax.random.normal(key_now, noise_shape)), key

    step = jax.jit(step, donate_argnums=(0, 1))  # updates the parameters in place
    trained, key = jax_steps.begin(case, key_parameters, state), key_noise
    coming = itertools.cycle(minibatches)

    def train(steps):
        nonlocal trained, key
        for _ in range(steps):
            trained, loss, key = step(trained, key, next(coming))
        jax.block_until_ready(trained)
        return float(loss)

    def step_without_noise(number):
        nonlocal trained
        trained, loss = jax.jit(update)(trained, minibatches[number], jnp.zeros(noise_shape))
        return float(loss)

    def arrays():
        return [np.asarray(array) for array in jax.tree.leaves(trained)]

    return cases.Built(train, step_without_noise, arrays)


cases.run(
    {"peer": "JAX", "version": jax.__version__, "mode": options.mode, "threads": options.threads},
    options,
    build,
)
