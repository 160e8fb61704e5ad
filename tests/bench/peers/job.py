"""The whole of examples/mnist_vae but for the model: what the peers' jobs share, so that bench run compares like with like.

Every job trains 784-400-20 on MNIST with Adam, pixels drawn anew in each epoch, and evaluates -ELBO on the test images
after each. It keeps the files that mnist_vae keeps: metrics.jsonl, a checkpoint after each epoch, the best and the last
model, pictures, curves. It says once when its first step is done.
"""

import argparse
import gzip
import json
import math
import pathlib
import shutil
import struct
import subprocess
import time
import zlib

import numpy as np

BATCH = 128
EVALUATION_BATCH = 500  # as in Tapestry, and below
LOG_PX_IMAGES, LOG_PX_ROWS = 2000, 4000
SECONDS_BETWEEN_PICTURES = 2


def options(description, modes):
    """Reads the command line. modes: what --mode may be, the default first."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the files; made if need be")
    parser.add_argument("--mode", choices=modes, default=modes[0], help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="threads to compute on (default: 1)")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the training images (default: 10)")
    parser.add_argument("--log-px", type=int, default=0, help="samples for log p(x) at the end; 0 = no (default)")
    return parser.parse_args()


def read_images(folder, part):
    """The bytes of the images [n, 784]; part is "train" or "t10k"."""
    path = folder / f"{part}-images-idx3-ubyte"
    data = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())
    count, rows, columns = struct.unpack(">3i", data[4:16])
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, rows * columns)


def levels(images):
    """16 random bits decide a pixel, as in Tapestry: it is 1 when they are, as a number, below these levels."""
    return np.round(images.astype(np.float32) * (65535 / 255)).astype(np.uint16)


def first_step_done():
    print("first step done", flush=True)  # what bench run waits for


def run(options, program, test_images):
    """Trains, evaluates and writes all files. The program has

    train_epoch()          mean -ELBO of the epoch's minibatches; calls first_step_done() in the first epoch
    evaluate()             means of -log p(x|z) and of the KL over the test images
    log_px(samples)        log p(x) of the first test images and its effective sample size, an array of each
    encode(x), decode(z)   loc of q(z|x); probabilities of the pixels. Arrays of numpy
    save_checkpoint(path)  with all that training needs to go on
    save_model(path)       parameters alone
    """
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    settings = {key: str(value) for key, value in vars(options).items()}
    (out / "config.json").write_text(json.dumps(settings, indent=1) + "\n")
    history, drawn = [], time.monotonic()
    for epoch in range(1, options.epochs + 1):
        start = time.monotonic()
        train = program.train_epoch()
        seconds = time.monotonic() - start
        neg_log_lik, kl = program.evaluate()
        row = {"epoch": epoch, "train_neg_elbo": train, "test_neg_elbo": neg_log_lik + kl}
        row |= {"test_neg_log_lik": neg_log_lik, "test_kl": kl, "seconds": seconds}
        if all(row["test_neg_elbo"] < earlier["test_neg_elbo"] for earlier in history):
            program.save_model(out / "best")
        history.append(row)
        append(out, row)
        program.save_checkpoint(out / "checkpoint")
        print(f"{epoch:>3}/{options.epochs}  {train:.2f}  {neg_log_lik + kl:.2f}  {seconds:.1f} s", flush=True)
        if time.monotonic() - drawn >= SECONDS_BETWEEN_PICTURES:
            draw(out, program, test_images)
            drawn = time.monotonic()
    program.save_model(out / "model")
    if options.log_px:
        log_px, ess = program.log_px(options.log_px)
        error = log_px.std(ddof=1) / math.sqrt(len(log_px))
        numbers = {"log_px": log_px.mean(), "log_px_se": error, "ess": ess.mean()}
        append(out, {key: float(value) for key, value in numbers.items()} | {"samples": options.log_px})
    draw(out, program, test_images)
    draw_curves(out, history)


def append(out, row):
    with (out / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def draw(out, program, test_images):
    shown = test_images[:: len(test_images) // 24][:24]
    pixels = (shown > 127).astype(np.float32)
    loc = program.encode(pixels)
    rebuilt = program.decode(loc)
    rows = [row for k in (0, 12) for row in (*pixels[k : k + 12], *rebuilt[k : k + 12])]
    write_grid(out / "reconstructions.png", np.array(rows), 12)
    prior = np.random.default_rng(1).standard_normal((100, loc.shape[1]), np.float32)
    write_grid(out / "samples.png", program.decode(prior), 10)
    between = np.linspace(0, 1, 12, dtype=np.float32)[:, None]
    paths = [(1 - between) * loc[2 * k] + between * loc[2 * k + 1] for k in range(8)]
    write_grid(out / "interpolations.png", program.decode(np.concatenate(paths)), 12)


def write_grid(path, images, columns):
    """Images [n, 784] with values from 0 to 1 as a PNG file, so many in a row, two pixels apart."""
    rows = -(-len(images) // columns)
    cells = np.zeros((rows * columns, 30, 30), np.uint8)
    cells[: len(images), :28, :28] = np.round(255 * images.reshape(-1, 28, 28))
    grid = cells.reshape(rows, columns, 30, 30).transpose(0, 2, 1, 3).reshape(rows * 30, columns * 30)
    lines = np.pad(grid, ((0, 0), (1, 0))).tobytes()  # each begins with its filter, none

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">2I5B", grid.shape[1], grid.shape[0], 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def draw_curves(out, history):
    if not shutil.which("gnuplot"):
        return
    rows = "".join(f"{row['epoch']} {row['train_neg_elbo']} {row['test_neg_elbo']}\n" for row in history)
    script = (
        f"$runs << EOD\n{rows}EOD\nset terminal pngcairo size 1500,520\nset output '{out / 'curves.png'}'\n"
        "set offsets 1, 1, 1, 1\n"
        "plot $runs using 1:2 with linespoints title 'train', $runs using 1:3 with linespoints title 'test'\n"
    )
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
