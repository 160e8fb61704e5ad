"""A training step in JAX, one compiled function. See README.md for the settings and why.

The number of threads must be settled (cases.use_threads) before this is imported.
"""

import math
import os

import cases

flags = ["--xla_cpu_prefer_vector_width=512", os.environ.get("XLA_FLAGS", "")]
if os.environ["OMP_NUM_THREADS"] == "1":
    flags.append("--xla_cpu_multi_thread_eigen=false")
os.environ["XLA_FLAGS"] = " ".join(flags)

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_platforms", "cpu")

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}
LAYOUT = ("NHWC", "HWIO", "NHWC")


def weights_and_bias(key, shape, inputs):
    """Uniform in +-1/sqrt(inputs), as PyTorch's layers begin."""
    bound = inputs**-0.5
    key_w, key_b = jax.random.split(key)
    return (
        jax.random.uniform(key_w, shape, minval=-bound, maxval=bound),
        jax.random.uniform(key_b, shape[-1:], minval=-bound, maxval=bound),
    )


def dense_layers(key, widths):
    keys = jax.random.split(key, len(widths))
    return [weights_and_bias(k, (i, o), i) for k, i, o in zip(keys, widths, widths[1:])]


def conv_layers(key, channels):
    keys = jax.random.split(key, len(channels))
    return [weights_and_bias(k, (4, 4, i, o), 16 * i) for k, i, o in zip(keys, channels, channels[1:])]


def parameters_of(case, key):
    """The parameters of a case's encoder and decoder. Both of the encoder's heads are one layer."""
    keys = jax.random.split(key, 4)
    if case.conv:
        return {
            "conv": conv_layers(keys[0], (1, 32, 64)),
            "encoder": dense_layers(keys[1], (3136, 256, 2 * case.latent)),
            "decoder": dense_layers(keys[2], (case.latent, 256, 3136)),
            "transposed": conv_layers(keys[3], (64, 32, 1)),
        }
    return {
        "encoder": dense_layers(keys[0], (cases.PIXELS, *case.hidden, 2 * case.latent)),
        "decoder": dense_layers(keys[1], (case.latent, *reversed(case.hidden), cases.PIXELS)),
    }


def dense(layers, activation, x):
    """Fully connected layers with activations between them."""
    for number, (w, b) in enumerate(layers):
        x = x @ w + b if number == 0 else activation(x) @ w + b
    return x


def conv(layer, x):
    """4x4, stride 2, padding 1."""
    w, b = layer
    return lax.conv_general_dilated(x, w, (2, 2), ((1, 1), (1, 1)), dimension_numbers=LAYOUT) + b


def conv_transpose(layer, x):
    """The transpose of a 4x4 convolution of stride 2, padding 1: twice as many rows and columns.

    An output at 2i + a (a is 0 or 1) sees inputs i + t - 1 (t is 0, 1 or 2) through tap 2t - a of the kernel, where
    taps beyond it are 0. So this is a 3x3 convolution of stride 1 that makes all four parities of an output at once:
    more than twice as fast in XLA as lax.conv_transpose, whose gradient takes a slow path.
    """
    w, b = layer
    batch, height, width, inputs = x.shape
    outputs = w.shape[-1]
    w = jnp.pad(w, ((1, 1), (1, 1), (0, 0), (0, 0))).reshape(3, 2, 3, 2, inputs, outputs)
    w = w[:, ::-1, :, ::-1].transpose(0, 2, 4, 1, 3, 5).reshape(3, 3, inputs, 4 * outputs)
    y = lax.conv_general_dilated(x, w, (1, 1), ((1, 1), (1, 1)), dimension_numbers=LAYOUT)
    y = y.reshape(batch, height, width, 2, 2, outputs).transpose(0, 1, 3, 2, 4, 5)
    return y.reshape(batch, 2 * height, 2 * width, outputs) + b


def encode(case, parameters, images):
    if case.conv:
        images = images.reshape(-1, 28, 28, 1)
        for layer in parameters["conv"]:
            images = jax.nn.relu(conv(layer, images))
        images = images.reshape(-1, 3136)
    both = dense(parameters["encoder"], ACTIVATIONS[case.activation], images)
    return jnp.split(both, 2, axis=-1)


def decode(case, parameters, z):
    # Rows of all samples as one matrix: XLA is slower on products with more than two dimensions.
    x = dense(parameters["decoder"], ACTIVATIONS[case.activation], z.reshape(-1, case.latent))
    if case.conv:
        x = x.reshape(-1, 7, 7, 64)
        for layer in parameters["transposed"]:
            x = conv_transpose(layer, jax.nn.relu(x))
    return x.reshape(*z.shape[:-1], cases.PIXELS)


def softplus(x):
    """log(1 + e^x), in a form that XLA compiles to faster code than that of jax.nn.softplus."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


def loss_of(case, parameters, images, noise):
    """Minus the bound, averaged over the images."""
    loc, log_variance = encode(case, parameters, images)
    z = loc + jnp.exp(0.5 * log_variance) * noise
    logits = decode(case, parameters, z)
    log_likelihood = (images * logits - softplus(logits)).sum(-1)
    if case.samples:
        # log p(z) - log q(z|x), where (z - loc) / scale is the noise and the constants cancel.
        log_ratio = 0.5 * ((noise**2 - z**2).sum(-1) + log_variance.sum(-1))
        return math.log(case.samples) - jax.nn.logsumexp(log_likelihood + log_ratio, axis=0).mean()
    kl = 0.5 * (jnp.exp(log_variance) + loc**2 - 1 - log_variance).sum(-1)
    return (kl - log_likelihood).mean()


def adam(parameters, means, squares, count, gradients):
    means = jax.tree.map(lambda m, g: cases.BETA1 * m + (1 - cases.BETA1) * g, means, gradients)
    squares = jax.tree.map(lambda s, g: cases.BETA2 * s + (1 - cases.BETA2) * g * g, squares, gradients)
    rate = cases.LEARNING_RATE / (1 - cases.BETA1**count)
    unbias = lax.rsqrt(1 - cases.BETA2**count)
    parameters = jax.tree.map(
        lambda p, m, s: p - rate * m / (jnp.sqrt(s) * unbias + cases.EPSILON), parameters, means, squares
    )
    return parameters, means, squares


def update(case, trained, images, noise):
    """A step from `trained`, what begin() returns, to the next such tuple, and the loss before it."""
    parameters, means, squares, count = trained
    loss, gradients = jax.value_and_grad(lambda p: loss_of(case, p, images, noise))(parameters)
    return (*adam(parameters, means, squares, count + 1, gradients), count + 1), loss


def begin(case, key, state=None):
    """Parameters, both moments of Adam and its step count, as they are before a step."""
    if state:
        trees = [tree_of(case, layers) for layers in (state.values, state.means, state.squares)]
        return (*trees, jnp.float32(state.steps))
    parameters = parameters_of(case, key)
    return (parameters, *(jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)), jnp.float32(0))


def tree_of(case, layers):
    """A trained.State's layers in the layout of parameters_of(): channels last, weights transposed, and the kernels
    of transposed convolutions turned round."""
    if not case.conv:
        dense = [(w.T, b) for w, b in layers]
        first = len(case.hidden) + 1
        tree = {"encoder": dense[:first], "decoder": dense[first:]}
    else:
        conv1, conv2, narrow, heads, widen, (spread_w, spread_b), up1, up2 = layers
        spread = (
            spread_w.reshape(64, 49, 256).transpose(2, 1, 0).reshape(256, 3136),
            spread_b.reshape(64, 49).T.reshape(3136),
        )
        tree = {
            "conv": [(w.transpose(2, 3, 1, 0), b) for w, b in (conv1, conv2)],
            "encoder": [
                (narrow[0].reshape(256, 64, 49).transpose(2, 1, 0).reshape(3136, 256), narrow[1]),
                (heads[0].T, heads[1]),
            ],
            "decoder": [(widen[0].T, widen[1]), spread],
            "transposed": [(w[:, :, ::-1, ::-1].transpose(2, 3, 0, 1), b) for w, b in (up1, up2)],
        }
    return jax.tree.map(lambda array: jnp.array(array), tree)
