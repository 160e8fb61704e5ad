"""The cases in PyTorch, eager or compiled, as a peer that bench can ask."""

import itertools

import cases

options = cases.options("The training-step cases in PyTorch.", modes=("eager", "compile"))
cases.use_threads(options.threads)

import torch_steps  # before torch: it tells MKL which processors may use AVX-512
import torch


def build(case, state):
    torch.manual_seed(cases.SEED)
    if state:
        minibatches = list(torch.tensor(state.minibatches))
    else:
        minibatches = [(torch.rand(case.batch, cases.PIXELS) < cases.INK).float()]
    noise_shape = (case.samples,) * bool(case.samples) + (case.batch, case.latent)
    training = torch_steps.Training(case, options.mode == "compile", state)
    coming = itertools.cycle(minibatches)

    def train(steps):
        for _ in range(steps):
            loss = training.step(next(coming), torch.randn(noise_shape))
        return loss.item()

    def step_without_noise(number):
        return training.step(minibatches[number], torch.zeros(noise_shape)).item()

    def arrays():
        return [t.detach().numpy() for t in training.parameters + training.means + training.squares]

    return cases.Built(train, step_without_noise, arrays)


cases.run(
    {
        "peer": "PyTorch",
        "version": torch.__version__.split("+")[0],
        "mode": options.mode,
        "threads": options.threads,
        "mkl": torch_steps.MKL,
    },
    options,
    build,
)
