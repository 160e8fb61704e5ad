"""mnist_vae in PyTorch: eager, compiled, or eager with the data as pytorch/examples loads it."""

import job
import cases

options = job.options("The job of mnist_vae in PyTorch.", modes=("eager", "compile", "loader"))
cases.use_threads(options.threads)

import math

import numpy as np
import torch_steps  # before torch: it tells MKL which processors may use AVX-512
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

LATENT = cases.CASES["vae"].latent


class Images(Dataset):
    """One image at a time, as torchvision's MNIST with ToTensor gives it, which makes a PIL image on the way."""

    def __init__(self, images):
        self.images = torch.tensor(images).view(-1, 28, 28)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index].to(torch.float32).div(255).unsqueeze(0), 0


def draw_pixels(levels):
    """1 with the probability of its grey. The generator makes 64 bits at a time four times as fast as four numbers."""
    words = torch.empty((len(levels), levels.shape[1] // 4), dtype=torch.int64).random_(-(2**63), None)
    return (words.view(torch.int16) < levels).float()


def signed(levels):
    return torch.from_numpy((levels.astype(np.int32) - 32768).astype(np.int16))


class Program:
    def __init__(self, train, test):
        torch.manual_seed(cases.SEED)
        self.training = torch_steps.Training(cases.CASES["vae"], options.mode == "compile")
        self.model = self.training.loss_of
        self.by_item = options.mode == "loader"
        self.first = True
        self.loader = DataLoader(Images(train), batch_size=job.BATCH, shuffle=True) if self.by_item else None
        self.train = None if self.by_item else signed(job.levels(train))
        self.test = draw_pixels(signed(job.levels(test)))

    def minibatches(self):
        if self.by_item:
            for images, _ in self.loader:
                yield torch.bernoulli(images.view(len(images), -1))
            return
        for rows in torch.randperm(len(self.train)).split(job.BATCH):
            yield draw_pixels(self.train[rows])

    def train_epoch(self):
        total, images = 0.0, 0
        for x in self.minibatches():
            loss = self.training.step(x, torch.randn(len(x), LATENT))
            # The examples ask for the loss of every step; here it would change nothing but the look of the code.
            total += (loss.item() if self.by_item else loss) * len(x)
            images += len(x)
            if self.first:
                self.first = False
                job.first_step_done()
        return float(total) / images

    @torch.inference_mode()
    def evaluate(self):
        reconstruction = divergence = 0.0
        for x in self.test.split(job.EVALUATION_BATCH):
            loc, log_variance = self.model.encoder(x).chunk(2, dim=-1)
            logits = self.model.decoder(torch.addcmul(loc, torch.exp(0.5 * log_variance), torch.randn_like(loc)))
            reconstruction += functional.softplus(logits).sum() - torch.dot(x.view(-1), logits.view(-1))
            divergence += 0.5 * (log_variance.exp() + loc.square() - 1 - log_variance).sum()
        return float(reconstruction) / len(self.test), float(divergence) / len(self.test)

    @torch.inference_mode()
    def log_px(self, samples):
        values, sizes = [], []
        for x in self.test[: job.LOG_PX_IMAGES].split(max(1, job.LOG_PX_ROWS // samples)):
            loc, log_variance = self.model.encoder(x).chunk(2, dim=-1)
            noise = torch.randn(samples, *loc.shape)
            z = torch.addcmul(loc, torch.exp(0.5 * log_variance), noise)
            logits = self.model.decoder(z.view(-1, LATENT)).view(samples, len(x), -1)
            log_weight = torch.einsum("kbi,bi->kb", logits, x) - functional.softplus(logits).sum(-1)
            log_weight += 0.5 * ((noise.square() - z.square()).sum(-1) + log_variance.sum(-1))
            values.append(torch.logsumexp(log_weight, 0) - math.log(samples))
            sizes.append(1 / torch.softmax(log_weight, 0).square().sum(0))
        return torch.cat(values).numpy(), torch.cat(sizes).numpy()

    @torch.inference_mode()
    def encode(self, x):
        return self.model.encoder(torch.from_numpy(x)).chunk(2, dim=-1)[0].numpy()

    @torch.inference_mode()
    def decode(self, z):
        return torch.sigmoid(self.model.decoder(torch.from_numpy(z))).numpy()

    def save_checkpoint(self, path):
        moments = self.training.means + self.training.squares
        torch.save({"model": self.model.state_dict(), "moments": moments}, path.with_suffix(".pt"))

    def save_model(self, path):
        torch.save(self.model.state_dict(), path.with_suffix(".pt"))


test = job.read_images(options.data, "t10k")
job.run(options, Program(job.read_images(options.data, "train"), test), test)
