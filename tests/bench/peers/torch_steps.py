"""A training step in PyTorch, eager or compiled. See README.md for the settings and why.

The number of threads must be settled (cases.use_threads) before this is imported.
"""

import ctypes
import math
import os
import subprocess
import sys
import tempfile

import cases

# Compiling starts a pool of helpers, which would still be loading while the first case is measured.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")


def lift_mkl_limit():
    """Lets MKL use AVX-512 on processors of other makers too; returns whether it does.

    PyTorch multiplies matrices with MKL, which asks this function whether the processor is Intel's and falls back to
    AVX2 when it is not: less than half the speed on an AVX-512 machine of AMD's. A definition that is loaded first is
    the one that is found. TAPESTRY_PEERS_MKL=shipped leaves MKL as it is.
    """
    if os.environ.get("TAPESTRY_PEERS_MKL") == "shipped":
        return False
    if "torch" in sys.modules:
        raise ImportError("torch_steps must be imported before torch, or MKL has already looked at the processor")
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "any_maker.so")
        source = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"
        compiler = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library]
        try:
            subprocess.run(compiler, input=source, text=True, check=True, capture_output=True)
            ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


MKL = "any maker" if lift_mkl_limit() else "shipped"  # before PyTorch is loaded

import torch
from torch import nn
from torch.func import functional_call, grad_and_value
from torch.nn import functional

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.set_flush_denormal(True)  # before there are other threads: they begin with the flags of this one

# All cases share their code, which would pass the default limit of eight compiled versions; beyond it PyTorch quietly
# goes on without compiling.
torch._dynamo.config.recompile_limit = 2 * len(cases.CASES)
torch._dynamo.config.fail_on_recompile_limit_hit = True


def layers(widths, activation):
    """Fully connected layers from width to width, each with its activation, which needs no memory of its own."""
    for inputs, outputs in zip(widths, widths[1:]):
        yield nn.Linear(inputs, outputs)
        yield nn.ReLU(inplace=True) if activation == "relu" else nn.Tanh()


def conv_encoder(latent):
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 32, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        *layers((3136, 256), "relu"),
        nn.Linear(256, 2 * latent),
    )


def conv_decoder(latent):
    return nn.Sequential(
        *layers((latent, 256, 3136), "relu"),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        nn.Flatten(),
    )


class Loss(nn.Module):
    """Minus the bound of a case, averaged over the images; the parameters are the model's."""

    def __init__(self, case):
        super().__init__()
        self.samples = case.samples
        if case.conv:
            self.encoder = conv_encoder(case.latent)
            self.decoder = conv_decoder(case.latent)
        else:
            widths = (cases.PIXELS, *case.hidden, 2 * case.latent)  # both heads are one product
            self.encoder = nn.Sequential(*layers(widths[:-1], case.activation), nn.Linear(*widths[-2:]))
            widths = (case.latent, *reversed(case.hidden), cases.PIXELS)
            self.decoder = nn.Sequential(*layers(widths[:-1], case.activation), nn.Linear(*widths[-2:]))

    def forward(self, images, noise):
        loc, log_variance = self.encoder(images).chunk(2, dim=-1)
        z = torch.addcmul(loc, torch.exp(0.5 * log_variance), noise)
        logits = self.decoder(z)
        if self.samples:
            return self.iwae(images, noise, z, log_variance, logits)
        kl = 0.5 * (log_variance.exp() + loc.square() - 1 - log_variance).sum()
        # log p(x|z) = x l - log(1 + e^l) of each pixel; the sums over pixels are one dot product and one pass.
        log_likelihood = torch.dot(images.view(-1), logits.reshape(-1)) - functional.softplus(logits).sum()
        return (kl - log_likelihood) / len(images)

    def iwae(self, images, noise, z, log_variance, logits):
        log_likelihood = torch.einsum("kbi,bi->kb", logits, images) - functional.softplus(logits).sum(-1)
        # log p(z) - log q(z|x), where (z - loc) / scale is the noise and the constants cancel.
        log_ratio = 0.5 * ((noise.square() - z.square()).sum(-1) + log_variance.sum(-1))
        return math.log(self.samples) - torch.logsumexp(log_likelihood + log_ratio, 0).mean()


class Training:
    """A case's model with Adam: step(images, noise) updates it and returns the loss before the update.

    compiled: forward, backward and update are one graph, so that nothing is left to Python between them. It is for
    minibatches of the case's size; others (the last of an epoch) are computed without it.
    """

    def __init__(self, case, compiled, state=None):
        self.loss_of = Loss(case)
        self.parameters = list(self.loss_of.parameters())
        if state:
            self.means, self.squares = (flat(layers) for layers in (state.means, state.squares))
            with torch.no_grad():
                for p, value in zip(self.parameters, flat(state.values), strict=True):
                    p.copy_(value)
        else:
            self.means, self.squares = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.count = torch.tensor(float(state.steps if state else 0))
        self.step = self.compiled_step(case.batch) if compiled else self.eager_step()

    def eager_step(self):
        adam = torch.optim.Adam(
            self.parameters, cases.LEARNING_RATE, (cases.BETA1, cases.BETA2), cases.EPSILON, fused=True
        )
        for p, mean, square in zip(self.parameters, self.means, self.squares):
            adam.state[p] = {"step": self.count.clone(), "exp_avg": mean, "exp_avg_sq": square}

        def step(images, noise):
            adam.zero_grad(set_to_none=True)
            loss = self.loss_of(images, noise)
            loss.backward()
            adam.step()
            return loss.detach()

        return step

    def compiled_step(self, batch):
        names = [name for name, _ in self.loss_of.named_parameters()]
        parameters = {name: p.detach() for name, p in self.loss_of.named_parameters()}
        means, squares = (dict(zip(names, tensors)) for tensors in (self.means, self.squares))

        def step(parameters, means, squares, count, images, noise):
            gradients, loss = grad_and_value(lambda p: functional_call(self.loss_of, p, (images, noise)))(parameters)
            count += 1
            rate = cases.LEARNING_RATE / (1 - cases.BETA1**count)
            unbias = torch.rsqrt(1 - cases.BETA2**count)
            for name, gradient in gradients.items():
                mean = means[name].lerp_(gradient, 1 - cases.BETA1)
                square = squares[name].lerp_(gradient.square(), 1 - cases.BETA2)
                parameters[name] -= rate * mean / (square.sqrt() * unbias + cases.EPSILON)
            return loss

        compiled = torch.compile(step, fullgraph=True, dynamic=False)

        @torch.no_grad()
        def step_in_place(images, noise):
            now = compiled if len(images) == batch else step
            return now(parameters, means, squares, self.count, images, noise)

        return step_in_place


def flat(layers):
    """The layers' weights and biases in the order of Loss.parameters(), whose layout is that of the file."""
    return [torch.tensor(array) for layer in layers for array in layer]
