"""Writes optimizers.json: what PyTorch's optimizers make of five steps in float64.

    pip install torch==2.13.0
    python tests/data/make_optimizers.py > tests/data/optimizers.json

The gradients depend on the step alone, so every optimizer sees the same ones. The fourth step has none:
PyTorch then leaves the parameter and its step count as they are.
"""

import json

import torch

START = [1.0, -2.0, 0.5, 3.0, 0.0]
GRADS = [
    [0.5, -1.0, 2.0, 0.01, -3.0],
    [0.25, 1.0, -1.5, 0.02, 0.0],
    [-0.75, 0.5, 1.0, -0.01, 1e-4],
    None,
    [2.0, 0.125, -0.5, 0.03, 10.0],
]
LR = [0.1, 0.1, 0.05, 0.05, 0.02]  # as a schedule would set it

CASES = [
    ("sgd", torch.optim.SGD, {}),
    ("sgd_decay", torch.optim.SGD, {"weight_decay": 0.1}),
    ("sgd_momentum", torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    ("sgd_nesterov", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ("adam", torch.optim.Adam, {}),
    ("adam_decay", torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("adamw", torch.optim.AdamW, {"weight_decay": 0.1}),
    ("adagrad", torch.optim.Adagrad, {}),
    ("adagrad_decay", torch.optim.Adagrad, {"lr_decay": 0.5, "weight_decay": 0.1, "eps": 1e-3}),
    ("rmsprop", torch.optim.RMSprop, {}),
    ("rmsprop_momentum", torch.optim.RMSprop,
     {"alpha": 0.9, "momentum": 0.8, "weight_decay": 0.1, "eps": 1e-3}),
    ("rmsprop_centered", torch.optim.RMSprop, {"alpha": 0.9, "centered": True, "eps": 1e-3}),
    ("rmsprop_centered_momentum", torch.optim.RMSprop,
     {"alpha": 0.9, "centered": True, "momentum": 0.8, "eps": 1e-3}),
]


def run(optimizer, options):
    p = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    opt = optimizer([p], lr=LR[0], **options)
    values = []
    for lr, grad in zip(LR, GRADS):
        opt.param_groups[0]["lr"] = lr
        p.grad = None if grad is None else torch.tensor(grad, dtype=torch.float64)
        opt.step()
        values.append(p.detach().tolist())
    return values


print(json.dumps({
    "source": f"PyTorch {torch.__version__.split('+')[0]}, float64",
    "start": START,
    "grads": GRADS,
    "lr": LR,
    "values": {name: run(optimizer, options) for name, optimizer, options in CASES},
}, indent=1))
